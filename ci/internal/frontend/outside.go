package frontend

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// unresolved are what Vite, Jest, TypeScript and webpack print of an import that leads to
// no file: from where, and which.
var unresolved = []struct {
	printed  *regexp.Regexp
	from, of int
}{
	{regexp.MustCompile(`(?:Failed to resolve import|Could not resolve|Cannot find module) ['"](\.\.?/[^'"\n]+)['"] from ['"]([^'"\n]+)['"]`), 2, 1},
	{regexp.MustCompile(`(?m)^([^\s(:][^(:\n]*)(?:\(\d+,\d+\)|:\d+:\d+)(?::| -) error TS2307: Cannot find module '(\.\.?/[^'\n]+)'`), 1, 2},
	{regexp.MustCompile(`Can't resolve '(\.\.?/[^'\n]+)' in '([^'\n]+)'`), 2, 1},
}

// Outside are the places that a command printed that it could not import from and that lie
// outside of its component, from the repository's root, which lies in root there.
func Outside(root, component, printed string) []string {
	places := map[string]bool{}
	for i, u := range unresolved {
		for _, match := range u.printed.FindAllStringSubmatch(colours.ReplaceAllString(printed, ""), -1) {
			from, below := strings.CutPrefix(match[u.from], root+"/")
			if !below {
				from = path.Join(component, from)
			}
			if i < len(unresolved)-1 { // webpack names the directory.
				from = path.Dir(from)
			}
			at := path.Join(from, match[u.of])
			if at != component && !strings.HasPrefix(at, component+"/") && !strings.HasPrefix(at, "..") && component != "." {
				places[at] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(places))
}
