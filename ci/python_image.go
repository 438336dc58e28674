package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/elfcheck"
	"github.com/pingvas/pingvas-ci/ci/internal/pylock"
)

const (
	app  = "/app"        // where the recipe puts a component's sources
	deps = app + "/deps" // and what they depend on
)

// image is the built-in recipe of a Python service: dependencies installed on
// the native platform for the target's, in a layer of their own below the
// sources, in the base image of the target, where nothing runs.
func (p project) image(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	s := p.spec.Settings
	if p.spec.Kind == component.CUDA {
		return nil, fmt.Errorf("%s: a CUDA worker is built by its Dockerfile.cuda. Add one in %s", p.spec.Name, p.spec.Path)
	}
	if len(s.Entrypoint) == 0 {
		return nil, fmt.Errorf("%s has no Dockerfile, and its image no command to run. Add entrypoint = [\"python\", \"-m\", \"...\"] to [tool.pingvas-ci] of %s/pyproject.toml, or a Dockerfile",
			p.spec.Name, p.spec.Path)
	}
	runtime, err := p.runtime(ctx, platform)
	if err != nil {
		return nil, err
	}
	dependencies, err := p.wheels(ctx, platform)
	if err != nil {
		return nil, err
	}
	sources, pythonPath, err := p.compiled(ctx)
	if err != nil {
		return nil, err
	}
	image := withoutBaseLabels(runtime).
		With(layer(deps, dependencies)).
		WithEnvVariable("PATH", "${PATH}:"+deps+"/bin", dagger.ContainerWithEnvVariableOpts{Expand: true}).
		WithEnvVariable("PYTHONPATH", pythonPath).
		WithEnvVariable("PYTHONUNBUFFERED", "1").
		WithEnvVariable("PYTHONDONTWRITEBYTECODE", "1")
	image = withVariables(image, s.ImageEnvironment).
		With(layer(app, sources)).
		WithWorkdir(app).
		WithUser(nobody).
		WithEntrypoint(s.Entrypoint).
		WithoutDefaultArgs()
	return withHealth(image, s), nil
}

// runtime is the base image of the target with the system packages. They can
// only be installed where the target's programs run.
func (p project) runtime(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	base, err := p.base(ctx, platform)
	if err != nil || len(p.spec.Settings.SystemPackages) == 0 {
		return base, err
	}
	emulated, err := p.foreign(ctx, platform)
	if err != nil {
		return nil, err
	}
	if emulated && !p.spec.Settings.AllowEmulation {
		return nil, fmt.Errorf("%s: the system packages %s cannot be installed for %s without emulation. "+
			"Set allow-emulation = true in [tool.pingvas-ci] of %s/pyproject.toml, run on an engine of that platform, or name one platform in the platforms setting",
			p.spec.Name, strings.Join(p.spec.Settings.SystemPackages, ", "), platform, p.spec.Path)
	}
	installed, err := withSystemPackages(base, p.spec.Settings.SystemPackages).Sync(ctx)
	return installed, unemulated(platform, err)
}

// foreign tells whether the engine cannot run a platform's programs itself.
func (p project) foreign(ctx context.Context, platform dagger.Platform) (bool, error) {
	native, err := dag.DefaultPlatform(ctx)
	if err != nil {
		return false, fmt.Errorf("ask the engine for its platform: %w", err)
	}
	return platform != native, nil
}

// wheels are the locked dependencies for a platform, installed by the native
// one and compiled. A package without a wheel for it is an error that names it.
func (p project) wheels(ctx context.Context, platform dagger.Platform) (*dagger.Directory, error) {
	lock, err := p.lock(ctx)
	if err != nil {
		return nil, err
	}
	installed, err := p.installed(ctx, lock, "",
		"--only-binary", ":all:", "--python-platform", pylock.Target(string(platform)))
	if err == nil {
		return p.asserted(ctx, installed, platform)
	}
	failed, isExec := errors.AsType[*dagger.ExecError](err)
	if !isExec {
		return nil, err
	}
	without := lock.WithoutWheel(failed.Stdout + "\n" + failed.Stderr)
	if len(without) == 0 {
		return nil, err
	}
	if p.spec.Settings.AllowEmulation {
		if installed, err = p.installed(ctx, lock, platform); err != nil {
			return nil, p.fromSource(unemulated(platform, err))
		}
		return p.asserted(ctx, installed, platform)
	}
	return nil, p.explain(ctx, without, platform)
}

