package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// renovate is what renovate.json says of files.
type renovate struct {
	CustomManagers []manager `json:"customManagers"`
	PackageRules   []struct {
		MatchFileNames []string `json:"matchFileNames"`
		PRBodyNotes    []string `json:"prBodyNotes"`
	} `json:"packageRules"`
	PipCompile struct {
		ManagerFilePatterns []string `json:"managerFilePatterns"`
	} `json:"pip-compile"`
}

// manager finds versions that no package manager keeps.
type manager struct {
	Description         string   `json:"description"`
	ManagerFilePatterns []string `json:"managerFilePatterns"`
	MatchStrings        []string `json:"matchStrings"`
}

// TestRenovateFindsWhatItKeepsUpToDate reads the repository: a manager whose
// file was moved, or whose pattern matches no more, is silent about it.
func TestRenovateFindsWhatItKeepsUpToDate(t *testing.T) {
	repository := os.DirFS("../..")
	config := renovateOf(t, repository)
	require.Greater(t, len(config.CustomManagers), 5, "the test no longer finds what it looks for")
	assert.NoError(t, errors.Join(config.lost(repository)...))
	for _, dir := range []string{"ci", "airgap", "internal"} {
		assert.NoError(t, errors.Join(config.unmanaged(repository, dir)...))
	}
}

// renovateOf is a repository's configuration of Renovate.
func renovateOf(t *testing.T, repository fs.FS) (config renovate) {
	t.Helper()
	text, err := fs.ReadFile(repository, "renovate.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &config))
	return config
}

// TestTheReaderFindsWhatRenovateLost is the other direction, on a repository of
// its own.
func TestTheReaderFindsWhatRenovateLost(t *testing.T) {
	const mark = "// renovate: datasource=pypi depName="
	repository := fstest.MapFS{
		"ci/a.go":       {Data: []byte(mark + "uv\nconst a = `uv==0.1`\n" + mark + "pip\nvar b = 1\n")},
		"ci/b.go":       {Data: []byte(mark + "ruff\nconst b = \"2\"\n")},
		"tools/go.mod":  {Data: []byte("module a\n")},
		"tools/in.lock": {Data: []byte("a")},
	}
	var config renovate
	require.NoError(t, json.Unmarshal([]byte(`{
		"pip-compile": {"managerFilePatterns": ["tools/in.txt"]},
		"customManagers": [
			{"description": "uv", "managerFilePatterns": ["ci/a.go"], "matchStrings": ["depName=(?<depName>\\S+)\\n[^\\n]*==(?<currentValue>[^`+"`"+`]+)"]},
			{"description": "moved", "managerFilePatterns": ["ci/c.go"], "matchStrings": ["(?<currentValue>.)"]},
			{"description": "other", "managerFilePatterns": ["tools/go.mod"], "matchStrings": ["require (?<currentValue>.)"]}
		],
		"packageRules": [
			{"matchFileNames": ["tools/**", "ci/gone.go", "cd/**"], "prBodyNotes": ["Renew `+"`--hash` in `ci/a.go` and `ci/old.go`"+`."]}
		]
	}`), &config))
	lost := errors.Join(config.lost(repository)...).Error()
	for _, gone := range []string{"tools/in.txt", "ci/c.go", "tools/go.mod", "ci/gone.go", "cd/**", "ci/old.go"} {
		assert.Contains(t, lost, gone)
	}
	assert.Len(t, config.lost(repository), 6)
	unmanaged := errors.Join(config.unmanaged(repository, "ci")...).Error()
	assert.Contains(t, unmanaged, "ci/a.go: pip")
	assert.Contains(t, unmanaged, "ci/b.go: ruff")
	assert.Len(t, config.unmanaged(repository, "ci"), 2)
}

// lost are the files that the configuration names and that are not there, and
// those in which a manager finds nothing.
func (r renovate) lost(repository fs.FS) (all []error) {
	named := slices.Clone(r.PipCompile.ManagerFilePatterns)
	for _, rule := range r.PackageRules {
		named = append(named, rule.MatchFileNames...)
		for _, note := range rule.PRBodyNotes {
			for _, quoted := range regexp.MustCompile("`([^`\\s]+/[^`\\s]+)`").FindAllStringSubmatch(note, -1) {
				named = append(named, quoted[1])
			}
		}
	}
	for _, name := range named {
		if _, err := fs.Stat(repository, strings.TrimSuffix(name, "/**")); err != nil {
			all = append(all, fmt.Errorf("renovate.json names %s: %w. Name the file where it is now", name, err))
		}
	}
	for _, m := range r.CustomManagers {
		for _, file := range m.ManagerFilePatterns {
			if found, err := m.finds(repository, file); err != nil || len(found) == 0 {
				all = append(all, errors.Join(fmt.Errorf("renovate.json, %s: %s has nothing that it matches. Correct its pattern", m.Description, file), err))
			}
		}
	}
	return all
}

// finds are the texts in a file that a manager would keep up to date.
func (m manager) finds(repository fs.FS, file string) (found []string, err error) {
	text, err := fs.ReadFile(repository, file)
	if err != nil {
		return nil, err
	}
	for _, pattern := range m.MatchStrings {
		if !strings.Contains(pattern, "(?<currentValue>") {
			return nil, fmt.Errorf("%q names no currentValue", pattern)
		}
		compiled, err := regexp.Compile(pattern)
		if err != nil {
			return nil, err
		}
		found = append(found, compiled.FindAllString(string(text), -1)...)
	}
	return found, nil
}

// unmanaged are the comments for Renovate in a folder that no manager matches.
func (r renovate) unmanaged(repository fs.FS, dir string) (all []error) {
	comment := regexp.MustCompile(`// renovate: datasource=\S+ depName=(\S+)`)
	err := fs.WalkDir(repository, dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(repository, file)
		for _, at := range comment.FindAllStringSubmatch(string(text), -1) {
			if !r.manages(repository, file, at[1]) {
				all = append(all, fmt.Errorf("%s: %s has a comment for Renovate, and renovate.json no manager that matches it. Add the file to one", file, at[1]))
			}
		}
		return err
	})
	if err != nil {
		all = append(all, err)
	}
	return all
}

// manages tells whether a manager matches a package in a file.
func (r renovate) manages(repository fs.FS, file, name string) bool {
	return r.keeps(repository, file, name, "")
}

// keeps tells whether a manager matches a version of a package in a file.
func (r renovate) keeps(repository fs.FS, file, name, version string) bool {
	return r.matches(repository, file, func(text string) bool {
		return strings.Contains(text, "depName="+name) && strings.Contains(text, version)
	})
}

// matches tells whether a manager of a file finds a text that is wanted.
func (r renovate) matches(repository fs.FS, file string, wanted func(text string) bool) bool {
	for _, m := range r.CustomManagers {
		if !slices.Contains(m.ManagerFilePatterns, file) {
			continue
		}
		if found, err := m.finds(repository, file); err == nil && slices.ContainsFunc(found, wanted) {
			return true
		}
	}
	return false
}
