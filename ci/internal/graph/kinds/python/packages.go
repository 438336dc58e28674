package python

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/elfcheck"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// environments are the image's virtual environment for a platform: the packages that
// an index has, and over them what was built here, the project itself among it. They
// are made on the native platform; of another one only where something has to be
// compiled for it, and the settings allow that.
func (p project) environments(ctx context.Context, platform dagger.Platform) (environment, error) {
	native, err := ground.Native(ctx)
	if err != nil {
		return environment{}, err
	}
	env, without, err := p.environmentOf(ctx, "", platform)
	if err == nil || platform == native || !p.Spec.Settings.AllowEmulation {
		return env, p.explained(ctx, err, without, platform)
	}
	env, _, err = p.environmentOf(ctx, platform, platform)
	return env, ground.Unemulated(platform, err)
}

// environment is an image's virtual environment, in two parts of which the first does
// not change with the sources.
type environment struct {
	packages, own *dagger.Directory
	// links are those to the interpreter, which lies elsewhere, and of folders.
	links *dagger.Directory
}

// layer puts the packages into an image, without the times at which they were installed.
func (e environment) layer(image *dagger.Container) *dagger.Container {
	return image.WithDirectory("/", dag.Directory().WithDirectory(venv, e.packages).WithTimestamps(0).WithDirectory("/", e.links))
}

// environmentOf makes the environment in a container of a platform, the engine's own
// when empty, for a platform.
func (p project) environmentOf(ctx context.Context, on, platform dagger.Platform) (env environment, without []pyenv.Wheelless, err error) {
	env, err = compiling(p, false, func(p project) (env environment, err error) {
		env, without, err = p.environmentOnceOf(ctx, on, platform)
		return env, err
	})
	return env, without, err
}

func (p project) environmentOnceOf(ctx context.Context, on, platform dagger.Platform) (env environment, without []pyenv.Wheelless, err error) {
	base, err := p.base(ctx, on)
	if err != nil {
		return env, nil, err
	}
	use, err := p.use(ctx, on, platform)
	if err != nil {
		return env, nil, err
	}
	chosen, err := p.chosen(ctx, use)
	if err != nil {
		return env, nil, err
	}
	empty := p.builder(base).
		// Bytecode that does not name a time is the same for the same sources.
		WithEnvVariable("PYC_INVALIDATION_MODE", "UNCHECKED_HASH").
		With(withVenv(venv))
	fetched, without, err := p.fetched(ctx, chosen.put(p, empty), chosen, use)
	if err != nil {
		return env, nil, err
	}
	fetched = withCompiled(fetched)
	done, err := p.completed(ctx, fetched, chosen, use, without)
	if err != nil {
		return env, without, err
	}
	env.packages = fetched.Directory(venv).Filter(dagger.DirectoryFilterOpts{Exclude: []string{"bin/python*", "lib64", ".lock"}})
	env.links = linksOf(fetched)
	env.own = fetched.Directory(venv).Diff(done.With(withOwnCompiled).Directory(venv)).WithoutFile(".lock")
	return env, without, p.assert(ctx, done.Directory(venv), platform)
}

// use is what an environment for a platform is asked for.
func (p project) use(ctx context.Context, on, platform dagger.Platform) (pyenv.Use, error) {
	if on != "" {
		return pyenv.Use{Image: true}, nil
	}
	base, err := p.base(ctx, "")
	if err != nil {
		return pyenv.Use{}, err
	}
	glibc, err := base.WithExec([]string{"python", "-c", pyenv.Glibc}).Stdout(ctx)
	if err != nil {
		return pyenv.Use{}, fmt.Errorf("%s: ask the base image for its glibc: %w", p.Spec.Name, err)
	}
	return pyenv.Use{Image: true, Target: pyenv.Target(string(platform), glibc)}, nil
}

// linksOf are the environment's links, such as those to its interpreter, at their
// places: the engine sets the times of what links lead to, not theirs.
func linksOf(made *dagger.Container) *dagger.Directory {
	const script = `mkdir -p "/links$0/bin"; cp -P "$0"/bin/python* "/links$0/bin/"; cp -P "$0/lib64" "/links$0/"; find /links -exec touch -h -d @0 {} +`
	return made.WithExec([]string{"sh", "-ec", script, venv}).Directory("/links")
}

