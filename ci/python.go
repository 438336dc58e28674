package main

import (
	"context"
	"fmt"
	"path"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// uvRequirement installs uv with verified sums: the wheels of both native
// platforms that a runner can have.
// renovate: datasource=pypi depName=uv
const uvRequirement = `uv==0.13.9 \
  --hash=sha256:d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19 \
  --hash=sha256:5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe
`

const (
	repoRoot    = "/src"        // where sources are mounted in a check
	venv        = "/opt/venv"   // where a check's dependencies are installed
	requirement = "/tmp/locked" // where lock files are put before the sources
)

// project is what a Python service and the CPU half of a CUDA worker share:
// an environment from the lock files, the sources over it, and the tools.
type project struct {
	ci   *PingvasCi
	spec component.Component
}

// base is the Python image with uv, and nothing of the project in it.
func (p project) base(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	image, err := p.ci.image(ctx, "python:"+p.spec.Python.Value+"-slim")
	if err != nil {
		return nil, fmt.Errorf("%s: Python %s (from %s): %w", p.spec.Name, p.spec.Python.Value, p.spec.Python.Source, err)
	}
	return dag.Container(dagger.ContainerOpts{Platform: platform}).From(image), nil
}

// environment has the dependencies installed, from the lock files alone, so
// that a change of a source file installs nothing again.
func (p project) environment(ctx context.Context) (*dagger.Container, error) {
	base, err := p.base(ctx, "")
	if err != nil {
		return nil, err
	}
	locks, err := p.locks(ctx)
	if err != nil {
		return nil, err
	}
	install := []string{"uv", "pip", "install", "--require-hashes"}
	for _, lock := range locks {
		install = append(install, "--requirement", path.Join(requirement, lock))
	}
	return withUv(base).
		WithExec([]string{"uv", "venv", "--quiet", venv}).
		WithEnvVariable("VIRTUAL_ENV", venv).
		WithEnvVariable("PATH", venv+"/bin:${PATH}", dagger.ContainerWithEnvVariableOpts{Expand: true}).
		WithDirectory(requirement, p.directory().Filter(dagger.DirectoryFilterOpts{Include: locks})).
		WithExec(install), nil
}

// workspace is the environment with the sources at their places in the
// repository: the component and its libraries, and nothing else of it.
func (p project) workspace(ctx context.Context) (*dagger.Container, error) {
	env, err := p.environment(ctx)
	if err != nil {
		return nil, err
	}
	pythonPath := path.Join(repoRoot, p.spec.Path)
	for _, library := range p.spec.Settings.Libraries {
		pythonPath += ":" + path.Join(repoRoot, library, "src")
	}
	return env.
		WithEnvVariable("PYTHONPATH", pythonPath).
		WithEnvVariable("MYPYPATH", pythonPath).
		WithDirectory(repoRoot, p.ci.sources(p.spec)).
		WithWorkdir(path.Join(repoRoot, p.spec.Path)), nil
}

// exec runs one tool in the workspace.
func (p project) exec(ctx context.Context, args ...string) (*dagger.Container, error) {
	workspace, err := p.workspace(ctx)
	if err != nil {
		return nil, err
	}
	return workspace.WithExec(args), nil
}

// gate runs one tool in the workspace and fails as it does.
func (p project) gate(ctx context.Context, args ...string) error {
	done, err := p.exec(ctx, args...)
	if err != nil {
		return err
	}
	_, err = done.Sync(ctx)
	return err
}

func (p project) lint(ctx context.Context) error {
	return p.gate(ctx, "ruff", "check", ".")
}

func (p project) format(ctx context.Context) error {
	return p.gate(ctx, "ruff", "format", "--check", ".")
}

func (p project) typecheck(ctx context.Context) error {
	return p.gate(ctx, "mypy", ".")
}

func (p project) test(ctx context.Context) error {
	tested, err := p.tested(ctx)
	if err != nil {
		return err
	}
	_, err = tested.Sync(ctx)
	return err
}

// tested is the workspace after the tests, with coverage.xml and junit.xml.
func (p project) tested(ctx context.Context) (*dagger.Container, error) {
	args := []string{"pytest", "--cov=.", "--cov-report=xml", "--cov-report=term", "--junitxml=junit.xml", "-v"}
	return p.exec(ctx, append(args, p.spec.Settings.TestPaths...)...)
}

// gates are the component's gates in the order in which a person reads them.
func (p project) gates() []gate {
	return []gate{{"lint", p.lint}, {"format", p.format}, {"typecheck", p.typecheck}, {"test", p.test}}
}

// directory is the component's own directory.
func (p project) directory() *dagger.Directory {
	return p.ci.Source.Directory(p.spec.Path)
}

// locks are the requirement files that the component has.
func (p project) locks(ctx context.Context) ([]string, error) {
	have, err := p.directory().Glob(ctx, "requirements*.txt")
	if err != nil {
		return nil, fmt.Errorf("look for the lock files of %s: %w", p.spec.Name, err)
	}
	var locks []string
	for _, want := range []string{"requirements.txt", "requirements-dev.txt"} {
		for _, name := range have {
			if name == want {
				locks = append(locks, name)
			}
		}
	}
	if len(locks) == 0 {
		return nil, fmt.Errorf("%s: no requirements.txt in %s. Make one with: uv pip compile --generate-hashes requirements.in --output-file requirements.txt",
			p.spec.Name, p.spec.Path)
	}
	return locks, nil
}

// withUv adds uv, which installs in a fraction of pip's time, and its cache.
func withUv(base *dagger.Container) *dagger.Container {
	const file = "/tmp/uv.txt"
	return base.
		WithNewFile(file, uvRequirement).
		WithExec([]string{"pip", "install", "--quiet", "--no-cache-dir", "--root-user-action=ignore", "--require-hashes", "--requirement", file}).
		WithEnvVariable("UV_LINK_MODE", "copy").
		WithMountedCache("/root/.cache/uv", dag.CacheVolume("uv"))
}

// fixed is what ruff would change in the component's sources.
func (p project) fixed(ctx context.Context) (*dagger.Changeset, error) {
	workspace, err := p.workspace(ctx)
	if err != nil {
		return nil, err
	}
	before := p.ci.Source.Directory(p.spec.Path)
	after := workspace.
		// What ruff cannot fix stays for the gate to report.
		WithExec([]string{"ruff", "check", "--fix", "."}, dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny}).
		WithExec([]string{"ruff", "format", "."}).
		Directory(".").
		Filter(dagger.DirectoryFilterOpts{Include: []string{"**/*.py", "**/*.pyi"}})
	fixedTree := dag.Directory().WithDirectory(p.spec.Path, before.WithDirectory(".", after))
	return fixedTree.Changes(dag.Directory().WithDirectory(p.spec.Path, before)), nil
}
