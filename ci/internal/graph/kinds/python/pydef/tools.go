package pydef

import (
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// readTools says of gates of which the tools are told in pyproject.toml to look at
// nothing, or to find nothing, that they are off.
func readTools(c *component.Component, m component.Manifest) {
	ruff, mypy := component.Lookup(m.Document, "tool", "ruff"), component.Lookup(m.Document, "tool", "mypy")
	if all(ruff["exclude"]) || all(ruff["extend-exclude"]) {
		c.SwitchOff("lint", "[tool.ruff] excludes every file", m.File)
		c.SwitchOff("format", "[tool.ruff] excludes every file", m.File)
	}
	for _, table := range []map[string]any{ruff, component.Lookup(ruff, "lint")} {
		selected, is := table["select"].([]any)
		if is && len(selected) == 0 || slices.Contains(texts(table["ignore"]), "ALL") {
			c.SwitchOff("lint", "[tool.ruff] has no rule left", m.File)
		}
	}
	if all(mypy["exclude"]) {
		c.SwitchOff("typecheck", "[tool.mypy] excludes every file", m.File)
	}
	overrides, _ := mypy["overrides"].([]any)
	for _, table := range append(overrides, map[string]any{"module": "*", "ignore_errors": mypy["ignore_errors"]}) {
		override, _ := table.(map[string]any)
		if slices.Contains(texts(override["module"]), "*") && override["ignore_errors"] == true {
			c.SwitchOff("typecheck", "[tool.mypy] ignores every error", m.File)
		}
	}
}

// everything are patterns, of files or regular ones, that leave nothing out.
var everything = []string{"*", "**", "**/*", "*.py", "**/*.py", "/", ".", "./", ".*", "^.*$", "^.*", ".*\\.py", ".*\\.py$", "\\.py$"}

func all(patterns any) bool {
	return slices.ContainsFunc(texts(patterns), func(pattern string) bool { return slices.Contains(everything, pattern) })
}

// texts are a text, or those of a list.
func texts(value any) []string {
	if text, is := value.(string); is {
		return []string{text}
	}
	list, _ := value.([]any)
	var all []string
	for _, one := range list {
		if text, is := one.(string); is {
			all = append(all, text)
		}
	}
	return all
}
