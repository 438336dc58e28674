package main

import (
	"context"
	"errors"
	"fmt"
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
}

// PlatformScan is what Trivy found in the image of one platform.
type PlatformScan struct {
	// Component is the component's name.
	Component string
	// Platform is the image's platform.
	Platform string
	// Summary says what was found in one line.
	Summary string
	// Report is Trivy's own report, in JSON.
	Report *dagger.File
	// +private
	Image string
	// +private
	Scanner *dagger.File
	// +private
	Locked bool
}

// gate fails when the report shows a finding of at least this severity, or too
// little to be believed.
func (p *PlatformScan) gate(ctx context.Context, severity string) error {
	report, err := p.report(ctx)
	if err != nil {
		return err
	}
	scanner, err := p.scanner(ctx)
	if err != nil {
		return err
	}
	policy := trivy.Policy{
		Component: p.Component, Platform: p.Platform, Severity: severity,
		Scanner: scanner, DatabaseAge: databaseAge, Now: time.Now(),
	}
	if p.Locked {
		// Whoever locks a database has chosen its age.
		policy.DatabaseAge = 0
	}
	verdict, err := trivy.Gate(report, policy)
	if err != nil {
		return err
	}
	return verdict.Err()
}

// databaseAge is how old a published vulnerability database may be: it is
// renewed several times a day, so an older one means that refreshing fails.
const databaseAge = 7 * 24 * time.Hour

// Gate fails when the scan found a vulnerability or a secret of at least this
// severity.
func (s *Scan) Gate(
	ctx context.Context,
	// CRITICAL, HIGH, MEDIUM or LOW.
	// +default="HIGH"
	severity string,
) error {
	var failures []error
	for _, p := range s.Platforms {
		failures = append(failures, p.gate(ctx, severity))
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

// Sarif returns the findings as SARIF 2.1.0 for GitHub's code scanning, under a
// category of its own, so that no component's results replace another's.
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
	scan := &Scan{Component: name}
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

// scan has Trivy look at the very image that will be published, of one
// platform. It never fails for what it finds: that is the gate's.
func (m *PingvasCi) scan(ctx context.Context, c component.Component, platform string, image *dagger.Container) (*PlatformScan, error) {
	scanner, err := m.scanner(ctx)
	if err != nil {
		return nil, err
	}
	command := append([]string{
		"trivy", "image", "--input", "/image.tar", "--cache-dir", trivyCache,
		"--format", "json", "--output", "/report.json",
		"--scanners", "vuln,secret", "--list-all-pkgs", "--timeout", "10m",
		"--skip-java-db-update", "--quiet",
	}, scanner.arguments...)
	tarball := image.AsTarball(dagger.ContainerAsTarballOpts{MediaTypes: dagger.ImageMediaTypesOcimediaTypes})
	scanned := scanner.container.
		WithMountedFile("/image.tar", tarball).
		WithExec(command).
		WithExec([]string{"trivy", "version", "--format", "json", "--cache-dir", trivyCache},
			dagger.ContainerWithExecOpts{RedirectStdout: "/scanner.json"})
	found := &PlatformScan{
		Component: c.Name, Platform: platform,
		Report: scanned.File("/report.json"), Scanner: scanned.File("/scanner.json"), Locked: scanner.locked,
	}
	report, err := found.report(ctx)
	if err != nil {
		return nil, err
	}
	found.Image = report.ImageID()
	found.Summary = trivy.Summary(report)
	return found, nil
}

const trivyCache = "/trivy"

// databases are where Trivy's vulnerability database is published, in the
// order in which they are asked: the first home limits how often.
var databases = []string{
	"mirror.gcr.io/aquasec/trivy-db:2",
	"ghcr.io/aquasecurity/trivy-db:2",
	"public.ecr.aws/aquasecurity/trivy-db:2",
}

// scanner is Trivy with its database, and the arguments that say where it is.
type scanner struct {
	container *dagger.Container
	arguments []string
	locked    bool
}

// scanner takes the database from the image lock's trivy-db image, which needs
// no network, or as Aqua publishes it, refreshed once a day.
func (m *PingvasCi) scanner(ctx context.Context) (scanner, error) {
	table, err := m.images(ctx)
	if err != nil {
		return scanner{}, err
	}
	trivyImage, err := table.Reference(scannerImage)
	if err != nil {
		return scanner{}, err
	}
	// What only newer versions know is said in the environment, where an older
	// one of an image lock ignores it.
	base := dag.Container().From(trivyImage).
		WithEnvVariable("TRIVY_SKIP_VERSION_CHECK", "true").
		WithEnvVariable("TRIVY_DISABLE_TELEMETRY", "true")
	if locked, has := table.Lookup("trivy-db"); has {
		files := dag.Container().From(locked).Directory("/trivy-db")
		return scanner{
			container: base.WithDirectory(trivyCache+"/db", files),
			arguments: []string{"--skip-db-update", "--offline-scan"},
			locked:    true,
		}, nil
	}
	arguments := []string{}
	for _, repository := range databases {
		arguments = append(arguments, "--db-repository", repository)
	}
	volume := dag.CacheVolume("trivy-db")
	refreshed := base.
		WithMountedCache(trivyCache, volume, dagger.ContainerWithMountedCacheOpts{Sharing: dagger.CacheSharingModeLocked}).
		// The day is part of the cache key, so that tomorrow's scan is a new one.
		WithEnvVariable("PINGVAS_DATABASE_DAY", time.Now().UTC().Format(time.DateOnly))
	return scanner{container: refreshed, arguments: arguments}, nil
}
