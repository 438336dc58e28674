package python

import (
	"context"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// interpreter is where the images of Python have it, on every platform.
const interpreter = "/usr/local/bin/python3"

// workspace is the environment with the sources at their places in the
// repository: the component and what else of it the component needs.
func (p Project) workspace(ctx context.Context) (*dagger.Container, error) {
	settings := p.Spec.Settings
	made, err := p.shared.of(slices.Concat(settings.SystemPackages, settings.BuildPackages, settings.TestPackages), func() (made installation, err error) {
		of, err := p.read(ctx)
		if err != nil {
			return made, err
		}
		made.pythonPath = of.pythonPath()
		made.env, err = of.environment(ctx, p.tools()...)
		return made, err
	})
	if err != nil {
		return nil, err
	}
	return p.withSources(made.env, made.pythonPath), nil
}

// installation is the environment of the checks, and where modules are that nothing installs.
type installation struct {
	env        *dagger.Container
	pythonPath []string
}

// installations are those that the gates of a component share, which ask for one at once: it
// is made once for each list of Debian packages that they are to have.
type installations struct {
	lock sync.Mutex
	made map[string]func() (installation, error)
}

func (i *installations) of(packages []string, install func() (installation, error)) (installation, error) {
	if i == nil {
		return install()
	}
	key := strings.Join(packages, " ")
	i.lock.Lock()
	once, known := i.made[key]
	if !known {
		once = sync.OnceValues(install)
		i.made[key] = once
	}
	i.lock.Unlock()
	return once()
}

// commands is the workspace where commands of the settings run.
func (p Project) commands(ctx context.Context, of kinds.Project) (*dagger.Container, error) {
	p.Project = of
	return p.workspace(ctx)
}

// withSources has what the component's checks see.
func (p Project) withSources(env *dagger.Container, pythonPath []string) *dagger.Container {
	if len(pythonPath) > 0 {
		env = env.
			WithEnvVariable("PYTHONPATH", strings.Join(pythonPath, ":")).
			WithEnvVariable("MYPYPATH", strings.Join(pythonPath, ":"))
	}
	env = env.With(p.WithOwn)
	for _, name := range []string{"PYTHONPATH", "MYPYPATH"} { // What is said goes before what nothing installs.
		if said := p.Spec.Settings.Environment[name]; said != "" && len(pythonPath) > 0 {
			env = env.WithEnvVariable(name, strings.Join(append([]string{said}, pythonPath...), ":"))
		}
	}
	return env.
		WithDirectory(kinds.Root, p.Source.Checked(p.Spec)).
		WithWorkdir(place(p.Spec.Path)).
		With(p.InPlace)
}

// environment has the project's dependencies installed, itself included where it is a
// package, in a .venv where its manager puts one. Nothing of it depends on what the
// sources say.
func (p project) environment(ctx context.Context, tools ...string) (*dagger.Container, error) {
	return compiling(p, true, func(p project) (*dagger.Container, error) { return p.environmentOnce(ctx, tools...) })
}

func (p project) environmentOnce(ctx context.Context, tools ...string) (*dagger.Container, error) {
	base, err := p.base(ctx, "")
	if err != nil {
		return nil, err
	}
	if base, err = p.withTestPackages(ctx, base); err != nil {
		return nil, err
	}
	at := path.Join(place(p.made.Root), ".venv")
	venv := p.builder(base).
		With(withVenv(at))
	for _, tool := range tools {
		venv = p.withTool(venv, tool)
	}
	return p.installed(ctx, venv, pyenv.Use{})
}

// withVenv makes a virtual environment of the image's Python, and has commands use it.
func withVenv(at string) dagger.WithContainerFunc {
	return func(c *dagger.Container) *dagger.Container {
		return c.
			WithExec([]string{"uv", "venv", "--quiet", "--python", interpreter, at}).
			WithEnvVariable("UV_PROJECT_ENVIRONMENT", at).
			WithEnvVariable("VIRTUAL_ENV", at).
			WithEnvVariable("PATH", at+"/bin:${PATH}", dagger.ContainerWithEnvVariableOpts{Expand: true})
	}
}

// withTool has a tool that the project does not lock, in a version of ours, or in the one
// that its workspace locks for others: before what it locks, of which the versions win.
func (p project) withTool(venv *dagger.Container, name string) *dagger.Container {
	switch locked := p.made.Locked(name); {
	case locked != "" && p.made.Installed(name):
		return venv
	case locked != "": // Another member's: it is the version that the workspace has.
		return p.fetching(venv).
			WithExec(p.made.InstallTool(name)).
			With(p.uvVolume().Without(uvCache))
	}
	file := "/tmp/tools/" + name + ".txt"
	return p.fetching(venv.WithNewFile(file, pyenv.ToolLock(name))).
		WithExec([]string{"uv", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "--requirement", file}).
		With(p.uvVolume().Without(uvCache))
}

// pythonPath is where modules are that nothing installs: the project's own, unless it
// is a package, and those of the libraries that the settings name.
func (p project) pythonPath() []string {
	var places []string
	if !p.made.Installs {
		places = []string{place(p.Spec.Path)}
		if p.layered() {
			places = []string{path.Join(place(p.Spec.Path), "src"), place(p.Spec.Path)}
		}
	}
	for _, library := range p.unpackaged() {
		places = append(places, place(library.Import))
	}
	return places
}

// unpackaged are the libraries that the settings name, of which no manager knows.
func (p Project) unpackaged() []component.Library {
	return slices.DeleteFunc(slices.Clone(p.Spec.Libraries), func(l component.Library) bool {
		return l.Via == "" && !slices.Contains(p.Spec.Settings.Libraries, l.Path)
	})
}

// layered tells whether the component's modules lie in a src.
func (p Project) layered() bool { return p.Source.IsDirectory(path.Join(p.Spec.Path, "src")) }

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
	return kinds.Pulled(image, platform), nil
}
