// Package report tells what a run did where people look: in Markdown for a job's
// summary, in a page of its own, and as annotations at file and line.
//
// What it tells comes from outside: names of files, output of tools, messages of
// commits. None of it may become mark-up, or a command to who shows it.
package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// Run is what a run did: a delivery, or a check, which has no environment.
type Run struct {
	Environment string            `json:"environment"`
	Commit      string            `json:"commit"`
	Base        string            `json:"base"`
	Shard       string            `json:"shard"`
	DryRun      bool              `json:"dryRun"`
	Notes       []string          `json:"notes"`
	Passed      bool              `json:"passed"`
	Failure     string            `json:"failure"`
	Affected    []affected.Record `json:"affected"`
	Held        []string          `json:"held"`
	Images      []*record.Image   `json:"images"`
	Steps       []record.Step     `json:"steps"`
	Change      *record.Change    `json:"change"`
	Seconds     float64           `json:"seconds"`
	// Scans are what was found in images, and Before what the environment got before.
	Scans  []Scan        `json:"scans"`
	Before []gitops.Step `json:"before"`
	// Said is what scans said of the images that were delivered last, by component.
	// Named names the worst of that, as trivy.List does.
	Said  map[string]string `json:"said"`
	Named map[string]string `json:"named"`
	// Places are where in the repository gates found something.
	Places []Place `json:"places"`
	Links  Links   `json:"links"`
}

// Links are where things can be looked at; each may be empty.
type Links struct {
	// Source is the application repository, Gitops the one of the manifests, and Run
	// the run itself.
	Source string `json:"source"`
	Gitops string `json:"gitops"`
	Run    string `json:"run"`
}

// Scan is what was found in the image of one platform.
type Scan struct {
	Component string `json:"component"`
	Platform  string `json:"platform"`
	// Summary says it in one line, and Before what was said of the image that was
	// delivered last; empty where that is not known. Known names the worst of that.
	Summary  string       `json:"summary"`
	Before   string       `json:"before"`
	Known    string       `json:"known"`
	Counts   trivy.Counts `json:"counts"`
	Findings []Finding    `json:"findings"`
	// More is how many there are besides.
	More int `json:"more"`
	// Layers are the image's, the lowest first.
	Layers []Layer `json:"layers"`
}

// Layer is one of an image's.
type Layer struct {
	Digest string `json:"digest"`
	// Size is how many bytes a registry holds of it.
	Size int `json:"size"`
	// Owner is whose it is, as of a finding, and CreatedBy what made it; each is empty
	// where nobody says.
	Owner     string `json:"owner"`
	CreatedBy string `json:"createdBy"`
}

// Finding is one of a scan's.
type Finding struct {
	ID        string `json:"identifier"`
	Title     string `json:"title"`
	URL       string `json:"url"`
	Severity  string `json:"severity"`
	Package   string `json:"package"`
	Installed string `json:"installed"`
	Owner     string `json:"owner"`
	MendedBy  string `json:"mendedBy"`
	// Accepted is why it does not count; empty where it does.
	Accepted string `json:"accepted"`
	// New tells that the image that was delivered last had it not.
	New bool `json:"new"`
}

// mostFindings is how many of a scan a report shows: the worst. The scan's own files
// have all.
const mostFindings = 60

// ScanOf is what was found in an image; the findings are the worst first.
func ScanOf(component, platform, summary string, counts trivy.Counts, found []trivy.Account) Scan {
	s := Scan{Component: component, Platform: platform, Summary: summary, Counts: counts, More: max(0, len(found)-mostFindings)}
	for _, a := range found[:min(len(found), mostFindings)] {
		f := Finding{
			ID: a.ID, Title: a.Title, URL: a.URL, Severity: a.Severity.String(), Package: a.Package, Installed: a.Installed,
			Owner: string(a.Owner), MendedBy: a.MendedBy(),
		}
		switch {
		case a.Suppressed:
			f.Accepted = "suppressed by VEX: " + a.Reason
		case a.Accepted:
			f.Accepted = "accepted " + a.Reason
		}
		s.Findings = append(s.Findings, f)
	}
	return s
}

// WithSteps is the run with steps that others did before: shards, of which it commits
// what they published. Steps without a beginning have no place on a line of time.
func (r Run) WithSteps(earlier []record.Step) Run {
	timed := slices.DeleteFunc(slices.Clone(earlier), func(s record.Step) bool { return s.Started.IsZero() })
	r.Steps = append(timed, r.Steps...)
	return r
}

// WithScan is the run with what was found in an image. What was said of the one before
// is of its first platform.
func (r Run) WithScan(s Scan) Run {
	if r.scan(s.Component) == nil {
		s.Before, s.Known = r.Said[s.Component], r.Named[s.Component]
		s = s.compared()
	}
	r.Scans = append(slices.Clone(r.Scans), s)
	return r
}

