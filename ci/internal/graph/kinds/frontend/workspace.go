package frontend

import (
	"cmp"
	"context"
	"fmt"
	"path"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// exec runs a command in the workspace, with the environment that the settings
// give to tests and checks.
func (p Project) exec(ctx context.Context, command []string, opts ...dagger.ContainerWithExecOpts) (*dagger.Container, error) {
	workspace, err := p.workspace(ctx, p.Source.Checked(p.Spec))
	if err != nil {
		return nil, err
	}
	return p.WithOwn(workspace).WithExec(command, opts...), nil
}

// workspace has the packages linked and the sources in place, with the
// libraries of a pnpm workspace built.
func (p Project) workspace(ctx context.Context, sources *dagger.Directory) (*dagger.Container, error) {
	installed, err := p.installed(ctx)
	if err != nil {
		return nil, err
	}
	ready := installed.
		WithDirectory(kinds.Root, sources).
		WithWorkdir(path.Join(kinds.Root, p.Spec.Path))
	if p.Spec.Workspace != "" && len(p.Spec.Libraries) > 0 {
		// What a library exports is often made by its build.
		ready = ready.WithExec([]string{"pnpm", "--filter", "{.}^...", "run", "--if-present", "build"})
	}
	return ready, nil
}

// installed has the packages linked. The install reads the manifests and the
// lock file only, and is offline and frozen: a lock file that does not fit a
// manifest is an error, here for all that needs the packages.
func (p Project) installed(ctx context.Context) (*dagger.Container, error) {
	fetched, err := p.fetched(ctx)
	if err != nil {
		return nil, err
	}
	install := []string{"pnpm", "install", "--frozen-lockfile", "--offline", "--store-dir", pnpmStore}
	if p.Spec.Workspace != "" {
		// The package and what it needs: the others' manifests are not read.
		relative, _ := inputs.Below(p.Spec.Workspace, p.Spec.Path)
		install = append(install, "--filter", "{./"+relative+"}...")
	}
	installed, err := fetched.WithDirectory(kinds.Root, p.Source.Tree(p.Spec.Inputs.Manifests)).WithExec(install).Sync(ctx)
	if printed, isExec := ground.Printed(err); isExec {
		if outdated := frontend.OutdatedLock(p.lockRoot(), printed); outdated != nil {
			return nil, outdated
		}
	}
	return installed, err
}

const pnpmStore = "/pnpm-store"

// fetched has pnpm, and every package of the lock file: this layer stays while
// the lock file does.
func (p Project) fetched(ctx context.Context) (*dagger.Container, error) {
	node, err := p.node(ctx)
	if err != nil {
		return nil, err
	}
	ready := node.
		WithExec([]string{"npm", "install", "--global", "--no-fund", "--no-audit", "pnpm@" + frontend.PnpmRelease(p.Spec.Version("pnpm").Value)}).
		WithEnvVariable("CI", "true").
		With(pnpmVolume.At(pnpmStore)).
		WithDirectory(kinds.Root, p.Source.Tree(p.Spec.Inputs.Locks)).
		WithWorkdir(path.Join(kinds.Root, p.lockRoot()))
	fetch := []string{"pnpm", "fetch", "--store-dir", pnpmStore}
	if len(p.NpmRegistries) == 0 {
		fetched, err := ready.WithExec(fetch).Sync(ctx)
		return fetched, refusedFetch(err)
	}
	// The tokens are for this one command, which runs no script of a package:
	// what it fetched is taken, and nothing else of where it ran.
	fetched, err := p.withNpmRegistries(ready).WithExec(fetch).Sync(ctx)
	if err != nil {
		return nil, refusedFetch(err)
	}
	return ready.WithDirectory(".", fetched.Directory(".")), nil
}

// refusedFetch says of a fetch that a registry refused what to do.
func refusedFetch(err error) error {
	if printed, isExec := ground.Printed(err); isExec {
		if refusal := frontend.RefusedFetch(printed); refusal != nil {
			return refusal
		}
	}
	return err
}

// nodeImage is the name of the image of the frontend's version of Node.js.
func (p Project) nodeImage() string { return "node:" + p.Spec.Version("node").Value + "-slim" }

// node is that image.
func (p Project) node(ctx context.Context) (*dagger.Container, error) {
	image, err := p.Pinned.Container(ctx, p.nodeImage(), "")
	if err != nil {
		node := p.Spec.Version("node")
		return nil, fmt.Errorf("%s: Node.js %s (from %s): %w", p.Spec.Name, node.Value, node.Source, err)
	}
	return image, nil
}

// lockRoot is where the lock file lies: at the workspace's root for a package
// of one.
func (p Project) lockRoot() string {
	return cmp.Or(p.Spec.Workspace, p.Spec.Path)
}

func (p Project) manifest(ctx context.Context) (frontend.Package, error) {
	text, err := p.Directory().File("package.json").Contents(ctx)
	if err != nil {
		return frontend.Package{}, fmt.Errorf("%s: read package.json: %w", p.Spec.Name, err)
	}
	return frontend.ParsePackage(path.Join(p.Spec.Path, "package.json"), []byte(text))
}
