package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/pylock"
)

const (
	repoRoot    = "/src"        // where sources are mounted in a check
	venv        = "/opt/venv"   // where a check's dependencies are installed
	requirement = "/tmp/locked" // where lock files are put before the sources
)

// workspace is the environment with the sources at their places in the
// repository: the component and its libraries, and nothing else of it.
func (p project) workspace(ctx context.Context) (*dagger.Container, error) {
	env, err := p.environment(ctx)
	if err != nil {
		return nil, err
	}
	pythonPath, err := p.pythonPath(ctx)
	if err != nil {
		return nil, err
	}
	env = env.
		WithEnvVariable("PYTHONPATH", pythonPath).
		WithEnvVariable("MYPYPATH", pythonPath)
	for _, at := range p.spec.Settings.CacheVolumes {
		env = env.With(ownVolume(p.spec, at).at(at))
	}
	return withVariables(env, p.spec.Settings.Environment).
		WithDirectory(repoRoot, p.ci.sources(p.spec)).
		WithWorkdir(path.Join(repoRoot, p.spec.Path)), nil
}

// environment has the dependencies installed, from the lock files alone, so
// that a change of a source file installs nothing again.
func (p project) environment(ctx context.Context) (*dagger.Container, error) {
	base, err := p.base(ctx, "")
	if err != nil {
		return nil, err
	}
	lock, err := p.lock(ctx)
	if err != nil {
		return nil, err
	}
	s := p.spec.Settings
	env := withUv(withSystemPackages(base, slices.Concat(s.SystemPackages, s.BuildPackages))).
		WithExec([]string{"uv", "venv", "--quiet", venv}).
		WithEnvVariable("VIRTUAL_ENV", venv).
		WithEnvVariable("PATH", venv+"/bin:${PATH}", dagger.ContainerWithEnvVariableOpts{Expand: true})
	if lock.NeedsTools() {
		// Before the component's own, so that its versions win.
		env = env.
			WithNewFile("/tmp/tools.txt", pylock.Tools).
			WithExec([]string{"uv", "pip", "install", "--require-hashes", "--requirement", "/tmp/tools.txt"})
	}
	env = withLock(env, lock)
	for _, command := range lock.Install(requirement, lock.Checks, lock.CheckOptions...) {
		env = env.WithExec(command)
	}
	return env, nil
}

// pythonPath is where the component's own modules and its libraries' are.
func (p project) pythonPath(ctx context.Context) (string, error) {
	own := path.Join(repoRoot, p.spec.Path)
	places := []string{own}
	layered, err := p.has(ctx, "src")
	if err != nil {
		return "", err
	}
	if layered {
		places = []string{path.Join(own, "src"), own}
	}
	for _, library := range p.spec.Libraries {
		places = append(places, path.Join(repoRoot, library.Import))
	}
	return strings.Join(places, ":"), nil
}

var patchVersion = regexp.MustCompile(`^(\d+\.\d+)\.\d+$`)

// base is the Python image with nothing of the project in it. Where no image
// of an exact version is known, its minor version's is taken: the same
// interpreter with newer fixes.
func (p project) base(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	known, err := p.ci.images(ctx)
	if err != nil {
		return nil, err
	}
	version := p.spec.Python.Value
	image, exact := known.Lookup("python:" + version + "-slim")
	if !exact {
		version = patchVersion.ReplaceAllString(version, "$1")
		if image, err = known.Reference("python:" + version + "-slim"); err != nil {
			return nil, fmt.Errorf("%s: Python %s (from %s): %w", p.spec.Name, p.spec.Python.Value, p.spec.Python.Source, err)
		}
	}
	return dag.Container(dagger.ContainerOpts{Platform: platform}).From(image), nil
}

// lock reads the component's lock, and refuses one that is not.
func (p project) lock(ctx context.Context) (lock pylock.Lock, err error) {
	root, member, files := p.spec.Path, "", pylock.Candidates
	if p.spec.Workspace != "" {
		if member, err = relativeTo(p.spec.Workspace, p.spec.Path); err != nil {
			return lock, err
		}
		root, files = p.spec.Workspace, []string{"uv.lock", "pyproject.toml", member + "/pyproject.toml"}
	}
	read := p.ci.Source.Directory(root).Filter(dagger.DirectoryFilterOpts{Include: files})
	err = exported(ctx, read, func(dir string) (err error) {
		lock, err = pylock.Read(os.DirFS(dir), pylock.Policy{
			Path:            p.spec.Path,
			Member:          member,
			Root:            root,
			CPU:             p.spec.Kind == component.CUDA,
			AllowUnhashed:   p.spec.Settings.AllowUnhashed,
			AllowExtraIndex: p.spec.Settings.AllowExtraIndex,
		})
		return err
	})
	if err != nil {
		return lock, err
	}
	return p.exportedLock(ctx, lock)
}

// exportedLock makes the files that the installer reads. They are known by
// their content: of a workspace's lock that changed for another member, the
// same come out, and nothing is installed anew.
func (p project) exportedLock(ctx context.Context, lock pylock.Lock) (pylock.Lock, error) {
	if len(lock.Export) == 0 {
		return lock, nil
	}
	base, err := p.base(ctx, "")
	if err != nil {
		return lock, err
	}
	exporter := withLock(withUv(base), lock)
	for _, command := range lock.Export {
		exporter = exporter.WithExec(command)
	}
	made := map[string]string{}
	for _, name := range slices.Concat(lock.Image, lock.Checks) {
		if made[name], err = exporter.File(name).Contents(ctx); err != nil {
			return lock, fmt.Errorf("read what %s locks: %w", lock.Source, err)
		}
	}
	lock.Files = made
	return lock, nil
}

// withUv adds uv, which installs in a fraction of pip's time, and its cache.
func withUv(base *dagger.Container) *dagger.Container {
	const file = "/tmp/uv.txt"
	return base.
		WithNewFile(file, uvRequirement).
		WithExec([]string{"pip", "install", "--quiet", "--no-cache-dir", "--root-user-action=ignore", "--require-hashes", "--requirement", file}).
		WithEnvVariable("UV_LINK_MODE", "copy").
		WithEnvVariable("UV_PYTHON_DOWNLOADS", "never").
		With(uvVolume.at("/root/.cache/uv"))
}

// withLock puts what the installer reads at its place.
func withLock(c *dagger.Container, lock pylock.Lock) *dagger.Container {
	files := dag.Directory()
	for _, name := range slices.Sorted(maps.Keys(lock.Files)) {
		files = files.WithNewFile(name, lock.Files[name])
	}
	return c.WithDirectory(requirement, files).WithWorkdir(requirement)
}

// withSystemPackages installs Debian packages, and leaves no lists of others.
// Names come from the settings, which know no shell syntax.
func withSystemPackages(c *dagger.Container, packages []string) *dagger.Container {
	if len(packages) == 0 {
		return c
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(packages)))
	return c.WithExec([]string{"sh", "-ec", "apt-get update -qq; " +
		"DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends " + strings.Join(sorted, " ") + "; " +
		"rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/*"})
}

// withVariables sets environment variables, in order of their names.
func withVariables(c *dagger.Container, variables map[string]string) *dagger.Container {
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		c = c.WithEnvVariable(name, variables[name])
	}
	return c
}
