package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// hooks are the repository's pre-commit hooks, as far as they run tools of the trade.
type hooks struct {
	Exclude, Files string

	Repos []repoOf
}

type repoOf struct {
	Repo, Rev string
	Hooks     []hookOf
}

type hookOf struct {
	ID, Entry, Exclude, Files string
	PassFiles                 *bool `yaml:"pass_filenames"`
	Args                      []string
	Packages                  []string `yaml:"additional_dependencies"`
}

// toolHooks are the hooks that decide how a project's tools are run.
var toolHooks = []string{"ruff", "ruff-check", "ruff-format", "black", "flake8", "isort", "pylint"}

// frozen is a commit with the tag that it is of, as pre-commit freezes one.
var frozen = regexp.MustCompile(`(rev:\s*)['"]?[0-9a-f]{40}['"]?[ \t]*#[ \t]*frozen:[ \t]*(\S+)`)

// thawed are hooks with tags in place of such commits.
func thawed(raw []byte) string { return frozen.ReplaceAllString(string(raw), "$1$2") }

// hooksFile is where the project has its hooks, or the repository those that are about it, too.
func (p Project) hooksFile(fsys fs.FS) string {
	if own := path.Join(p.Path, hooksFile); exists(fsys, own) || !exists(fsys, hooksFile) {
		return own
	}
	return hooksFile
}

// hooks are those of the project, which are read once; none where they cannot be read.
func (p Project) hooks(fsys fs.FS) (found hooks, file string) {
	file = p.hooksFile(fsys)
	if known, has := p.hooking[p.Path]; has {
		return known, file
	}
	raw, err := fs.ReadFile(fsys, file)
	if err != nil || bounds.YAML([]byte(thawed(raw)), &found) != nil {
		found = hooks{}
	}
	if path.Dir(file) != p.Path {
		found = found.of(fsys, p.Path)
	}
	p.hooking[p.Path] = found
	return found, file
}

// of are those of the repository's hooks that are given modules of a directory, with the patterns
// that they would have there.
func (h hooks) of(fsys fs.FS, dir string) (about hooks) {
	var excluded, none bool
	if about.Exclude, excluded, _ = seenIn(dir, h.Exclude); excluded {
		return hooks{}
	}
	if about.Files, _, none = seenIn(dir, h.Files); none {
		return hooks{}
	}
	modules := modulesIn(fsys, dir)
	if len(modules) == 0 {
		modules = []string{path.Join(dir, "module.py")} // What will be there.
	}
	files, exclude := patternOf(h.Files, true), patternOf(h.Exclude, false)
	modules = slices.DeleteFunc(modules, func(file string) bool { return !files(file) || exclude(file) })
	for _, repo := range h.Repos {
		own := repoOf{Repo: repo.Repo, Rev: repo.Rev}
		for _, hook := range repo.Hooks {
			files, exclude := patternOf(hook.Files, true), patternOf(hook.Exclude, false)
			given := slices.ContainsFunc(modules, func(file string) bool { return files(file) && !exclude(file) })
			hook.Exclude, excluded, _ = seenIn(dir, hook.Exclude)
			hook.Files, _, none = seenIn(dir, hook.Files)
			if given && !excluded && !none {
				own.Hooks = append(own.Hooks, hook)
			}
		}
		about.Repos = append(about.Repos, own)
	}
	return about
}

// patternOf tells whether a pattern of a hook's has a file, or what it is without one. One that
// only Python knows is as none.
func patternOf(pattern string, without bool) func(file string) bool {
	if verbose, is := strings.CutPrefix(strings.TrimSpace(pattern), "(?x)"); is {
		pattern = strings.Join(strings.Fields(comments.ReplaceAllString(verbose, "")), "")
	}
	pattern = strings.TrimSpace(pattern)
	var not *regexp.Regexp
	if m := unlike.FindStringSubmatch(pattern); m != nil {
		not, _ = regexp.Compile("^(?:" + m[1] + ")")
		pattern = "^" + m[2]
	}
	like, err := regexp.Compile(pattern)
	if pattern == "" || err != nil {
		return func(string) bool { return without }
	}
	return func(file string) bool { return like.MatchString(file) && (not == nil || !not.MatchString(file)) }
}

