// Package record has what a run did as programs read it: keys in camelCase,
// times in seconds, every key always there, and a list of nothing a list.
package record

import (
	"encoding/json"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
)

// Delivery is what a delivery came to.
type Delivery struct {
	Environment string `json:"environment"`
	Commit      string `json:"commit"`
	// Shard is the part that the call published, such as 2/4; empty where it did all.
	Shard string `json:"shard"`
	// DryRun says that nothing was sent anywhere: components and change are what
	// would be.
	DryRun bool `json:"dryRun"`
	// Notes say what else is to be known of the run.
	Notes []string `json:"notes"`
	// Affected is what was to be delivered, and why.
	Affected []affected.Record `json:"affected"`
	// Held are components that were left as they are because of a rollback, each with
	// the reason.
	Held []string `json:"held"`
	// Components are the images published.
	Components []*Image `json:"components"`
	// Steps are everything that was done, with times.
	Steps []Step `json:"steps"`
	// Change is that of the GitOps repository; null when nothing was affected.
	Change *Change `json:"change"`
	// Seconds is how long it took.
	Seconds float64 `json:"seconds"`
	// Passed tells whether everything was done, and Failure why not.
	Passed  bool   `json:"passed"`
	Failure string `json:"failure"`
}

// JSON is the delivery for programs.
func (d Delivery) JSON() (string, error) {
	d.Notes, d.Affected, d.Held, d.Components, d.Steps = listed(d.Notes), listed(d.Affected), listed(d.Held), listed(d.Components), listed(d.Steps)
	text, err := json.MarshalIndent(d, "", "  ")
	return string(text), err
}

// Check is what the gates of components came to.
type Check struct {
	// Commit is what was checked, and Base what it was compared with; either may be
	// empty.
	Commit string `json:"commit"`
	Base   string `json:"base"`
	// Affected is what was to be checked, and why.
	Affected []affected.Record `json:"affected"`
	// Steps are everything that was done, with times.
	Steps []Step `json:"steps"`
	// Seconds is how long it took.
	Seconds float64 `json:"seconds"`
	// Passed tells whether every gate did, and Failure why not.
	Passed  bool   `json:"passed"`
	Failure string `json:"failure"`
}

// JSON is the check for programs.
func (c Check) JSON() (string, error) {
	c.Affected, c.Steps = listed(c.Affected), listed(c.Steps)
	text, err := json.MarshalIndent(c, "", "  ")
	return string(text), err
}

// Change is what was changed in a GitOps repository.
type Change struct {
	// Commit is the commit made; empty when there is none.
	Commit string `json:"commit"`
	// PullRequest is the address of the pull request that the commit waits in;
	// empty when the environment is written directly.
	PullRequest string `json:"pullRequest"`
	// Files are the files that changed, or would by the pull request.
	Files []string `json:"files"`
	// Kept are the images that were left as they are, each with the reason.
	Kept []string `json:"kept"`
	// Notes say what else is to be known.
	Notes []string `json:"notes"`
	// Diff is the difference of the rendered manifests.
	Diff string `json:"diff"`
}

// JSON is the change for programs.
func (c Change) JSON() (string, error) {
	text, err := json.MarshalIndent(c, "", "  ")
	return string(text), err
}

// MarshalJSON writes a list of nothing as a list.
func (c Change) MarshalJSON() ([]byte, error) {
	type plain Change
	c.Files, c.Kept, c.Notes = listed(c.Files), listed(c.Kept), listed(c.Notes)
	return json.Marshal(plain(c))
}

// listed is a list that JSON has as one, even of nothing.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
