package trivy

import (
	"fmt"
	"strings"
)

// Counts say how many findings there are.
type Counts struct {
	Critical int `json:"critical"`
	High     int `json:"high"`
	Medium   int `json:"medium"`
	Low      int `json:"low"`
	Unknown  int `json:"unknown"`
	// Base are those among them that are the base's.
	Base int `json:"base"`
	// Unfixed are those that nobody can mend yet.
	Unfixed int `json:"unfixed"`
}

// CountsOf counts a report's findings.
func CountsOf(report Report) Counts { return counted(Findings(report)) }

func counted(findings []Finding) (c Counts) {
	for _, f := range findings {
		*c.of(f.Severity)++
		if f.Owner == OwnerBase {
			c.Base++
		}
		if !f.Fixable() {
			c.Unfixed++
		}
	}
	return c
}

// All is how many there are.
func (c Counts) All() int { return c.Critical + c.High + c.Medium + c.Low + c.Unknown }

func (c *Counts) of(s Severity) *int {
	return [...]*int{&c.Unknown, &c.Low, &c.Medium, &c.High, &c.Critical}[s]
}

// String is how many there are of each severity.
func (c Counts) String() string {
	var words []string
	for s := Critical; s >= Unknown; s-- {
		if n := *c.of(s); n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, strings.ToLower(s.String())))
		}
	}
	if len(words) == 0 {
		return "no findings"
	}
	return strings.Join(words, ", ")
}

// Summary says in one line what a scan looked at and what it found.
func Summary(report Report) string {
	packages := 0
	for _, r := range report.Results {
		packages += len(r.Packages)
	}
	var unfixed []Finding
	findings := Findings(report)
	for _, f := range findings {
		if !f.Fixable() {
			unfixed = append(unfixed, f)
		}
	}
	counts := counted(findings)
	summary := fmt.Sprintf("%s in %d packages", counts, packages)
	if counts.Base > 0 {
		summary += fmt.Sprintf("; %d of the base", counts.Base)
	}
	if len(unfixed) > 0 {
		summary += fmt.Sprintf("; without a fix %s", counted(unfixed))
	}
	if suppressed := len(SuppressedOf(report)); suppressed > 0 {
		summary += fmt.Sprintf("; %d suppressed by VEX", suppressed)
	}
	return strings.Join(append([]string{summary}, report.Scanned.Notes...), "; ")
}
