package advisories

import (
	"embed"
	"fmt"
	"strings"
	"time"

	"github.com/aquasecurity/trivy-db/pkg/types"
)

// RealDate is the day as of which the larger database holds.
var RealDate = time.Date(2026, time.November, 28, 0, 0, 0, 0, time.UTC)

// facts are a line an advisory, with tabs between: which package of what is affected
// in which versions, with what severity, and what its publisher does about it. The
// lines that begin with # say where they are from.
//
//go:embed real/*.tsv
var facts embed.FS

// WriteReal makes the files trivy.db and metadata.json in dir, of some hundred
// advisories: what a scan of the kit's images and of common packages finds where
// Trivy's own database is at hand. Of many there is no fix.
func WriteReal(dir string) error {
	entries, err := realEntries()
	if err != nil {
		return err
	}
	return write(dir, entries, RealDate)
}

func realEntries() (all []entry, err error) {
	for _, source := range []struct {
		file  string
		entry func(fields []string) (entry, error)
		width int
	}{
		{"debian", ofDebian, 6},
		{"npm", ofLanguage(Npm), 6},
		{"pip", ofLanguage(Pip), 7},
	} {
		name := "real/" + source.file + ".tsv"
		text, err := facts.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read advisories: %w", err)
		}
		for number, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
			if strings.HasPrefix(line, "#") {
				continue
			}
			fields := strings.Split(line, "\t")
			for i, field := range fields {
				fields[i] = strings.TrimPrefix(field, nothing)
			}
			if len(fields) != source.width {
				return nil, fmt.Errorf("%s:%d: it has %d fields, not %d", name, number+1, len(fields), source.width)
			}
			one, err := source.entry(fields)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, number+1, err)
			}
			all = append(all, one)
		}
	}
	return all, nil
}

// ofDebian is an advisory of a source package in a release. The least severity is
// Debian's own word, that it hardly matters; the others are the National
// Vulnerability Database's.
func ofDebian(fields []string) (entry, error) {
	e := entry{ecosystem: Ecosystem(fields[0]), pkg: fields[1], id: fields[2], source: "nvd"}
	severity, err := severityOf(fields[5])
	e.detail.FixedVersion, e.severity = fields[4], severity
	if fields[4] == "" {
		e.detail.Status = types.NewStatus(fields[3])
	}
	if severity == types.SeverityLow {
		e.detail.Severity, e.severity = severity, types.SeverityUnknown
	}
	return e, err
}

// ofLanguage is an advisory of a package of a language.
func ofLanguage(ecosystem Ecosystem) func(fields []string) (entry, error) {
	return func(fields []string) (entry, error) {
		e := entry{ecosystem: ecosystem, pkg: fields[0], id: fields[1], source: "ghsa", detail: types.Advisory{
			VendorIDs: []string{fields[2]}, VulnerableVersions: strings.Split(fields[4], " || "), PatchedVersions: strings.Fields(fields[5]),
		}}
		severity, err := severityOf(fields[3])
		e.severity = severity
		if err == nil && len(fields) > 6 {
			e.published, err = time.Parse(time.DateOnly, fields[6])
		}
		return e, err
	}
}

// nothing is how a field is written that is empty.
const nothing = "-"

// severityOf is a severity by its name; unknown where nobody has rated it.
func severityOf(name string) (types.Severity, error) {
	if name == "" {
		return types.SeverityUnknown, nil
	}
	return types.NewSeverity(name)
}
