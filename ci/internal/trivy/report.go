// Package trivy judges what the Trivy scanner found. An image is scanned once,
// to JSON, and everything else is derived from that report: the gate, the
// table for people and the SARIF file for code scanning.
//
// The gate fails closed. A report that could not have found anything, because
// it has no operating system, no packages or an old database, is an error of
// its own type and never a pass.
package trivy

import (
	"encoding/json"
	"fmt"
	"time"
)

// Report is what is used of Trivy's JSON report, schema version 2.
type Report struct {
	SchemaVersion int
	ArtifactName  string
	// Trivy is the scanner; older releases do not say their version here.
	Trivy    struct{ Version string }
	Metadata Metadata
	Results  []Result
	// Scanned is what the scan added.
	Scanned Scanned `json:"PingvasCI"`
}

// Metadata is what Trivy knows of the image.
type Metadata struct {
	OS          *OS
	ImageID     string
	ImageConfig struct {
		Architecture string          `json:"architecture"`
		OS           string          `json:"os"`
		Config       containerConfig `json:"config"`
		History      []historyEntry  `json:"history"`
		RootFS       struct {
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
	}
}

// OS is the image's distribution. EOSL says that it gets no more security
// updates, so that its silence means nothing.
type OS struct {
	Family string
	Name   string
	EOSL   bool
}

// Result holds the findings in one target: the distribution's packages, a
// language's packages, files with secrets, or a file of configuration.
type Result struct {
	Target                       string
	Class                        string
	Type                         string
	Packages                     []Package
	Vulnerabilities              []Vulnerability
	Secrets                      []Secret
	MisconfSummary               *struct{ Successes, Failures int }
	ExperimentalModifiedFindings []Suppressed
	Misconfigurations            []Misconfiguration
}

// The classes of result that the gate reads.
const (
	classOS       = "os-pkgs"
	classLanguage = "lang-pkgs"
	classConfig   = "config"
)

// Package is an installed package, or one that only a bill of materials within the
// image declares.
type Package struct {
	Name       string
	Version    string
	Identifier identifier
	// FilePath is the file of the package's own that it was seen by, and AnalyzedBy
	// what of the scanner saw it. Older ones say neither.
	FilePath   string
	AnalyzedBy string
}

// identifier tells a package of a report from all others in it.
type identifier struct{ UID string }

// Vulnerability is a known weakness of an installed package.
type Vulnerability struct {
	VulnerabilityID  string
	PkgName          string
	PkgPath          string
	PkgIdentifier    identifier
	InstalledVersion string
	FixedVersion     string
	Layer            Layer
	Severity         Severity
	Title            string
	Description      string
	PrimaryURL       string
}

// Secret is a credential found in a file of the image. Trivy masks it.
type Secret struct {
	RuleID    string
	Title     string
	Severity  Severity
	Layer     Layer
	StartLine int
}

// ImageID is the digest of the scanned image's configuration. A pushed image
// with the same one has the same layers.
func (r Report) ImageID() string { return r.Metadata.ImageID }

// Parse reads the output of trivy image --format json --list-all-pkgs.
func Parse(raw []byte) (Report, error) {
	var r Report
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("read Trivy's report: %w. Scan with --format json", err)
	}
	if r.SchemaVersion != 2 {
		return r, fmt.Errorf("read Trivy's report: schema version %d is unknown. Use a Trivy whose reports have schema version 2", r.SchemaVersion)
	}
	return r, nil
}

// Scanner is the program and the database that made a report.
type Scanner struct {
	Version         string
	DatabaseUpdated time.Time
}

// ParseScanner reads the output of trivy version --format json.
func ParseScanner(raw []byte) (Scanner, error) {
	var v struct {
		Version         string
		VulnerabilityDB struct{ UpdatedAt time.Time }
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return Scanner{}, fmt.Errorf("read Trivy's version: %w. Ask for it with trivy version --format json", err)
	}
	return Scanner{v.Version, v.VulnerabilityDB.UpdatedAt}, nil
}
