package component

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxDepth is how many directories deep a component may lie.
const maxDepth = 4

// place is a directory that looks like a component.
type place struct {
	path string
	kind Kind
	// name is what the component is called unless its settings say otherwise;
	// empty for the repository root, which goes by its project's name.
	name string
	// workspace is the pnpm workspace that a frontend is a package of, if any.
	workspace *workspace
}

// search walks the repository for components. The root itself counts only
// when nothing below it does: its files configure the whole repository.
func search(fsys fs.FS) ([]place, error) {
	workspaces, err := searchWorkspaces(fsys)
	if err != nil {
		return nil, err
	}
	var places []place
	for _, w := range workspaces {
		places = append(places, w.frontends(fsys)...)
	}
	err = fs.WalkDir(fsys, ".", func(p string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() || p == "." {
			return nil
		}
		if skipped(fsys, p) {
			return fs.SkipDir
		}
		if slices.ContainsFunc(workspaces, func(w *workspace) bool { return w.holds(p) }) {
			return nil
		}
		kind, err := kindOf(fsys, p)
		if err != nil {
			return err
		}
		if kind != "" {
			places = append(places, place{path: p, kind: kind, name: path.Base(p)})
			return fs.SkipDir
		}
		return nil
	})
	if err != nil || len(places) > 0 {
		slices.SortFunc(places, func(a, b place) int { return strings.Compare(a.path, b.path) })
		nameFrontend(places)
		return places, err
	}
	kind, err := kindOf(fsys, ".")
	if kind != "" {
		places = append(places, place{path: ".", kind: kind})
	}
	return places, err
}

// nameFrontend gives the only frontend below frontend/ the image name
// "frontend", whatever its directory is called.
func nameFrontend(places []place) {
	var only *place
	for i := range places {
		p := &places[i]
		if p.kind != Frontend || !strings.HasPrefix(p.path, "frontend/") {
			continue
		}
		if only != nil {
			return
		}
		only = p
	}
	if only != nil {
		only.name = "frontend"
	}
}

// skipped says whether nothing in the directory can be a component: foreign
// code, generated files, libraries, or too deep.
func skipped(fsys fs.FS, dir string) bool {
	base := path.Base(dir)
	switch base {
	case "node_modules", "__pycache__", "site-packages", "venv", "testdata":
		return true
	}
	return strings.HasPrefix(base, ".") ||
		dir == "libs" ||
		strings.Count(dir, "/")+1 > maxDepth ||
		exists(fsys, path.Join(dir, "pyvenv.cfg"))
}

// inSearchRoot says whether components are expected right there.
func inSearchRoot(dir string) bool {
	parent := path.Dir(dir)
	return parent == "services" || parent == "frontend"
}

// kindOf returns what the directory's files make it; empty for no component.
func kindOf(fsys fs.FS, dir string) (Kind, error) {
	has := func(name string) bool { return exists(fsys, path.Join(dir, name)) }
	switch {
	case has("Dockerfile.cuda"):
		return CUDA, nil
	case has("requirements.txt"):
		return Python, nil
	case has("pyproject.toml"):
		project, err := describesProject(fsys, path.Join(dir, "pyproject.toml"))
		if err != nil {
			return "", err
		}
		if project {
			return Python, nil
		}
	}
	if has("package.json") && has("pnpm-lock.yaml") {
		return Frontend, nil
	}
	return "", nil
}

// describesProject tells a project's pyproject.toml from one that only
// configures tools for the directories below it.
func describesProject(fsys fs.FS, file string) (bool, error) {
	doc, err := readTOML(fsys, file)
	if err != nil {
		return false, err
	}
	tool, _ := doc["tool"].(map[string]any)
	return doc["project"] != nil || tool["poetry"] != nil || tool[settingsKey] != nil, nil
}

// libraries resolves the named libraries and those which they name in turn.
func libraries(fsys fs.FS, componentPath string, named []string) ([]Library, error) {
	var found []Library
	seen := map[string]bool{componentPath: true}
	queue := make([]Library, 0, len(named))
	for _, n := range named {
		queue = append(queue, Library{Path: n})
	}
	for len(queue) > 0 {
		l := queue[0]
		queue = queue[1:]
		if seen[l.Path] {
			continue
		}
		seen[l.Path] = true
		if info, err := fs.Stat(fsys, l.Path); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("library %s (named by %s) is no directory of the repository; correct the libraries setting",
				l.Path, orElse(l.Via, componentPath))
		}
		found = append(found, l)
		further, err := librariesOf(fsys, l.Path)
		if err != nil {
			return nil, fmt.Errorf("library %s: %w", l.Path, err)
		}
		for _, f := range further {
			queue = append(queue, Library{Path: f, Via: l.Path})
		}
	}
	return found, nil
}

// librariesOf reads the libraries that a library names in its own settings.
func librariesOf(fsys fs.FS, dir string) ([]string, error) {
	kind := Python
	if !exists(fsys, path.Join(dir, "pyproject.toml")) {
		kind = Frontend
	}
	m, err := readManifest(fsys, dir, kind)
	if err != nil {
		return nil, err
	}
	return resolveLibraries(dir, m.settings.Libraries)
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
