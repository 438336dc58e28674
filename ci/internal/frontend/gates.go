package frontend

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Gates are those that scripts of a package.json stand for, in the order in which a
// person reads them.
var Gates = []string{"lint", "format", "typecheck", "test", "storybook"}

// name is one that people give to the script of a gate. One that stands for several
// things is of the gate where it, or a script that it runs, runs what Runs matches.
type name struct {
	script string
	runs   *regexp.Regexp
}

var (
	linters  = regexp.MustCompile(`\b(eslint|biome|oxlint|stylelint|xo|standard|ultracite|vp (lint|check))\b`)
	checkers = regexp.MustCompile(`\b(tsc|vue-tsc|svelte-check|astro check|tsgo|glint|nuxi? typecheck|vp check)\b`) // Vite+ checks all at once.
)

// called are the names of each gate's script, the likeliest first.
var called = map[string][]name{
	"lint": {
		{"lint", nil}, {"lint:ci", nil}, {"lint:check", nil}, {"check:lint", nil}, {"lint:all", nil}, {"eslint", nil}, {"lint:eslint", nil},
		{"lint:js", nil}, {"lint:ts", linters}, {"test:lint", nil}, {"test:eslint", nil}, {"oxlint", nil}, {"biome", linters}, {"check", linters},
		{"lint:code", nil}, {"lint:src", nil}, {"lint:es", nil}, {"lint:script", nil}, {"lint:scripts", nil}, {"lint:biome", nil}, {"lint:oxlint", nil},
		{"lint-check", nil}, {"eslint:check", nil}, {"check:eslint", nil}, {"biome:check", nil}, {"biome:lint", nil}, {"biome:ci", nil}, {"oxlint:check", nil}, {"format-and-lint", linters}, {"lint-and-format", linters},
	},
	"format": {
		{"format:check", nil}, {"check:format", nil}, {"format-check", nil}, {"check-format", nil}, {"fmt:check", nil}, {"check:fmt", nil}, {"format:ci", nil},
		{"prettier:check", nil}, {"check:prettier", nil}, {"lint:format", nil}, {"lint:prettier", nil}, {"test:format", nil}, {"test:prettier", nil}, {"format", nil}, {"fmt", nil}, {"prettier", nil},
		{"biome:format", nil}, {"oxfmt:check", nil}, {"oxfmt", nil}, {"prettier-check", nil}, {"style:check", nil},
	},
	"typecheck": {
		{"typecheck", nil}, {"type-check", nil}, {"check-types", nil}, {"check:types", nil}, {"types:check", nil}, {"type:check", nil}, {"check:type", nil}, {"typecheck:ci", nil},
		{"ts:check", nil}, {"check:ts", nil}, {"check:tsc", nil}, {"lint:types", nil}, {"lint:tsc", nil}, {"test:types", nil}, {"test:typecheck", nil}, {"test:tsc", nil}, {"tsc", nil},
		{"lint:ts", checkers}, {"types", checkers}, {"check", checkers},
		{"check-type", nil}, {"tsc:check", nil}, {"ts-check", nil}, {"check:typescript", nil}, {"tsc:noEmit", nil}, {"types-check", nil}, {"type", checkers}, {"test:type", checkers}, {"vue-tsc", nil}, {"svelte-check", nil}, {"astro:check", nil}, {"lint:typecheck", nil}, {"lint:typescript", checkers},
	},
	"test": {
		{"test", nil}, {"test:ci", nil}, {"test:unit", nil}, {"test:run", nil}, {"unit", nil}, {"unit:test", nil}, {"test:lib", nil}, {"test:all", nil},
		{"vitest", nil}, {"jest", nil}, {Covered, nil}, {"coverage", nil},
		{"test:unit:ci", nil}, {"test:unit:run", nil}, {"test-ci", nil}, {"test-unit", nil}, {"test:vitest", nil}, {"test:jest", nil}, {"test:spec", nil}, {"test:node", nil}, {"unit-test", nil}, {"unit-tests", nil}, {"tests", nil},
	},
	"storybook": {{"build-storybook", nil}, {"storybook:build", nil}, {"build:storybook", nil}, {"storybook-build", nil}},
}

