package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
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
	// Report is Trivy's own report, in JSON. What is wrong with the image's
	// configuration is among the results as image-configuration.Dockerfile.
	Report *dagger.File
	// Cyclonedx is the image's bill of materials in CycloneDX JSON.
	Cyclonedx *dagger.File
	// Spdx is the image's bill of materials in SPDX JSON.
	Spdx *dagger.File
	// +private
	Layout *dagger.Directory
	// +private
	Scanner *dagger.File
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
	Severity string
	// FixableOnly lets findings pass for which there is no fixed version yet.
	FixableOnly bool
	// WithoutOS lets images pass that are built from scratch.
	WithoutOS bool
	// +private
	Ignore *dagger.File
}

// WithGate says which findings stop an image from being published.
func (m *PingvasCi) WithGate(
	// CRITICAL, HIGH, MEDIUM or LOW.
	// +default="HIGH"
	severity string,
	// Let findings pass for which there is no fixed version yet.
	// +optional
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
	if _, err := trivy.ParseSeverity(severity); err != nil {
		return nil, err
	}
	with := *m
	with.Gate = &GatePolicy{Severity: severity, FixableOnly: fixableOnly, WithoutOS: withoutOs, Ignore: ignore}
	return &with, nil
}

// policy is the caller's, or the guide's: HIGH and CRITICAL stop an image.
func (m *PingvasCi) policy() *GatePolicy {
	if m.Gate == nil {
		return &GatePolicy{Severity: "HIGH"}
	}
	return m.Gate
}

// rules reads the accepted findings. One that is accepted no longer is an
// error here, before anything is built.
func (g *GatePolicy) rules(ctx context.Context) ([]trivy.Rule, error) {
	if g.Ignore == nil {
		return nil, nil
	}
	text, err := g.Ignore.Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the ignore rules: %w", err)
	}
	name, err := g.Ignore.Name(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the ignore rules: %w", err)
	}
	rules, err := trivy.ParseRules(name, []byte(text))
	if err != nil {
		return nil, err
	}
	return rules, trivy.Expired(rules, time.Now())
}

// gate fails when the report shows a finding that the policy does not let
// pass, or too little to be believed.
func (p *PlatformScan) gate(ctx context.Context, severity string) error {
	report, err := p.report(ctx)
	if err != nil {
		return err
	}
	scanner, err := p.scanner(ctx)
	if err != nil {
		return err
	}
	rules, err := p.Policy.rules(ctx)
	if err != nil {
		return err
	}
	policy := trivy.Policy{
		Component: p.Component, Platform: p.Platform, Severity: severity,
		FixableOnly: p.Policy.FixableOnly, WithoutOS: p.Policy.WithoutOS, Ignore: rules,
		Misconfiguration: p.Misconfiguration, Scanner: scanner, DatabaseAge: databaseAge, Now: time.Now(),
	}
	if p.Locked {
		// Whoever locks a database has chosen its age.
		policy.DatabaseAge = 0
	}
	verdict, err := trivy.Gate(report, policy)
	if err != nil {
		return err
	}
	for _, warning := range verdict.Warnings {
		fmt.Printf("! %s %s: %s\n", p.Component, p.Platform, warning)
	}
	return verdict.Err()
}

// databaseAge is how old a published vulnerability database may be: it is
// renewed several times a day, so an older one means that refreshing fails.
const databaseAge = 7 * 24 * time.Hour

// Gate fails when the scan found what the policy of with-gate does not let pass.
func (s *Scan) Gate(
	ctx context.Context,
	// CRITICAL, HIGH, MEDIUM or LOW; that of with-gate when absent.
	// +optional
	severity string,
) error {
	var failures []error
	for _, p := range s.Platforms {
		least := p.Policy.Severity
		if severity != "" {
			least = severity
		}
		failures = append(failures, p.gate(ctx, least))
	}
	return errors.Join(failures...)
}

// Table returns the findings for people.
func (s *Scan) Table(ctx context.Context) (string, error) {
	var text string
	for _, p := range s.Platforms {
		report, err := p.report(ctx)
		if err != nil {
			return "", err
		}
		text += p.Component + " " + p.Platform + "\n" + trivy.Table(report) + "\n"
	}
	return text, nil
}

