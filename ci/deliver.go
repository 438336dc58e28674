package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
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
) (*Delivery, error) {
	if err := names.Environment(environment); err != nil {
		return nil, err
	}
	d := delivery{ci: m, run: newRun(m.Parallel), branch: branch, latest: latest}
	begin := time.Now()
	if err := d.targets(ctx, gitops); err != nil {
		return nil, err
	}
	defer d.close(context.WithoutCancel(ctx))
	if err := d.name(ctx, commit, branch); err != nil {
		return nil, err
	}
	plan, err := d.compare(ctx, environment)
	if err != nil {
		return nil, err
	}
	result := &Delivery{Environment: environment, Commit: d.commit, Plan: plan}
	if len(d.components) > 0 {
		if err := d.deliver(ctx, environment, result); err != nil {
			return nil, fmt.Errorf("delivery of %s to %s stopped:\n%w", d.commit, environment, err)
		}
	}
	result.Steps = d.run.steps
	result.Seconds = time.Since(begin).Seconds()
	return result, nil
}

// delivery is one call of Deliver.
type delivery struct {
	ci     *PingvasCi
	run    *run
	gitops *Gitops

	registries []*RegistryTarget

	commit, branch string
	latest         bool

	components []component.Component
	candidates []candidate
}

// deliver takes the planned components all the way.
func (d *delivery) deliver(ctx context.Context, environment string, result *Delivery) error {
	if err := d.preflight(ctx, environment); err != nil {
		return err
	}
	if err := d.prepare(ctx); err != nil {
		return err
	}
	published, err := d.publish(ctx)
	if err != nil {
		return err
	}
	result.Components = published
	return d.run.step("", "gitops "+environment, func() (string, error) {
		change, err := d.gitops.bump(ctx, environment, d.commit, published)
		if err != nil {
			return "", err
		}
		result.Change = change
		return change.summary(), nil
	})
}

// targets decides where the delivery goes.
func (d *delivery) targets(ctx context.Context, directory *dagger.Directory) (err error) {
	d.registries, d.gitops = d.ci.Registries, d.ci.Repository
	if directory != nil {
		d.gitops = &Gitops{Directory: directory}
	}
	if d.gitops != nil {
		d.gitops = d.gitops.of(d.ci)
	}
	if len(d.registries) == 0 && d.gitops != nil && directory == nil {
		return errors.New("a GitOps repository is given, but no registry: its manifests would name images that nobody can pull. Add with-registry --address")
	}
	if len(d.registries) == 0 {
		embedded, err := d.ci.embeddedRegistry(ctx)
		if err != nil {
			return err
		}
		d.registries = []*RegistryTarget{embedded}
	}
	if d.gitops == nil {
		components, err := d.ci.discover(ctx)
		if err != nil {
			return err
		}
		if d.gitops, err = embeddedGitops(components); err != nil {
			return err
		}
	}
	return d.open(ctx)
}

// open starts the services for the whole delivery: an embedded registry that
// stopped between two pushes would have lost the first.
func (d *delivery) open(ctx context.Context) error {
	for _, service := range d.services() {
		if _, err := service.Start(ctx); err != nil {
			return fmt.Errorf("start a service that the delivery needs: %w", err)
		}
	}
	return nil
}

func (d *delivery) close(ctx context.Context) {
	for _, service := range d.services() {
		// The engine ends what is left when the call ends.
		_, _ = service.Stop(ctx)
	}
}

func (d *delivery) services() []*dagger.Service {
	services := []*dagger.Service{d.gitops.Service}
	for _, target := range d.registries {
		services = append(services, target.Service)
		if target.Amazon != nil {
			services = append(services, target.Amazon.Endpoint)
		}
	}
	return slices.DeleteFunc(services, func(s *dagger.Service) bool { return s == nil })
}

// name settles the commit that images are tagged with.
func (d *delivery) name(ctx context.Context, commit, branch string) error {
	if commit == "" {
		head, err := d.head(ctx)
		if err != nil {
			return err
		}
		commit = head
	}
	if branch != "" {
		if err := names.Branch(branch); err != nil {
			return err
		}
	}
	d.commit, d.branch = commit, branch
	return names.Tag(commit)
}

// head is the source's commit. What is not committed must not be published
// under its name.
func (d *delivery) head(ctx context.Context) (string, error) {
	if len(d.ci.Registries) > 0 {
		changed, err := d.ci.uncommitted(ctx)
		if err != nil {
			return "", err
		}
		if len(changed) > 0 {
			return "", fmt.Errorf("the source has uncommitted changes: %s. Commit them, or name what is delivered with --commit",
				strings.Join(changed[:min(len(changed), 5)], ", "))
		}
	}
	return d.ci.commit(ctx)
}

