package delivery

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/manifests"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
	"github.com/pingvas/pingvas-ci/ci/internal/report"
)

// Result is what a delivery came to.
type Result struct {
	Environment string
	Commit      string
	// Plan is what was affected, and why.
	Plan []affected.Affected
	// Held are components that were left as they are because of a rollback, each with
	// the reason.
	Held []string
	// Published are the images published.
	Published []*record.Image
	// Steps are everything that was done, with times.
	Steps []record.Step
	// Change is the change in the GitOps repository; nil when nothing was
	// affected.
	Change *manifests.Change
	// Shard is the part that this call has published; empty where it did all.
	Shard string
	// Part is the record of it, for the call that commits.
	Part []byte
	// DryRun says that nothing was sent anywhere.
	DryRun bool
	// Notes say what else is to be known of the run.
	Notes []string
	// waiting are the components that --only leaves for another run.
	waiting []string
	// Seconds is how long the delivery took.
	Seconds float64
	// Failure is why it stopped; nil where it did not.
	Failure error
	// Found is what scans found, Before what the environment got before, and Links
	// where things can be looked at.
	Found  found
	Before gitops.Recent
	Links  report.Links
	// Shards are the steps of those whose records were committed.
	Shards []record.Step
}

// end is the result when everything is over.
func (r *Result) end(steps *ground.Steps, begin time.Time, failure error) {
	r.Steps, r.Seconds, r.Failure = steps.Done(), time.Since(begin).Seconds(), failure
}

// Passed tells whether everything was done.
func (r *Result) Passed() bool { return r.Failure == nil }

// Why is the failure's whole text; empty of none.
func (r *Result) Why() string { return why(r.Failure) }

func why(failure error) string {
	if failure == nil {
		return ""
	}
	return plain.Text(failure.Error())
}

// Report is the result for people: the plan, what each component's steps took,
// the images, and the difference of the rendered manifests.
func (r *Result) Report() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s of %s to %s\n\nPlan\n%s", r.kind(), r.Commit, r.Environment, indent(affected.Table(r.Plan)))
	if !r.Passed() {
		fmt.Fprintf(&text, "\nFailed (%.1fs)\n%s", r.Seconds, indent(r.Why()))
		return plain.Text(text.String())
	}
	if len(r.Held) > 0 {
		text.WriteString("\nHeld\n" + indent(lines(r.Held)))
	}
	if len(r.Plan) == 0 && len(r.Notes) > 0 {
		text.WriteString("\n" + lines(r.Notes))
	}
	if len(r.Plan) == 0 && len(r.Held)+len(r.waiting) > 0 {
		fmt.Fprintf(&text, "\nNothing else changed. Nothing was built, pushed or committed (%.1fs).\n", r.Seconds)
		return plain.Text(text.String())
	}
	if len(r.Plan) == 0 && r.Shard != "" {
		fmt.Fprintf(&text, "\nThis shard has nothing to do (%.1fs).\n", r.Seconds)
		return plain.Text(text.String())
	}
	if len(r.Plan) == 0 {
		fmt.Fprintf(&text, "\nNothing changed: %s runs this already. Nothing was built, pushed or committed (%.1fs).\n", r.Environment, r.Seconds)
		return text.String()
	}
	text.WriteString("\nTimes\n")
	for _, a := range r.Plan {
		fmt.Fprintf(&text, "  %-20s %s\n", a.Component.Name, r.times(a.Component.Name))
	}
	text.WriteString("\nImages\n")
	for _, p := range r.Published {
		fmt.Fprintf(&text, "  %s:%s\n    %s\n    %s · %s\n", p.Repository, p.Tags[0], p.Digest, strings.Join(p.Platforms, " "), p.Scan)
		if p.Kept {
			text.WriteString("    " + publishing.KeptNote + "\n")
		}
		if len(p.Unpinned) > 0 {
			fmt.Fprintf(&text, "    built on what nobody pinned: %s\n", strings.Join(p.Unpinned, ", "))
		}
	}
	if len(r.Notes) > 0 {
		text.WriteString("\n" + lines(r.Notes))
	}
	if r.Change == nil {
		fmt.Fprintf(&text, "\nNothing was committed: deliver --records commits what the shards published\n\nTotal %.1fs\n", r.Seconds)
		return plain.Text(text.String())
	}
	fmt.Fprintf(&text, "\nGitOps: %s\n%s%s\nTotal %.1fs\n", r.Change.Summary(), lines(slices.Concat(r.Change.Notes, r.Change.Kept)), r.Change.Diff, r.Seconds)
	return plain.Text(text.String())
}

// kind says what the call was to do.
func (r *Result) kind() string {
	switch {
	case r.DryRun:
		return "Dry run (nothing is pushed or committed) of the delivery"
	case r.Shard != "":
		return "Shard " + r.Shard + " of the delivery"
	}
	return "Delivery"
}

// times says how long each step of one component took.
func (r *Result) times(component string) string {
	var took []string
	for _, s := range r.Steps {
		if s.Component == component {
			took = append(took, fmt.Sprintf("%s %.1fs", s.Name, s.Seconds))
		}
	}
	return strings.Join(took, " · ")
}

// Record is the result as programs read it.
func (r *Result) Record() record.Delivery {
	return record.Delivery{
		Environment: r.Environment, Commit: r.Commit, Affected: affected.Records(r.Plan), Held: r.Held,
		Shard: r.Shard, DryRun: r.DryRun, Notes: r.Notes,
		Components: r.Published, Steps: r.Steps, Change: r.Change.Record(), Seconds: r.Seconds,
		Passed: r.Passed(), Failure: r.Why(),
	}
}

// lines are a line each.
func lines(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return strings.Join(texts, "\n") + "\n"
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}
