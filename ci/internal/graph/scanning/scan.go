package scanning

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/notary"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// Scan is what Trivy found in the image of one platform.
type Scan struct {
	// Component is the component's name, and Platform the image's.
	Component, Platform string
	// Summary says what was found in one line.
	Summary string
	// Counts say how many findings there are, and Worst names those of CRITICAL and
	// HIGH.
	Counts trivy.Counts
	Worst  []string
	// Base is the image that the component's is built on, with its digest; empty
	// where nobody says.
	Base string
	// Notes are what was not looked at, and why.
	Notes []string
	// Report is Trivy's own report, in JSON.
	Report *dagger.File
	// Cyclonedx and Spdx are the image's bill of materials, in JSON.
	Cyclonedx, Spdx *dagger.File
	// Layout is the image that was scanned.
	Layout *dagger.Directory
	// Version says what made the report: Trivy's version and its database's date.
	Version *dagger.File
	// Locked tells that the image lock names the database.
	Locked bool
	// Misconfiguration tells that the image's configuration was looked at.
	Misconfiguration bool
	// Policy says which findings stop the image.
	Policy Policy

	// known is the report in the call that made it, which need not fetch it.
	known *trivy.Report
}

// databaseAge is how old a published vulnerability database may be: it is
// renewed several times a day, so an older one means that refreshing fails.
const databaseAge = 7 * 24 * time.Hour

// Gate fails when the report shows a finding that the policy does not let
// pass, or too little to be believed. The severity is the policy's when empty.
func (s *Scan) Gate(ctx context.Context, severity string) error {
	report, err := s.report(ctx)
	if err != nil {
		return err
	}
	version, err := s.version(ctx)
	if err != nil {
		return err
	}
	rules, err := s.Policy.rules(ctx)
	if err != nil {
		return err
	}
	policy := trivy.Policy{
		Component: s.Component, Platform: s.Platform, Severity: cmp.Or(severity, s.Policy.Severity),
		Unfixed: s.Policy.Unfixed, WithoutOS: s.Policy.WithoutOS, Ignore: rules,
		Misconfiguration: s.Misconfiguration, Scanner: version, DatabaseAge: databaseAge, Now: time.Now(),
	}
	if s.Locked {
		// Whoever locks a database has chosen its age.
		policy.DatabaseAge = 0
	}
	verdict, err := trivy.Gate(report, policy)
	if err != nil {
		return err
	}
	if unfixed := len(verdict.Unfixed); unfixed > 0 {
		fmt.Printf("! %s %s: %d findings without a fix pass. Stop them with with-gate --unfixed\n", s.Component, s.Platform, unfixed)
	}
	return verdict.Err()
}

// Updatable are the packages of the image's distribution that an update mends.
func (s *Scan) Updatable(ctx context.Context) (distribution string, mends map[string][]string, err error) {
	report, err := s.report(ctx)
	if err != nil {
		return "", nil, err
	}
	distribution, mends = report.Updatable()
	return distribution, mends, nil
}

// Table is the findings for people.
func (s *Scan) Table(ctx context.Context) (string, error) {
	report, err := s.report(ctx)
	if err != nil {
		return "", err
	}
	return trivy.Table(report), nil
}

// Sarif is the findings as SARIF 2.1.0, in a category of their own, so that no
// component's results replace another's.
func (s *Scan) Sarif(ctx context.Context) (*dagger.File, error) {
	text, err := s.sarif(ctx)
	if err != nil {
		return nil, err
	}
	return ground.File("trivy.sarif", text), nil
}

func (s *Scan) sarif(ctx context.Context) ([]byte, error) {
	report, err := s.report(ctx)
	if err != nil {
		return nil, err
	}
	text, err := trivy.SARIF(report, "trivy/"+s.Component+"/"+s.Platform)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", s.Component, s.Platform, err)
	}
	return text, nil
}

// Image is what was scanned, ready to be pushed.
func (s *Scan) Image(ctx context.Context) (registry.Image, error) {
	image, err := registry.ReadImage(ctx, layout{s.Layout})
	if err != nil {
		return image, fmt.Errorf("%s %s: %w", s.Component, s.Platform, err)
	}
	report, err := s.report(ctx)
	if err != nil {
		return image, err
	}
	// The scanner has read the same files. That it says so costs nothing to see.
	if image.Config != report.ImageID() || image.Platform != s.Platform {
		return image, fmt.Errorf("%s %s: the image to be pushed is %s for %s, but %s was scanned. Nothing is pushed: report this",
			s.Component, s.Platform, image.Config, image.Platform, report.ImageID())
	}
	return image, nil
}

// Bill is the platform's bill of materials.
func (s *Scan) Bill(ctx context.Context) (notary.Bill, error) {
	cyclonedx, err := s.Cyclonedx.Contents(ctx)
	if err != nil {
		return notary.Bill{}, fmt.Errorf("%s %s: bill of materials in CycloneDX: %w", s.Component, s.Platform, err)
	}
	spdx, err := s.Spdx.Contents(ctx)
	if err != nil {
		return notary.Bill{}, fmt.Errorf("%s %s: bill of materials in SPDX: %w", s.Component, s.Platform, err)
	}
	return notary.Bill{CycloneDX: []byte(cyclonedx), SPDX: []byte(spdx)}, nil
}

func (s *Scan) report(ctx context.Context) (trivy.Report, error) {
	if s.known != nil {
		return *s.known, nil
	}
	report, _, err := s.fetched(ctx)
	return report, err
}

// fetched is the report, and its text.
func (s *Scan) fetched(ctx context.Context) (trivy.Report, []byte, error) {
	text, err := s.Report.Contents(ctx)
	if err != nil {
		return trivy.Report{}, nil, fmt.Errorf("scan %s %s: %w", s.Component, s.Platform, err)
	}
	report, err := trivy.Parse([]byte(text))
	return report, []byte(text), err
}

// version is what made the report: Trivy's version and its database's date.
func (s *Scan) version(ctx context.Context) (trivy.Scanner, error) {
	text, err := s.Version.Contents(ctx)
	if err != nil {
		return trivy.Scanner{}, fmt.Errorf("%s %s: read the scanner's version: %w", s.Component, s.Platform, err)
	}
	return trivy.ParseScanner([]byte(text))
}

// complete adds to the report what the scan found out by itself, and what is wrong
// with the configuration of the image where that is looked at. The bills of
// materials are made of the report before.
func (s *Scan) complete(ctx context.Context, p program, report trivy.Report, text []byte, scanned trivy.Scanned) (trivy.Report, error) {
	var others [][]byte
	if s.Misconfiguration {
		checked, err := p.configuration(trivy.ConfigurationOf(report, scanned.Base)).Contents(ctx)
		if err != nil {
			return report, err
		}
		others = append(others, []byte(checked))
	}
	merged, err := trivy.Merge(text, scanned, others...)
	if err != nil {
		return report, err
	}
	s.Report = ground.File("report.json", merged)
	if report, err = trivy.Parse(merged); err != nil {
		return report, err
	}
	s.known = &report
	return report, nil
}
