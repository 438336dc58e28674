package argocd

import (
	"regexp"
	"strings"
)

// glob tells whether a value matches a pattern, as Argo CD understands one: *
// stands for anything, within a part of a path where parts count, ** for anything
// at all, ? for a character, [abc] for one of those, {a,b} for one of both.
func glob(pattern, value string, parts bool) bool {
	return pattern == "*" || globbing(pattern, parts)(value)
}

// globbing is a pattern made ready; one that is none matches nothing.
func globbing(pattern string, parts bool) func(value string) bool {
	compiled, err := regexp.Compile(globExpression(pattern, parts))
	if err != nil {
		return func(string) bool { return false }
	}
	return compiled.MatchString
}

func globExpression(pattern string, parts bool) string {
	one, open := ".", 0
	if parts {
		one = "[^/]"
	}
	var out strings.Builder
	out.WriteString("(?s)^")
	for rest := pattern; rest != ""; {
		switch c := rest[0]; {
		case parts && strings.HasPrefix(rest, "**/"):
			out.WriteString("(?:.*/)?")
			rest = rest[2:]
		case strings.HasPrefix(rest, "**"):
			out.WriteString(".*")
			rest = rest[1:]
		case c == '*':
			out.WriteString(one + "*")
		case c == '?':
			out.WriteString(one)
		case c == '{':
			out.WriteString("(?:")
			open++
		case c == '}' && open > 0:
			out.WriteString(")")
			open--
		case c == ',' && open > 0:
			out.WriteString("|")
		case c == '[' && strings.Contains(rest, "]"):
			set := rest[1:strings.IndexByte(rest, ']')]
			out.WriteString("[" + negated(set) + "]")
			rest = rest[len(set)+1:]
		case c == '\\' && len(rest) > 1:
			out.WriteString(regexp.QuoteMeta(rest[1:2]))
			rest = rest[1:]
		default:
			out.WriteString(regexp.QuoteMeta(rest[:1]))
		}
		rest = rest[1:]
	}
	return out.String() + "$"
}

func negated(set string) string {
	quoted := strings.NewReplacer(`\`, `\\`, `[`, `\[`).Replace(set)
	if rest, is := strings.CutPrefix(quoted, "!"); is {
		return "^" + rest
	}
	return quoted
}

// Glob tells whether a path matches a pattern, in which ** stands for any folders.
func Glob(pattern, path string) bool { return glob(pattern, path, true) }
