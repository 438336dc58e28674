package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// ruffHooks are the hooks of ruff's for what it is run for.
var ruffHooks = map[string][]string{"ruff": {"ruff", "ruff-check"}, RuffFormat: {"ruff-format"}}

// asRuffHook is what ruff is run with where a pre-commit hook alone runs it: the hook's
// arguments, less what it leaves out, on what it is given; is is false where a pattern of it
// means what only pre-commit knows.
func (p Project) asRuffHook(fsys fs.FS, habits []habit, t Tool) (arguments []string, is bool) {
	found, file := p.hooks(fsys)
	runs := slices.ContainsFunc(habits, func(h habit) bool { _, runs := h.arguments("ruff"); return runs })
	if t.Source != file || runs {
		return nil, false
	}
	for _, repo := range found.Repos {
		for _, hook := range repo.Hooks {
			if !slices.Contains(ruffHooks[t.Name], hook.ID) {
				continue
			}
			on, told := p.hookedOn(fsys, found.Files, hook.Files)
			excluded, said := globs(found.Exclude, hook.Exclude)
			if !told || !said {
				return nil, false
			}
			arguments = slices.Concat(p.call(fsys, file, "ruff", hook.Args).options...)
			return slices.Concat(arguments, leftOut(t, excluded), on), true
		}
	}
	return nil, false
}

// leftOut are ruff's arguments by which it leaves files out: as a setting, as for the format it
// has no option that adds to those there are; older ones read no setting there.
func leftOut(t Tool, excluded []string) []string {
	older := t.Version != "" && semver.Compare("v"+t.Version, "v0.2.2") < 0
	switch {
	case t.Name == RuffFormat && !older: // Hooks are given no Markdown, which newer ones format.
		excluded = append(excluded, "*.md")
	case len(excluded) == 0:
		return nil
	case older && t.Name == RuffFormat:
		return []string{"--exclude", strings.Join(append([]string{".venv"}, excluded...), ",")}
	case older:
		return []string{"--extend-exclude", strings.Join(excluded, ",")}
	}
	return []string{"--config", `extend-exclude=["` + strings.Join(excluded, `","`) + `"]`}
}

var (
	grouped = regexp.MustCompile(`^(\^?)\(([^()]*)\)\$?$`)
	literal = regexp.MustCompile(`^(?:[\w/.-]|\{\{[\w/. -]*\}\})+$`)
	// braced has braces stand for themselves in a pattern of ruff's.
	braced = strings.NewReplacer("{", "[{]", "}", "[}]")
)

// globs are patterns of pre-commit's as ruff has them; told is false where one is none that
// names files and directories.
func globs(patterns ...string) (all []string, told bool) {
	for _, pattern := range patterns {
		pattern = strings.TrimSpace(pattern)
		if verbose, is := strings.CutPrefix(pattern, "(?x)"); is {
			pattern = strings.Join(strings.Fields(comments.ReplaceAllString(verbose, "")), "")
		}
		if pattern == "" || pattern == "^$" {
			continue
		}
		anchored := false
		if m := grouped.FindStringSubmatch(pattern); m != nil {
			anchored, pattern = m[1] != "", m[2]
		}
		for part := range strings.SplitSeq(pattern, "|") {
			from := anchored || strings.HasPrefix(part, "^")
			part = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(part, "^"), "$"), ".*")
			part = strings.ReplaceAll(part, `\.`, ".")
			if !literal.MatchString(part) {
				return nil, false
			}
			all = append(all, glob(braced.Replace(part), from))
		}
	}
	return all, true
}

// glob is a file or a directory, anywhere or from the root.
func glob(part string, anchored bool) string {
	dir, isDir := strings.CutSuffix(part, "/")
	switch {
	case isDir && anchored:
		return path.Join(dir, "**")
	case isDir && strings.Contains(dir, "/"):
		return path.Join("**", dir, "**")
	}
	return dir
}
