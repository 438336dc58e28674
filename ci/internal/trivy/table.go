package trivy

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Table writes a report's findings for people, the worst first.
func Table(report Report) string {
	findings := Findings(report)
	var b strings.Builder
	if os := report.Metadata.OS; os != nil {
		b.WriteString(plain.Line(os.Family+" "+os.Name) + "\n")
	}
	if base := report.Scanned.Base.Reference; base != "" {
		fmt.Fprintf(&b, "on %s\n", plain.Line(base))
	}
	for _, note := range report.Scanned.Notes {
		fmt.Fprintf(&b, "! %s\n", plain.Line(note))
	}
	for _, s := range SuppressedOf(report) {
		b.WriteString(plain.Line(s.String()) + "\n")
	}
	if len(findings) == 0 {
		b.WriteString("No findings.\n")
		return b.String()
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { _, _ = fmt.Fprintln(w, strings.Join(cells, "\t")) }
	row("SEVERITY", "ID", "OF", "PACKAGE", "INSTALLED", "FIXED", "MENDED BY", "TITLE")
	for _, f := range findings {
		row(f.Severity.String(), plain.Line(f.ID), strings.ToLower(string(f.Owner)), plain.Line(dash(f.Package, f.Path)), plain.Line(dash(f.Installed)), plain.Line(dash(f.Fixed)),
			plain.Line(f.MendedBy()), plain.Line(shorten(f.headline(), 60)))
	}
	_ = w.Flush() // A strings.Builder takes every byte.
	b.WriteString(Summary(report) + "\n")
	return b.String()
}

func dash(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return "-"
}

func shorten(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
