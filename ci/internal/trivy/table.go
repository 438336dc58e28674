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
	for _, s := range SuppressedOf(report) {
		b.WriteString(plain.Line(s.String()) + "\n")
	}
	if len(findings) == 0 {
		b.WriteString("No findings.\n")
		return b.String()
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { _, _ = fmt.Fprintln(w, strings.Join(cells, "\t")) }
	row("SEVERITY", "ID", "PACKAGE", "INSTALLED", "FIXED", "TITLE")
	for _, f := range findings {
		row(f.Severity.String(), plain.Line(f.ID), plain.Line(dash(f.Package, f.Path)), plain.Line(dash(f.Installed)), plain.Line(dash(f.Fixed)), plain.Line(shorten(f.headline(), 60)))
	}
	_ = w.Flush() // A strings.Builder takes every byte.
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
