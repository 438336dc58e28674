package python

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/pylock"
)

const (
	venv        = "/opt/venv"   // where a check's dependencies are installed
	requirement = "/tmp/locked" // where lock files are put before the sources
)

// workspace is the environment with the sources at their places in the
// repository: the component and its libraries, and nothing else of it.
func (p Project) workspace(ctx context.Context) (*dagger.Container, error) {
	env, err := p.environment(ctx)
	if err != nil {
		return nil, err
	}
	pythonPath, err := p.pythonPath(ctx)
	if err != nil {
		return nil, err
	}
	return env.
		WithEnvVariable("PYTHONPATH", pythonPath).
		WithEnvVariable("MYPYPATH", pythonPath).
		With(p.WithOwn).
		WithDirectory(kinds.Root, p.Source.Checked(p.Spec)).
		WithWorkdir(path.Join(kinds.Root, p.Spec.Path)), nil
}

// environment has the dependencies installed, from the lock files alone, so
// that a change of a source file installs nothing again.
func (p Project) environment(ctx context.Context) (*dagger.Container, error) {
	base, err := p.base(ctx, "")
	if err != nil {
		return nil, err
	}
	lock, err := p.lock(ctx)
	if err != nil {
		return nil, err
	}
	s := p.Spec.Settings
	env := withUv(ground.WithSystemPackages(base, slices.Concat(s.SystemPackages, s.BuildPackages))).
		WithExec([]string{"uv", "venv", "--quiet", venv}).
		WithEnvVariable("VIRTUAL_ENV", venv).
		WithEnvVariable("PATH", venv+"/bin:${PATH}", dagger.ContainerWithEnvVariableOpts{Expand: true})
	return p.install(ctx, withLock(withTools(env, lock), lock), lock)
}

// withTools has the checks' tools that the lock does not name, before what it
// names, so that its versions win. They are of our own choice, in a layer that all
// environments of the image share.
func withTools(env *dagger.Container, lock pylock.Lock, options ...string) *dagger.Container {
	if !lock.NeedsTools() {
		return env
	}
	install := slices.Concat([]string{"uv", "pip", "install", "--require-hashes", "--only-binary", ":all:"}, options, []string{"--requirement", "/tmp/tools.txt"})
	return env.WithNewFile("/tmp/tools.txt", pylock.Tools).WithExec(install)
}

// install installs what the lock names for checks into an environment that has no
// package of anybody's yet. Wheels are unpacked from what is kept of earlier locks.
// Where a package has to be built, its code runs: then everything is fetched anew,
// and nothing is kept.
func (p Project) install(ctx context.Context, env *dagger.Container, lock pylock.Lock) (*dagger.Container, error) {
	commands := lock.Install(requirement, lock.Checks, lock.CheckOptions...)
	if len(commands) == 0 {
		return env, nil
	}
	first := slices.Concat(commands[0], []string{"--only-binary", ":all:"})
	unpacked, err := env.With(p.uvVolume().At(uvCache)).WithExec(first).Sync(ctx)
	_, refused := ground.Printed(err)
	switch {
	case refused:
		env = env.WithExec(commands[0])
	case err != nil:
		return nil, err
	default:
		env = unpacked.With(p.uvVolume().Without(uvCache))
	}
	for _, command := range commands[1:] { // Those of another index: in an environment that has packages.
		env = env.WithExec(command)
	}
	return env, nil
}

// InstalledIn has what the lock names for checks in an image that has a python3
// of its own, by the uv that checks use. Nothing is kept of what it fetches: the
// image has packages, whose code Python may run.
func (p Project) InstalledIn(ctx context.Context, image *dagger.Container) (*dagger.Container, error) {
	lock, err := p.lock(ctx)
	if err != nil {
		return nil, err
	}
	base, err := p.base(ctx, "")
	if err != nil {
		return nil, err
	}
	uv := withUv(base).WithExec([]string{"sh", "-c", `cp "$(command -v uv)" /tmp/uv`}).File("/tmp/uv")
	within := []string{"--python", "python3", "--break-system-packages"}
	ready := withLock(withTools(withUvSettings(image.WithFile("/usr/local/bin/uv", uv)), lock, within...), lock)
	for _, command := range lock.Install(requirement, lock.Checks, slices.Concat(lock.CheckOptions, within)...) {
		ready = ready.WithExec(command)
	}
	return ready, nil
}

// pythonPath is where the component's own modules and its libraries' are.
func (p Project) pythonPath(ctx context.Context) (string, error) {
	own := path.Join(kinds.Root, p.Spec.Path)
	places := []string{own}
	layered, err := p.Source.Has(ctx, p.Spec, "src")
	if err != nil {
		return "", err
	}
	if layered {
		places = []string{path.Join(own, "src"), own}
	}
	for _, library := range p.Spec.Libraries {
		places = append(places, path.Join(kinds.Root, library.Import))
	}
	return strings.Join(places, ":"), nil
}

// reference is the pinned Python image with nothing of the project in it.
func (p Project) reference(ctx context.Context) (string, error) {
	return p.Runtime(ctx, "python", "Python")
}

// base is that image for a platform, the engine's own when empty.
func (p Project) base(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	image, err := p.reference(ctx)
	if err != nil {
		return nil, err
	}
	return dag.Container(dagger.ContainerOpts{Platform: platform}).From(image), nil
}
