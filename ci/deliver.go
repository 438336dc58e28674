package main

import (
	"context"
	"errors"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/delivery"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
)

// Deliver brings what changed to an environment.
//
// Plan, check, build, scan, publish, and one commit in the GitOps repository.
// Affected is what changed since the commit that the environment runs. Nothing
// is pushed before every gate and every scan has passed, and nothing is
// committed before everything is pushed. Without with-registry and with-gitops
// it works on an embedded registry and an embedded GitOps repository, and the
// change of the manifests is the result's changes.
// +cache="never"
func (m *PingvasCi) Deliver(
	ctx context.Context,
	// The environment to update: an overlay of the GitOps repository.
	// +default="dev"
	environment string,
	// The commit that images are tagged with; the source's HEAD when absent, or
	// a name made of the files' content where there is no git history.
	// +optional
	commit string,
	// The branch that is delivered. On develop, images are tagged
	// develop-latest as well.
	// +optional
	branch string,
	// Tag the images latest as well. Registries with immutable tags refuse it.
	// +optional
	latest bool,
	// A GitOps repository to work on instead of a remote one.
	// +optional
	gitops *dagger.Directory,
	// The components to deliver, of those that the environment does not run yet: all
	// when absent.
	// +optional
	only []string,
	// The part to publish, such as 2/4, with a record of it and without a commit:
	// those of only where it is given, else what is dealt to it of all. It needs
	// with-registry. A call with records commits what all the parts published.
	// +optional
	shard string,
	// The records of all shards, a file each, whose images are committed at once.
	// Of what is to be delivered each must have a record.
	// +optional
	records *dagger.Directory,
	// The json of an earlier delivery: shards are dealt by the times in it.
	// +optional
	times *dagger.File,
	// Do all up to the first push, and show what would be pushed, tagged and
	// committed.
	// +optional
	dryRun bool,
	// Return a failed delivery as a result whose passed is false, instead of an error,
	// so that its report can be kept.
	// +optional
	keepFailure bool,
) (*Delivery, error) {
	caller := m.caller()
	if gitops != nil {
		caller.Gitops = m.gitops(gitops).repository()
	}
	request := delivery.Request{
		Environment: environment, Commit: commit, Branch: branch, Latest: latest, Only: only, Shard: shard, DryRun: dryRun, KeepFailure: keepFailure,
	}
	var err error
	if request.Records, err = delivery.ReadRecords(ctx, records); err != nil {
		return nil, err
	}
	if request.Times, err = delivery.ReadTimes(ctx, times); err != nil {
		return nil, err
	}
	delivered, err := delivery.Deliver(ctx, caller, request)
	if err != nil {
		return nil, err
	}
	return m.deliveryOf(delivered)
}

// Delivery is the report of one delivery.
type Delivery struct {
	// Environment is the environment that was updated.
	Environment string
	// Commit is what the images are tagged with.
	Commit string
	// Plan is what was affected, and why.
	Plan *Plan
	// Held are components that were left as they are because of a rollback, each with
	// the reason.
	Held []string
	// Shard is the part that was published, such as 2/4; empty where one call did all.
	Shard string
	// DryRun says that nothing was sent anywhere: components and change are what
	// would be.
	DryRun bool
	// Notes say what else is to be known of the run.
	Notes []string
	// Components are the images published.
	Components []*Delivered
	// Steps are everything that was done, with times.
	Steps []*Step
	// Change is the change in the GitOps repository; absent when nothing was
	// affected.
	Change *GitopsChange
	// Seconds is how long the delivery took.
	Seconds float64
	// Passed tells whether everything was done. It is false with keep-failure alone:
	// without, a failure is an error.
	Passed bool
	// Failure is the error's whole text; empty where everything was done.
	Failure string
	// Report returns the delivery for people.
	//
	// The plan, what each component's steps took, the images, and the difference
	// of the rendered manifests.
	Report string
	// Json returns the delivery for programs.
	Json string
	// +private
	Ci *PingvasCi
	// +private
	Told string
	// +private
	Found []*PlatformScan
	// +private
	Part string
}

// Step is one thing that a run did for one component.
type Step struct {
	// Component is the component's name, or empty for a step of the whole run.
	Component string
	// Name says what was done: lint, test, image linux/arm64, publish.
	Name string
	// State is how it ended.
	State StepState
	// Passed tells whether it succeeded.
	//
	// Deprecated: use state.
	// +deprecated="Use state instead."
	Passed bool
	// Started is when it began, in RFC 3339.
	Started string
	// Seconds is how long it took, waiting for a free place excluded.
	Seconds float64
	// Detail is what came of it: a digest, a summary of a scan.
	Detail string
	// Failure is why it failed; empty where it did not.
	Failure string
}

// StepState is how a step ended. What is not done is no step.
type StepState string

const (
	// It did what it was to do.
	StepStatePassed StepState = "PASSED"
	// It did not: the error of the call says why.
	StepStateFailed StepState = "FAILED"
)

// Changes returns the changed manifests.
//
// For a remote GitOps repository they are committed, and this is empty.
func (d *Delivery) Changes() *dagger.Changeset {
	if d.Change == nil || d.Change.Changes == nil {
		return ground.Unchanged()
	}
	return d.Change.Changes
}

// Record returns what a shard leaves for the call that commits.
//
// It is signed where the call signs, as a bundle of Sigstore's, and else an in-toto
// statement. Export it to a file of its own: `record export --path records/2.json`.
func (d *Delivery) Record() (*dagger.File, error) {
	if d.Part == "" {
		return nil, errors.New("the delivery is whole: only a shard leaves a record. Deliver with --shard, such as 2/4")
	}
	return ground.File("record.json", []byte(d.Part)), nil
}

func (m *PingvasCi) deliveryOf(r *delivery.Result) (*Delivery, error) {
	plan, err := planOf(r.Plan, r.Held)
	if err != nil {
		return nil, err
	}
	told, err := r.Told()
	if err != nil {
		return nil, err
	}
	document, err := r.Record().JSON()
	return &Delivery{
		Environment: r.Environment, Commit: r.Commit, Plan: plan, Held: r.Held, Seconds: r.Seconds, Report: r.Report(), Json: document,
		Shard: r.Shard, DryRun: r.DryRun, Notes: r.Notes, Part: string(r.Part),
		Components: ground.Each(r.Published, deliveredOf), Change: gitopsChange(r.Change),
		Steps: ground.Each(r.Steps, stepOf), Passed: r.Passed(), Failure: r.Why(),
		Ci: m, Told: told, Found: ground.Each(r.Found.Scans(), scanOfWing),
	}, err
}

func stepOf(s record.Step) *Step {
	return &Step{
		Component: s.Component, Name: s.Name, State: StepState(s.State), Passed: s.Passed,
		Started: s.Started.Format(time.RFC3339Nano), Seconds: s.Seconds, Detail: s.Detail, Failure: s.Failure,
	}
}