// fromSource adds to a failed build of a package what it may have lacked.
func (p project) fromSource(err error) error {
	failed, isExec := errors.AsType[*dagger.ExecError](err)
	if !isExec || len(p.spec.Settings.BuildPackages) > 0 || !pylock.NoCompiler(failed.Stdout+failed.Stderr) {
		return err
	}
	return explained(err, "a package has to be compiled, and there is no compiler. Name what it takes in [tool.pingvas-ci] of %s/pyproject.toml, "+
		"such as build-packages = [\"gcc\", \"libc6-dev\"]:", p.spec.Path)
}

// installed is what the lock names, installed in a container of a platform, with
// what building a package there takes; when empty, in one of the engine's own,
// where nothing is built.
func (p project) installed(ctx context.Context, lock pylock.Lock, on dagger.Platform, options ...string) (*dagger.Directory, error) {
	base, err := p.base(ctx, on)
	if err != nil {
		return nil, err
	}
	if on != "" {
		base = withSystemPackages(base, slices.Concat(p.spec.Settings.SystemPackages, p.spec.Settings.BuildPackages))
	}
	installer := withLock(withUv(base), lock).
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
func (p project) asserted(ctx context.Context, tree *dagger.Directory, platform dagger.Platform) (*dagger.Directory, error) {
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
		return nil, fmt.Errorf("%s: look at the shared objects: %w", p.spec.Name, err)
	}
	if _, err := elfcheck.Assert(listing, string(platform)); err != nil {
		return nil, fmt.Errorf("%s: %w", p.spec.Name, err)
	}
	return tree, nil
}

// explain says of each package which versions have a wheel. The index is asked
// only here, after a failure.
func (p project) explain(ctx context.Context, without []pylock.Wheelless, platform dagger.Platform) error {
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
		all = append(all, errors.New(w.Explain(versions, string(platform), p.spec.Path)))
	}
	return errors.Join(all...)
}

// compiled are the component's sources and its libraries' as they lie in the
// image, with their bytecode, and the path on which Python finds them.
func (p project) compiled(ctx context.Context) (sources *dagger.Directory, pythonPath string, err error) {
	base, err := p.base(ctx, "")
	if err != nil {
		return nil, "", err
	}
	layered, err := p.has(ctx, "src")
	if err != nil {
		return nil, "", err
	}
	places := []string{app, deps}
	if layered {
		places = []string{app + "/src", app, deps}
	}
	sources = p.directory().Filter(dagger.DirectoryFilterOpts{Exclude: []string{
		"tests", "Dockerfile*", "requirements*", "constraints*", "uv.lock", "poetry.lock", "*.md", ".*", "**/__pycache__",
	}})
	for _, library := range p.spec.Libraries {
		at := path.Join("libs", path.Base(library.Path))
		modules := p.ci.Source.Directory(library.Import)
		if library.Import == library.Path {
			modules = modules.Filter(dagger.DirectoryFilterOpts{Include: []string{"*/**"}, Exclude: []string{"tests", ".*"}})
		}
		sources = sources.WithDirectory(at, modules)
		places = append(places, path.Join(app, at))
	}
	compiled := base.
		WithDirectory(app, sources).
		// A file that is no Python of this version, such as a template, stays as
		// it is: whether it should be is the checks' question.
		WithExec([]string{"python", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", app},
			dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny}).
		Directory(app)
	return compiled, strings.Join(places, ":"), nil
}

// layer puts a tree at its place in an image, the folders above it included,
// without the times at which it was made: the same files are the same layer.
func layer(at string, tree *dagger.Directory) dagger.WithContainerFunc {
	return func(image *dagger.Container) *dagger.Container {
		return image.WithDirectory("/", dag.Directory().WithDirectory(at, tree).WithTimestamps(0))
	}
}

// withHealth says where the image listens, and how a runtime asks whether it
// is well: by Python, as there may be no other program to ask with.
func withHealth(image *dagger.Container, s component.Settings) *dagger.Container {
	if s.Port == 0 {
		return image
	}
	image = image.WithExposedPort(s.Port)
	if s.HealthPath == "" {
		return image
	}
	ask := fmt.Sprintf("import urllib.request; urllib.request.urlopen('http://127.0.0.1:%d%s', timeout=2)", s.Port, s.HealthPath)
	return image.WithDockerHealthcheck([]string{"python", "-c", ask}, dagger.ContainerWithDockerHealthcheckOpts{
		Interval: "30s", Timeout: "3s", StartPeriod: "10s", Retries: 3,
	})
}
