package scanning

import (
	"context"
	"errors"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// Scans are those of a component, one for each platform.
type Scans []*Scan

// Gate fails when one of the scans found what the policy does not let pass, and
// says of each what. The severity is the policy's when empty.
func (all Scans) Gate(ctx context.Context, severity string) error {
	var failures []error
	for _, s := range all {
		failures = append(failures, s.Gate(ctx, severity))
	}
	return errors.Join(failures...)
}

// Table is the findings for people, platform by platform.
func (all Scans) Table(ctx context.Context) (string, error) {
	var text strings.Builder
	for _, s := range all {
		table, err := s.Table(ctx)
		if err != nil {
			return "", err
		}
		text.WriteString(s.Component + " " + s.Platform + "\n" + table + "\n")
	}
	return text.String(), nil
}

// Files are everything that is known of the images: for each platform Trivy's
// report, the findings with whose they are and what mends them, SARIF, and both
// bills of materials.
func (all Scans) Files(ctx context.Context) (*dagger.Directory, error) {
	files := dag.Directory()
	for _, s := range all {
		sarif, err := s.Sarif(ctx)
		if err != nil {
			return nil, err
		}
		findings, err := s.json(ctx)
		if err != nil {
			return nil, err
		}
		name := s.Component + "/" + strings.ReplaceAll(s.Platform, "/", "-")
		files = files.
			WithFile(name+".trivy.json", s.Report).
			WithNewFile(name+".findings.json", string(findings)).
			WithFile(name+".sarif", sarif).
			WithFile(name+".cdx.json", s.Cyclonedx).
			WithFile(name+".spdx.json", s.Spdx)
	}
	return files, nil
}

// Report adds to the files of a run's report what is known of the images: SARIF, and
// both bills of materials.
func (all Scans) Report(ctx context.Context, files *dagger.Directory) (*dagger.Directory, error) {
	for _, s := range all {
		sarif, err := s.Sarif(ctx)
		if err != nil {
			return nil, err
		}
		name := s.Component + "/" + strings.ReplaceAll(s.Platform, "/", "-")
		files = files.
			WithFile("sarif/"+name+".sarif", sarif).
			WithFile("sbom/"+name+".cdx.json", s.Cyclonedx).
			WithFile("sbom/"+name+".spdx.json", s.Spdx)
	}
	return files, nil
}
