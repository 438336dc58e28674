// Package frontend is the kind of the pnpm frontends: packages from the lock file, the
// sources over them, and the scripts of package.json.
package frontend

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/frontend/frontenddef"
	"github.com/pingvas/pingvas-ci/ci/internal/images"
)

var dag = dagger.Connect()

// Kind is that of the pnpm frontends.
type Kind struct{ frontenddef.Definition }

// Project is a component that pnpm works on.
type Project struct{ kinds.Project }

// Of is a component as a pnpm project.
func Of(p kinds.Project) Project { return Project{p} }

// Gates are lint, typecheck, test and storybook.
func (Kind) Gates(p kinds.Project) []kinds.Gate { return Of(p).Gates() }

// Reports are what the tests have left.
func (Kind) Reports(ctx context.Context, p kinds.Project) ([]kinds.Report, error) {
	return Of(p).Reports(ctx)
}

// Fix is what eslint would change.
func (Kind) Fix(ctx context.Context, p kinds.Project) (*dagger.Changeset, error) {
	return Of(p).Fix(ctx)
}

// Recipe has the site in a static server's image.
func (Kind) Recipe(ctx context.Context, p kinds.Project, platform dagger.Platform) (*dagger.Container, error) {
	return Of(p).Recipe(ctx, platform)
}

// Inspect lets every image pass: a site's files are of no platform.
func (Kind) Inspect(context.Context, kinds.Project, *dagger.Container, dagger.Platform) error {
	return nil
}

// Guard lets every image pass.
func (Kind) Guard(context.Context, kinds.Project, *dagger.Container) error { return nil }

// Warm installs the packages of the lock file.
func (Kind) Warm(ctx context.Context, p kinds.Project) error {
	of := Of(p)
	read, err := of.manifests(ctx)
	if err != nil {
		return err
	}
	_, err = of.again(func(p Project) (*dagger.Container, error) {
		linked, _, err := p.linked(ctx, read)
		return linked, err
	})
	return err
}

// Volumes are none: pnpm believes what its store says, and runs code of packages while
// it links them, so that each lock file has a store of its own.
func (Kind) Volumes(kinds.Project) []ground.Volume { return nil }

// BaseImages are the static server's, what builds the site, and the releases of which
// it keeps assets.
func (Kind) BaseImages(ctx context.Context, p kinds.Project) ([]string, error) {
	server, err := p.Pinned.Reference(ctx, images.WebServer)
	if err != nil {
		return nil, err
	}
	node, err := Of(p).nodeImage(ctx)
	if err != nil {
		return nil, err
	}
	return append([]string{server, node}, p.Spec.Settings.KeepAssets...), nil
}
