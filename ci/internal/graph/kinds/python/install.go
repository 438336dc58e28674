package python

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/missing"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// lists is where the lists of chosen packages lie.
const lists = "/tmp/locked"

// installed is a virtual environment with what the project asks for.
//
// It is filled twice. First with what an index has as wheels, from what is kept of
// earlier times, where nobody's code runs. Then with what has to be built, the project
// itself among it, where everything is fetched anew and nothing is kept.
func (p project) installed(ctx context.Context, venv *dagger.Container, use pyenv.Use) (*dagger.Container, error) {
	chosen, err := p.chosen(ctx, use)
	if err != nil {
		return nil, err
	}
	fetched, without, err := p.fetched(ctx, chosen.put(p, venv), chosen, use)
	if err != nil {
		return nil, err
	}
	return p.completed(ctx, fetched, chosen, use, without)
}

// choice is which packages are installed: files of the repository, or lists and locks
// that were made of them.
type choice struct {
	files pyenv.Files
	made  map[string]string // the text of those that were made, by their places
}

// put puts the files that a manager reads at their places.
func (c choice) put(p project, env *dagger.Container) *dagger.Container {
	env = env.WithDirectory(kinds.Root, p.locks)
	return c.write(env).WithWorkdir(place(p.Spec.Path))
}

func (c choice) write(env *dagger.Container) *dagger.Container {
	for _, file := range slices.Sorted(maps.Keys(c.made)) {
		env = env.WithNewFile(file, c.made[file])
	}
	return env
}

// fetched installs wheels. Of packages that have none, it returns the names.
func (p project) fetched(ctx context.Context, env *dagger.Container, chosen choice, use pyenv.Use) (*dagger.Container, []pyenv.Wheelless, error) {
	const most = 30 // packages without a wheel, of which uv names one or a few at a time
	var without []pyenv.Wheelless
	for range most {
		commands, ready := p.fetch(env, chosen, use, without)
		if len(commands) == 0 {
			return env, without, nil
		}
		fetching, err := p.withIndexes(ctx, p.fetching(ready))
		if err != nil {
			return nil, nil, err
		}
		for _, command := range commands {
			fetching = fetching.WithExec(command)
		}
		done, err := fetching.Sync(ctx)
		if err == nil {
			return taken(ready, done), without, nil
		}
		printed, refused := ground.Printed(err)
		if !refused || pyenv.RefusedBy(printed) != nil {
			return nil, nil, p.refused(err)
		}
		more := slices.DeleteFunc(p.made.WithoutWheel(printed), func(w pyenv.Wheelless) bool { return slices.Contains(without, w) })
		if len(more) == 0 || p.made.Manager == pyenv.Pip && p.made.Hashed {
			return env, append(without, more...), nil // Installing says what is wrong, or can do without.
		}
		without = append(without, more...)
	}
	return env, without, nil
}

// fetch are the commands that install wheels, and where they run.
func (p project) fetch(env *dagger.Container, chosen choice, use pyenv.Use, without []pyenv.Wheelless) ([][]string, *dagger.Container) {
	var names []string
	for _, w := range without {
		names = append(names, w.Name)
	}
	files := chosen.files
	list := &files.Checks
	if use.Image {
		list = &files.Image
	}
	if len(*list) == 1 && chosen.made[(*list)[0]] != "" {
		wheels := pyenv.Fetchable(chosen.made[(*list)[0]], names...)
		if pyenv.Empty(wheels) {
			return nil, env
		}
		*list = []string{lists + "/wheels.txt"}
		env = env.WithNewFile(lists+"/wheels.txt", wheels)
	}
	return p.made.Fetch(use, files, names...), env
}

// builder is a base image in which the project's packages can be installed, and built
// where they have to be.
func (p project) builder(base *dagger.Container) *dagger.Container {
	packages := slices.Concat(p.Spec.Settings.SystemPackages, p.Spec.Settings.BuildPackages)
	if p.made.Git {
		packages = append(packages, "git")
	}
	return withUv(ground.WithSystemPackages(base, packages))
}

