package manifests

import (
	"context"
	"errors"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	validation "github.com/pingvas/pingvas-ci/ci/internal/manifests"
)

// Pins lists what an environment runs: each image's name in the manifests, its
// reference, and what of it is held.
func (r *Repository) Pins(ctx context.Context, environment string) (lines []string, err error) {
	err = r.readHistory(ctx, func(dir string) (err error) {
		lines, err = gitops.Running(ctx, dir, environment)
		return err
	})
	return lines, err
}

// Deployed is what an environment runs.
type Deployed struct {
	// Tags are those that it runs, and Held what it does not run again by itself, by
	// component.
	Tags map[string]string
	Held map[string][]gitops.Hold
	// Recent is what it got before.
	Recent gitops.Recent
}

// Deployed tells what an environment runs.
func (r *Repository) Deployed(ctx context.Context, environment string) (d Deployed, err error) {
	err = r.readHistory(ctx, func(dir string) (err error) {
		if d.Tags, err = gitops.Tags(dir, environment); err != nil {
			return err
		}
		if d.Held, err = gitops.Holds(ctx, dir, environment); err != nil {
			return err
		}
		d.Recent, err = gitops.Recently(ctx, dir, environment)
		return err
	})
	return d, err
}

// digests maps each image's name to the digest that an environment runs.
func (r *Repository) digests(ctx context.Context, environment string) (digests map[string]string, err error) {
	err = r.read(ctx, func(dir string) (err error) {
		digests, err = gitops.Digests(dir, environment)
		return err
	})
	return digests, err
}

// Render is an environment's manifests as Argo CD would apply them.
func (r *Repository) Render(ctx context.Context, environment string) (string, error) {
	var manifests []byte
	err := r.read(ctx, func(dir string) (err error) {
		manifests, err = kustomize.RenderEnvironment(ctx, dir, environment)
		return err
	})
	return string(manifests), err
}

// History is what an environment ran of a component, newest first, and what of it
// is held.
func (r *Repository) History(ctx context.Context, component, environment string) (ran []gitops.Pin, held []gitops.Hold, err error) {
	err = r.readHistory(ctx, func(dir string) (err error) {
		if ran, err = gitops.History(ctx, dir, environment, component); err != nil {
			return err
		}
		all, err := gitops.Holds(ctx, dir, environment)
		held = all[component]
		return err
	})
	return ran, held, err
}

// Difference is the difference between two renderings of an environment.
type Difference struct {
	// Text is the difference resource by resource, for people.
	Text string
	// Before and After are the rendered manifests.
	Before *dagger.File
	After  *dagger.File
	// Patch turns Before into After.
	Patch *dagger.File
}

// Diff compares an environment's rendered manifests with those of another
// directory, or of a commit, branch or tag of the repository itself: the previous
// commit when neither is given.
func (r *Repository) Diff(ctx context.Context, environment, commit string, directory *dagger.Directory) (*Difference, error) {
	switch {
	case commit != "" && directory != nil:
		return nil, errors.New("a commit and a directory are given. Give one of them")
	case commit == "":
		commit = "HEAD~1"
	}
	var found kustomize.Comparison
	err := r.readHistory(ctx, func(dir string) (err error) {
		if directory == nil {
			found, err = gitops.CompareWith(ctx, dir, commit, environment)
			return err
		}
		return ground.Exported(ctx, directory, func(before string) (err error) {
			found, err = gitops.Compare(ctx, before, dir, environment)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	files := dag.Directory().
		WithNewFile("before/"+environment+".yaml", string(found.Before)).
		WithNewFile("after/"+environment+".yaml", string(found.After)).
		WithNewFile(environment+".patch", found.Patch)
	return &Difference{
		Text:   found.Text,
		Before: files.File("before/" + environment + ".yaml"),
		After:  files.File("after/" + environment + ".yaml"),
		Patch:  files.File(environment + ".patch"),
	}, nil
}

// Validate checks the whole repository: the environments, or all when none is
// named. Automated sync of those that a person syncs is a mistake. It returns
// what was checked, and fails with every finding that has the severity, or a
// worse one.
func (r *Repository) Validate(ctx context.Context, environments, manual []string, severity string) (string, error) {
	report, err := r.Validation(ctx, environments, manual)
	if err != nil {
		return "", err
	}
	failing := report.AtLeast(argocd.Severity(severity))
	if len(failing) > 0 {
		return "", fmt.Errorf("the GitOps repository has %d mistakes:\n%w\n%s", len(failing), argocd.Err(failing), report.Besides())
	}
	return report.Text(), nil
}

// Validation is what is found in the repository, without a verdict.
func (r *Repository) Validation(ctx context.Context, environments, manual []string) (report validation.Report, err error) {
	err = r.read(ctx, func(dir string) (err error) {
		report, err = validation.Validate(ctx, dir, environments, argocd.Policy{Manual: manual, Repository: r.URL, Branch: r.Branch})
		return err
	})
	return report, err
}

// SARIF is a report for code scanning.
func SARIF(report validation.Report) (*dagger.File, error) {
	text, err := report.SARIF()
	if err != nil {
		return nil, err
	}
	return dag.Directory().WithNewFile("gitops.sarif", string(text)).File("gitops.sarif"), nil
}
