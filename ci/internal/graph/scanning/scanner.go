package scanning

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// Scanner is Trivy, with what the caller decided.
type Scanner struct {
	// Images have Trivy itself, and its database where the image lock names one.
	Images ground.Images
	// Databases are Trivy's, as it keeps them below its cache; nil for those of the
	// image lock, or the published ones.
	Databases *dagger.Directory
	// Kinds are what images are scanned for; none are all.
	Kinds trivy.Kinds
	// Vex are OpenVEX documents on vulnerabilities that do no harm.
	Vex []*dagger.File
	// Policy says which findings stop an image.
	Policy Policy
}

// Ready finds out early what would stop every scan or gate: another form of the
// ignore rules or of a VEX document, a rule that has expired, a scanner that
// must not be run.
func (s *Scanner) Ready(ctx context.Context) error {
	_, refused := s.program(ctx)
	_, rules := s.Policy.rules(ctx)
	_, vex := s.vexFor(ctx, "")
	return errors.Join(refused, rules, vex)
}

// Image has Trivy look at the very bytes that will be published, of one
// platform. It never fails for what it finds: that is the gate's.
func (s *Scanner) Image(ctx context.Context, component, platform string, image *dagger.Container) (*Scan, error) {
	p, err := s.program(ctx)
	if err != nil {
		return nil, err
	}
	return s.Layout(ctx, component, platform, p.unpacked(image))
}

// Of is the scanner of an image that may have no operating system, as one has that
// its Dockerfile begins with nothing.
func (s *Scanner) Of(withoutOS bool) *Scanner {
	of := *s
	of.Policy.WithoutOS = of.Policy.WithoutOS || withoutOS
	return &of
}

// Again scans what a registry holds of one platform, named by its digest: its
// bytes are fetched into this process, by the login that everything else of the
// registry goes by, and the engine never has that.
func (s *Scanner) Again(ctx context.Context, component, platform, at string, options []registry.Option) (*Scan, error) {
	var layout *dagger.Directory
	err := ground.Handed(func(dir string) error {
		if err := registry.Fetch(ctx, at, dir, options...); err != nil {
			return err
		}
		var err error
		if layout, err = dag.CurrentModule().Workdir(dir).Sync(ctx); err != nil {
			return fmt.Errorf("take the fetched image into the engine: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.Layout(ctx, component, platform, layout)
}

// GateAgain judges what a registry holds, named by its digest, on every platform
// that it is for, by what is known today and by the policy of today.
func (s *Scanner) GateAgain(ctx context.Context, component, at string, options []registry.Option) error {
	held, err := registry.Resolve(ctx, at, options...)
	if err != nil {
		return err
	}
	var failures []error
	for _, platform := range slices.Sorted(maps.Keys(held.Platforms)) {
		one, err := held.On(platform)
		if err != nil {
			return err
		}
		found, err := s.Again(ctx, component, platform, one, options)
		if err == nil {
			err = found.Gate(ctx, "")
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// Layout scans what is an OCI layout already.
func (s *Scanner) Layout(ctx context.Context, component, platform string, layout *dagger.Directory) (*Scan, error) {
	found, err := s.layout(ctx, component, platform, layout)
	return found, ground.Failed(fmt.Sprintf("%s scan %s", component, platform), err)
}

func (s *Scanner) layout(ctx context.Context, component, platform string, layout *dagger.Directory) (*Scan, error) {
	p, err := s.program(ctx)
	if err != nil {
		return nil, err
	}
	vex, err := s.vexFor(ctx, component)
	if err != nil {
		return nil, err
	}
	scanned, notes, err := p.scanned(ctx, layout, s.Kinds, vex)
	if err != nil {
		return nil, ground.Explained(err, unscanned)
	}
	found := &Scan{
		Component: component, Platform: platform, Policy: s.Policy, Layout: layout, Locked: p.locked,
		Report: scanned.File(reportAt), Version: p.version(scanned), Misconfiguration: s.Kinds.Has(trivy.KindMisconfiguration),
	}
	// What is in the image is the same, whatever is said of it.
	all := found.Report
	if len(vex) > 0 {
		all = scanned.File(unsuppressedAt)
	}
	found.Cyclonedx = p.converted(all, "cyclonedx")
	found.Spdx = p.converted(all, "spdx-json")
	report, text, err := found.fetched(ctx)
	if err != nil {
		return nil, err
	}
	base, note := p.base(ctx, platform, report)
	if note != "" {
		notes = append(notes, note)
	}
	if report, err = found.complete(ctx, p, report, text, trivy.Scanned{Base: base, Notes: notes}); err != nil {
		return nil, err
	}
	for _, note := range notes {
		fmt.Printf("! %s %s: %s\n", component, platform, note)
	}
	for _, document := range vex {
		for _, idle := range document.Idle(report) {
			fmt.Printf("! %s %s: %s\n", component, platform, idle)
		}
	}
	found.Summary, found.Counts, found.Worst = trivy.Summary(report), trivy.CountsOf(report), trivy.Named(report)
	found.Base, found.Notes = base.Reference, notes
	return found, nil
}

// unscanned is why there is no report, as far as that can be said of every reason.
const unscanned = "Trivy made no report, so nothing is known of the image. Where it could not fetch its database, see that the engine reaches " +
	"mirror.gcr.io, ghcr.io or public.ecr.aws, give it with with-trivy-databases, or name an image with it in the image lock as trivy-db; else run again, and report what it says:"
