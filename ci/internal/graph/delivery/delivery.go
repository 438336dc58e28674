// Package delivery brings what changed to an environment: plan, check, build,
// scan, publish, and one commit in the GitOps repository.
package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/manifests"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/scanning"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// Caller is what the caller gave for every delivery.
type Caller struct {
	*kinds.Workshop
	Scanner *scanning.Scanner
	// CodeScanning shows findings; nil nowhere.
	CodeScanning *scanning.CodeScanning
	// Targets are the registries; none is an embedded one.
	Targets []publishing.Target
	// Signing is who signs; nil nobody.
	Signing *publishing.Signing
	// Gitops is the GitOps repository; nil is an embedded one.
	Gitops *manifests.Repository
}

// Request is one delivery that is asked for.
type Request struct {
	// Environment is an overlay of the GitOps repository.
	Environment string
	// Commit is what images are tagged with; the source's when empty.
	Commit string
	// Branch is the one that is delivered, if any.
	Branch string
	// Latest tags the images latest as well.
	Latest bool
	// Only are the components to deliver; empty is all that are planned.
	Only []string
	// Shard is which part of how many is published, and committed by a later call;
	// empty where this call does all.
	Shard string
	// Records are what all the shards left, which this call commits.
	Records []Record
	// Times are how long components took in an earlier delivery.
	Times map[string]float64
	// DryRun sends nothing anywhere, and says what would be sent.
	DryRun bool
	// KeepFailure has a failed delivery be a result, and no error.
	KeepFailure bool
}

// Record is a file that a shard left.
type Record struct {
	Name string
	Text []byte
}

// Deliver delivers what the environment does not run yet. Nothing is pushed
// before every gate and every scan has passed, and nothing is committed before
// everything is pushed.
func Deliver(ctx context.Context, c Caller, r Request) (*Result, error) {
	begin, steps := time.Now(), ground.NewSteps(c.Parallel)
	result := &Result{Environment: r.Environment, Commit: r.Commit, Shard: r.Shard, DryRun: r.DryRun}
	err := c.all(ctx, steps, r, result)
	if err != nil && !r.KeepFailure {
		return nil, err
	}
	result.end(steps, begin, err)
	return result, nil
}

// all does everything, and keeps in the result what came of it.
func (c Caller) all(ctx context.Context, steps *ground.Steps, r Request, result *Result) error {
	if err := names.Environment(r.Environment); err != nil {
		return err
	}
	c, err := c.delivering()
	if err != nil {
		return err
	}
	if err := c.check(ctx, r); err != nil {
		return err
	}
	if c, err = c.destination(ctx); err != nil {
		return err
	}
	services := append(publishing.Services(c.Targets), c.Gitops.Service)
	if err := services.Start(ctx); err != nil {
		return err
	}
	defer publishing.End(ctx, c.Targets)
	// A clone waits for another machine, and the source is compared with its HEAD meanwhile.
	deployed := sync.OnceValues(func() (manifests.Deployed, error) { return c.Gitops.Deployed(ctx, r.Environment) })
	go func() { _, _ = deployed() }()
	if r.Commit, err = c.commit(ctx, r); err != nil {
		return err
	}
	result.Commit, result.Links = r.Commit, c.links(ctx)
	if r.DryRun {
		c.CodeScanning = nil
	}
	if err := c.plan(ctx, steps, r, deployed, result); err != nil {
		return err
	}
	if len(result.Plan) == 0 && r.Shard == "" {
		if len(r.Records) > 0 {
			result.Notes = append(result.Notes, "no record was read: there is nothing to commit any more")
		}
		return nil
	}
	if err := c.deliver(ctx, steps, r, result); err != nil {
		return fmt.Errorf("delivery of %s to %s stopped:\n%w", r.Commit, r.Environment, err)
	}
	return nil
}

// delivering is the caller as one that delivers: what a check kept is not read.
func (c Caller) delivering() (Caller, error) {
	workshop, err := c.ForDelivery()
	c.Workshop = workshop
	return c, err
}

