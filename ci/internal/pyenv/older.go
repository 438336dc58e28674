package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// ini are the sections of a file of the older form, such as setup.cfg, as Python reads
// it: a value goes on in the lines below that are indented.
func ini(text string) map[string]map[string]string {
	sections := map[string]map[string]string{}
	var section map[string]string
	var key string
	for raw := range strings.Lines(text) {
		line := strings.TrimSpace(raw)
		switch at := strings.IndexAny(line, "=:"); {
		case line == "", line[0] == '#', line[0] == ';':
		case line[0] == '[' && strings.HasSuffix(line, "]"):
			section, key = map[string]string{}, ""
			sections[strings.Trim(line, "[]")] = section
		case strings.ContainsRune(" \t", rune(raw[0])) && key != "":
			section[key] += "\n" + line
		case section != nil && at > 0:
			key = strings.TrimSpace(line[:at])
			section[key] = strings.TrimSpace(line[at+1:])
		}
	}
	return sections
}

// readINI is such a file of the project; an empty one where there is none.
func (p Project) readINI(fsys fs.FS, name string) map[string]map[string]string {
	raw, err := fs.ReadFile(fsys, path.Join(p.Path, name))
	if err != nil {
		return nil
	}
	return ini(text(raw))
}

// declaredExtras are the project's extras, each with the packages that it asks for, as
// far as its files say without being run.
func (p Project) declaredExtras(fsys fs.FS) map[string][]string {
	extras := map[string][]string{}
	project := component.Lookup(p.document, "project")
	for name, list := range component.Lookup(project, "optional-dependencies") {
		extras[name] = requirements(list)
	}
	for name := range component.Lookup(p.document, "tool", "poetry", "extras") {
		extras[name] = nil
	}
	dynamic := slices.Contains(requirements(project["dynamic"]), "optional-dependencies")
	if p.Manager == Poetry || project != nil && !dynamic {
		return extras
	}
	for name := range component.Lookup(p.document, "tool", "setuptools", "dynamic", "optional-dependencies") {
		extras[name] = nil
	}
	for name, lines := range p.readINI(fsys, "setup.cfg")["options.extras_require"] {
		extras[name] = nil
		for line := range strings.Lines(lines) {
			extras[name] = append(extras[name], requirementNames(strings.TrimSpace(line))...)
		}
	}
	for _, name := range scriptExtras(fsys, path.Join(p.Path, "setup.py")) {
		if _, known := extras[name]; !known {
			extras[name] = nil
		}
	}
	return extras
}

// keys are the texts of a setup.py that are keys of a dictionary: "test": […], or
// extras["test"].
var keys = regexp.MustCompile(`["']([A-Za-z][A-Za-z0-9._-]*)["']\s*(?::|\]\s*=)`)

// scriptExtras are the extras that a setup.py names in plain words.
func scriptExtras(fsys fs.FS, file string) (names []string) {
	raw, err := fs.ReadFile(fsys, file)
	if err != nil || !strings.Contains(string(raw), "extras_require") {
		return nil
	}
	for _, m := range keys.FindAllStringSubmatch(string(raw), -1) {
		names = append(names, m[1])
	}
	return names
}
