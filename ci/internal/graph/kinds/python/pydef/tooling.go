package pydef

import (
	"fmt"
	"io/fs"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// guides are the gates that every service is expected to have, each with its tool and
// with what makes it run.
var guides = []struct{ gate, tool, heading string }{
	{"lint", "ruff", "[tool.ruff]"},
	{"format", "ruff", "[tool.ruff]"},
	{"typecheck", "mypy", "[tool.mypy]"},
	{"test", "pytest", "[tool.pytest.ini_options]"},
}

// ofTools adds the tools that the project wants, and says of the gates that do not run
// what makes them: the command of another tool of the trade where it has one, else the
// heading that configures the guide's.
func ofTools(fsys fs.FS, c *component.Component, made pyenv.Project) {
	for _, tool := range made.Tooling(fsys) {
		c.Tools = append(c.Tools, component.Tool(tool))
	}
	for _, expected := range guides {
		if _, has := c.Tool(expected.tool); has {
			continue
		}
		why := fmt.Sprintf("%s is neither locked nor configured. To run it, add %s to %s", expected.tool, expected.heading, made.Manifest())
		if other, command := made.Other(fsys, expected.gate); other != "" {
			why = fmt.Sprintf("%s is neither locked nor configured, and %s is. To run that, write gates = {%s = [%q]} in [tool.pingvas-ci] of %s",
				expected.tool, other, expected.gate, command, made.Manifest())
		}
		c.SwitchOff(expected.gate, why, made.Manifest())
	}
}