// destination decides where the delivery goes, where the caller did not say.
func (c Caller) destination(ctx context.Context) (Caller, error) {
	remote := c.Gitops != nil && c.Gitops.Directory == nil
	if len(c.Targets) == 0 && remote {
		return c, errors.New("a GitOps repository is given, but no registry: its manifests would name images that nobody can pull. Add with-registry --address")
	}
	if len(c.Targets) == 0 {
		embedded, err := publishing.Embedded(ctx, c.Pinned)
		if err != nil {
			return c, err
		}
		c.Targets = []publishing.Target{embedded}
	}
	return c.deploying(ctx)
}

// deploying decides which manifests the delivery changes.
func (c Caller) deploying(ctx context.Context) (Caller, error) {
	if c.Gitops == nil {
		components, err := c.Source.Components(ctx)
		if err != nil {
			return c, err
		}
		if c.Gitops, err = manifests.Embedded(components); err != nil {
			return c, err
		}
		c.Gitops.Source = c.Source
	}
	return c, nil
}

// commit settles what images are tagged with: what is asked for, or the source's
// HEAD. What is not committed must not be published under its name where others
// pull.
func (c Caller) commit(ctx context.Context, r Request) (string, error) {
	if r.Branch != "" {
		if err := names.Branch(r.Branch); err != nil {
			return "", err
		}
	}
	if r.Commit != "" {
		return r.Commit, names.Tag(r.Commit)
	}
	if c.public() {
		changed, err := c.Source.Uncommitted(ctx)
		if err != nil {
			return "", err
		}
		if len(changed) > 0 {
			return "", fmt.Errorf("the source has uncommitted changes: %s. Commit them, or name what is delivered with --commit",
				strings.Join(changed[:min(len(changed), 5)], ", "))
		}
	}
	commit, err := c.Source.Commit(ctx)
	if err != nil {
		return "", err
	}
	return commit, names.Tag(commit)
}

// public tells whether anything is published beyond the end of the call.
func (c Caller) public() bool {
	return len(c.Targets) > 0 && !c.Targets[0].Embedded
}

// plan compares: what of the source the environment does not run yet, but for what
// a rollback holds, and of that what this call is to work on.
func (c Caller) plan(ctx context.Context, steps *ground.Steps, r Request, deployed func() (manifests.Deployed, error), result *Result) error {
	err := steps.Do(ctx, "", "plan", func(ctx context.Context) (string, error) {
		running, err := deployed()
		if err != nil {
			return "", err
		}
		plan, held, err := c.undelivered(ctx, running)
		if err != nil {
			return "", err
		}
		if result.waiting = waiting(r, plan); len(result.waiting) > 0 {
			result.Notes = append(result.Notes, "left for another run, by --only: "+strings.Join(result.waiting, ", "))
		}
		if plan, err = c.part(r, plan); err != nil {
			return "", err
		}
		if result.Plan, err = c.Described(ctx, plan); err != nil {
			return "", err
		}
		result.Held, result.Before = held, running.Recent
		found, err := c.Source.Components(ctx)
		if alone := component.Alone(found); len(alone) > 0 {
			result.Notes = append(result.Notes, "not delivered, having gates alone: "+strings.Join(alone, ", "))
		}
		return fmt.Sprintf("%d of %d components", len(result.Plan), len(component.Delivered(found))), err
	})
	if err == nil {
		fmt.Print(affected.Table(result.Plan) + lines(result.Held))
	}
	return err
}

// Plan is what a delivery to an environment works on, and what a rollback holds.
func Plan(ctx context.Context, c Caller, environment string) (plan []affected.Affected, held []string, err error) {
	if err := names.Environment(environment); err != nil {
		return nil, nil, err
	}
	if c, err = c.deploying(ctx); err != nil {
		return nil, nil, err
	}
	services := ground.Services{c.Gitops.Service}
	if err := services.Start(ctx); err != nil {
		return nil, nil, err
	}
	deployed, err := c.Gitops.Deployed(ctx, environment)
	if err != nil {
		return nil, nil, err
	}
	if plan, held, err = c.undelivered(ctx, deployed); err != nil {
		return nil, nil, err
	}
	plan, err = c.Described(ctx, plan)
	return plan, held, err
}

