// Package sarif writes findings in SARIF 2.1.0, as GitHub's code scanning takes
// them, within its limits.
package sarif

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// GitHub's limits for one uploaded file.
const (
	mostResults    = 25_000
	mostCompressed = 10 << 20
)

// Run is what one tool found.
type Run struct {
	Tool struct {
		Driver Driver `json:"driver"`
	} `json:"tool"`
	Details    details        `json:"automationDetails"`
	Results    []Result       `json:"results"`
	Properties map[string]any `json:"properties"`

	rules map[string]int // where each is in the driver's list
}

type details struct {
	ID string `json:"id"`
}

// Driver is the tool, with the rules by which it found something.
type Driver struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	URI     string `json:"informationUri"`
	Rules   []Rule `json:"rules"`
}

// Text is for people.
type Text struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

// Rule is what a finding is of.
type Rule struct {
	ID               string         `json:"id"`
	ShortDescription Text           `json:"shortDescription"`
	FullDescription  Text           `json:"fullDescription"`
	HelpURI          string         `json:"helpUri,omitempty"`
	Help             Text           `json:"help"`
	Properties       map[string]any `json:"properties,omitempty"`
}

// Result is one finding.
type Result struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Level        Level             `json:"level"`
	Message      Text              `json:"message"`
	Locations    []Location        `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints,omitempty"`
	Properties   map[string]any    `json:"properties,omitempty"`
}

// Level is how bad a finding is.
type Level string

// The levels that GitHub shows.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Note    Level = "note"
)

// Location is a place in a file.
type Location struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region Region `json:"region"`
	} `json:"physicalLocation"`
}

// Region is a part of a file. Lines and columns count from 1.
type Region struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
	EndLine     int `json:"endLine,omitempty"`
	EndColumn   int `json:"endColumn,omitempty"`
}

// At is a place in a file, which goes by its path from the repository's root.
func At(path string, region Region) []Location {
	var l Location
	l.Physical.Artifact.URI = path
	l.Physical.Region = region
	return []Location{l}
}

// NewRun has no results yet. Uploads of one category overwrite each other, so
// each component has its own.
func NewRun(category string, tool Driver) (*Run, error) {
	category = strings.Trim(category, "/")
	if category == "" {
		return nil, errors.New("write SARIF: it has no category. Name the tool and the component")
	}
	run := &Run{Details: details{category + "/"}, Results: []Result{}, Properties: map[string]any{}, rules: map[string]int{}}
	run.Tool.Driver = tool
	run.Tool.Driver.Rules = []Rule{}
	return run, nil
}

// Add adds a finding with the rule that it is of.
func (r *Run) Add(rule Rule, result Result) {
	at, known := r.rules[rule.ID]
	if !known {
		at = len(r.Tool.Driver.Rules)
		r.rules[rule.ID] = at
		r.Tool.Driver.Rules = append(r.Tool.Driver.Rules, rule)
	}
	result.RuleID, result.RuleIndex = rule.ID, at
	r.Results = append(r.Results, result)
}

// Write writes the run. Beyond the 25,000 results that GitHub takes, the last
// are left out, and the run's properties say how many.
func (r *Run) Write() ([]byte, error) {
	omitted := max(0, len(r.Results)-mostResults)
	r.Results = r.Results[:len(r.Results)-omitted]
	r.Properties["omittedResults"] = omitted
	return written(struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []*Run `json:"runs"`
	}{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []*Run{r}}, r.Details.ID)
}

// written is a log in JSON, if GitHub takes one of its size.
func written(log any, category string) ([]byte, error) {
	raw, err := json.MarshalIndent(log, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write SARIF of %s: %w", category, err)
	}
	if size := compressed(raw); size > mostCompressed {
		return nil, fmt.Errorf("write SARIF of %s: %d bytes compressed are more than GitHub's %d. Look at fewer files at a time", category, size, mostCompressed)
	}
	return raw, nil
}

func compressed(raw []byte) int {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(raw) // A bytes.Buffer takes every byte.
	_ = w.Close()
	return b.Len()
}
