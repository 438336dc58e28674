// Package affected says which components a change affects, and why.
//
// A component is affected by a change of its inputs and of nothing else: what is
// mounted for its checks, and what its image is built from.
package affected

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Affected is a component that a change affects.
type Affected struct {
	Component component.Component
	// Reasons name each file and the rule by which it affects the component.
	Reasons []string
	// Narrowed is what of its gates is off or narrowed. Who knows the caller's
	// policy says so.
	Narrowed []string
	// Unpinned is what its Dockerfile takes from outside by a name alone. Who knows
	// the images says so.
	Unpinned []string
}

// Plan returns what a change of the named files affects, in the order given.
// The names are relative to the repository root; of a renamed file both belong
// to the change. No file, or one that affects nothing, gives an empty plan.
func Plan(components []component.Component, changedFiles []string) ([]Affected, error) {
	plan := []Affected{}
	for _, c := range components {
		reasons, err := reasons(c, changedFiles)
		if err != nil {
			return nil, fmt.Errorf("plan %s: %w", c.Name, err)
		}
		if len(reasons) > 0 {
			plan = append(plan, Affected{Component: c, Reasons: reasons})
		}
	}
	return plan, nil
}

// All returns every component, for a change of which nothing is known but why,
// such as a first push that has no base to compare with.
func All(components []component.Component, why string) []Affected {
	plan := []Affected{}
	for _, c := range components {
		plan = append(plan, Affected{Component: c, Reasons: []string{"everything: " + why}})
	}
	return plan
}

// Record is an affected component as programs read it.
type Record struct {
	Name    string         `json:"name"`
	Kind    component.Kind `json:"kind"`
	Path    string         `json:"path"`
	Reasons []string       `json:"reasons"`
	// Fault says why it cannot be read; empty where it can.
	Fault string `json:"fault"`
	// Narrowed is what of its gates is off or narrowed.
	Narrowed []string `json:"narrowed"`
	// Unpinned is what its image is built from without a digest.
	Unpinned []string `json:"unpinned"`
}

// Records is a plan as programs read it.
func Records(plan []Affected) []Record {
	records := []Record{}
	for _, a := range plan {
		records = append(records, Record{
			Name: a.Component.Name, Kind: a.Component.Kind, Path: a.Component.Path, Reasons: a.Reasons, Fault: a.Component.Fault,
			Narrowed: append([]string{}, a.Narrowed...), Unpinned: append([]string{}, a.Unpinned...), // Lists, even of nothing.
		})
	}
	return records
}

// JSON is a plan for programs: [{"name", "kind", "path", "reasons", "fault",
// "narrowed", "unpinned"}], and [] when nothing is affected.
func JSON(plan []Affected) (string, error) {
	data, err := json.Marshal(Records(plan))
	return string(data), err
}

// Table is a plan for people, a component a line, and below it what is not done, or
// not known, of it.
func Table(plan []Affected) string {
	if len(plan) == 0 {
		return "Nothing is affected: nothing to do.\n"
	}
	name := 20 // More where a name is longer.
	for _, a := range plan {
		name = max(name, len(a.Component.Name))
	}
	var table strings.Builder
	for _, a := range plan {
		fmt.Fprintf(&table, "%-*s %-9s %s\n", name, a.Component.Name, a.Component.Kind, summary(a.Reasons))
		if a.Component.Fault != "" {
			table.WriteString("  nothing can be done with it: " + plain.Line(a.Component.Fault) + "\n")
		}
		for _, narrowed := range a.Narrowed {
			table.WriteString("  " + narrowed + "\n")
		}
		if len(a.Unpinned) > 0 {
			table.WriteString("  built on what nobody pinned: " + strings.Join(a.Unpinned, ", ") + "\n")
		}
	}
	return table.String()
}

// summary is the first reason, and how many more there are.
func summary(reasons []string) string {
	switch len(reasons) {
	case 0:
		return ""
	case 1:
		return reasons[0]
	}
	return fmt.Sprintf("%s (and %d more)", reasons[0], len(reasons)-1)
}

// mostReasons keeps a large change readable; the rest are counted.
const mostReasons = 20

// reasons are the files that affect a component, each with the rule.
func reasons(c component.Component, changedFiles []string) ([]string, error) {
	matcher, err := c.Inputs.Matcher()
	if err != nil {
		return nil, err
	}
	var reasons []string
	more := 0
	for _, name := range changedFiles {
		if strings.TrimSpace(name) == "" {
			continue
		}
		file := path.Clean(name)
		why, err := matcher.Why(file)
		if err != nil {
			return nil, err
		}
		switch {
		case why == "":
		case len(reasons) < mostReasons:
			reasons = append(reasons, plain.Line(file)+": "+why)
		default:
			more++
		}
	}
	if more > 0 {
		reasons = append(reasons, fmt.Sprintf("and %d more files", more))
	}
	return reasons, nil
}
