package trivy

import (
	"fmt"
	"slices"
	"strings"
)

// mostNamed is how many findings a list names at most: it stands in a commit.
const mostNamed = 30

const (
	noneNamed = "none"
	moreNamed = " and "
)

// Name is what a finding is told by from one image to another: of a list, which spaces
// and commas part.
func Name(id, of string) string {
	name := id
	if of != "" {
		name += "/" + of
	}
	return strings.NewReplacer(",", "_", " ", "_").Replace(strings.Join(strings.Fields(name), "_"))
}

// Named are the findings of the severities CRITICAL and HIGH by their names, each once,
// the worst first; what is suppressed is among them.
func Named(report Report) []string {
	names := []string{}
	for _, a := range Accounts(report, Policy{}) {
		if name := Name(a.ID, a.Package); a.Severity >= High && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// List is names in a line, which ReadList reads: the first of them, and how many more
// there are; empty where nobody has looked for any.
func List(names []string) string {
	if names == nil {
		return ""
	}
	if len(names) == 0 {
		return noneNamed
	}
	shown := names[:min(len(names), mostNamed)]
	line := strings.Join(shown, ", ")
	if more := len(names) - len(shown); more > 0 {
		line += fmt.Sprintf("%s%d more", moreNamed, more)
	}
	return line
}

// ReadList reads the names of a list, and whether those are all.
func ReadList(line string) (names []string, whole bool) {
	if line == noneNamed {
		return nil, true
	}
	line, _, more := strings.Cut(line, moreNamed)
	return strings.Split(line, ", "), !more
}
