package main

import (
	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/manifests"
	validation "github.com/pingvas/pingvas-ci/ci/internal/manifests"
)

// GitopsValidation is what was found in a GitOps repository.
type GitopsValidation struct {
	// Findings are the mistakes, in the order of the files.
	Findings []*GitopsFinding
	// Notes are what could not be judged, and why.
	Notes []*GitopsFinding
	// SwitchedOff are the rules that the repository switches off.
	SwitchedOff []*GitopsRuleOff
	// Objects is how many objects were checked.
	Objects int
	// UnknownKinds are the kinds of which no schema is known.
	UnknownKinds []string
	// Text is all of it for people.
	Text string
	// Sarif is all of it in SARIF 2.1.0, for GitHub's code scanning.
	Sarif *dagger.File
	// Json returns what was found for programs.
	Json string
}

// GitopsFinding is a mistake in a GitOps repository.
type GitopsFinding struct {
	// Rule is the rule's name, by which it is switched off.
	Rule string
	// Severity is how bad it is.
	Severity GitopsSeverity
	// File is the file that it is in.
	File string
	// Object is what of the file it is about.
	Object string
	// Message says what is wrong, and what to do.
	Message string
}

// GitopsRuleOff is a rule that a GitOps repository switches off.
type GitopsRuleOff struct {
	// Rule is the rule's name.
	Rule string
	// Reason is why.
	Reason string
	// Paths are the files that it is about; all when there are none.
	Paths []string
	// Findings are what would have been said.
	Findings []*GitopsFinding
}

// GitopsSeverity is how bad a finding in a GitOps repository is.
type GitopsSeverity string

const (
	// What does not deploy, or not what it says.
	GitopsSeverityError GitopsSeverity = "ERROR"
	// What is without effect, or open to more than it need be.
	GitopsSeverityWarning GitopsSeverity = "WARNING"
	// What could not be judged.
	GitopsSeverityNote GitopsSeverity = "NOTE"
)

func gitopsValidation(report validation.Report) (*GitopsValidation, error) {
	sarif, err := manifests.SARIF(report)
	if err != nil {
		return nil, err
	}
	record, err := report.JSON()
	v := &GitopsValidation{
		Findings: ground.Each(report.Findings, gitopsFinding), Notes: ground.Each(report.Notes, gitopsFinding),
		Objects: report.Objects, UnknownKinds: report.Unknown, Text: report.Text(), Sarif: sarif, Json: record,
	}
	for _, off := range report.Off {
		v.SwitchedOff = append(v.SwitchedOff, &GitopsRuleOff{off.Rule, off.Reason, off.Paths, ground.Each(off.Findings, gitopsFinding)})
	}
	return v, err
}

func gitopsFinding(f argocd.Finding) *GitopsFinding {
	r := validation.RecordOf(f)
	return &GitopsFinding{r.Rule, GitopsSeverity(r.Severity), r.File, r.Object, r.Message}
}
