package frontend

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Coverage is how much of a package its tests ran.
type Coverage struct {
	Lines, Functions, Branches Count
	// Files are those of the report, in its order.
	Files []FileCoverage
}

// FileCoverage is how much of one file the tests ran.
type FileCoverage struct {
	Name  string
	Lines Count
}

// Count is how many there are, and how many of them ran.
type Count struct {
	Total   int `json:"total"`
	Covered int `json:"covered"`
}

// Percent is 100 where there is nothing to run.
func (c Count) Percent() float64 {
	if c.Total == 0 {
		return 100
	}
	return float64(c.Covered) * 100 / float64(c.Total)
}

// ParseLCOV reads a report in LCOV's format.
func ParseLCOV(text string) (Coverage, error) {
	var c Coverage
	var file FileCoverage
	counters := map[string]*int{
		"FNF": &c.Functions.Total, "FNH": &c.Functions.Covered,
		"BRF": &c.Branches.Total, "BRH": &c.Branches.Covered,
		"LF": &file.Lines.Total, "LH": &file.Lines.Covered,
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, ":")
		switch {
		case key == "SF":
			file = FileCoverage{Name: value}
		case line == "end_of_record":
			c.Files = append(c.Files, file)
			c.Lines.Total += file.Lines.Total
			c.Lines.Covered += file.Lines.Covered
		case counters[key] != nil:
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 || *counters[key]+n < 0 {
				return c, fmt.Errorf("coverage report: line %q holds no number of things. Run the tests again", line)
			}
			*counters[key] += n
		}
	}
	for _, count := range c.counts() {
		if count.Covered > count.Total || count.Total < 0 {
			return c, fmt.Errorf("coverage report: %d of %d are covered, which cannot be. Run the tests again", count.Covered, count.Total)
		}
	}
	if len(c.Files) == 0 {
		return c, fmt.Errorf("coverage report: it names no file; have the tests import what they test")
	}
	return c, nil
}

// counts are all of the report's.
func (c Coverage) counts() []Count {
	counts := []Count{c.Lines, c.Functions, c.Branches}
	for _, file := range c.Files {
		counts = append(counts, file.Lines)
	}
	return counts
}

// Gate fails when fewer lines than the threshold ran, in percent, and names
// the files in which the most are missing. A threshold of 0 asks for nothing.
func (c Coverage) Gate(threshold float64) error {
	if c.Lines.Percent() >= threshold {
		return nil
	}
	missing := func(f FileCoverage) int { return f.Lines.Total - f.Lines.Covered }
	worst := slices.SortedFunc(slices.Values(c.Files), func(a, b FileCoverage) int { return missing(b) - missing(a) })
	var names []string
	for _, f := range worst[:min(3, len(worst))] {
		if missing(f) > 0 {
			names = append(names, fmt.Sprintf("%s (%d of %d lines)", f.Name, missing(f), f.Lines.Total))
		}
	}
	return fmt.Errorf("the tests run %.1f %% of the lines, below the threshold of %g %%. Test what is missing in %s",
		c.Lines.Percent(), threshold, strings.Join(names, ", "))
}

// Text is the coverage in one line.
func (c Coverage) Text() string {
	return fmt.Sprintf("%.1f %% of lines, %.1f %% of functions, %.1f %% of branches",
		c.Lines.Percent(), c.Functions.Percent(), c.Branches.Percent())
}

// Summary is the coverage in the form of Istanbul's json-summary, which tools
// that comment on pull requests read.
func (c Coverage) Summary() ([]byte, error) {
	type entry struct {
		Count
		Percent float64 `json:"pct"`
	}
	of := func(n Count) entry { return entry{n, float64(int(n.Percent()*100)) / 100} }
	summary := map[string]map[string]entry{"total": {
		"lines": of(c.Lines), "functions": of(c.Functions), "branches": of(c.Branches),
	}}
	for _, f := range c.Files {
		summary[f.Name] = map[string]entry{"lines": of(f.Lines)}
	}
	text, err := json.MarshalIndent(summary, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the coverage summary: %w", err)
	}
	return append(text, '\n'), nil
}