// unlike is a pattern of what does not begin so.
var unlike = regexp.MustCompile(`^\^\(\?!([^()]*)\)(.*)$`)

// mostModules is how many files of a directory are looked at.
const mostModules = 1000

// modulesIn are the modules below a directory.
func modulesIn(fsys fs.FS, dir string) (files []string) {
	_ = fs.WalkDir(fsys, dir, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || len(files) >= mostModules:
			return fs.SkipAll
		case entry.IsDir() && at != dir && (strings.HasPrefix(path.Base(at), ".") || path.Base(at) == "node_modules"):
			return fs.SkipDir
		case slices.Contains([]string{".py", ".pyi", ".ipynb"}, path.Ext(at)):
			files = append(files, at)
		}
		return nil
	})
	return files
}

// seenIn is a pattern of paths from the root as it is from a directory: all says that it has all
// that lies there, and none that it has nothing of it. What only pre-commit knows stays.
func seenIn(dir, pattern string) (seen string, all, none bool) {
	given := pattern
	if pattern = strings.TrimSpace(pattern); pattern == "" || pattern == "^$" {
		return "", false, false
	}
	if verbose, is := strings.CutPrefix(pattern, "(?x)"); is {
		pattern = strings.Join(strings.Fields(comments.ReplaceAllString(verbose, "")), "")
	}
	anchored := false
	if m := grouped.FindStringSubmatch(pattern); m != nil {
		anchored, pattern = m[1] != "", m[2]
	}
	var kept []string
	for part := range strings.SplitSeq(pattern, "|") {
		if strings.ContainsAny(part, "()") {
			return given, false, false
		}
		at, fromStart := strings.CutPrefix(part, "^")
		plain := strings.ReplaceAll(strings.TrimSuffix(strings.TrimSuffix(at, "$"), ".*"), `\.`, ".")
		within, is := strings.CutPrefix(plain, dir+"/")
		switch {
		case !anchored && !fromStart:
			kept = append(kept, part)
		case !place.MatchString(plain) && plain != "":
			return given, false, false
		case is && within != "":
			kept = append(kept, "^"+strings.ReplaceAll(within, ".", `\.`))
		case strings.HasPrefix(dir+"/", strings.TrimSuffix(plain, "/")+"/") || plain == "":
			return "", true, false
		}
	}
	return strings.Join(kept, "|"), false, len(kept) == 0
}

// exactVersion is a release, as a tag of mypy's mirror has it.
var exactVersion = regexp.MustCompile(`^\d+(\.\d+)+$`)

// asHooked is mypy as a hook of the project runs it, in its version, with its arguments,
// those of the hook itself where it says none, and beside the packages that it names.
func (p Project) asHooked(fsys fs.FS) (t Tool, is bool) {
	found, file := p.hooks(fsys)
	for _, repo := range found.Repos {
		version := strings.TrimPrefix(repo.Rev, "v")
		if path.Dir(file) != p.Path || path.Base(repo.Repo) != "mirrors-mypy" || !exactVersion.MatchString(version) {
			continue
		}
		for _, hook := range repo.Hooks {
			on, told := p.hookedOn(fsys, found.Files, hook.Files)
			if hook.ID != "mypy" || !told {
				continue
			}
			t = Tool{Name: "mypy", Version: version, Source: file, Arguments: slices.Clone(hook.Args), Packages: hook.Packages}
			if hook.Args == nil {
				t.Arguments = []string{"--ignore-missing-imports", "--scripts-are-modules"}
			}
			for _, pattern := range []string{found.Exclude, hook.Exclude} {
				if pattern != "" && pattern != "^$" {
					t.Arguments = append(t.Arguments, "--exclude", strings.TrimSpace(pattern))
				}
			}
			if hook.PassFiles == nil || *hook.PassFiles {
				t.Arguments = append(t.Arguments, on...)
			}
			return t, true
		}
	}
	return t, false
}

