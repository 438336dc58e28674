package pyenv

import (
	"io/fs"
	"slices"
	"strings"
)

// unjudging are options of tools of the trade that no verdict depends on.
var unjudging = []string{
	"--check", "--diff", "--quiet", "-q", "--verbose", "-v", "--color", "--no-color", "--count", "--show-source", "--statistics", "--benchmark", "--stats", "--output-file", "--tee",
}

// written is another tool as the project's automation has it, with options of which nothing
// is known here: as the line has them, where all of its lines are about the same. A line that
// passes whatever is found says nothing.
func (p Project) written(fsys fs.FS, habits []habit, o other) (found Other, is bool) {
	var line []string
	for _, h := range habits {
		words, runs := h.arguments(strings.Fields(o.command)[0])
		if !runs || slices.Contains(words, "--exit-zero") {
			continue
		}
		named := slices.ContainsFunc(words, func(word string) bool { return p.isTarget(fsys, word) })
		words = slices.DeleteFunc(slices.Clone(words), func(word string) bool { return slices.Contains(unjudging, word) })
		if h.doubtful(words) || !named && o.all == "." || line != nil && !slices.Equal(line, words) {
			return Other{}, false
		}
		line, found.Habit, found.Environment = words, h.file, h.variables().values
	}
	if line == nil {
		return Other{}, false
	}
	if o.name == "flake8" {
		all, rest := p.everything(fsys, o, line)
		line = append(rest, all...)
	}
	found.Command = o.command + " " + quoted(line)
	return found, true
}