// withCompiled compiles packages where nothing is kept and no token is, by a Python
// that does not run what they have in .pth files.
func withCompiled(c *dagger.Container) *dagger.Container {
	return c.WithExec([]string{"python", "-I", "-S", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", venv + "/lib"},
		dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny}) // A file may be a template, and no Python of this version.
}

// withOwnCompiled compiles what was built last, and drops what uv notes of when that
// was: the same files are the same layer.
func withOwnCompiled(c *dagger.Container) *dagger.Container {
	const script = `
cd "$0"
find lib -name '*.py' -cnewer pyvenv.cfg -exec python -m compileall -q --invalidation-mode unchecked-hash {} + || true
find . -name uv_cache.json -path '*.dist-info/*' | while read -r note; do
  rm "$note"; sed -i '/uv_cache.json/d' "$(dirname "$note")/RECORD"
done`
	return c.WithExec([]string{"sh", "-c", script, venv})
}

// imageSources are what installing the project for its image reads.
func (p project) imageSources() *dagger.Directory {
	return p.Source.Tree(slices.Concat(p.Spec.Inputs.Image, p.manifests(metadataFiles...)))
}

// assert refuses a tree of files in which a shared object that Python would load is for
// another platform.
func (p Project) assert(ctx context.Context, tree *dagger.Directory, platform dagger.Platform) error {
	const at = "/installed"
	base, err := p.base(ctx, "")
	if err != nil {
		return err
	}
	listing, err := base.
		WithMountedDirectory(at, tree).
		WithExec([]string{"python", "-c", elfcheck.Script, at}).
		Stdout(ctx)
	if err != nil {
		return fmt.Errorf("%s: look at the shared objects: %w", p.Spec.Name, err)
	}
	if _, err := elfcheck.Assert(listing, string(platform)); err != nil {
		return fmt.Errorf("%s: %w", p.Spec.Name, err)
	}
	return nil
}

// explained says of each package that had to be built, where that failed, which
// versions have a wheel. The index is asked only here, after a failure.
func (p project) explained(ctx context.Context, err error, without []pyenv.Wheelless, platform dagger.Platform) error {
	if err == nil {
		return nil
	}
	if printed, isExec := ground.Printed(err); isExec {
		without = append(without, p.made.WithoutWheel(printed)...)
	}
	if len(without) == 0 {
		return err
	}
	base, failed := p.base(ctx, "")
	if failed != nil {
		return failed
	}
	var all []string
	for _, w := range without {
		versions, failed := base.
			WithExec(pyenv.Versions(w.Name, string(platform)), dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny}).
			Stdout(ctx)
		if failed != nil {
			return fmt.Errorf("ask the index for the versions of %s: %w", w.Name, failed)
		}
		all = append(all, w.Explain(versions, string(platform), p.Spec.Path))
	}
	return ground.Explained(err, "%s", strings.Join(all, "\n"))
}

// InstalledIn has what the project asks for in its checks in an image that has a
// python3 of its own, by the uv that checks use. Nothing is kept of what it fetches:
// the image has packages, whose code Python may run.
func (p Project) InstalledIn(ctx context.Context, image *dagger.Container) (*dagger.Container, error) {
	of, err := p.read(ctx)
	if err != nil {
		return nil, err
	}
	chosen, err := of.chosen(ctx, pyenv.Use{})
	if err != nil {
		return nil, err
	}
	base, err := p.base(ctx, "")
	if err != nil {
		return nil, err
	}
	uv := withUv(base).WithExec([]string{"sh", "-c", `cp "$(command -v uv)" /tmp/uv`}).File("/tmp/uv")
	ready := chosen.put(of, withUvSettings(image.WithFile("/usr/local/bin/uv", uv).WithDirectory(lists, dag.Directory())))
	if of.made.Locked("pytest") == "" {
		ready = ready.WithNewFile("/tmp/tools.txt", pyenv.ToolLock("pytest")).
			WithExec([]string{"uv", "pip", "install", "--python", "python3", "--break-system-packages", "--require-hashes", "--requirement", "/tmp/tools.txt"})
	}
	for _, command := range of.made.Within(chosen.files, lists+"/exported.txt", "--python", "python3", "--break-system-packages") {
		ready = ready.WithExec(command)
	}
	return ready, nil
}
