package updates

import (
	"fmt"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// harmless are commands that leave nothing behind which an image would miss: the
// linker's cache names the same files after an update of a library as before.
var harmless = []string{":", "[", "true", "false", "test", "set", "exit", "return", "echo", "printf", "ldconfig"}

// Runs is what a maintainer script does that an image would miss, in words; empty
// where it does nothing of the kind. What it does under any condition counts: which
// of them hold, only running it tells.
func Runs(script string) string {
	interpreter, _, _ := strings.Cut(script, "\n")
	if !strings.HasPrefix(interpreter, "#!/bin/sh") && !strings.HasPrefix(interpreter, "#!/bin/bash") {
		return strings.TrimSpace(strings.TrimPrefix(interpreter, "#!"))
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		return "what nobody can read"
	}
	found := ""
	syntax.Walk(file, func(node syntax.Node) bool {
		if found == "" {
			found = missed(node)
		}
		return found == ""
	})
	return found
}

// missed is what a part of a script does that an image would miss.
func missed(node syntax.Node) string {
	switch part := node.(type) {
	case *syntax.CallExpr:
		if len(part.Args) == 0 || slices.Contains(harmless, part.Args[0].Lit()) {
			return ""
		}
		if part.Args[0].Lit() == "" {
			return "a command by a variable's name"
		}
		return part.Args[0].Lit()
	case *syntax.Redirect:
		if part.Op == syntax.RdrOut || part.Op == syntax.AppOut {
			if to := part.Word.Lit(); to != "/dev/null" {
				return "a redirection to " + to
			}
		}
	}
	return ""
}

// Triggers is what a package has other packages run, besides the linker's cache;
// empty where that is nothing. The text is its file of triggers.
func Triggers(text string) string {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 2 && strings.HasPrefix(fields[0], "activate") && fields[1] != "ldconfig" {
			return fields[1]
		}
	}
	return ""
}

// Scripts are what dpkg would run for an update, by name: preinst and postinst of the
// new version, prerm and postrm of the installed one, and triggers.
type Scripts map[string]string

// Run is what of the scripts an image would miss, in words; empty where it would
// miss nothing.
func (s Scripts) Run() string {
	for _, script := range []string{"preinst", "postinst", "prerm", "postrm"} {
		if text, is := s[script]; is {
			if runs := Runs(text); runs != "" {
				return fmt.Sprintf("%s runs %s", script, runs)
			}
		}
	}
	if trigger := Triggers(s["triggers"]); trigger != "" {
		return "it triggers " + trigger
	}
	return ""
}
