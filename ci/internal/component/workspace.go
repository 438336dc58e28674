package component

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// workspace is a pnpm workspace: packages that share one lock file.
type workspace struct {
	path string
	// packages are by their directory, relative to the repository root.
	packages map[string]workspacePackage
}

// workspacePackage is what a package's package.json says to its workspace.
type workspacePackage struct {
	name         string
	builds       bool // it has a build script
	configured   bool // it has settings of this pipeline
	dependencies []string
}

// frontends are the packages that become images: those that build and that no
// other package is built from, and those that say so by a Dockerfile or by
// settings. The others are libraries.
func (w *workspace) frontends(fsys fs.FS) []place {
	used := map[string]bool{}
	for _, p := range w.packages {
		for _, name := range p.dependencies {
			used[name] = true
		}
	}
	var places []place
	for dir, p := range w.packages {
		chosen := p.configured || exists(fsys, path.Join(dir, "Dockerfile"))
		if chosen || (p.builds && !used[p.name]) {
			places = append(places, place{path: dir, kind: Frontend, name: path.Base(dir), workspace: w})
		}
	}
	return places
}

// holds says whether the directory is the workspace's: its root, or a package.
func (w *workspace) holds(dir string) bool {
	_, isPackage := w.packages[dir]
	return isPackage || dir == w.path
}

// libraries are the packages of the workspace that a package is built from,
// those that these need in turn included.
func (w *workspace) libraries(dir string) []Library {
	at := map[string]string{}
	for where, p := range w.packages {
		at[p.name] = where
	}
	var found []Library
	seen := map[string]bool{dir: true}
	queue := []Library{{Path: dir}}
	for len(queue) > 0 {
		from := queue[0].Path
		queue = queue[1:]
		for _, name := range w.packages[from].dependencies {
			where, isPackage := at[name]
			if !isPackage || seen[where] {
				continue
			}
			seen[where] = true
			l := Library{Path: where}
			if from != dir {
				l.Via = from
			}
			found = append(found, l)
			queue = append(queue, l)
		}
	}
	return found
}

// searchWorkspaces finds the pnpm workspaces of the repository, its root
// included.
func searchWorkspaces(fsys fs.FS) ([]*workspace, error) {
	var found []*workspace
	err := fs.WalkDir(fsys, ".", func(p string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || !entry.IsDir():
			return err
		case p != "." && skipped(fsys, p):
			return fs.SkipDir
		}
		w, err := readWorkspace(fsys, p)
		if w != nil {
			found = append(found, w)
		}
		return err
	})
	return found, err
}

// readWorkspace reads the workspace of a directory; nil when it is none. From
// version 10 pnpm keeps settings in the same file, and one without packages
// makes no workspace.
func readWorkspace(fsys fs.FS, dir string) (*workspace, error) {
	file := path.Join(dir, "pnpm-workspace.yaml")
	raw, err := fs.ReadFile(fsys, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var doc struct {
		Packages []string `yaml:"packages"`
	}
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w; correct the YAML", file, err)
	}
	if len(doc.Packages) == 0 || !exists(fsys, path.Join(dir, "pnpm-lock.yaml")) {
		return nil, nil
	}
	w := &workspace{path: dir, packages: map[string]workspacePackage{}}
	return w, w.read(fsys, doc.Packages)
}

// read finds the packages that the patterns name. The root's own package.json
// is the workspace's, no package that is built.
func (w *workspace) read(fsys fs.FS, patterns []string) error {
	return fs.WalkDir(fsys, w.path, func(p string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || !entry.IsDir() || p == w.path:
			return err
		case path.Base(p) == "node_modules" || strings.HasPrefix(path.Base(p), "."):
			return fs.SkipDir
		}
		within := p
		if w.path != "." {
			within = strings.TrimPrefix(p, w.path+"/")
		}
		if !exists(fsys, path.Join(p, "package.json")) || !chosen(within, patterns) {
			return nil
		}
		w.packages[p], err = readPackage(fsys, path.Join(p, "package.json"))
		return err
	})
}

func readPackage(fsys fs.FS, file string) (workspacePackage, error) {
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return workspacePackage{}, err
	}
	var doc struct {
		Name            string            `json:"name"`
		Scripts         map[string]string `json:"scripts"`
		Settings        map[string]any    `json:"pingvas-ci"`
		Dependencies    map[string]string `json:"dependencies"`
		DevDependencies map[string]string `json:"devDependencies"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return workspacePackage{}, fmt.Errorf("%s: %w; correct the JSON", file, err)
	}
	names := slices.Concat(slices.Sorted(maps.Keys(doc.Dependencies)), slices.Sorted(maps.Keys(doc.DevDependencies)))
	return workspacePackage{
		name: doc.Name, builds: doc.Scripts["build"] != "", configured: doc.Settings != nil, dependencies: names,
	}, nil
}

// chosen says whether the patterns of pnpm-workspace.yaml name the directory.
// A pattern with ! takes away what an earlier one named.
func chosen(dir string, patterns []string) bool {
	is := false
	for _, pattern := range patterns {
		excluded := strings.HasPrefix(pattern, "!")
		pattern = strings.Trim(strings.TrimPrefix(strings.TrimPrefix(pattern, "!"), "./"), "/")
		if matches(strings.Split(pattern, "/"), strings.Split(dir, "/")) {
			is = !excluded
		}
	}
	return is
}

// matches compares by path.Match, segment by segment; ** is any number of them.
func matches(pattern, segments []string) bool {
	if len(pattern) == 0 {
		return len(segments) == 0
	}
	if pattern[0] == "**" {
		return matches(pattern[1:], segments) || (len(segments) > 0 && matches(pattern, segments[1:]))
	}
	if len(segments) == 0 {
		return false
	}
	same, err := path.Match(pattern[0], segments[0])
	return err == nil && same && matches(pattern[1:], segments[1:])
}

// ofWorkspace adds what a package has from its workspace: the libraries, and
// the tools' versions where it names none itself.
func (c *Component) ofWorkspace(fsys fs.FS, w *workspace) error {
	c.Workspace = w.path
	for _, l := range w.libraries(c.Path) {
		known := slices.ContainsFunc(c.Libraries, func(other Library) bool { return other.Path == l.Path })
		if !known {
			c.Libraries = append(c.Libraries, l)
		}
	}
	root, err := readPackageJSON(fsys, path.Join(w.path, "package.json"))
	if err != nil {
		return err
	}
	if c.Node.Source == defaultSource {
		if c.Node, err = nodeVersion(fsys, w.path, root); err != nil {
			return err
		}
	}
	if c.Pnpm.Source == defaultSource {
		c.Pnpm, err = pnpmVersion(root)
	}
	return err
}
