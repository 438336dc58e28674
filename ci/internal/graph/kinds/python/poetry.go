package python

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// poetryImage has Poetry: the same for every project, whatever its Python is, as it
// only writes down what a lock has.
const poetryImage = "python:3.13-slim"

// poetry is Poetry itself, of the version that is locked here, with its own plugin to
// export locks.
func (p Project) poetry(ctx context.Context) (*dagger.Container, error) {
	known, err := p.Pinned.Table(ctx)
	if err != nil {
		return nil, err
	}
	image, err := known.Reference(poetryImage)
	if err != nil {
		return nil, fmt.Errorf("%s: Poetry: %w", p.Spec.Name, err)
	}
	const file, at = "/tmp/poetry.txt", "/opt/poetry"
	return withUv(dag.Container().From(image)).
		WithExec([]string{"uv", "venv", "--quiet", at}).
		WithNewFile(file, pyenv.ToolLock("poetry")).
		WithExec([]string{"uv", "pip", "install", "--quiet", "--python", at, "--require-hashes", "--only-binary", ":all:", "--requirement", file}).
		WithEnvVariable("PATH", at+"/bin:${PATH}", dagger.ContainerWithEnvVariableOpts{Expand: true}).
		WithEnvVariable("POETRY_VIRTUALENVS_CREATE", "false").
		WithDirectory(lists, dag.Directory()), nil
}
