package frontend

import (
	"regexp"
	"slices"
	"strings"
)

// Calls are what scripts run or read of other packages of their workspace.
type Calls struct {
	// Packages are by their names, or patterns of them.
	Packages []string
	// Dirs are directories or files, from the package's own.
	Dirs []string
	// Root are scripts of the workspace's root.
	Root []string
	// All tells that they run those of every package, and Related that they run those of
	// what one is built from, or is built from it, as well.
	All, Related bool
}

var (
	filters = regexp.MustCompile(`\s(?:--filter(?:-prod)?|-F|--scope|--projects?)[=\s]+["']?([^\s"';&|]+)`)
	targets = regexp.MustCompile(`\bnx\s+(?:run\s+(@?[\w./-]+):|[\w:-]+\s+(@?[\w./-]+))`)
	above   = regexp.MustCompile(`(?:^|["'\s=(])(\.\.(?:/[^"'\s*?$();&|]*)?)`)
	inDirs  = regexp.MustCompile(`(?:\b(?:pnpm|npm|yarn)\b[^&|;]*?\s(?:-C|--dir|--prefix|--cwd)[=\s]+|\bcd\s+)["']?([^\s"'$;&|()]+)`)
	atRoot  = regexp.MustCompile(`\b(?:pnpm|npm|yarn)\b[^&|;]*?\s(?:-w|--workspace-root)\s+(?:run\s+)?([\w:.-]+)`)
	ofAll   = regexp.MustCompile(`\bpnpm\b[^&|;]*?\s(?:-r|--recursive|recursive)\b|\bnx\s+(?:run-many|affected)\b|\blerna\s+run\b`)
	// selects are what a filter of pnpm or turbo has around a name.
	selects = regexp.MustCompile(`^(\.\.\.)?\^?|\^?(\.\.\.)?(\[[^\]]*\])?$`)
)

// patterns are those of a list with commas between, each with the alternatives that stand in
// braces: a pattern of several folders.
func patterns(list string) (all []string) {
	for _, one := range outside(list) {
		before, rest, opens := strings.Cut(one, "{")
		within, after, closes := strings.Cut(rest, "}")
		if !opens || !closes {
			all = append(all, one)
			continue
		}
		for alternative := range strings.SplitSeq(within, ",") {
			all = append(all, before+alternative+after)
		}
	}
	return all
}

// outside are the parts of a list between the commas that stand in no braces.
func outside(list string) (all []string) {
	deep, from := 0, 0
	for i, r := range list {
		switch {
		case r == '{':
			deep++
		case r == '}':
			deep--
		case r == ',' && deep == 0:
			all, from = append(all, list[from:i]), i+1
		}
	}
	return append(all, list[from:])
}

// CallsOf are what scripts, and those of the same manifest that they run, call.
func CallsOf(scripts map[string]string, from ...string) (c Calls) {
	for _, name := range Reached(scripts, from...) {
		text := scripts[name]
		selected := filters.FindAllStringSubmatch(text, -1)
		for _, match := range slices.Concat(selected, targets.FindAllStringSubmatch(text, -1)) {
			for _, one := range patterns(strings.Join(match[1:], "")) {
				c.selected(one)
			}
		}
		for _, match := range slices.Concat(above.FindAllStringSubmatch(text, -1), inDirs.FindAllStringSubmatch(text, -1)) {
			c.Dirs = append(c.Dirs, match[1])
		}
		for _, match := range atRoot.FindAllStringSubmatch(text, -1) {
			c.Root = append(c.Root, match[1])
		}
		c.All = c.All || len(selected) == 0 && ofAll.MatchString(text)
	}
	return c
}

// selected adds what a filter names: a directory in braces or with a dot, or a package.
func (c *Calls) selected(filter string) {
	name := selects.ReplaceAllString(filter, "")
	c.Related = c.Related || strings.HasPrefix(filter, "...") || strings.HasSuffix(filter, "...")
	switch dir := strings.Trim(name, "{}"); {
	case strings.HasPrefix(name, "!"), dir == "":
	case dir != name, strings.HasPrefix(dir, "."):
		c.Dirs = append(c.Dirs, dir)
	default:
		c.Packages = append(c.Packages, strings.SplitN(name, "#", 2)[0])
	}
}