var (
	watches = regexp.MustCompile(`(^|\s)(--watch(All)?|--ui|watch)(\s|$)`)
	// unwatched is how a tool is told not to.
	unwatched = regexp.MustCompile(`(^|\s)--watch(All)?[\s=]+false(\s|$)`)
	// formats is a script that runs prettier, and judged one of its that does more than print
	// the code.
	formats = regexp.MustCompile(`^\s*(?:(?:npx|pnpm(?: exec)?)\s+)?prettier(?:\s|$)`)
	judged  = regexp.MustCompile(`\s(--(?:check|list-different|write)(?:=\S+)?|-[a-zA-Z]*[clw][a-zA-Z]*)(\s|$)`)
	// npmsOwn is what npm writes into a new package.json.
	npmsOwn = regexp.MustCompile(`Error: no test specified`)
	mending = regexp.MustCompile(`(^|\s)--(fix|fix-suggestions|fix-dangerously|write|apply|apply-unsafe)(=true)?(\s|$)|\bprettier\b.*\s-l?wl?(\s|$)|\bdprint fmt\b|\bbiome format\b.*--write|\bultracite\s+(fix|format)\b`)
)

// Covered is the script of tests that measure what they cover. It stands for the gate
// before test where a threshold is set, which it alone judges: everywhere else what it
// adds is no verdict of the developer's, and may fail where test passes.
const Covered = "test:coverage"

// thresholds are how Vitest and Jest are configured to judge what tests cover.
var thresholds = regexp.MustCompile(`\b(?:thresholds|coverageThreshold|check-coverage)["']?\s*[:=]`)

// remark is a comment, or a text, which may have what looks like one: a pattern of files
// has a star behind its slash, and an address two slashes.
var remark = regexp.MustCompile("(?m)/\\*(?s:.*?)\\*/|//.*$|^\\s*#.*$|\"(?:[^\"\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\n]|\\\\.)*'|`(?:[^`\\\\]|\\\\.)*`")

// Thresholds tells whether a configuration of tests judges what they cover.
func Thresholds(configuration string) bool {
	return thresholds.MatchString(WithoutRemarks(configuration))
}

// WithoutRemarks is a text of JavaScript or JSON less its comments.
func WithoutRemarks(text string) string {
	return remark.ReplaceAllStringFunc(text, func(found string) string {
		if strings.ContainsAny(found[:1], "\"'`") {
			return found
		}
		return ""
	})
}

// Nx is the program whose tasks stand for gates without a script.
const Nx = "nx"

// Run is the command of what stands for a gate: a script, or a task of Nx.
func Run(arguments []string) []string {
	if len(arguments) == 2 && arguments[0] == Nx {
		return []string{"pnpm", "exec", Nx, "run", arguments[1]}
	}
	return append([]string{"pnpm", "run"}, arguments...)
}

// Script is the script that stands for a gate, of those that a package.json has; where
// there is none, why. One that only looks goes before one that mends.
func Script(scripts map[string]string, gate string) (script, why string) {
	var names []string
	why = "there is no script for it, such as " + called[gate][0].script
	for _, n := range called[gate] {
		text, has := scripts[n.script]
		switch {
		case !has || text == "" || n.runs != nil && !reaches(scripts, n.script, n.runs):
		case gate == "test" && npmsOwn.MatchString(text):
			why = fmt.Sprintf("the script %s is npm's own, which says that there is none", n.script)
		case gate == "test" && watches.MatchString(unwatched.ReplaceAllString(text, " ")):
			why = fmt.Sprintf("the script %s watches, and never ends", n.script)
		case gate == "format" && formats.MatchString(text) && !judged.MatchString(text) && !separators.MatchString(text):
			why = fmt.Sprintf("the script %s prints the code as prettier has it, and passes whatever it finds; give it --check", n.script)
		default:
			names = append(names, n.script)
		}
	}
	if len(names) == 0 {
		return "", why
	}
	if at := slices.IndexFunc(names, func(name string) bool { return !Mends(scripts, name) }); at >= 0 {
		return names[at], ""
	}
	return names[0], ""
}
