package component

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Repository is what the repository's root says of all of it.
type Repository struct {
	// Include are the directories that are components: patterns as services/*,
	// of which those that look like components are, and directories without any
	// wildcard, which are even where discovery passes them over. Default: all.
	Include []string `json:"include,omitempty"`
	// Exclude are patterns of the directories that are none, and of all below.
	Exclude []string `json:"exclude,omitempty"`

	file string // where the settings stand; empty where there are none
}

// repositoryKey is the table of the root's settings that holds them.
const repositoryKey = "repository"

// HasRules tells whether the root's settings say which directories are components.
func HasRules(fsys fs.FS) bool {
	rules, err := readRepository(fsys)
	return err == nil && rules.file != ""
}

// readRepository reads the root's settings: [tool.pingvas-ci.repository] of
// pyproject.toml, "repository" within "pingvas-ci" of package.json, or
// [repository] of pingvas-ci.toml. Two of them would be two truths.
func readRepository(fsys fs.FS) (Repository, error) {
	var found Repository
	for _, at := range []struct {
		file string
		read func(fs.FS, string) (map[string]any, error)
	}{{"pyproject.toml", settingsOfTOML}, {"package.json", settingsOfJSON}, {ownFile, ReadTOML}} {
		table, err := at.read(fsys, at.file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return found, err
		}
		value, has := table[repositoryKey]
		switch {
		case !has:
			continue
		case found.file != "":
			return found, fmt.Errorf("the repository's settings stand in %s and in %s. Keep them in one", found.file, at.file)
		}
		if found, err = decodeRepository(at.file, value); err != nil {
			return found, err
		}
	}
	return found, nil
}

func decodeRepository(file string, value any) (Repository, error) {
	r := Repository{file: file}
	fail := func(err error) (Repository, error) {
		return r, fmt.Errorf("%s: the repository's settings: %w", file, err)
	}
	table, isTable := value.(map[string]any)
	if !isTable {
		return fail(errors.New("they are no table. Write include and exclude below it"))
	}
	for key := range table {
		if known := []string{"include", "exclude"}; !slices.Contains(known, key) {
			return fail(fmt.Errorf("unknown key %q; did you mean %q?", key, nearest(key, known)))
		}
	}
	raw, err := json.Marshal(table)
	if err != nil {
		return fail(err)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return fail(errors.New("include and exclude are lists of directories. Write include = [\"services/*\"]"))
	}
	for _, list := range [][]string{r.Include, r.Exclude} {
		for i, pattern := range list {
			list[i] = path.Clean(pattern)
			if _, err := path.Match(list[i], "x"); err != nil || !fs.ValidPath(list[i]) {
				return fail(fmt.Errorf("%q is no directory of the repository. Write a path from its root, with * and ** where they help", pattern))
			}
		}
	}
	return r, nil
}

// refuses says why a directory that looks like a component is none; empty where
// it is one.
func (r Repository) refuses(dir string) string {
	switch {
	case r.excludes(dir):
		return "excluded by " + r.file
	case len(r.Include) > 0 && !slices.ContainsFunc(r.Include, func(pattern string) bool { return Matches(pattern, dir) }):
		return "not included by " + r.file + "; to include it: include = [" + r.including(dir) + "]"
	}
	return ""
}

// excludes tells whether a directory, or one above it, is excluded.
func (r Repository) excludes(dir string) bool {
	return slices.ContainsFunc(r.Exclude, func(pattern string) bool { return coversDir(pattern, dir) })
}

// including is the list with one more directory, as a person writes it.
func (r Repository) including(dir string) string {
	var list []string
	include := r.Include
	if len(include) == 0 {
		include = []string{"**"} // All others, as without settings.
	}
	if !slices.Contains(include, dir) {
		include = append(slices.Clone(include), dir)
	}
	for _, pattern := range include {
		list = append(list, fmt.Sprintf("%q", pattern))
	}
	return strings.Join(list, ", ")
}

// names tells whether a pattern of include is about a directory, or about the folder
// that it lies in, and not about all there are.
func (r Repository) names(dir string) bool {
	return slices.ContainsFunc(r.Include, func(pattern string) bool {
		return !strings.HasPrefix(pattern, "*") && Matches(pattern, dir)
	})
}

// literals are the directories that are included by their names.
func (r Repository) literals() []string {
	return slices.DeleteFunc(slices.Clone(r.Include), func(pattern string) bool { return strings.ContainsAny(pattern, `*?[\`) })
}

// unknown says why a directory that is included by its name is no component.
func (r Repository) unknown(fsys fs.FS, dir string, kinds []Definition) error {
	if info, err := fs.Stat(fsys, dir); err != nil || !info.IsDir() {
		return fmt.Errorf("%s includes %s, which is no directory of the repository. Correct include", r.file, dir)
	}
	var known []string
	for _, kind := range kinds {
		known = append(known, kind.Traits().FoundBy)
	}
	return fmt.Errorf("%s includes %s, and nothing in it says what it is. Add %s, or take it from include", r.file, dir, strings.Join(known, ", or "))
}

// coversDir tells whether a pattern matches a directory or one above it.
func coversDir(pattern, dir string) bool {
	for ; dir != "."; dir = path.Dir(dir) {
		if Matches(pattern, dir) {
			return true
		}
	}
	return pattern == "."
}

// Matches compares a path with a pattern by path.Match, segment by segment; **
// is any number of them.
func Matches(pattern, dir string) bool {
	return matchSegments(strings.Split(pattern, "/"), strings.Split(dir, "/"))
}

func matchSegments(pattern, segments []string) bool {
	if len(pattern) == 0 {
		return len(segments) == 0
	}
	if pattern[0] == "**" {
		return matchSegments(pattern[1:], segments) || (len(segments) > 0 && matchSegments(pattern, segments[1:]))
	}
	if len(segments) == 0 {
		return false
	}
	same, err := path.Match(pattern[0], segments[0])
	return err == nil && same && matchSegments(pattern[1:], segments[1:])
}
