package python

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
)

const (
	app  = "/app"         // where the recipe puts a component's sources
	venv = app + "/.venv" // and the environment with what they depend on
)

// Recipe is the built-in recipe of a Python service: an environment that is made on
// the native platform for the target's, in a layer of its own below the sources, in
// the base image of the target, where nothing runs.
func (p Project) Recipe(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	of, err := p.read(ctx)
	if err != nil {
		return nil, err
	}
	s := p.Spec.Settings
	if len(s.Entrypoint) == 0 {
		return nil, fmt.Errorf("%s has no Dockerfile, and its image no command to run. Add entrypoint = [\"python\", \"-m\", \"...\"] to [tool.pingvas-ci] of %s, or a Dockerfile",
			p.Spec.Name, p.manifest())
	}
	runtime, err := p.runtime(ctx, platform)
	if err != nil {
		return nil, err
	}
	env, err := of.environments(ctx, platform)
	if err != nil {
		return nil, err
	}
	sources, pythonPath, err := of.compiled(ctx)
	if err != nil {
		return nil, err
	}
	writable, err := of.writable(ctx, sources)
	if err != nil {
		return nil, err
	}
	image := ground.WithoutBaseLabels(runtime).
		With(env.layer).
		WithEnvVariable("VIRTUAL_ENV", venv).
		WithEnvVariable("PATH", venv+"/bin:${PATH}", dagger.ContainerWithEnvVariableOpts{Expand: true}).
		WithEnvVariable("PYTHONUNBUFFERED", "1").
		WithEnvVariable("PYTHONDONTWRITEBYTECODE", "1")
	if len(pythonPath) > 0 {
		image = image.WithEnvVariable("PYTHONPATH", strings.Join(pythonPath, ":"))
	}
	image = ground.WithVariables(image, s.ImageEnvironment).
		With(ground.Layer(app, sources.WithDirectory(".venv", env.own))).
		With(writable).
		WithWorkdir(app).
		WithUser(ground.Nobody).
		WithEntrypoint(s.Entrypoint).
		WithoutDefaultArgs()
	return withHealth(image, s), nil
}

// runtime is the base image of the target with the system packages. They can
// only be installed where the target's programs run.
func (p Project) runtime(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	base, err := p.base(ctx, platform)
	if err != nil || len(p.Spec.Settings.SystemPackages) == 0 {
		return base, err
	}
	native, err := ground.Native(ctx)
	if err != nil {
		return nil, err
	}
	if platform != native && !p.Spec.Settings.AllowEmulation {
		return nil, fmt.Errorf("%s: the system packages %s cannot be installed for %s without emulation. "+
			"Set allow-emulation = true in [tool.pingvas-ci] of %s/pyproject.toml, run on an engine of that platform, or name one platform in the platforms setting",
			p.Spec.Name, strings.Join(p.Spec.Settings.SystemPackages, ", "), platform, p.Spec.Path)
	}
	installed, err := ground.WithSystemPackages(base, p.Spec.Settings.SystemPackages).Sync(ctx)
	return installed, ground.Unemulated(platform, err)
}

// compiled are the component's sources, and those of the libraries that the settings
// name, as they lie in the image, with their bytecode; and where Python is to look
// for what is no package.
func (p project) compiled(ctx context.Context) (sources *dagger.Directory, pythonPath []string, err error) {
	base, err := p.base(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	leftOut := []string{"tests", "Dockerfile*", "requirements*", "constraints*", "uv.lock", "poetry.lock", ".*", "**/__pycache__"}
	switch {
	case p.made.Installs && p.layered():
		leftOut = append(leftOut, "src") // It is installed.
	case p.made.Installs:
	case p.layered():
		pythonPath = []string{app + "/src", app}
	default:
		pythonPath = []string{app}
	}
	built := p.Source.Built(p.Spec)
	sources = built.Directory(p.Spec.Path).Filter(dagger.DirectoryFilterOpts{Exclude: leftOut})
	for _, library := range p.unpackaged() {
		at := path.Join("libs", path.Base(library.Path))
		modules := built.Directory(library.Import)
		if library.Import == library.Path {
			modules = modules.Filter(dagger.DirectoryFilterOpts{Include: []string{"*/**"}, Exclude: []string{"tests", ".*"}})
		}
		sources = sources.WithDirectory(at, modules)
		pythonPath = append(pythonPath, path.Join(app, at))
	}
	compiled := base.
		WithDirectory(app, sources).
		// A file that is no Python of this version, such as a template, stays as
		// it is: whether it should be is the checks' question.
		WithExec([]string{"python", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", app},
			dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny}).
		Directory(app)
	return compiled, pythonPath, nil
}

// writable are the directories that the image's user may write, as the settings name
// them. Beside the sources it may add files, and neither change nor remove what is there.
func (p Project) writable(ctx context.Context, sources *dagger.Directory) (dagger.WithContainerFunc, error) {
	if len(p.Spec.Settings.Writable) == 0 {
		return func(image *dagger.Container) *dagger.Container { return image }, nil
	}
	base, err := p.base(ctx, "")
	if err != nil {
		return nil, err
	}
	const script = `for at in "$@"; do
  mkdir -p "/writable$0/$at"
  if [ "$at" = . ]; then chmod 1777 "/writable$0"; continue; fi
  if [ -d "/sources/$at" ]; then cp -R "/sources/$at/." "/writable$0/$at"; fi
  chown -R ` + ground.Nobody + ` "/writable$0/$at"
done`
	made := base.
		WithMountedDirectory("/sources", sources).
		WithExec(append([]string{"sh", "-ec", script, app}, p.Spec.Settings.Writable...)).
		Directory("/writable")
	return ground.Layer("/", made), nil
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
