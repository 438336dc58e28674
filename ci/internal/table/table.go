// Package table sets out rows for people to read.
package table

import (
	"strings"
	"text/tabwriter"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Aligned is the rows with their columns below each other, on a line each
// whatever is in them.
func Aligned(rows [][]string) string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		var cells []string
		for _, cell := range row {
			cells = append(cells, plain.Line(cell))
		}
		// A strings.Builder takes everything.
		_, _ = table.Write([]byte(strings.Join(cells, "\t") + "\n"))
	}
	_ = table.Flush()
	return text.String()
}
