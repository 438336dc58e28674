package manifests

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/sarif"
)

// Record is a finding, or a note, for programs.
type Record struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	File     string `json:"file"`
	Object   string `json:"object"`
	Message  string `json:"message"`
}

// OffRecord is a rule that the repository switches off.
type OffRecord struct {
	Rule   string   `json:"rule"`
	Reason string   `json:"reason"`
	Paths  []string `json:"paths"`
	// Findings are what would have been said.
	Findings []Record `json:"findings"`
}

// RecordOf is a finding for programs.
func RecordOf(f argocd.Finding) Record {
	return Record{f.Rule, string(severityOf(f)), plain.Line(f.File), plain.Line(f.Object), plain.Text(f.Message)}
}

func severityOf(f argocd.Finding) argocd.Severity { return RuleOf(f.Rule).Severity }

func records(findings []argocd.Finding) []Record {
	all := []Record{}
	for _, f := range findings {
		all = append(all, RecordOf(f))
	}
	return all
}

// OffRecords are the rules that are switched off, for programs.
func (r Report) OffRecords() []OffRecord {
	all := []OffRecord{}
	for _, o := range r.Off {
		all = append(all, OffRecord{o.Rule, plain.Line(o.Reason), append([]string{}, o.Paths...), records(o.Findings)})
	}
	return all
}

// JSON is the report for programs.
func (r Report) JSON() (string, error) {
	text, err := json.MarshalIndent(struct {
		Objects     int         `json:"objects"`
		Findings    []Record    `json:"findings"`
		Notes       []Record    `json:"notes"`
		SwitchedOff []OffRecord `json:"switchedOff"`
		Unknown     []string    `json:"unknownKinds"`
	}{r.Objects, records(r.Findings), records(r.Notes), r.OffRecords(), append([]string{}, r.Unknown...)}, "", "  ")
	return string(text), err
}

// Text is the report for people: what was found, and then all that was not judged.
func (r Report) Text() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d objects checked: %s.\n", r.Objects, r.verdict())
	for _, f := range r.Findings {
		fmt.Fprintf(&text, "%s %v\n", severityOf(f), f)
	}
	text.WriteString(r.Besides())
	return text.String()
}

func (r Report) verdict() string {
	switch len(r.Findings) {
	case 0:
		return "sound"
	case 1:
		return "1 mistake"
	}
	return fmt.Sprintf("%d mistakes", len(r.Findings))
}

// Besides says what was switched off, and what could not be judged.
func (r Report) Besides() string {
	var text strings.Builder
	for _, o := range r.Off {
		where := ""
		if len(o.Paths) > 0 {
			where = " in " + strings.Join(o.Paths, ", ")
		}
		fmt.Fprintf(&text, "Switched off: %s%s, because %s. It would have found %d.\n", o.Rule, plain.Line(where), plain.Line(o.Reason), len(o.Findings))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&text, "Not judged: %s: %s: %s.\n", plain.Line(note.File), plain.Line(note.Object), plain.Line(note.Message))
	}
	if len(r.Unknown) > 0 {
		fmt.Fprintf(&text, "Of these kinds no schema is known, only that they render: %s\n", plain.Line(strings.Join(r.Unknown, ", ")))
	}
	return text.String()
}

var levels = map[argocd.Severity]sarif.Level{argocd.Error: sarif.Error, argocd.Warning: sarif.Warning, argocd.Note: sarif.Note}

// SARIF is the report for code scanning.
func (r Report) SARIF() ([]byte, error) {
	run, err := sarif.NewRun("gitops", sarif.Driver{Name: "pingvas-ci", URI: "https://github.com/pingvas/pingvas-ci"})
	if err != nil {
		return nil, err
	}
	for _, f := range append(append([]argocd.Finding{}, r.Findings...), r.Notes...) {
		record := RecordOf(f)
		doc := RuleOf(f.Rule).Doc
		sum := sha256.Sum256([]byte(strings.Join([]string{record.Rule, record.File, record.Object, record.Message}, "\x00")))
		run.Add(
			sarif.Rule{ID: f.Rule, ShortDescription: sarif.Text{Text: doc}, FullDescription: sarif.Text{Text: doc}, Help: sarif.Text{Text: doc}},
			sarif.Result{
				Level: levels[severityOf(f)], Message: sarif.Text{Text: record.Object + ": " + record.Message},
				Locations:    sarif.At(record.File, sarif.Region{StartLine: 1}),
				Fingerprints: map[string]string{"primaryLocationLineHash": hex.EncodeToString(sum[:16]) + ":1"},
			})
	}
	run.Properties["switchedOff"] = r.OffRecords()
	return run.Write()
}
