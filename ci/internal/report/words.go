package report

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// short is a commit as people name it; another name stays.
func short(commit string) string {
	if regexp.MustCompile(`^[0-9a-f]{40,64}$`).MatchString(commit) {
		return commit[:12]
	}
	return plain.Line(commit)
}

// duration is a time in the words of a watch.
func duration(seconds float64) string {
	at := time.Duration(seconds * float64(time.Second))
	switch {
	case at < time.Minute:
		return fmt.Sprintf("%.1f s", at.Seconds())
	case at < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(at.Minutes()), int(at.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(at.Hours()), int(at.Minutes())%60)
}

// bytes is a size in words.
func bytes(n int) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.2f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// link is an address that a person may be sent to: https, or http on this machine's
// own networks is none of ours to judge; others are no links.
func link(address string) string {
	at, err := url.Parse(address)
	if err != nil || at.Host == "" || at.User != nil || at.Scheme != "https" && at.Scheme != "http" {
		return ""
	}
	return at.String()
}

// commitLink is where a repository shows a commit.
func commitLink(repository, commit string) string {
	base := link(strings.TrimSuffix(repository, ".git"))
	if base == "" || !regexp.MustCompile(`^[0-9a-f]{7,64}$`).MatchString(commit) {
		return ""
	}
	return strings.TrimSuffix(base, "/") + "/commit/" + commit
}

var counted = regexp.MustCompile(`(\d+) (critical|high|medium|low|unknown)\b`)

// grown says what of a scan is more than what was said of the image before: by how
// many findings of which severity; empty where that is not known, or nothing is.
func (s Scan) grown() string {
	if s.Before == "" {
		return ""
	}
	before, _, _ := strings.Cut(s.Before, " in ")
	was := map[string]int{}
	for _, m := range counted.FindAllStringSubmatch(before, -1) {
		was[m[2]], _ = strconv.Atoi(m[1])
	}
	var more []string
	for _, of := range []struct {
		severity string
		n        int
	}{{"critical", s.Counts.Critical}, {"high", s.Counts.High}, {"medium", s.Counts.Medium}, {"low", s.Counts.Low}, {"unknown", s.Counts.Unknown}} {
		if n := of.n - was[of.severity]; n > 0 {
			more = append(more, fmt.Sprintf("%d %s", n, of.severity))
		}
	}
	return strings.Join(more, ", ")
}

// compared marks the findings of CRITICAL and HIGH that are new, where the names of those
// before are known.
func (s Scan) compared() Scan {
	known, whole := trivy.ReadList(s.Known)
	s.Findings = slices.Clone(s.Findings)
	for i, f := range s.Findings {
		s.Findings[i].New = s.Known != "" && whole && f.worst() && !slices.Contains(known, trivy.Name(f.ID, f.Package))
	}
	return s
}

// newOnes says which findings of CRITICAL and HIGH are new, or that it is not known;
// empty of a component that nothing was delivered of before, or has none.
func (s Scan) newOnes() string {
	_, whole := trivy.ReadList(s.Known)
	var names []string
	for _, f := range s.Findings {
		if f.New {
			names = append(names, strings.TrimSpace(f.ID+" "+f.Package))
		}
	}
	switch {
	case s.Before == "" || !slices.ContainsFunc(s.Findings, Finding.worst):
		return ""
	case s.Known == "":
		return s.Component + ": which are new is not known, as its last delivery recorded none by name"
	case !whole:
		return s.Component + ": which are new is not known, as its last delivery had more than it recorded by name"
	case len(names) == 0:
		return s.Component + ": none is new"
	}
	return s.Component + ": new since its last delivery: " + strings.Join(names, ", ")
}

// worst tells a finding of the severities that stop an image unless somebody says
// otherwise.
func (f Finding) worst() bool { return f.Severity == "CRITICAL" || f.Severity == "HIGH" }

// newOnes says of each component which of its worst findings are new.
func (r Run) newOnes() (lines []string) {
	for _, s := range r.Scans {
		if said := s.newOnes(); said != "" {
			lines = append(lines, said)
		}
	}
	return lines
}

// findings says how many there are, and how many more than before.
func (s Scan) findings() string {
	text := s.Counts.String()
	switch grown := s.grown(); {
	case grown != "":
		text += "; new: " + grown
	case s.Before != "" && s.Counts != (trivy.Counts{}):
		text += "; none more than before"
	}
	return text
}

// stops tells whether there is a finding of a severity that stops an image unless
// somebody says otherwise.
func (s Scan) stops() bool { return s.Counts.Critical+s.Counts.High > 0 }