// OfDelivery is a delivery as it is told.
func OfDelivery(d record.Delivery) Run {
	return Run{
		Environment: d.Environment, Commit: d.Commit, Shard: d.Shard, DryRun: d.DryRun, Notes: d.Notes, Passed: d.Passed, Failure: d.Failure, Affected: d.Affected, Held: d.Held,
		Images: d.Components, Steps: d.Steps, Change: d.Change, Seconds: d.Seconds, Places: places(d.Affected, d.Steps),
	}
}

// OfCheck is a check as it is told.
func OfCheck(c record.Check) Run {
	return Run{
		Commit: c.Commit, Base: c.Base, Passed: c.Passed, Failure: c.Failure, Affected: c.Affected, Steps: c.Steps, Seconds: c.Seconds,
		Places: places(c.Affected, c.Steps),
	}
}

// JSON is the run as Read takes it.
func (r Run) JSON() (string, error) {
	text, err := json.Marshal(r)
	return string(text), err
}

// Read reads what JSON wrote.
func Read(text string) (r Run, err error) {
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, fmt.Errorf("read what the run did: %w", err)
	}
	return r, nil
}

// title says in a line what the run came to.
func (r Run) title() string {
	commit := orElse(short(r.Commit), "the working tree")
	what := fmt.Sprintf("Delivery of %s to %s", commit, r.Environment)
	switch {
	case r.Environment == "":
		what = "Check of " + commit
	case r.DryRun:
		what = fmt.Sprintf("Dry run of the delivery of %s to %s", commit, r.Environment)
	case r.Shard != "":
		what = fmt.Sprintf("Shard %s of the delivery of %s to %s", r.Shard, commit, r.Environment)
	}
	switch {
	case !r.Passed:
		return what + " failed"
	case r.Environment == "":
		return what + " passed"
	case len(r.Affected) == 0:
		return what + ": nothing to do"
	}
	return what
}

// nothing says why nothing was done; empty where something was.
func (r Run) nothing() string {
	switch {
	case !r.Passed || len(r.Affected) > 0:
		return ""
	case r.Environment == "":
		return "Nothing is affected: nothing was checked."
	case r.Shard != "":
		return "This shard has nothing to do."
	case len(r.Held) > 0:
		return "Nothing else changed. Nothing was built, pushed or committed."
	}
	return r.Environment + " runs this already. Nothing was built, pushed or committed."
}

// failed are the steps that failed, in the order of the components.
func (r Run) failed() (steps []record.Step) {
	for _, s := range r.Steps {
		if s.State == record.Failed {
			steps = append(steps, s)
		}
	}
	slices.SortStableFunc(steps, func(a, b record.Step) int { return strings.Compare(a.Component, b.Component) })
	return steps
}

// unexplained is the failure where no step tells of it, such as a name that is
// refused before anything begins.
func (r Run) unexplained() string {
	if r.Passed || len(r.failed()) > 0 {
		return ""
	}
	return r.Failure
}

// gates are the names of a component's steps that check it, in the order in which
// they began.
func (r Run) gates() (names []string) {
	for _, s := range r.inOrder() {
		if s.Component != "" && isGate(s.Name) && !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}

// isGate tells a step that checks a component from those that make its image.
func isGate(step string) bool {
	first, _, _ := strings.Cut(step, " ")
	return !slices.Contains([]string{"image", "scan", "publish", "confirm"}, first)
}

// inOrder are the steps in the order in which they began.
func (r Run) inOrder() []record.Step {
	steps := slices.Clone(r.Steps)
	slices.SortStableFunc(steps, func(a, b record.Step) int { return a.Started.Compare(b.Started) })
	return steps
}

// of are the steps of a component, in the order in which they began.
func (r Run) of(component string) (steps []record.Step) {
	for _, s := range r.inOrder() {
		if s.Component == component {
			steps = append(steps, s)
		}
	}
	return steps
}

// components are the names of those that anything was done with or for, those of the
// plan first.
func (r Run) components() (names []string) {
	for _, a := range r.Affected {
		names = append(names, a.Name)
	}
	for _, s := range r.inOrder() {
		if s.Component != "" && !slices.Contains(names, s.Component) {
			names = append(names, s.Component)
		}
	}
	return names
}

// image is a component's, or nil.
func (r Run) image(component string) *record.Image {
	for _, i := range r.Images {
		if i != nil && i.Component == component {
			return i
		}
	}
	return nil
}

// scan is that of a component's first platform, or nil.
func (r Run) scan(component string) *Scan {
	for i := range r.Scans {
		if r.Scans[i].Component == component {
			return &r.Scans[i]
		}
	}
	return nil
}

// Began is when the first step did.
func (r Run) Began() (first time.Time) {
	for _, s := range r.Steps {
		if first.IsZero() || s.Started.Before(first) {
			first = s.Started
		}
	}
	return first
}