// fetching is a container in which an installer may keep what it fetches.
func (p Project) fetching(c *dagger.Container) *dagger.Container {
	return c.With(p.uvVolume().At(uvCache))
}

// completed installs the rest: without are the packages that have no wheel.
func (p project) completed(ctx context.Context, env *dagger.Container, chosen choice, use pyenv.Use, without []pyenv.Wheelless) (*dagger.Container, error) {
	commands := p.made.Install(use, chosen.files)
	if len(commands) == 0 {
		return env, nil
	}
	installer, clean, err := p.installer(env, chosen, use)
	if err != nil {
		return nil, err
	}
	installer, err = p.withArchives(ctx, installer, use, without)
	if err != nil {
		return nil, err
	}
	building := p.reaching(installer)
	for _, command := range commands {
		building = building.WithExec(command)
	}
	done, err := clean(building).Sync(ctx)
	if err != nil {
		return nil, p.refusedBuild(err)
	}
	return taken(installer, done), nil
}

// installer is where packages are built: beside the project's manifests, and the
// names of its modules, which are taken away afterwards. The image takes the sources.
func (p project) installer(env *dagger.Container, chosen choice, use pyenv.Use) (*dagger.Container, func(*dagger.Container) *dagger.Container, error) {
	keep := func(c *dagger.Container) *dagger.Container { return c }
	env = p.withRelease(env)
	switch {
	case use.Image && p.buildsOwn():
		return chosen.write(env.WithDirectory(kinds.Root, p.imageSources())), keep, nil
	case use.Image: // What is left to install reads manifests and archives: a change of a source installs nothing.
		return chosen.write(env.WithDirectory(kinds.Root, p.Source.Tree(p.manifests(metadataFiles...)))), keep, nil
	}
	tree, names, err := p.skeleton()
	if err != nil {
		return nil, nil, err
	}
	env = chosen.write(env.WithDirectory(kinds.Root, tree))
	if names == "" {
		return env, keep, nil
	}
	const modules = "/tmp/modules"
	touched := env.
		WithNewFile(modules, names).
		WithExec([]string{"sh", "-ec", `while IFS= read -r name || [ -n "$name" ]; do mkdir -p "$(dirname "$0/$name")"; : >> "$0/$name"; done < ` + modules, kinds.Root})
	clean := func(c *dagger.Container) *dagger.Container {
		return c.WithExec([]string{"find", kinds.Root, "-name", ".venv", "-prune", "-o", "-type", "f", "-exec", "rm", "-f", "{}", "+"})
	}
	return touched, clean, nil
}

// withRelease has builds that ask git for a version take that of the nearest release: no
// commit in between builds anything anew. Packages of others have their own.
func (p project) withRelease(c *dagger.Container) *dagger.Container {
	for _, name := range p.versions {
		c = c.WithEnvVariable(name, p.release)
	}
	return c
}

// buildPackages is the setting of the packages that those of the index are built with.
const buildPackages = "buildPackages"

// builds is how often an installation is made anew: a build names one thing that it lacks.
const builds = 5

// compiling makes an installation, and again with what compiles where a package has to be
// compiled and no setting says what with. Linked says that it may be compiled with
// libraries, which run where they are.
func compiling[T any](p project, linked bool, install func(project) (T, error)) (done T, err error) {
	for range builds {
		done, err = install(p)
		printed, isExec := ground.Printed(err)
		with := missing.Compilers(printed)
		if linked {
			with = slices.Concat(with, missing.Headers(printed))
		}
		settings := &p.Spec.Settings
		with = slices.DeleteFunc(with, func(name string) bool { return slices.Contains(settings.BuildPackages, name) })
		switch {
		case !isExec || len(with) == 0:
			return done, err
		case p.Spec.Sets(buildPackages):
			return done, ground.Explained(err, "a package has to be compiled, and what compiles it is not there. Name it in %s, in %s, such as %s:",
				p.Spec.Setting(buildPackages), p.Spec.SettingsPlace(), strings.Join(with, ", "))
		}
		fmt.Printf("· %s: a package that it installs has to be compiled, so it is installed again with %s. Named in %s, in %s, they are there the first time\n",
			p.Spec.Name, strings.Join(with, ", "), p.Spec.Setting(buildPackages), p.Spec.SettingsPlace())
		settings.BuildPackages = slices.Concat(settings.BuildPackages, with)
	}
	return install(p)
}

