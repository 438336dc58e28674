package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// Delivery is the report of one delivery.
type Delivery struct {
	// Environment is the environment that was updated.
	Environment string
	// Commit is what the images are tagged with.
	Commit string
	// Plan is what was affected, and why.
	Plan *Plan
	// Components are the images published.
	Components []*Delivered
	// Steps are everything that was done, with times.
	Steps []*Step
	// Change is the change in the GitOps repository; absent when nothing was
	// affected.
	Change *GitopsChange
	// Seconds is how long the delivery took.
	Seconds float64
}

// Changes returns the changed manifests.
//
// For a remote GitOps repository they are committed, and this is empty.
func (d *Delivery) Changes() *dagger.Changeset {
	if d.Change == nil || d.Change.Changes == nil {
		return dag.Directory().Changes(dag.Directory())
	}
	return d.Change.Changes
}

// Report returns the delivery for people.
//
// The plan, what each component's steps took, the images, and the difference
// of the rendered manifests.
func (d *Delivery) Report() string {
	var text strings.Builder
	fmt.Fprintf(&text, "Delivery of %s to %s\n\nPlan\n%s", d.Commit, d.Environment, indent(d.Plan.Table()))
	if len(d.Plan.Affected) == 0 {
		fmt.Fprintf(&text, "\nNothing changed: %s runs this already. Nothing was built, pushed or committed (%.1fs).\n", d.Environment, d.Seconds)
		return text.String()
	}
	text.WriteString("\nTimes\n")
	for _, a := range d.Plan.Affected {
		fmt.Fprintf(&text, "  %-20s %s\n", a.Name, d.times(a.Name))
	}
	text.WriteString("\nImages\n")
	for _, c := range d.Components {
		fmt.Fprintf(&text, "  %s:%s\n    %s\n    %s · %s\n",
			c.Repository, c.Tags[0], c.Digest, strings.Join(c.Platforms, " "), c.Scan)
		if c.Kept {
			text.WriteString("    " + keptNote + "\n")
		}
	}
	fmt.Fprintf(&text, "\nGitOps: %s\n%s\nTotal %.1fs\n", d.Change.summary(), d.Change.Diff, d.Seconds)
	return text.String()
}

// times says how long each step of one component took.
func (d *Delivery) times(component string) string {
	var took []string
	for _, s := range d.Steps {
		if s.Component == component {
			took = append(took, fmt.Sprintf("%s %.1fs", s.Name, s.Seconds))
		}
	}
	return strings.Join(took, " · ")
}

// Json returns the delivery for programs.
func (d *Delivery) Json() (string, error) {
	report := struct {
		Environment string        `json:"environment"`
		Commit      string        `json:"commit"`
		Affected    []*Affected   `json:"affected"`
		Components  []*Delivered  `json:"components"`
		Steps       []*Step       `json:"steps"`
		Change      *gitopsRecord `json:"change"`
		Seconds     float64       `json:"seconds"`
	}{Environment: d.Environment, Commit: d.Commit, Affected: d.Plan.Affected, Components: d.Components, Steps: d.Steps, Seconds: d.Seconds}
	if d.Change != nil {
		record := d.Change.record()
		report.Change = &record
	}
	data, err := json.MarshalIndent(report, "", "  ")
	return string(data), err
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}
