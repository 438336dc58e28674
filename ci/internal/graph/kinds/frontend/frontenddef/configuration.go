package frontenddef

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

const namedWhy = "its configuration names it"

var (
	// configures are the names of files that configure tools.
	configures = regexp.MustCompile(`^(package|tsconfig.*|jsconfig.*|biome|turbo)\.jsonc?$|^[\w.-]+\.config(\.[\w-]+)?\.(js|cjs|mjs|ts|cts|mts|json)$|^\.[\w-]+rc(\.(js|cjs|mjs|ts|json|yaml|yml))?$`)
	// relative are places that a text names from where it lies, and bare those that a
	// script names.
	relative = regexp.MustCompile("(?:^|[\"'`\\s=(])(\\.\\.?/[^\"'`\\s*?$)]+)")
	bare     = regexp.MustCompile("[\"\\s]([\\w.-]+/[\\w./-]+)")
	endings  = []string{"", ".js", ".cjs", ".mjs", ".ts", ".json"}
)

// named are the parts of the repository that lie in no package, and that the
// configuration of the component, or of its workspace's root, names.
func (w *workspace) named(fsys fs.FS, c *component.Component) []inputs.Part {
	var parts []inputs.Part
	for _, at := range slices.Compact([]string{w.path, c.Path}) {
		places := configured(fsys, at)
		if at != c.Path {
			places = append(places, placesIn(fsys, path.Join(at, "package.json"), bare)...)
		}
		for _, place := range places {
			parts = append(parts, w.outside(fsys, c, path.Join(at, place))...)
		}
	}
	return distinct(parts)
}

// configured are the places that the configuration in a directory names, from there,
// but for some of its files.
func configured(fsys fs.FS, dir string, without ...string) (places []string) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		if name := entry.Name(); !entry.IsDir() && configures.MatchString(name) && !slices.Contains(without, name) {
			places = append(places, placesIn(fsys, path.Join(dir, name), relative)...)
		}
	}
	return places
}

// placesIn are the places that a file names.
func placesIn(fsys fs.FS, file string, pattern *regexp.Regexp) (places []string) {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil
	}
	for _, match := range pattern.FindAllSubmatch(text, -1) {
		places = append(places, string(match[1]))
	}
	return places
}

// outside is the part that a name stands for, where that is outside of all packages: a
// directory, as what is in one goes together, unless it is a project of another kind.
func (w *workspace) outside(fsys fs.FS, c *component.Component, name string) []inputs.Part {
	at := slices.IndexFunc(endings, func(ending string) bool { return fs.ValidPath(name+ending) && component.Exists(fsys, name+ending) })
	if at < 0 {
		return nil
	}
	name += endings[at]
	dir := name
	if info, err := fs.Stat(fsys, name); err != nil || !info.IsDir() {
		dir = path.Dir(name)
	}
	if strings.Contains(name, "node_modules") || within(c.Path, dir) || within(dir, c.Path) || within(dir, w.path) || w.holdsPackages(dir) {
		return nil
	}
	if isProject(fsys, dir) {
		return w.file(fsys, name, namedWhy)
	}
	return []inputs.Part{{Dir: dir, Exclude: []string{"**/node_modules"}, Why: namedWhy}}
}

// holdsPackages tells a directory that is in a package, or has some.
func (w *workspace) holdsPackages(dir string) bool {
	for at := range w.packages {
		if within(at, dir) || within(dir, at) {
			return true
		}
	}
	return false
}

// within tells whether a directory is another one, or lies in it.
func within(outer, dir string) bool {
	_, is := inputs.Below(outer, dir)
	return is
}

// isProject tells a directory that is one of its own, of any kind.
func isProject(fsys fs.FS, dir string) bool {
	return slices.ContainsFunc([]string{"package.json", "pyproject.toml", "requirements.txt", "go.mod", "Cargo.toml", "pom.xml", "Dockerfile"}, func(name string) bool {
		return component.Exists(fsys, path.Join(dir, name))
	})
}

func distinct(parts []inputs.Part) (once []inputs.Part) {
	for _, part := range parts {
		if !slices.ContainsFunc(once, func(p inputs.Part) bool { return p.Dir == part.Dir && slices.Equal(p.Include, part.Include) }) {
			once = append(once, part)
		}
	}
	return once
}
