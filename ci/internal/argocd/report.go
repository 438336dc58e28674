package argocd

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/table"
)

// Report is the status for people: one line, and the history below it.
func (s Status) Report() string {
	rows := [][]string{{"NUMBER", "TIME", "REVISION", "BY"}}
	for _, d := range s.History {
		rows = append(rows, []string{strconv.FormatInt(d.ID, 10), d.At.Format(time.RFC3339), fmt.Sprintf("%.12s", d.Revision), d.By})
	}
	return fmt.Sprintf("%s: %s\n\n%s", s.Application, s, table.Aligned(rows))
}

// Patience is how long to wait, of a text such as 10m or 90s.
func Patience(text string) (time.Duration, error) {
	limit, err := time.ParseDuration(text)
	if err != nil || limit <= 0 {
		return 0, fmt.Errorf("the limit %q is no time. Give one such as 10m or 90s", text)
	}
	return limit, nil
}
