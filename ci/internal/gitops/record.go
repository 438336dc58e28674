package gitops

import (
	"fmt"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/table"
)

// Record is a pin in words: what ran, from which commits, by whom and why.
type Record struct {
	// Image is the reference that ran; empty when there was none.
	Image string
	// Source is the source commit that it was built from, as its tag says.
	Source string
	// Commit is the commit of the GitOps repository that pinned it.
	Commit string
	// Author made that commit.
	Author string
	// Time is when, in RFC 3339.
	Time string
	// How says by what: bump, promotion, rollback, or edit for one by hand.
	How string
	// Reason is why a rollback was made.
	Reason string
	// Run is the address of the run that made the commit.
	Run string
}

// Record puts the pin in words.
func (p Pin) Record() Record {
	record := Record{
		Source: SourceOf(p.Image), Commit: p.Commit.Hash,
		Author: fmt.Sprintf("%s <%s>", p.Commit.Author.Name, p.Commit.Author.Email),
		Time:   p.Commit.Time.Format(time.RFC3339), How: p.How(), Reason: p.Reason(), Run: p.Run(),
	}
	if p.Image.NewTag+p.Image.Digest != "" {
		record.Image = p.Image.Reference()
	}
	return record
}

// Table is a history for people, a pin a line, and below it what is held.
func Table(pins []Pin, held []Hold) string {
	rows := [][]string{{"TIME", "HOW", "IMAGE", "COMMIT", "AUTHOR", "REASON"}}
	for _, p := range pins {
		r := p.Record()
		image := r.Image[strings.LastIndex(r.Image, "/")+1:]
		rows = append(rows, []string{r.Time, r.How, image, fmt.Sprintf("%.12s", r.Commit), r.Author, r.Reason})
	}
	text := table.Aligned(rows)
	for _, h := range held {
		text += fmt.Sprintf("Held: %s\n", h)
	}
	return text
}
