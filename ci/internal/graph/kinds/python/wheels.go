package python

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/elfcheck"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/pylock"
)

// wheels are the locked dependencies for a platform, installed by the native
// one and compiled. A package without a wheel for it is an error that names it.
func (p Project) wheels(ctx context.Context, platform dagger.Platform) (*dagger.Directory, error) {
	lock, err := p.lock(ctx)
	if err != nil {
		return nil, err
	}
	installed, err := p.installed(ctx, lock, "",
		"--only-binary", ":all:", "--python-platform", pylock.Target(string(platform)))
	if err == nil {
		return p.asserted(ctx, installed, platform)
	}
	printed, isExec := ground.Printed(err)
	if !isExec {
		return nil, err
	}
	without := lock.WithoutWheel(printed)
	if len(without) == 0 {
		return nil, err
	}
	if p.Spec.Settings.AllowEmulation {
		if installed, err = p.installed(ctx, lock, platform); err != nil {
			return nil, p.fromSource(ground.Unemulated(platform, err))
		}
		return p.asserted(ctx, installed, platform)
	}
	return nil, p.explain(ctx, without, platform)
}

// fromSource adds to a failed build of a package what it may have lacked.
func (p Project) fromSource(err error) error {
	printed, isExec := ground.Printed(err)
	if !isExec || len(p.Spec.Settings.BuildPackages) > 0 || !pylock.NoCompiler(printed) {
		return err
	}
	return ground.Explained(err, "a package has to be compiled, and there is no compiler. Name what it takes in [tool.pingvas-ci] of %s/pyproject.toml, "+
		"such as build-packages = [\"gcc\", \"libc6-dev\"]:", p.Spec.Path)
}

// installed is what the lock names, installed in a container of a platform, with
// what building a package there takes; when empty, in one of the engine's own,
// where nothing is built.
func (p Project) installed(ctx context.Context, lock pylock.Lock, on dagger.Platform, options ...string) (*dagger.Directory, error) {
	base, err := p.base(ctx, on)
	if err != nil {
		return nil, err
	}
	keeps := func(c *dagger.Container) *dagger.Container { return c.With(p.uvVolume().At(uvCache)) }
	if on != "" {
		base = ground.WithSystemPackages(base, slices.Concat(p.Spec.Settings.SystemPackages, p.Spec.Settings.BuildPackages))
		keeps = func(c *dagger.Container) *dagger.Container { return c } // What is built there runs.
	}
	installer := withLock(withUv(base), lock).
		With(keeps).
		// Bytecode that does not name a time is the same for the same sources.
		WithEnvVariable("PYC_INVALIDATION_MODE", "UNCHECKED_HASH").
		WithDirectory(deps, dag.Directory())
	options = append([]string{"--compile-bytecode", "--target", deps}, options...)
	for _, command := range lock.Install(requirement, lock.Image, options...) {
		installer = installer.WithExec(command)
	}
	installer, err = installer.WithoutFile(deps + "/.lock").Sync(ctx)
	if err != nil {
		return nil, err
	}
	return installer.Directory(deps), nil
}

// asserted is a tree of files in which every shared object is for the platform.
func (p Project) asserted(ctx context.Context, tree *dagger.Directory, platform dagger.Platform) (*dagger.Directory, error) {
	const at = "/installed"
	base, err := p.base(ctx, "")
	if err != nil {
		return nil, err
	}
	listing, err := base.
		WithMountedDirectory(at, tree).
		WithExec([]string{"python", "-c", elfcheck.Script, at}).
		Stdout(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: look at the shared objects: %w", p.Spec.Name, err)
	}
	if _, err := elfcheck.Assert(listing, string(platform)); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Spec.Name, err)
	}
	return tree, nil
}

// explain says of each package which versions have a wheel. The index is asked
// only here, after a failure.
func (p Project) explain(ctx context.Context, without []pylock.Wheelless, platform dagger.Platform) error {
	base, err := p.base(ctx, "")
	if err != nil {
		return err
	}
	var all []error
	for _, w := range without {
		versions, err := base.
			WithExec(pylock.Versions(w.Name, string(platform)), dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny}).
			Stdout(ctx)
		if err != nil {
			return fmt.Errorf("ask the index for the versions of %s: %w", w.Name, err)
		}
		all = append(all, errors.New(w.Explain(versions, string(platform), p.Spec.Path)))
	}
	return errors.Join(all...)
}