// undelivered is what of the source an environment does not run yet, and what a
// rollback holds of it.
func (c Caller) undelivered(ctx context.Context, deployed manifests.Deployed) (plan []affected.Affected, held []string, err error) {
	undeployed, err := c.Source.Undeployed(ctx, deployed.Tags)
	if err != nil {
		return nil, nil, err
	}
	return c.unheld(ctx, undeployed, deployed)
}

// unheld leaves out what a rollback holds, and says so.
func (c Caller) unheld(ctx context.Context, undeployed []affected.Affected, deployed manifests.Deployed) (free []affected.Affected, held []string, err error) {
	for _, a := range undeployed {
		name := a.Component.Name
		why, err := gitops.Keeps(ctx, deployed.Held[name], func(ctx context.Context, _, commit string) (bool, error) {
			return c.Source.Differs(ctx, name, commit)
		})
		if err != nil {
			return nil, nil, err
		}
		if why != "" {
			held = append(held, fmt.Sprintf("%s stays at %s: %s", name, deployed.Tags[name], why))
			continue
		}
		free = append(free, a)
	}
	return free, held, nil
}

// deliver takes the planned components all the way.
func (c Caller) deliver(ctx context.Context, steps *ground.Steps, r Request, result *Result) error {
	run, err := c.preflight(ctx, steps, r)
	if err != nil {
		return err
	}
	run.found = &result.Found
	projects, err := c.Projects(components(result.Plan))
	if err != nil {
		return err
	}
	switch {
	case r.DryRun && len(r.Records) == 0:
		result.Published, err = run.rehearse(ctx, projects)
	case len(r.Records) > 0:
		result.Published, err = run.collect(ctx, projects, result)
	default:
		result.Published, err = run.publish(ctx, projects)
	}
	if err != nil {
		return err
	}
	if r.Shard != "" {
		result.Part, err = run.leave(ctx, result.Published)
		return err
	}
	return run.commit(ctx, result)
}

// preflight finds out whether everything that is needed is there. A shard commits
// nothing, and needs no right to.
func (c Caller) preflight(ctx context.Context, steps *ground.Steps, r Request) (run *publication, err error) {
	err = steps.Do(ctx, "", "preflight", func(ctx context.Context) (string, error) {
		if run, err = c.open(ctx, steps, r); err != nil {
			return "", err
		}
		var denied error
		if r.Shard == "" {
			denied = c.Gitops.CanChange(ctx, r.Environment)
		}
		return "", errors.Join(denied, run.ready(ctx))
	})
	return run, err
}

// commit has the environment run what was published.
func (d *publication) commit(ctx context.Context, result *Result) error {
	r := d.request
	return d.steps.Do(ctx, "", "gitops "+r.Environment, func(ctx context.Context) (string, error) {
		change, err := d.gitops(result.Published).Bump(ctx, r.Environment, r.Commit, d.named(result.Published))
		if err != nil {
			return "", err
		}
		result.Change = change
		if len(change.Left) > 0 {
			return "", fmt.Errorf("%s: what could be was changed, and this could not:\n%s", change.Summary(), strings.Join(change.Left, "\n"))
		}
		return change.Summary(), nil
	})
}

// named are the published images as manifests are to name them.
func (d *publication) named(published []*record.Image) []manifests.Update {
	var all []manifests.Update
	for _, p := range published {
		all = append(all, manifests.Update{
			Image: kustomize.Image{Name: p.Component, NewName: p.Repository, NewTag: p.Tags[0], Digest: p.Digest},
			Scan:  p.Scan, Findings: trivy.List(p.Worst), Inputs: d.inputs[p.Component],
		})
	}
	return all
}
