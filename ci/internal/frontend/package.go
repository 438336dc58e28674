// Package frontend knows pnpm projects and their tools: what package.json says, how
// to ask a linter or a test runner for a report, and how to read the answer.
package frontend

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
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

// Script returns the first of the scripts that the package has.
func (p Package) Script(names ...string) (string, error) {
	for _, name := range names {
		if p.Scripts[name] != "" {
			return name, nil
		}
	}
	return "", fmt.Errorf("%s has no script %q. Add it to its scripts", p.file, names[0])
}

// LintReport is the command that prints eslint's findings as JSON, and what its
// rules are about: the lint script with another format, so that what it lints
// stays what it lints.
func (p Package) LintReport() []string {
	if p.runsOnly("lint", "eslint") {
		return []string{"pnpm", "--silent", "run", "lint", "--format", "json-with-metadata"}
	}
	return []string{"pnpm", "--silent", "exec", "eslint", ".", "--format", "json-with-metadata"}
}

// LintFix is the command that mends what eslint can.
func (p Package) LintFix() []string {
	if p.runsOnly("lint", "eslint") {
		return []string{"pnpm", "run", "lint", "--fix"}
	}
	return []string{"pnpm", "exec", "eslint", ".", "--fix"}
}

// Where Test has the reports written, relative to the package.
const (
	JUnit = "junit.xml"
	LCOV  = "coverage/lcov.info"
)

// Test is the command that runs the tests with coverage, as the package's own
// script says, with the reports added that Vitest and Jest can write.
func (p Package) Test() ([]string, error) {
	script, err := p.Script("test:coverage", "test")
	if err != nil {
		return nil, err
	}
	command := []string{"pnpm", "run", script}
	switch {
	case p.runsOnly(script, "vitest"):
		return append(command, "--coverage.enabled", "--coverage.reporter=text", "--coverage.reporter=lcov",
			"--coverage.reportsDirectory=coverage", "--coverage.reportOnFailure", "--reporter=default", "--reporter=junit", "--outputFile.junit="+JUnit), nil
	case p.runsOnly(script, "jest"):
		return append(command, "--ci", "--coverage", "--coverageReporters=text", "--coverageReporters=lcov"), nil
	}
	return command, nil
}

// runsOnly says whether a script is one command of one tool, to which
// arguments may be added.
func (p Package) runsOnly(script, tool string) bool {
	words := strings.Fields(p.Scripts[script])
	return len(words) > 0 && words[0] == tool && !slices.ContainsFunc(words, func(word string) bool {
		return strings.ContainsAny(word, "&|;<>")
	})
}
