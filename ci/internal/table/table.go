// Package table sets out rows for people to read.
package table

import (
	"strings"
	"text/tabwriter"
)

// Aligned is the rows with their columns below each other.
func Aligned(rows [][]string) string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		// A strings.Builder takes everything.
		_, _ = table.Write([]byte(strings.Join(row, "\t") + "\n"))
	}
	_ = table.Flush()
	return text.String()
}