// otherHooked is a tool in the guide's place as a hook of the project runs it, in its
// version and with its arguments: on all that the tool finds, as the hook is given it.
func (p Project) otherHooked(fsys fs.FS, o other) (t Other, is bool) {
	found, file := p.hooks(fsys)
	for _, repo := range found.Repos {
		version := strings.TrimPrefix(repo.Rev, "v")
		for _, hook := range repo.Hooks {
			aside, told := o.leavesOut(found.Exclude, hook.Exclude)
			on, said := p.hookedOn(fsys, found.Files, hook.Files)
			if hook.ID != o.name || o.gate == "typecheck" || !exactVersion.MatchString(version) || !told || !said {
				continue
			}
			words := []string{"uv", "tool", "run"}
			for _, beside := range hook.Packages {
				words = append(words, "--with", strings.ReplaceAll(beside, " ", ""))
			}
			words = append(words, o.name+"@"+version)
			all, arguments := on, hook.Args
			if o.name == "flake8" && on[0] != "." {
				all = on
			} else if o.name == "flake8" {
				all, arguments = p.everything(fsys, hook.Args, slices.ContainsFunc(hook.Packages, func(pkg string) bool { return Normal(requirementName.FindString(pkg)) == flake8Pyproject }))
			}
			words = slices.Concat(words, strings.Fields(o.command)[1:], arguments, aside, all)
			return Other{Name: o.name, Command: quoted(words), Source: file, Installed: true}, true
		}
	}
	return t, false
}

// leavesOut are the options by which a tool leaves out what hooks are not given; told is
// false where it has none that reads such patterns.
func (o other) leavesOut(patterns ...string) (options []string, told bool) {
	for _, pattern := range patterns {
		pattern = strings.TrimSpace(pattern)
		at, fromStart := strings.CutPrefix(pattern, "^")
		switch {
		case pattern == "" || pattern == "^$":
		case o.name != "black" || strings.ContainsAny(pattern, "\n ") || strings.Contains(at, "|^"):
			return nil, false
		case fromStart: // black matches from the slash of a root that may lie above the project's.
			options = append(options, "--extend-exclude", "/"+at)
		default:
			options = append(options, "--extend-exclude", pattern)
		}
	}
	return options, len(options) <= 2 // black takes one.
}

var (
	// places are patterns of files that are those of directories.
	places = regexp.MustCompile(`^\^(?:\(([\w/|.\\-]+)\)|([\w/.\\-]+?))(/?)(?:\.\*)?(?:\\\.pyi?\??\$?)?$`)
	place  = regexp.MustCompile(`^[\w/.-]+$`)
)

// hookedOn are the directories that a hook is given the files of: all, unless its patterns say
// some; told is false where only pre-commit knows which files a pattern means.
func (p Project) hookedOn(fsys fs.FS, patterns ...string) (dirs []string, told bool) {
	patterns = slices.DeleteFunc(patterns, func(pattern string) bool { return strings.TrimSpace(pattern) == "" })
	if len(patterns) == 0 {
		return []string{"."}, true
	}
	pattern := strings.TrimSpace(patterns[0])
	if each := strings.Split(pattern, "|"); len(each) > 1 && !slices.ContainsFunc(each, func(part string) bool { return !strings.HasPrefix(part, "^") || strings.ContainsAny(part, "()") }) {
		pattern = "^(" + strings.ReplaceAll(pattern[1:], "|^", "|") + ")"
	}
	m := places.FindStringSubmatch(pattern)
	if len(patterns) > 1 || m == nil {
		return nil, false
	}
	for dir := range strings.SplitSeq(m[1]+m[2], "|") {
		dir = strings.ReplaceAll(dir+m[3], `\.`, ".")
		if !place.MatchString(dir) || !strings.HasSuffix(dir, "/") {
			return nil, false
		}
		if p.isTarget(fsys, strings.TrimSuffix(dir, "/")) {
			dirs = append(dirs, strings.TrimSuffix(dir, "/"))
		}
	}
	return dirs, len(dirs) > 0
}

var unquoted = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// quoted is a command as a line.
func quoted(words []string) string {
	var line []string
	for _, word := range words {
		if !unquoted.MatchString(word) {
			word = "'" + strings.ReplaceAll(word, "'", `'"'"'`) + "'"
		}
		line = append(line, word)
	}
	return strings.Join(line, " ")
}
