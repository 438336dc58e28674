package pyenv

import (
	"regexp"
	"strings"
)

// calls is a program in which each call stands in one line, with the variables that it
// sets before it, as a shell has them.
func calls(program string) string {
	var all strings.Builder
	depth := 0
	for line := range strings.Lines(comments.ReplaceAllString(program, "")) {
		if begun.MatchString(line) {
			depth = 0 // What stands in a text may not be closed.
		}
		depth = max(0, depth+strings.Count(line, "(")+strings.Count(line, "[")-strings.Count(line, ")")-strings.Count(line, "]"))
		if depth > 0 {
			line = strings.TrimRight(line, "\r\n") + " "
		}
		all.WriteString(line)
	}
	return withEnv.ReplaceAllStringFunc(all.String(), func(call string) string {
		m := withEnv.FindStringSubmatch(call)
		var variables strings.Builder
		for _, pair := range pairs.FindAllStringSubmatch(m[3], -1) {
			variables.WriteString(pair[1] + `="` + pair[2] + `" `)
		}
		if strings.Trim(pairs.ReplaceAllString(m[3], ""), ", ") != "" {
			return call // It sets what only the program knows.
		}
		return m[1] + variables.String() + m[2] + m[4]
	})
}

var (
	begun   = regexp.MustCompile(`^(?:def|class|@|import|from|if)\b|^@`)
	withEnv = regexp.MustCompile(`(?m)^([ \t]*)(.*?),\s*env=\{([^{}]*)\}(.*)$`)
	pairs   = regexp.MustCompile(`["'](\w+)["']\s*:\s*["']([^"'{}$]*)["']`)
)
