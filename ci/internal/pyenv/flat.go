package pyenv

import (
	"slices"
	"strings"
)

// Fetchable are the requirements of a list that are wheels of an index, less those
// of the named packages: what is made from a directory, a repository or sources is
// built, and so runs somebody's code.
func Fetchable(list string, without ...string) string {
	var kept []string
	keep := true
	for raw := range strings.Lines(list) {
		if !strings.HasPrefix(raw, " ") && strings.TrimSpace(raw) != "" { // The first line of a requirement.
			keep = fetchable(raw, without)
		}
		if keep {
			kept = append(kept, raw)
		}
	}
	return strings.Join(kept, "")
}

func fetchable(first string, without []string) bool {
	option := strings.HasPrefix(first, "--") || strings.HasPrefix(first, "#")
	local := strings.HasPrefix(first, "-e") || strings.HasPrefix(first, ".") || strings.HasPrefix(first, "/") ||
		strings.Contains(first, "file:") || strings.Contains(first, "git+")
	named := slices.ContainsFunc(without, func(name string) bool { return Normal(name) == Normal(requirementName.FindString(first)) })
	return option || !local && !named
}

// Empty tells whether a list asks for nothing.
func Empty(list string) bool {
	return !slices.ContainsFunc(logical(list), func(l line) bool { return !strings.HasPrefix(l.text, "--") })
}
