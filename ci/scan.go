package main

import (
	"context"
	"errors"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/scanning"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// Scan is what Trivy found in a component's images.
type Scan struct {
	// Component is the component's name.
	Component string
	// Platforms are the scans, one for each platform.
	Platforms []*PlatformScan
	// +private
	Ci *PingvasCi
}

// PlatformScan is what Trivy found in the image of one platform. The image is
// scanned once; everything here is derived from that one report.
type PlatformScan struct {
	// Component is the component's name.
	Component string
	// Platform is the image's platform.
	Platform string
	// Summary says what was found in one line.
	Summary string
	// Base is the image that it is built on, with its digest; empty where it begins
	// with nothing, or nobody says with what.
	Base string
	// Notes are what was not looked at, and why, such as jars without a database of
	// them.
	Notes []string
	// Report is Trivy's own report, in JSON. What is wrong with the image's
	// configuration is among the results as image-configuration.Dockerfile, and what
	// it is built on is below PingvasCI.
	Report *dagger.File
	// Cyclonedx is the image's bill of materials in CycloneDX JSON.
	Cyclonedx *dagger.File
	// Spdx is the image's bill of materials in SPDX JSON.
	Spdx *dagger.File
	// +private
	Layout *dagger.Directory
	// +private
	ScannerVersion *dagger.File
	// +private
	Locked bool
	// +private
	Misconfiguration bool
	// +private
	Policy *GatePolicy
}

// GatePolicy says which findings stop an image.
type GatePolicy struct {
	// Severity is the least severity that stops it.
	Severity Severity
	// Unfixed has those stop it as well that nobody can mend yet.
	Unfixed bool
	// FixableOnly is the opposite of that.
	//
	// Deprecated: use unfixed.
	// +deprecated="use unfixed"
	FixableOnly bool
	// WithoutOS lets images pass that are built from scratch.
	WithoutOS bool
	// +private
	Ignore *dagger.File
}

// WithGate says which findings stop an image from being published.
//
// Without it those of HIGH and CRITICAL do that an update or a correction mends.
// What nobody can mend yet is shown and counted, and stops nothing.
// +cache="session"
func (m *PingvasCi) WithGate(
	// The least severity that stops an image.
	// +default="HIGH"
	severity Severity,
	// Let vulnerabilities without a fixed version, and a distribution past its support,
	// stop an image, too.
	// +optional
	unfixed bool,
	// Deprecated: leave it out, as what has no fix yet stops nothing without it.
	// +optional
	// +deprecated="leave it out, as what has no fix yet stops nothing without it"
	fixableOnly bool,
	// Let images pass that have no operating system, being built from scratch.
	// +optional
	withoutOs bool,
	// A YAML file of findings that are accepted, each for a reason and until a
	// day: {ignore: [{id: CVE-2026-0001, reason: not reachable, expires: 2027-01-31}]},
	// where a rule may also name its component and package.
	// +optional
	ignore *dagger.File,
) (*PingvasCi, error) {
	if fixableOnly {
		ground.Deprecated("with-gate --fixable-only", "with-gate without it: what has no fix yet stops nothing")
	}
	with := *m
	with.Gate = gatePolicyOf(scanning.Policy{Severity: string(severity), Unfixed: unfixed, WithoutOS: withoutOs, Ignore: ignore})
	if fixableOnly && unfixed {
		return nil, errors.New("with-gate --fixable-only and --unfixed contradict each other. Leave --fixable-only out")
	}
	return &with, with.Gate.policy().Check()
}

// WithFindingKinds says what images are scanned for.
//
// Without it they are scanned for all: vulnerabilities, secrets and
// misconfigurations.
func (m *PingvasCi) WithFindingKinds(
	// VULNERABILITY, which cannot be left out, SECRET and MISCONFIGURATION.
	kinds []FindingKind,
) (*PingvasCi, error) {
	with := *m
	with.FindingKinds = kinds
	return &with, with.scanner().Kinds.Check()
}

// WithScanners says what images are scanned for, by an older name.
//
// Deprecated: use with-finding-kinds --kinds.
// +deprecated="use with-finding-kinds --kinds"
// +cache="session"
func (m *PingvasCi) WithScanners(
	// VULNERABILITY, which cannot be left out, SECRET and MISCONFIGURATION.
	scanners []FindingKind,
) (*PingvasCi, error) {
	ground.Deprecated("with-scanners --scanners", "with-finding-kinds --kinds")
	return m.WithFindingKinds(scanners)
}

// WithTrivyDatabases takes Trivy's databases from a directory.
//
// It is as Trivy keeps them below its cache: db, and java-db for jars. Nothing is
// fetched then, and how old they may be is yours to judge.
func (m *PingvasCi) WithTrivyDatabases(
	// A directory with db/trivy.db and db/metadata.json, and java-db where images have
	// jars.
	directory *dagger.Directory,
) *PingvasCi {
	with := *m
	with.TrivyDatabases = directory
	return &with
}

// WithVex takes an OpenVEX document on vulnerabilities that do no harm.
//
// A vulnerability that a statement calls not_affected, with a justification, or
// fixed is no finding any more, and is reported as suppressed. The bills of
// materials stay as they are. A product is a package, such as
// pkg:pypi/starlette@0.36.0, or packages in a component's image:
// pkg:oci/user-service with subcomponents. Called again, it adds a document.
func (m *PingvasCi) WithVex(
	// The document, in JSON.
	document *dagger.File,
) *PingvasCi {
	with := *m
	with.Vex = append(slices.Clone(m.Vex), document)
	return &with
}

// Gate fails when the scan found what the policy of with-gate does not let pass.
// +cache="session"
func (s *Scan) Gate(
	ctx context.Context,
	// The least severity that fails; that of with-gate when absent.
	// +optional
	severity Severity,
) error {
	return s.scans().Gate(ctx, string(severity))
}

// Table returns the findings for people.
func (s *Scan) Table(ctx context.Context) (string, error) {
	return s.scans().Table(ctx)
}

// Files returns everything that is known of the images.
//
// For each platform Trivy's report, the findings with whose they are and what mends
// them, SARIF, and both bills of materials.
// +cache="session"
func (s *Scan) Files(ctx context.Context) (*dagger.Directory, error) {
	return s.scans().Files(ctx)
}

// Sarif returns the findings as SARIF 2.1.0 for GitHub's code scanning.
//
// They have a category of their own, so that no component's results replace
// another's.
func (p *PlatformScan) Sarif(ctx context.Context) (*dagger.File, error) {
	return p.scan().Sarif(ctx)
}

// scanner is Trivy, as the caller wants it.
func (m *PingvasCi) scanner() *scanning.Scanner {
	s := &scanning.Scanner{Images: ground.Images{Lock: m.ImageLock}, Databases: m.TrivyDatabases, Vex: m.Vex, Policy: m.Gate.policy()}
	for _, kind := range m.FindingKinds {
		s.Kinds = append(s.Kinds, trivy.FindingKind(kind))
	}
	return s
}

// policy is the caller's, or the guide's: HIGH and CRITICAL stop an image, where
// they can be mended.
func (g *GatePolicy) policy() scanning.Policy {
	if g == nil {
		return scanning.Policy{}
	}
	return scanning.Policy{Severity: string(g.Severity), Unfixed: g.Unfixed, WithoutOS: g.WithoutOS, Ignore: g.Ignore}
}

// scanOfComponent is what was found in a component's images.
func (m *PingvasCi) scanOfComponent(name string, found []*scanning.Scan) *Scan {
	scan := &Scan{Component: name, Ci: m}
	for _, s := range found {
		scan.Platforms = append(scan.Platforms, scanOfWing(s))
	}
	return scan
}

// scans are the scans as they judge and write.
func (s *Scan) scans() (all scanning.Scans) {
	for _, p := range s.Platforms {
		all = append(all, p.scan())
	}
	return all
}

func scanOfWing(s *scanning.Scan) *PlatformScan {
	return &PlatformScan{
		Component: s.Component, Platform: s.Platform, Summary: s.Summary, Base: s.Base, Notes: s.Notes,
		Report: s.Report, Cyclonedx: s.Cyclonedx, Spdx: s.Spdx,
		Layout: s.Layout, ScannerVersion: s.Version, Locked: s.Locked, Misconfiguration: s.Misconfiguration, Policy: gatePolicyOf(s.Policy),
	}
}

func gatePolicyOf(p scanning.Policy) *GatePolicy {
	return &GatePolicy{Severity: Severity(p.Severity), Unfixed: p.Unfixed, FixableOnly: !p.Unfixed, WithoutOS: p.WithoutOS, Ignore: p.Ignore}
}

func (p *PlatformScan) scan() *scanning.Scan {
	return &scanning.Scan{
		Component: p.Component, Platform: p.Platform, Summary: p.Summary, Base: p.Base, Notes: p.Notes,
		Report: p.Report, Cyclonedx: p.Cyclonedx, Spdx: p.Spdx,
		Layout: p.Layout, Version: p.ScannerVersion, Locked: p.Locked, Misconfiguration: p.Misconfiguration, Policy: p.Policy.policy(),
	}
}
