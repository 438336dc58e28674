package trivy

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
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

// SARIF writes a report's findings in SARIF 2.1.0 for code scanning. Uploads of
// one category overwrite each other, so each component and platform has its
// own, such as trivy/user-service/linux/arm64. Beyond the 25,000 results that
// GitHub takes, the least severe are left out, and the run's properties say how
// many.
func SARIF(report Report, category string) ([]byte, error) {
	fail := func(err error) ([]byte, error) { return nil, fmt.Errorf("write SARIF of %q: %w", category, err) }
	category = strings.Trim(category, "/")
	if category == "" {
		return fail(errors.New("it has no category; name the component and the platform"))
	}
	findings := Findings(report)
	omitted := max(0, len(findings)-mostResults)
	findings = findings[:len(findings)-omitted]
	suppressed := []string{}
	run := sarifRun{Details: sarifDetails{category + "/"}, Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "Trivy", Version: report.Trivy.Version, URI: "https://trivy.dev", Rules: []sarifRule{}}
	run.Properties = map[string]any{"image": report.ImageID(), "omittedResults": omitted}
	// GitHub shows a suppressed result as any other, so they are told apart here.
	for _, s := range SuppressedOf(report) {
		suppressed = append(suppressed, s.String())
	}
	run.Properties["suppressed"] = suppressed
	index := map[string]int{}
	for _, f := range findings {
		at, known := index[f.ID]
		if !known {
			at = len(run.Tool.Driver.Rules)
			index[f.ID] = at
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, f.rule())
		}
		run.Results = append(run.Results, f.result(at, category))
	}
	raw, err := json.MarshalIndent(sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	}, "", "  ")
	if err != nil {
		return fail(err)
	}
	if size := compressed(raw); size > mostCompressed {
		return fail(fmt.Errorf("%d bytes compressed are more than GitHub's %d; scan a smaller image", size, mostCompressed))
	}
	return raw, nil
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	Details    sarifDetails   `json:"automationDetails"`
	Results    []sarifResult  `json:"results"`
	Properties map[string]any `json:"properties"`
}

type sarifDetails struct {
	ID string `json:"id"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	URI     string      `json:"informationUri"`
	Rules   []sarifRule `json:"rules"`
}

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifRule struct {
	ID               string         `json:"id"`
	ShortDescription sarifText      `json:"shortDescription"`
	FullDescription  sarifText      `json:"fullDescription"`
	HelpURI          string         `json:"helpUri"`
	Help             sarifText      `json:"help"`
	Properties       map[string]any `json:"properties"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region struct {
			StartLine int `json:"startLine"`
		} `json:"region"`
	} `json:"physicalLocation"`
}

func (f Finding) rule() sarifRule {
	uri := cmp.Or(f.URL, "https://avd.aquasec.com/nvd/"+strings.ToLower(f.ID))
	if f.Package == "" && f.URL == "" {
		uri = "https://trivy.dev/latest/docs/scanner/secret/"
	}
	return sarifRule{
		ID:               f.ID,
		ShortDescription: sarifText{Text: shorten(f.Title, 1000)},
		FullDescription:  sarifText{Text: shorten(cmp.Or(f.Description, f.Title), 1000)},
		HelpURI:          uri,
		Help:             sarifText{Text: f.Title + "\n" + uri, Markdown: fmt.Sprintf("**%s**: %s\n\n[%s](%s)", f.ID, f.Title, f.ID, uri)},
		Properties:       map[string]any{"security-severity": score[f.Severity], "tags": []string{"security", f.Severity.String()}},
	}
}

// score places a severity in the band that GitHub shows it in.
var score = map[Severity]string{Critical: "9.5", High: "8.0", Medium: "5.5", Low: "2.0", Unknown: "0.0"}

var level = map[Severity]string{Critical: "error", High: "error", Medium: "warning", Low: "note", Unknown: "note"}

func (f Finding) result(rule int, category string) sarifResult {
	r := sarifResult{RuleID: f.ID, RuleIndex: rule, Level: level[f.Severity]}
	r.Message.Text = f.what() + ": " + f.Title
	var l sarifLocation
	// Code scanning wants a path, and an image has none in the repository: the
	// category stands before the path in the image.
	l.Physical.Artifact.URI = category + "/" + strings.TrimPrefix(cmp.Or(f.Path, "image"), "/")
	l.Physical.Region.StartLine = max(1, f.Line)
	r.Locations = []sarifLocation{l}
	// Without the version, so that a finding stays the same alert over updates.
	sum := sha256.Sum256([]byte(strings.Join([]string{category, f.ID, f.Package, f.Path + f.problem()}, "\x00")))
	r.Fingerprints = map[string]string{"primaryLocationLineHash": hex.EncodeToString(sum[:16]) + ":1"}
	return r
}

func compressed(raw []byte) int {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(raw) // A bytes.Buffer takes every byte.
	_ = w.Close()
	return b.Len()
}
