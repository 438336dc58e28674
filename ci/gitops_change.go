package main

import (
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/manifests"
)

// GitopsChange is what was changed in a GitOps repository.
type GitopsChange struct {
	// Commit is the commit made, or the last of those that wait in the pull
	// request; empty when nothing had to change, and for a directory.
	Commit string
	// PullRequest is the address of the pull request that the commit waits in;
	// empty when the environment is written directly.
	PullRequest string
	// Files are the files that changed, or would by the pull request.
	Files []string
	// Kept are the images that were left as they are, each with the reason: a
	// newer build runs, a rollback holds them, or the manifests do not take them.
	Kept []string
	// +private
	Left []string
	// Notes say what else is to be known: that an image replaces what a rollback
	// brought, or what came of another environment's pull request.
	Notes []string
	// Diff is the difference of the rendered manifests.
	Diff string
	// Changes are the changed files, when the repository is a directory.
	Changes *dagger.Changeset
}

// Json returns the change for programs.
func (c *GitopsChange) Json() (string, error) {
	return (*manifests.Change)(c).Record().JSON()
}

// GitopsHistory is what an environment ran of a component, newest first.
type GitopsHistory struct {
	// Pins are what ran.
	Pins []*GitopsPin
	// Held says what a rollback took back, and no run delivers again by itself.
	Held []string
	// Table returns the history for people.
	Table string
}

// GitopsPin is what an environment ran of a component from a commit on.
type GitopsPin struct {
	// Image is the reference that ran; empty when there was none.
	Image string
	// Source is the source commit that it was built from, as its tag says.
	Source string
	// Commit is the commit of the GitOps repository that pinned it.
	Commit string
	// Author made that commit.
	Author string
	// Time is when, in RFC 3339.
	Time string
	// How says by what: bump, promotion, rollback, or edit for one by hand.
	How string
	// Reason is why a rollback was made.
	Reason string
	// Run is the address of the run that made the commit.
	Run string
}

// GitopsDiff is the difference between two renderings of an environment.
type GitopsDiff struct {
	// Text is the difference resource by resource, for people.
	Text string
	// Before are the manifests as they were rendered before.
	Before *dagger.File
	// After are they as they are rendered now.
	After *dagger.File
	// Patch turns Before into After.
	Patch *dagger.File
}

func gitopsChange(change *manifests.Change) *GitopsChange { return (*GitopsChange)(change) }

func gitopsHistory(ran []gitops.Pin, held []gitops.Hold) *GitopsHistory {
	history := &GitopsHistory{Table: gitops.Table(ran, held)}
	for _, h := range held {
		history.Held = append(history.Held, h.String())
	}
	for _, p := range ran {
		record := p.Record()
		history.Pins = append(history.Pins, (*GitopsPin)(&record))
	}
	return history
}
