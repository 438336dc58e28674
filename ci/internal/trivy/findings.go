package trivy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Finding is a vulnerability, a secret or a misconfiguration in a scanned
// image.
type Finding struct {
	ID          string
	Kind        FindingKind
	Target      string
	Package     string
	Path        string
	Installed   string
	Fixed       string
	Severity    Severity
	Title       string
	Description string
	URL         string
	Line        int
	Layer       Layer
}

// Findings lists all findings of a report, the worst first.
func Findings(report Report) []Finding {
	var list []Finding
	for _, r := range report.Results {
		for _, v := range r.Vulnerabilities {
			list = append(list, v.finding(r.Target))
		}
		for _, m := range r.Misconfigurations {
			if m.Status == "FAIL" {
				list = append(list, m.finding(r.Target))
			}
		}
		for _, s := range r.Secrets {
			list = append(list, s.finding(r.Target))
		}
	}
	slices.SortStableFunc(list, worstFirst)
	return list
}

func (v Vulnerability) finding(target string) Finding {
	return Finding{
		ID: v.VulnerabilityID, Kind: KindVulnerability, Target: target, Layer: v.Layer,
		Package: v.PkgName, Path: v.PkgPath, Installed: v.InstalledVersion, Fixed: v.FixedVersion,
		Severity: v.Severity, Title: cmp.Or(v.Title, v.VulnerabilityID), Description: v.Description, URL: v.PrimaryURL,
	}
}

func (m Misconfiguration) finding(target string) Finding {
	return Finding{
		ID: m.ID, Kind: KindMisconfiguration, Target: target, Path: target, Line: m.CauseMetadata.StartLine,
		Severity: m.Severity, Title: cmp.Or(m.Message, m.Title), Description: strings.TrimSpace(m.Description + " " + m.Resolution), URL: m.PrimaryURL,
	}
}

func (s Secret) finding(target string) Finding {
	return Finding{
		ID: s.RuleID, Kind: KindSecret, Target: target, Path: target, Line: s.StartLine, Layer: s.Layer,
		Severity: s.Severity, Title: s.Title,
	}
}

// headline is the title as it stands alone, where nothing else tells the kind.
func (f Finding) headline() string {
	if f.Kind == KindVulnerability {
		return f.Title
	}
	return strings.ToLower(string(f.Kind)) + ": " + f.Title
}

func worstFirst(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(b.Severity, a.Severity),
		strings.Compare(a.Package, b.Package),
		strings.Compare(a.ID, b.ID),
	)
}

// Account is a finding with what is said of it.
type Account struct {
	Finding
	// Origin is what made the layer that it is in; empty where nobody says.
	Origin string
	// Suppressed tells that a VEX statement says that it does no harm, Accepted
	// that a rule accepts it.
	Suppressed, Accepted bool
	// Reason is why it is suppressed or accepted.
	Reason string
}

// Accounts are all findings of a component's report, the worst first, those
// among them that statements suppress, each with what is said of it. A rule that
// has expired accepts nothing any more.
func Accounts(report Report, component string, rules []Rule, now time.Time) []Account {
	accounts := []Account{}
	for _, f := range Findings(report) {
		accounts = append(accounts, accepted(f, component, rules, now))
	}
	for _, r := range report.Results {
		for _, s := range r.ExperimentalModifiedFindings {
			accounts = append(accounts, Account{Finding: s.Finding.finding(r.Target), Suppressed: true, Reason: s.reason()})
		}
	}
	for i, a := range accounts {
		accounts[i].Origin = report.Metadata.origin(a.Layer)
	}
	slices.SortStableFunc(accounts, func(a, b Account) int { return worstFirst(a.Finding, b.Finding) })
	return accounts
}

// accepted says whether a rule accepts a finding, and why.
func accepted(f Finding, component string, rules []Rule, now time.Time) Account {
	rule := slices.IndexFunc(rules, func(r Rule) bool { return r.matches(component, f) && !r.expired(now) })
	if rule < 0 {
		return Account{Finding: f}
	}
	return Account{Finding: f, Accepted: true, Reason: fmt.Sprintf("until %s: %s", rules[rule].Expires, rules[rule].Reason)}
}
