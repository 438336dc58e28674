// Package frontend knows pnpm projects and their tools: what package.json says, how
// to ask a linter or a test runner for a report, and how to read the answer.
package frontend

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Package is what a package.json says to the pipeline.
type Package struct {
	Name            string            `json:"name"`
	Scripts         map[string]string `json:"scripts"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
	file            string
}

// ParsePackage reads a package.json; file is its name in messages.
func ParsePackage(file string, text []byte) (Package, error) {
	p := Package{file: file}
	if err := bounds.JSON(text, &p); err != nil {
		return p, fmt.Errorf("%s: %w. Correct the JSON", file, err)
	}
	return p, nil
}

// Has fails where there is no script of a name.
func (p Package) Has(script string) error {
	if p.Scripts[script] == "" {
		return fmt.Errorf("%s has no script %q. Add it to its scripts", p.file, script)
	}
	return nil
}

// LintReport is the command that prints eslint's findings as JSON, and what its
// rules are about: the lint script with another format, so that what it lints
// stays what it lints.
func (p Package) LintReport() []string {
	const format = "json-with-metadata"
	if script, _ := Script(p.Scripts, "lint"); p.runsOnly(script, "eslint") && !Mends(p.Scripts, script) {
		return []string{"pnpm", "--silent", "run", script, "--format", format}
	}
	return []string{"pnpm", "--silent", "exec", "eslint", ".", "--format", format}
}

// LintFix is the command that mends what eslint can.
func (p Package) LintFix() []string {
	if script, _ := Script(p.Scripts, "lint"); p.runsOnly(script, "eslint") {
		return []string{"pnpm", "run", script, "--fix"}
	}
	return []string{"pnpm", "exec", "eslint", ".", "--fix"}
}

// Where Test has the reports written, relative to the package.
const (
	JUnit = "junit.xml"
	LCOV  = "coverage/lcov.info"
)

// Measure says whether tests measure what they cover.
type Measure int

const (
	// AsScripted is as the script says.
	AsScripted Measure = iota
	// WherePossible is where what measures is installed.
	WherePossible
	// Always is in any case.
	Always
)

// Test is the command that runs the tests, as the script says that stands for the gate,
// or where they are to be measured the one that measures them, with the reports added
// that Vitest and Jest can write. What has the tests measure what they cover may fail
// them, so it is added where it is asked for alone.
func (p Package) Test(script string, measure Measure) []string {
	if measure > AsScripted && p.Scripts[Covered] != "" {
		script = Covered
	}
	command := []string{"pnpm", "run", script}
	measures := strings.Contains(p.Scripts[script], "--coverage") || measure == Always
	switch {
	case p.runsOnly(script, "vitest"):
		if measures || measure == WherePossible && p.depends("@vitest/coverage-") {
			command = append(command, "--coverage.enabled", "--coverage.reporter=text", "--coverage.reporter=lcov",
				"--coverage.reportsDirectory=coverage", "--coverage.reportOnFailure")
		}
		return append(command, "--reporter=default", "--reporter=junit", "--outputFile.junit="+JUnit)
	case p.runsOnly(script, "jest") && (measures || measure == WherePossible):
		return append(command, "--coverage", "--coverageReporters=text", "--coverageReporters=lcov")
	}
	return command
}

// depends tells whether it asks for a package of which the name begins so.
func (p Package) depends(prefix string) bool {
	for _, all := range []map[string]string{p.Dependencies, p.DevDependencies} {
		for name := range all {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
	}
	return false
}

// runsOnly says whether a script is one command of one tool, to which
// arguments may be added.
func (p Package) runsOnly(script, tool string) bool {
	words := strings.Fields(p.Scripts[script])
	return len(words) > 0 && words[0] == tool && !slices.ContainsFunc(words, func(word string) bool {
		return strings.ContainsAny(word, "&|;<>")
	})
}

// Lifecycle are the scripts of a project that an install runs.
var Lifecycle = []string{"pnpm:devPreinstall", "preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepublish"}

// gitHooks is what puts hooks into a clone, of which there is none where checks run.
var gitHooks = regexp.MustCompile(`^\s*(is-ci\s*\|\|\s*)?(npx\s+|pnpm\s+(exec\s+|dlx\s+)?)?(husky|lefthook|simple-git-hooks|pre-commit|vp\s+(config|hooks)|node\s+\S*\.husky/\S+|git\s+config|cd\s+\S+\s*&&\s*husky)\b[^&;|]*(\|\|[^&;]*)?$`)

// condition is a command that asks whether the one behind it is to run.
var condition = regexp.MustCompile(`^\s*(?:\[|test\s|!)`)

// Quiet is a package.json without scripts.
func Quiet(file string, text []byte) (string, error) {
	return rewritten(file, text, func(map[string]any) map[string]any { return nil })
}

// Installing is a package.json as an install runs its scripts, without what puts hooks
// into a clone, and whether it runs any. Left are the scripts that it is without.
func Installing(file string, text []byte) (manifest string, runs bool, left []string, err error) {
	manifest, err = rewritten(file, text, func(scripts map[string]any) map[string]any {
		for _, name := range Lifecycle {
			command, has := scripts[name].(string)
			rest, hooks := withoutHooks(command)
			for _, one := range hooks {
				left = append(left, fmt.Sprintf("%s (%s)", name, plain.Line(one)))
			}
			if rest == "" {
				delete(scripts, name)
				continue
			}
			scripts[name] = rest
			runs = runs || has
		}
		return scripts
	})
	return manifest, runs, left, err
}

// withoutHooks is a script without the commands that put hooks into a clone, and those.
func withoutHooks(script string) (rest string, hooks []string) {
	if gitHooks.MatchString(script) {
		return "", []string{strings.TrimSpace(script)}
	}
	if strings.ContainsAny(script, "|;()") {
		return script, nil
	}
	var others []string
	for _, command := range strings.Split(script, "&&") {
		if gitHooks.MatchString(command) {
			if last := len(others) - 1; last >= 0 && condition.MatchString(others[last]) { // It is the hook's.
				command, others = others[last]+"&&"+command, others[:last]
			}
			hooks = append(hooks, strings.TrimSpace(command))
		} else {
			others = append(others, command)
		}
	}
	return strings.TrimSpace(strings.Join(others, "&&")), hooks
}

func rewritten(file string, text []byte, scripts func(map[string]any) map[string]any) (string, error) {
	var doc map[string]any
	if err := bounds.JSON(text, &doc); err != nil {
		return "", fmt.Errorf("%s: %w. Correct the JSON", file, err)
	}
	of, _ := doc["scripts"].(map[string]any)
	if of = scripts(of); of == nil {
		delete(doc, "scripts")
	}
	again, err := json.Marshal(doc)
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return string(again), nil
}