// Files returns everything that is known of the images.
//
// For each platform Trivy's report, SARIF, and both bills of materials.
func (s *Scan) Files(ctx context.Context) (*dagger.Directory, error) {
	all := dag.Directory()
	for _, p := range s.Platforms {
		sarif, err := p.Sarif(ctx)
		if err != nil {
			return nil, err
		}
		name := p.Component + "/" + strings.ReplaceAll(p.Platform, "/", "-")
		all = all.
			WithFile(name+".trivy.json", p.Report).
			WithFile(name+".sarif", sarif).
			WithFile(name+".cdx.json", p.Cyclonedx).
			WithFile(name+".spdx.json", p.Spdx)
	}
	return all, nil
}

// Sarif returns the findings as SARIF 2.1.0 for GitHub's code scanning.
//
// They have a category of their own, so that no component's results replace
// another's.
func (p *PlatformScan) Sarif(ctx context.Context) (*dagger.File, error) {
	report, err := p.report(ctx)
	if err != nil {
		return nil, err
	}
	sarif, err := trivy.SARIF(report, "trivy/"+p.Component+"/"+p.Platform)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", p.Component, p.Platform, err)
	}
	return dag.Directory().WithNewFile("trivy.sarif", string(sarif)).File("trivy.sarif"), nil
}

func (p *PlatformScan) report(ctx context.Context) (trivy.Report, error) {
	text, err := p.Report.Contents(ctx)
	if err != nil {
		return trivy.Report{}, fmt.Errorf("scan %s %s: %w", p.Component, p.Platform, err)
	}
	return trivy.Parse([]byte(text))
}

// scanner is what made the report: Trivy's version and its database's date.
func (p *PlatformScan) scanner(ctx context.Context) (trivy.Scanner, error) {
	text, err := p.Scanner.Contents(ctx)
	if err != nil {
		return trivy.Scanner{}, fmt.Errorf("%s %s: read the scanner's version: %w", p.Component, p.Platform, err)
	}
	return trivy.ParseScanner([]byte(text))
}

// scanOf builds and scans one component for all of its platforms.
func (m *PingvasCi) scanOf(ctx context.Context, name string) (*Scan, error) {
	c, err := m.find(ctx, name)
	if err != nil {
		return nil, err
	}
	scan := &Scan{Component: name, Ci: m}
	for _, platform := range c.Settings.Platforms {
		image, err := m.build(ctx, c, dagger.Platform(platform))
		if err != nil {
			return nil, err
		}
		found, err := m.scan(ctx, c, platform, image)
		if err != nil {
			return nil, err
		}
		scan.Platforms = append(scan.Platforms, found)
	}
	return scan, nil
}

// scan has Trivy look at the very bytes that will be published, of one
// platform. It never fails for what it finds: that is the gate's.
func (m *PingvasCi) scan(ctx context.Context, c component.Component, platform string, image *dagger.Container) (*PlatformScan, error) {
	scanner, err := m.scanner(ctx)
	if err != nil {
		return nil, err
	}
	return m.scanLayout(ctx, scanner, c, platform, scanner.unpacked(image))
}

// scanLayout scans what is an OCI layout already.
func (m *PingvasCi) scanLayout(ctx context.Context, scanner scanner, c component.Component, platform string, layout *dagger.Directory) (*PlatformScan, error) {
	statements, vex, err := m.vexFor(ctx, c.Name)
	if err != nil {
		return nil, err
	}
	scanned := scanner.scanned(layout, vex)
	found := &PlatformScan{
		Component: c.Name, Platform: platform, Policy: m.policy(),
		Report: scanned.File("/report.json"), Scanner: scanned.File("/scanner.json"),
		Layout: layout, Locked: scanner.locked,
	}
	// What is in the image is the same, whatever is said of it.
	all := found.Report
	if vex != nil {
		all = scanned.File("/unsuppressed.json")
	}
	found.Cyclonedx = scanner.converted(all, "cyclonedx")
	found.Spdx = scanner.converted(all, "spdx-json")
	report, err := found.report(ctx)
	if err != nil {
		return nil, err
	}
	if m.scansFor(MISCONFIGURATION) {
		if report, err = found.withConfiguration(ctx, scanner, report); err != nil {
			return nil, err
		}
	}
	for _, idle := range statements.Idle(report) {
		fmt.Printf("! %s %s: %s\n", c.Name, platform, idle)
	}
	found.Summary = trivy.Summary(report)
	return found, nil
}