// compare plans: what of the source the environment does not run yet.
func (d *delivery) compare(ctx context.Context, environment string) (plan *Plan, err error) {
	err = d.run.step("", "plan", func() (string, error) {
		found, err := d.ci.discover(ctx)
		if err != nil {
			return "", err
		}
		deployed, err := d.gitops.deployed(ctx, environment)
		if err != nil {
			return "", err
		}
		if plan, err = d.ci.planDeployed(ctx, found, deployed); err != nil {
			return "", err
		}
		d.components, err = plan.components()
		return fmt.Sprintf("%d of %d components", len(d.components), len(found)), err
	})
	if err == nil {
		fmt.Print(plan.Table())
	}
	return plan, err
}

// preflight finds out early what would stop the delivery at its end.
func (d *delivery) preflight(ctx context.Context, environment string) error {
	return d.run.step("", "preflight", func() (string, error) {
		return "", errors.Join(d.gitops.canPush(ctx, environment), d.ready(ctx))
	})
}

// ready finds out whether everything that publishing needs is there.
func (d *delivery) ready(ctx context.Context) error {
	_, rules := d.ci.policy().rules(ctx)
	_, _, vex := d.ci.vexFor(ctx, "")
	_, signing := d.ci.Signing.verifier(ctx)
	failures := []error{rules, vex, signing, d.ci.CodeScanning.check(d.commit)}
	for _, target := range d.registries {
		failures = append(failures, target.reachable(ctx))
	}
	return errors.Join(failures...)
}

// prepare checks, builds and scans every component. All of it must pass.
func (d *delivery) prepare(ctx context.Context) error {
	if err := d.ci.check(ctx, d.run, d.components); err != nil {
		return fmt.Errorf("%w\nNothing was built or pushed. Mend what failed and run again", err)
	}
	d.candidates = make([]candidate, len(d.components))
	var jobs []job
	for i, c := range d.components {
		d.candidates[i] = candidate{component: c, variants: make([]variant, len(c.Settings.Platforms))}
		if err := d.findEarlier(ctx, &d.candidates[i]); err != nil {
			return err
		}
		for j, platform := range c.Settings.Platforms {
			jobs = append(jobs, func(ctx context.Context) (err error) {
				if d.candidates[i].earlier != nil {
					d.candidates[i].variants[j], err = d.keptVariant(ctx, d.candidates[i], platform)
					return err
				}
				d.candidates[i].variants[j], err = d.variant(ctx, c, platform, d.candidates[i].labels)
				return err
			})
		}
	}
	if err := d.run.all(ctx, jobs); err != nil {
		return fmt.Errorf("%w\nNothing was pushed. Mend what failed and run again", err)
	}
	return nil
}

// variant builds and scans one component for one platform.
func (d *delivery) variant(ctx context.Context, c component.Component, platform string, labels map[string]string) (v variant, err error) {
	err = d.run.step(c.Name, "image "+platform, func() (string, error) {
		built, err := d.ci.buildAs(ctx, c, dagger.Platform(platform), labels)
		if err != nil {
			return "", err
		}
		if v.image, err = built.Sync(ctx); err != nil {
			return "", err
		}
		return "", d.ci.guard(ctx, c, v.image)
	})
	if err != nil {
		return v, err
	}
	return v, d.run.step(c.Name, "scan "+platform, func() (string, error) {
		v.scan, err = d.ci.scan(ctx, c, platform, v.image)
		if err != nil {
			return "", err
		}
		return d.judged(ctx, v.scan)
	})
}

// judged shows what a scan found, where that is asked for, and then has the
// policy decide.
func (d *delivery) judged(ctx context.Context, scan *PlatformScan) (detail string, err error) {
	detail = scan.Summary
	if d.ci.CodeScanning != nil {
		shown, failed := d.ci.CodeScanning.show(ctx, d.commit, scan)
		detail, err = detail+"; "+shown, failed
	}
	return detail, errors.Join(err, scan.gate(ctx, scan.Policy.Severity))
}

// publish pushes every candidate.
func (d *delivery) publish(ctx context.Context) ([]*Delivered, error) {
	published := make([]*Delivered, len(d.candidates))
	var jobs []job
	for i, c := range d.candidates {
		jobs = append(jobs, func(ctx context.Context) error {
			return d.run.step(c.component.Name, "publish", func() (_ string, err error) {
				if published[i], err = d.publishOne(ctx, c); err != nil {
					return "", err
				}
				return published[i].note(), nil
			})
		})
	}
	if err := d.run.all(ctx, jobs); err != nil {
		return nil, fmt.Errorf("%w\nNo manifest was changed. Run again: what is pushed already is found and kept", err)
	}
	return published, nil
}
