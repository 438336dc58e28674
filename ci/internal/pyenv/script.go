package pyenv

import (
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/shlex"

	"github.com/pingvas/pingvas-ci/ci/internal/compose"
)

// script are commands of a project's automation: what they are called, where they begin,
// and what they are run with.
type script struct {
	file, task, text string
	// job is the one of a workflow that has them.
	job string
	// base is the directory that the file is about, and at the one that they begin in:
	// nowhere where that is not known here.
	base, at string
	// given are the variables that stand beside them, such as in a workflow's env.
	given given
	// shell says that they are a shell's, in which a cd counts; alone, that each line has
	// one of its own.
	shell, alone bool
	// forgiven says that nothing comes of their failure.
	forgiven bool
	// maybe says that it depends on the steps before them whether they run, dependent that it
	// does on the run, and foreign that they run on another system.
	maybe, dependent, foreign bool
	// hosts are the services that run beside them.
	hosts []string
}

// nowhere is a directory that is not known here.
const nowhere = "?"

// given are variables, and the names of those of which only the runner knows the value.
type given struct {
	values  map[string]string
	unknown []string
	// beside are the services beside what they are given to, and reached those of the
	// unknown variables that name one of these, with their values.
	beside  *compose.Beside
	reached map[string]string
}

// set adds a variable, in place of one of its name.
func (g given) set(name, value string) given {
	if foreign(name) {
		return g
	}
	next := g.less(name)
	if expressionOf.MatchString(value) && !variable.MatchString(ofCell.ReplaceAllString(value, "")) {
		return next // It names the run, such as for a report.
	}
	if value, known := plainValue(name, value); known {
		next.values[name] = value
	} else {
		next.unknown = append(next.unknown, name)
	}
	return next
}

// own are variables of the managers of packages, of the runner and of the terminal, of
// which no verdict is.
var own = regexp.MustCompile(`^(?:(?:UV|PIP|PIPX|POETRY|PDM|HATCH|COVERAGE|COV|TOX|NOX|PRE_COMMIT|GITHUB|CODECOV|COVERALLS|ACTIONS|RUNNER|DOCKER|COMPOSE|LD|DYLD|CONDA|GIT)_.*|CI|PATH|HOME|SHELL|VIRTUAL_ENV|PYTHONHOME|TMPDIR|TEMP|TMP|(?i:\w*_proxy))$`)

var (
	expressionOf = regexp.MustCompile(`\$\{\{`)
	// ofCell is what a runner knows of itself, and of the system and the Python that a cell of a
	// matrix is of.
	ofCell = regexp.MustCompile(`\$\{\{\s*(?:runner\.[\w.]+|github\.(?:ref|ref_name|ref_type|server_url|api_url|repository_owner|repository_id|triggering_actor|event\.(?:number|pull_request\.[\w.]+|repository\.[\w.]+)|sha|run_id|run_number|run_attempt|job|workflow|event_name|actor|repository|head_ref|base_ref)|matrix\.(?:os|platform|arch|py(?:thon)?(?:[-_.]?version)?))\s*\}\}`)
)

func foreign(name string) bool { return !named.MatchString(name) || own.MatchString(name) }

// plainValue is what a variable is where that is plain text. Paths of modules lose what
// they had before: nothing, on a clean clone.
func plainValue(name, value string) (plain string, known bool) {
	value = bare(value)
	if name == "PYTHONPATH" || name == "MYPYPATH" {
		places := strings.FieldsFunc(earlier.ReplaceAllString(value, ""), func(r rune) bool { return r == ':' })
		value = strings.Join(places, ":")
	}
	return value, !variable.MatchString(value) && !strings.Contains(value, "`")
}

// bare is a value without the quotation marks that stand around all of it.
func bare(value string) string {
	if last := len(value) - 1; last > 0 && value[0] == value[last] && strings.ContainsRune(`"'`, rune(value[0])) {
		return value[1:last]
	}
	return value
}

// earlier is a path of modules as it was before.
var earlier = regexp.MustCompile(`\$\((?:PYTHONPATH|MYPYPATH)\)|\$\{?(?:PYTHONPATH|MYPYPATH)(?::?[-+][^}]*)?\}?|\{env:(?:PYTHONPATH|MYPYPATH):?\}`)

// Where commands say in which directory something is, by what every checkout has.
var (
	here    = regexp.MustCompile(`\$?\$\(\s*dirname\s+(?:--\s+)?["']?\$\{?(?:0|BASH_SOURCE(?:\[0\])?)\}?["']?\s*\)|\$\{0%/\*\}`)
	current = regexp.MustCompile(`\$?\$\(pwd\)|\$\{?PWD\}?|\$\(PWD\)|` + "`pwd`")
	topmost = regexp.MustCompile(`\$\(git rev-parse --show-toplevel\)|\$\{?GITHUB_WORKSPACE\}?|\$\{\{\s*github\.workspace\s*\}\}|\$\{?CI_PROJECT_DIR\}?`)
	start   = regexp.MustCompile(`\$\(CURDIR\)|\{(?:toxinidir|tox_root|root)\}|\{\{justfile_directory\(\)\}\}|\{\{\s*\.(?:ROOT_DIR|TASKFILE_DIR|USER_WORKING_DIR)\s*\}\}`)
)

