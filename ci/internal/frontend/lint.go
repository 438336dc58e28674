package frontend

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/sarif"
)

// Lint is what eslint found.
type Lint struct {
	path  string
	files []map[string]any
	// of each rule, what it is about
	rules map[string]lintRule
}

type lintRule struct {
	Docs struct {
		Description string `json:"description"`
		URL         string `json:"url"`
	} `json:"docs"`
}

// ReadLint reads what the command of LintReport printed, with the files named
// as in the repository: below root there, at path here. There always is a
// report: when eslint broke off before it wrote any, it has one fatal message,
// which says why.
func ReadLint(root, path string, stdout, stderr []byte) Lint {
	var printed struct {
		Results  []map[string]any `json:"results"`
		Metadata struct {
			Rules map[string]lintRule `json:"rulesMeta"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(stdout, &printed); err != nil {
		why := strings.TrimSpace(string(stderr) + "\n" + string(stdout))
		printed.Results = []map[string]any{{
			"filePath":   path,
			"messages":   []map[string]any{{"ruleId": nil, "fatal": true, "severity": 2, "message": "eslint broke off: " + why}},
			"errorCount": 1, "fatalErrorCount": 1, "warningCount": 0,
		}}
	}
	for _, file := range printed.Results {
		if name, isText := file["filePath"].(string); isText {
			file["filePath"] = strings.TrimPrefix(name, root+"/")
		}
		// The whole text of the file: the repository has it.
		delete(file, "source")
	}
	return Lint{path, printed.Results, printed.Metadata.Rules}
}

// JSON is the report in eslint's own form.
func (l Lint) JSON() ([]byte, error) {
	report, err := json.MarshalIndent(l.files, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the lint report of %s: %w", l.path, err)
	}
	return append(report, '\n'), nil
}

// SARIF is the report for code scanning, in the category of one component.
func (l Lint) SARIF(category string) ([]byte, error) {
	run, err := sarif.NewRun(category, sarif.Driver{Name: "ESLint", URI: "https://eslint.org"})
	if err != nil {
		return nil, err
	}
	text, err := l.JSON()
	if err != nil {
		return nil, err
	}
	var files []struct {
		FilePath string
		Messages []lintMessage
	}
	if err := json.Unmarshal(text, &files); err != nil {
		return nil, fmt.Errorf("read eslint's findings in %s: %w", l.path, err)
	}
	for _, file := range files {
		for _, m := range file.Messages {
			run.Add(l.rule(m.RuleID), m.result(file.FilePath))
		}
	}
	return run.Write()
}

// rule is a rule as code scanning shows it. What keeps eslint from reading a
// file is of none.
func (l Lint) rule(id string) sarif.Rule {
	if id == "" {
		id = "eslint"
	}
	about := l.rules[id].Docs
	text := sarif.Text{Text: id}
	if about.Description != "" {
		text.Text = about.Description
	}
	return sarif.Rule{ID: id, ShortDescription: text, FullDescription: text, HelpURI: about.URL, Help: text}
}

type lintMessage struct {
	RuleID                           string
	Severity                         int
	Message                          string
	Line, Column, EndLine, EndColumn int
}

func (m lintMessage) result(path string) sarif.Result {
	level := sarif.Error
	if m.Severity == 1 {
		level = sarif.Warning
	}
	return sarif.Result{
		Level:     level,
		Message:   sarif.Text{Text: m.Message},
		Locations: sarif.At(path, sarif.Region{StartLine: max(1, m.Line), StartColumn: m.Column, EndLine: m.EndLine, EndColumn: m.EndColumn}),
	}
}
