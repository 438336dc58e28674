package python

import (
	"context"
	"fmt"
	"path"
	"regexp"
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
	return withChecks(env, lock), nil
}

// withChecks has what the lock names for checks installed, and the tools that it
// does not name.
func withChecks(env *dagger.Container, lock pylock.Lock, options ...string) *dagger.Container {
	if lock.NeedsTools() {
		// Before the component's own, so that its versions win.
		install := slices.Concat([]string{"uv", "pip", "install", "--require-hashes"}, options, []string{"--requirement", "/tmp/tools.txt"})
		env = env.WithNewFile("/tmp/tools.txt", pylock.Tools).WithExec(install)
	}
	env = withLock(env, lock)
	for _, command := range lock.Install(requirement, lock.Checks, slices.Concat(lock.CheckOptions, options)...) {
		env = env.WithExec(command)
	}
	return env
}

// InstalledIn has what the lock names for checks in an image that has a python3
// of its own, by the uv that checks use.
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
	return withChecks(withUvSettings(image.WithFile("/usr/local/bin/uv", uv)), lock, "--python", "python3", "--break-system-packages"), nil
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

var patchVersion = regexp.MustCompile(`^(\d+\.\d+)\.\d+$`)

// reference is the pinned Python image with nothing of the project in it. Where
// no image of an exact version is known, its minor version's is taken: the same
// interpreter with newer fixes.
func (p Project) reference(ctx context.Context) (string, error) {
	known, err := p.Pinned.Table(ctx)
	if err != nil {
		return "", err
	}
	python := p.Spec.Version("python")
	if image, exact := known.Lookup("python:" + python.Value + "-slim"); exact {
		return image, nil
	}
	image, err := known.Reference("python:" + patchVersion.ReplaceAllString(python.Value, "$1") + "-slim")
	if err != nil {
		return "", fmt.Errorf("%s: Python %s (from %s): %w", p.Spec.Name, python.Value, python.Source, err)
	}
	return image, nil
}

// base is that image for a platform, the engine's own when empty.
func (p Project) base(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	image, err := p.reference(ctx)
	if err != nil {
		return nil, err
	}
	return dag.Container(dagger.ContainerOpts{Platform: platform}).From(image), nil
}
