package pyenv

import (
	"path"
	"slices"
	"strings"
)

// fromAbove are the lines of a file at the repository's root that run in the project's
// directory, and those that have pytest run its tests from the root. The latter show that
// others are of parts of the tests, and are none to be run in the project's directory: what
// they say is seen from the root.
func (p Project) fromAbove(lines []habit) (all []habit) {
	for _, h := range lines {
		if h.at == p.Path || h.installs() {
			all = append(all, h)
		} else if words, below := p.below(h.words); below && h.at == "." {
			h.at, h.words, h.fromAbove = p.Path, words, true
			all = append(all, h)
		}
	}
	return all
}

// below are the words of a line whose paths lie in the project's directory, from there.
func (p Project) below(words []string) (seen []string, is bool) {
	if !slices.ContainsFunc(words, func(word string) bool { return slices.Contains([]string{"pytest", "py.test"}, path.Base(word)) }) {
		return nil, false
	}
	for _, word := range words {
		switch clean := path.Clean(word); {
		case clean == p.Path:
			word, is = ".", true
		case strings.HasPrefix(clean, p.Path+"/"):
			word, is = strings.TrimPrefix(clean, p.Path+"/"), true
		}
		seen = append(seen, word)
	}
	return seen, is
}
