package pydef

import (
	"fmt"
	"io/fs"
	"path"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// guides are the tools of the gates that every service is expected to have.
var guides = []struct{ tool, gates, heading string }{
	{"ruff", "lint and format do", "[tool.ruff]"},
	{"mypy", "typecheck does", "[tool.mypy]"},
	{"pytest", "test does", "[tool.pytest.ini_options]"},
}

// ofTools adds the tools that the project wants, and says of the gates that do not run
// what makes them.
func ofTools(fsys fs.FS, c *component.Component, made pyenv.Project) {
	for _, tool := range made.Tooling(fsys) {
		c.Tools = append(c.Tools, component.Tool(tool))
	}
	for _, expected := range guides {
		if _, has := c.Tool(expected.tool); !has {
			c.Notes = append(c.Notes, fmt.Sprintf("%s not run, as %s is neither locked nor configured. To run it, add %s to %s",
				expected.gates, expected.tool, expected.heading, path.Join(c.Path, "pyproject.toml")))
		}
	}
}