// located has such words be paths from a directory.
func (s script) located(part, from string) string {
	if from == nowhere {
		return part
	}
	seen := func(dir string) string {
		rel, err := filepath.Rel(from, dir)
		if err != nil {
			return nowhere // Both are from the repository's root.
		}
		return filepath.ToSlash(rel)
	}
	part = here.ReplaceAllString(part, seen(path.Dir(s.file)))
	part = topmost.ReplaceAllString(part, seen("."))
	part = start.ReplaceAllString(part, seen(s.base))
	return current.ReplaceAllString(part, ".")
}

// walk is where a shell is while it runs commands.
type walk struct {
	at, before string
	outer      []string // where the shells around it are
	given      given
	used       map[string]bool // the variables that commands of a shell are written with
	// expressions says that a value is one, unless it stands in quotation marks.
	expressions bool
}

var (
	opened  = regexp.MustCompile(`^[\s@-]*(?:(?:run|script|cmd):\s*)?((?:\(\s*)+)`)
	moved   = regexp.MustCompile(`^[\s@-]*(?:(?:run|script|cmd):\s*)?(cd|pushd|popd)\b\s*(.*?)\s*$`)
	set     = regexp.MustCompile(`^[ \t]*@?export[ \t]+(.*?)[ \t]*$`)
	unset   = regexp.MustCompile(`^[ \t]*@?unset[ \t]+(.*?)[ \t]*$`)
	one     = regexp.MustCompile(`^([A-Za-z_]\w*)[ \t]*[:?]?=[ \t]*(.*)$`)
	comings = strings.NewReplacer("(", "", ")", "")
)

// enter follows a command into a subshell, and to another directory.
func (w *walk) enter(part string) {
	if m := opened.FindStringSubmatch(part); m != nil {
		for range strings.Count(m[1], "(") {
			w.outer = append(w.outer, w.at)
		}
		part = strings.Replace(part, m[1], "", 1)
	}
	m := moved.FindStringSubmatch(comings.Replace(part))
	if m == nil {
		return
	}
	to := strings.Trim(strings.TrimPrefix(m[2], "-- "), `"'`)
	was := w.at
	switch {
	case m[1] == "popd", to == "-":
		w.at = w.before
	case to == "", variable.MatchString(to), strings.ContainsAny(to, " ~"), path.IsAbs(to), w.at == nowhere:
		w.at = nowhere
	default:
		w.at = path.Join(w.at, to)
	}
	w.before = was
}

// leave goes back out of the subshells that end with a command.
func (w *walk) leave(part string) {
	if m := opened.FindStringSubmatch(part); m != nil {
		part = strings.Replace(part, m[1], "", 1)
	}
	for range strings.Count(part, ")") - strings.Count(part, "(") {
		if last := len(w.outer) - 1; last >= 0 {
			w.at, w.outer = w.outer[last], w.outer[:last]
		}
	}
}

// export takes up the variables that the commands after it are run with: none that only they
// are written with.
func (w *walk) export(part string) (changed bool) {
	if m := unset.FindStringSubmatch(part); m != nil {
		for name := range strings.FieldsSeq(m[1]) {
			w.given, changed = w.given.less(name), true
		}
	}
	m := set.FindStringSubmatch(part)
	if m == nil {
		return changed
	}
	for _, word := range exported(m[1]) {
		of := one.FindStringSubmatch(word)
		if of == nil || !strings.HasSuffix(of[1], "PATH") && w.used[of[1]] {
			continue
		}
		if w.expressions && !marked.MatchString(of[2]) {
			of[2] = "${}"
		}
		w.given, changed = w.given.set(of[1], of[2]), true
	}
	return changed
}

// marked is a text in a justfile, where all else is an expression.
var marked = regexp.MustCompile(`^(?:"[^"]*"|'[^']*')$`)

// exported are the assignments of an export: several of a shell's, or one of make's or of
// just's, with spaces.
func exported(text string) []string {
	words, err := shlex.Split(text)
	if err != nil || slices.ContainsFunc(words, func(word string) bool {
		return !strings.Contains(word, "=") || strings.HasPrefix(word, "=") || strings.HasPrefix(word, ":=")
	}) {
		return []string{text}
	}
	return words
}

// less are the variables without one.
func (g given) less(name string) given {
	next := given{values: maps.Clone(g.values), beside: g.beside, reached: maps.Clone(g.reached)}
	if next.values == nil {
		next.values = map[string]string{}
	}
	delete(next.values, name)
	delete(next.reached, name)
	next.unknown = slices.DeleteFunc(slices.Clone(g.unknown), func(of string) bool { return of == name })
	return next
}

// makefile is what a Makefile or a justfile has for all of its recipes.
type makefile struct {
	is    bool
	given given
	deep  int // of conditions
}

var (
	condition = regexp.MustCompile(`^\s*(?:ifeq|ifneq|ifdef|ifndef)\b`)
	ended     = regexp.MustCompile(`^\s*endif\b`)
)

// pass takes up what a line has for those after it: one of no recipe, and of no condition.
func (m *makefile) pass(line string, indented bool, given given) {
	switch {
	case condition.MatchString(line):
		m.deep++
	case ended.MatchString(line):
		m.deep--
	case m.is && !indented && m.deep <= 0:
		m.given = given
	}
}
