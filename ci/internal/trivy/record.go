package trivy

import "encoding/json"

// record is a finding as programs read it.
type record struct {
	Identifier string      `json:"identifier"`
	Kind       FindingKind `json:"kind"`
	Title      string      `json:"title"`
	Severity   Severity    `json:"severity"`
	Package    string      `json:"packageName"`
	Installed  string      `json:"installed"`
	Fixed      string      `json:"fixed"`
	Fixable    bool        `json:"fixable"`
	Owner      Owner       `json:"owner"`
	Remedy     Remedy      `json:"remedy"`
	MendedBy   string      `json:"mendedBy"`
	Target     string      `json:"target"`
	Platform   string      `json:"platform"`
	Layer      string      `json:"layer"`
	DiffID     string      `json:"diffID"`
	Origin     string      `json:"origin"`
	Suppressed bool        `json:"suppressed"`
	Accepted   bool        `json:"accepted"`
	Reason     string      `json:"reason"`
}

// JSON has a report's findings for programs, with what the scan did not look at.
func JSON(report Report, accounts []Account) ([]byte, error) {
	findings := []record{}
	for _, a := range accounts {
		findings = append(findings, record{
			Identifier: a.ID, Kind: a.Kind, Title: a.Title, Severity: a.Severity,
			Package: a.Package, Installed: a.Installed, Fixed: a.Fixed, Fixable: a.Fixable(),
			Owner: a.Owner, Remedy: a.Remedy(), MendedBy: a.MendedBy(),
			Target: a.Target, Platform: a.Platform, Layer: a.Layer.Digest, DiffID: a.Layer.DiffID, Origin: a.Origin,
			Suppressed: a.Suppressed, Accepted: a.Accepted, Reason: a.Reason,
		})
	}
	return json.MarshalIndent(struct {
		Base     Base     `json:"base"`
		Notes    []string `json:"notes"`
		Counts   Counts   `json:"counts"`
		Findings []record `json:"findings"`
	}{report.Scanned.Base, append([]string{}, report.Scanned.Notes...), CountsOf(report), findings}, "", "  ")
}
