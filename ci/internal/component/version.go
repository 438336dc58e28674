package component

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

var fileVersion = regexp.MustCompile(`^v?(\d+(?:\.\d+){0,2})(?:\.[xX*])*$`)

// Release is the release that a line such as v3.12 names.
func Release(line string) (string, error) {
	match := fileVersion.FindStringSubmatch(line)
	if match == nil {
		return "", fmt.Errorf("%q is no version. Write one like 3.12", line)
	}
	return match[1], nil
}

// VersionFiles are the files in which a directory says the version of a tool.
type VersionFiles struct {
	// Tool is the tool's name, and Names are those that mise and asdf know it by.
	Tool  string
	Names []string
	// Files are the tool's own, with a version in the first line.
	Files []string
	// Release is the release that a line means.
	Release func(line string) (string, error)
}

// ManagerFiles are the files of the version managers that know every tool.
var ManagerFiles = []string{"mise.toml", ".mise.toml", ".tool-versions"}

// In reads what a directory says; found tells whether it says anything.
func (f VersionFiles) In(fsys fs.FS, dir string) (v Version, found bool) {
	for _, name := range f.Files {
		if lines, is := linesOf(fsys, path.Join(dir, name)); is {
			return f.first(path.Join(dir, name), lines), true
		}
	}
	for _, name := range ManagerFiles[:2] {
		file := path.Join(dir, name)
		doc, err := ReadTOML(fsys, file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Version{Tool: f.Tool, Source: name, Fault: err.Error()}, true
		}
		for _, called := range f.Names {
			if value := Lookup(doc, "tools")[called]; value != nil {
				return f.first(file, []string{ofMise(value)}), true
			}
		}
	}
	file := path.Join(dir, ManagerFiles[2])
	lines, _ := linesOf(fsys, file)
	for _, line := range lines {
		if words := strings.Fields(line); len(words) > 1 && slices.Contains(f.Names, words[0]) {
			return f.first(file, words[1:]), true
		}
	}
	return Version{}, false
}

// Above reads what the nearest directory above says.
func (f VersionFiles) Above(fsys fs.FS, dir string) (v Version, found bool) {
	for dir != "." {
		dir = path.Dir(dir)
		if v, found = f.In(fsys, dir); found {
			v.Source = path.Join(dir, v.Source)
			if dir == "." {
				v.Source = "repository " + v.Source
			}
			return v, true
		}
	}
	return v, false
}

// first is the first version of a file.
func (f VersionFiles) first(file string, versions []string) Version {
	v := Version{Tool: f.Tool, Source: path.Base(file), Fault: file + " is empty. Write a version or delete the file"}
	if len(versions) == 0 {
		return v
	}
	var err error
	v.Fault = ""
	if v.Value, err = f.Release(versions[0]); err != nil {
		v.Value, v.Fault = versions[0], fmt.Sprintf("%s: %s", file, err)
	}
	return v
}

// linesOf are the lines of a file that say something.
func linesOf(fsys fs.FS, file string) (lines []string, is bool) {
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, false
	}
	for line := range strings.Lines(string(raw)) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, true
}

// ofMise is a version as mise has it: a text, the first of a list, or a table with it.
func ofMise(value any) string {
	switch value := value.(type) {
	case string:
		return strings.TrimPrefix(value, "prefix:")
	case []any:
		if len(value) > 0 {
			return ofMise(value[0])
		}
	case map[string]any:
		return ofMise(value["version"])
	}
	return fmt.Sprint(value)
}
