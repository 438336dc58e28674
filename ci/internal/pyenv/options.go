package pyenv

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// call is a command of the project's automation: its options, each with its value, and
// the files and directories that it names.
type call struct {
	file    string
	options [][]string
	targets []string
}

// flags are options of tools that take no value.
var flags = []string{
	"--fix", "--check", "--diff", "--strict", "--pretty", "--preview", "--quiet", "--verbose", "--no-cache", "--no-fix", "--show-fixes", "--unsafe-fixes",
	"--ignore-missing-imports", "--explicit-package-bases", "--namespace-packages", "--check-untyped-defs", "--show-error-codes", "--exit-non-zero-on-fix", "-v", "-q",
}

// grammar is what options of a tool mean here.
type grammar struct {
	valued, kept []string // those that take a value, and those that a verdict depends on
	unless       []string // where kept is empty, those that none does
}

// modules are mypy's options that name what it is run on.
var modules = []string{"-p", "--package", "-m", "--module"}

// again are options that may be given more than once, each time for more.
var again = append([]string{"--exclude", "--enable-error-code", "--disable-error-code", "--always-true", "--always-false", "--extend-exclude", "--ignore", "--deselect", "-W", "-o"}, modules...)

var grammars = map[string]grammar{
	"mypy": {
		valued: append([]string{
			"--config-file", "--python-version", "--platform", "--always-true", "--always-false", "--python-executable", "--cache-dir", "--exclude", "--follow-imports",
			"--enable-error-code", "--disable-error-code", "--package-root", "--custom-typeshed-dir", "--custom-typing-module", "--untyped-calls-exclude", "--junit-xml", "--junit-format",
			"--any-exprs-report", "--cobertura-xml-report", "--html-report", "--linecount-report", "--linecoverage-report", "--lineprecision-report", "--txt-report", "--xml-report",
			"--num-workers", "-n", "-O", "--output",
		}, modules...),
		unless: []string{
			"--pretty", "--no-pretty", "--show-traceback", "--tb", "--pdb", "--python-executable", "--cache-dir", "--incremental", "--no-incremental", "--install-types", "--non-interactive",
			"--color-output", "--no-color-output", "--error-summary", "--no-error-summary", "--show-error-context", "--show-column-numbers", "--show-error-end", "--show-error-codes",
			"--hide-error-codes", "--show-absolute-path", "-v", "--verbose", "--junit-xml", "--junit-format", "--any-exprs-report", "--cobertura-xml-report", "--html-report", "--linecount-report",
			"--linecoverage-report", "--lineprecision-report", "--txt-report", "--xml-report", "--num-workers", "-n", "-O", "--output",
		},
	},
	"ruff": {
		valued: []string{"--config", "--select", "--ignore", "--extend-select", "--extend-ignore", "--exclude", "--extend-exclude", "--line-length", "--target-version", "--output-format", "--per-file-ignores"},
		kept:   []string{"--config", "--select", "--ignore", "--extend-select", "--extend-ignore", "--exclude", "--extend-exclude", "--line-length", "--target-version", "--preview", "--isolated"},
	},
	"pytest": {
		valued: []string{"-m", "-k", "-c", "-p", "-o", "-W", "-n", "--ignore", "--ignore-glob", "--deselect", "--rootdir", "--confcutdir", "--import-mode", "--tb", "--maxfail", "--durations", "--junitxml", "--junit-xml", "--numprocesses", "--dist", "--basetemp", "--cov", "--cov-report", "--cov-config", "--cov-fail-under", "--timeout", "--ds", "--asyncio-mode"},
		kept:   []string{"-m", "-k", "-c", "-o", "-W", "--ignore", "--ignore-glob", "--deselect", "--rootdir", "--confcutdir", "--import-mode", "--doctest-modules", "--doctest-glob", "--pyargs", "--asyncio-mode", "--ds"},
	},
}

// call reads a command's words. Behind an option that may take a value, a word is that: it
// may be what is left out.
func (p Project) call(fsys fs.FS, file, command string, words []string) call {
	c := call{file: file}
	known, has := grammars[command]
	for at := 0; at < len(words); at++ {
		word := words[at]
		name, _, joined := strings.Cut(word, "=")
		option := []string{word}
		switch {
		case !strings.HasPrefix(word, "-"):
			if p.isTarget(fsys, word) {
				c.targets = append(c.targets, path.Clean(word))
			}
			continue
		case joined:
		case has && slices.Contains(known.valued, word), !has && !slices.Contains(flags, word):
			if at+1 < len(words) && !strings.HasPrefix(words[at+1], "-") {
				at++
				option = append(option, words[at])
			}
		}
		if len(known.kept) > 0 && slices.Contains(known.kept, name) || len(known.unless) > 0 && !slices.Contains(known.unless, name) {
			c.options = append(c.options, option)
		}
	}
	return c
}

// names tells whether a call says what it is about.
func (c call) names() bool { return len(c.targets) > 0 || c.has(modules...) }

// has tells whether a call has one of some options.
func (c call) has(names ...string) bool {
	return slices.ContainsFunc(c.options, func(option []string) bool { return slices.Contains(names, optionName(option)) })
}

func optionName(option []string) string {
	name, _, _ := strings.Cut(option[0], "=")
	return name
}

// join adds what another call names, unless the two exclude each other.
func (c *call) join(other call) {
	if c.file == "" {
		*c = other
		return
	}
	for _, option := range other.options {
		same := slices.ContainsFunc(c.options, func(own []string) bool { return slices.Equal(own, option) })
		if name := optionName(option); !same && c.has(name) && !slices.Contains(again, name) {
			return
		}
	}
	if c.has(modules...) != other.has(modules...) { // mypy takes modules, or files.
		return
	}
	for _, option := range other.options {
		if !slices.ContainsFunc(c.options, func(own []string) bool { return slices.Equal(own, option) }) {
			c.options = append(c.options, option)
		}
	}
	for _, target := range other.targets {
		if !slices.Contains(c.targets, target) {
			c.targets = append(c.targets, target)
		}
	}
	c.file = other.file
}

func (c call) words() []string { return append(slices.Concat(c.options...), c.targets...) }

// narrowing are pytest's options that leave tests out.
var narrowing = []string{"-m", "-k", "--ignore", "--ignore-glob", "--deselect"}

// covers tells whether a call runs the tests of another one, with all of its options.
func (c call) covers(other call) bool {
	if !slices.Equal(c.targets, other.targets) {
		return false
	}
	has := func(in call, option []string) bool {
		return slices.ContainsFunc(in.options, func(own []string) bool { return slices.Equal(own, option) })
	}
	lacks := slices.ContainsFunc(other.options, func(option []string) bool { return !has(c, option) })
	narrows := slices.ContainsFunc(c.options, func(option []string) bool {
		return slices.Contains(narrowing, optionName(option)) && !has(other, option)
	})
	return !lacks && !narrows
}