// chosen are the packages to install. Where no lock has all of them with their
// hashes, they are chosen here, once for checks and image; where Poetry has, it
// writes them down.
func (p project) chosen(ctx context.Context, use pyenv.Use) (choice, error) {
	chosen := choice{files: p.made.Relative(), made: map[string]string{}}
	checks, image := lists+"/checks.txt", lists+"/image.txt"
	switch commands := p.made.Compile(use, checks, image); {
	case p.made.Manager == pyenv.Poetry:
		base, err := p.poetry(ctx)
		if err != nil {
			return chosen, err
		}
		made, err := p.listed(ctx, chosen, base.WithDirectory(kinds.Root, p.locks).WithWorkdir(place(p.Spec.Path)), p.made.Export(checks, image), checks, image)
		return made, p.refusedChoice(err, nil)
	case p.made.Locking() != nil:
		lock := place(p.made.Root) + "/uv.lock"
		return p.resolved(ctx, chosen, [][]string{p.made.Locking()}, lock)
	case len(commands) > 0 && (len(p.made.Image) == 0 || !use.Image): // What only the image takes stops no check.
		return p.resolved(ctx, chosen, commands, checks)
	case len(commands) > 0:
		return p.resolved(ctx, chosen, commands, checks, image)
	}
	return chosen, nil
}

// resolved runs commands that choose packages, which may have to build some to ask
// what they depend on.
func (p project) resolved(ctx context.Context, chosen choice, commands [][]string, files ...string) (choice, error) {
	base, err := p.base(ctx, "")
	if err != nil {
		return chosen, err
	}
	base = p.builder(base).
		WithDirectory(lists, dag.Directory())
	installer, _, err := p.installer(base.WithDirectory(kinds.Root, p.locks).WithWorkdir(place(p.Spec.Path)), choice{}, pyenv.Use{})
	if err != nil {
		return chosen, err
	}
	if len(p.PythonIndexes) == 0 {
		made, err := p.listed(ctx, chosen, installer, commands, files...)
		return made, p.refused(err)
	}
	// Beside the tokens lie manifests, and no file of the repository that could be run.
	withTokens, err := p.withIndexes(ctx, base.WithDirectory(kinds.Root, p.locks).WithWorkdir(place(p.Spec.Path)))
	if err != nil {
		return chosen, err
	}
	made, unknown := p.listed(ctx, chosen, withTokens, ground.Each(commands, pyenv.Unbuilt), files...)
	if _, isExec := ground.Printed(unknown); !isExec {
		return made, unknown
	}
	made, err = p.listed(ctx, chosen, p.reaching(installer), commands, files...)
	return made, p.refusedChoice(err, unknown)
}

// listed runs commands that write lists, and reads these: they are known by what they
// say, and the same list installs nothing anew.
func (p project) listed(ctx context.Context, chosen choice, c *dagger.Container, commands [][]string, files ...string) (choice, error) {
	for _, command := range commands {
		c = c.WithExec(command)
	}
	if _, err := c.Sync(ctx); err != nil {
		return chosen, p.stale(err)
	}
	for _, file := range files {
		text, err := c.File(file).Contents(ctx)
		if err != nil {
			return chosen, fmt.Errorf("read which packages %s asks for: %w", p.Spec.Path, err)
		}
		chosen.made[file] = text
	}
	if files[0] == lists+"/checks.txt" {
		chosen.files = pyenv.Files{Checks: files[:1], Image: files[1:]}
	}
	return chosen, nil
}

// stale says what to do about a poetry.lock that is out of date.
func (p project) stale(err error) error {
	printed, isExec := ground.Printed(err)
	if !isExec || p.made.Manager != pyenv.Poetry || !strings.Contains(printed, "poetry.lock") {
		return err
	}
	return ground.Explained(err, "%s is out of date with %s/pyproject.toml. Run `poetry lock` in %s and commit poetry.lock. Poetry says:", p.made.Lock, p.Spec.Path, p.Spec.Path)
}
