package component

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxDepth is how many directories deep a component may lie.
const maxDepth = 4

// place is a directory that is a component.
type place struct {
	path string
	kind Definition
	// name is what the component is called unless its settings say otherwise;
	// empty for the repository root, which goes by its project's name.
	name string
}

// search walks the repository for components. The root itself counts only
// when nothing below it does, or when it is named: its files configure the
// whole repository.
func search(fsys fs.FS, kinds []Definition) (places []place, passed []string, err error) {
	rules, err := readRepository(fsys)
	if err != nil {
		return nil, nil, err
	}
	s := &searcher{fsys: fsys, kinds: kinds, rules: rules}
	for _, find := range []func() error{s.named, s.workspaces, s.walk, s.root} {
		if err := find(); err != nil {
			return nil, nil, err
		}
	}
	slices.SortFunc(s.places, func(a, b place) int { return strings.Compare(a.path, b.path) })
	nameOnly(s.places)
	return s.places, s.passed, nil
}

// searcher collects what a search finds.
type searcher struct {
	fsys  fs.FS
	kinds []Definition
	rules Repository

	places []place
	passed []string
	// inWorkspace are the roots and packages of workspaces.
	inWorkspace []Workspace
}

// add takes a directory for a component, unless the repository's settings say
// that it is none.
func (s *searcher) add(p place) (taken bool) {
	if slices.ContainsFunc(s.places, func(other place) bool { return other.path == p.path }) {
		return true
	}
	if why := s.rules.refuses(p.path); why != "" {
		s.passed = append(s.passed, p.path+": "+why)
		return false
	}
	if p.path != "." {
		p.name = path.Base(p.path)
	}
	s.places = append(s.places, p)
	return true
}

// named are the directories that the repository's settings name one by one.
func (s *searcher) named() error {
	for _, dir := range s.rules.literals() {
		kind, err := s.kindOf(dir)
		if err != nil {
			return err
		}
		if kind == nil {
			return s.rules.unknown(s.fsys, dir, s.kinds)
		}
		s.add(place{path: dir, kind: kind})
	}
	return nil
}

// workspaces are those packages of workspaces that become images.
func (s *searcher) workspaces() error {
	for _, kind := range s.kinds {
		of, has := kind.(Workspaces)
		if !has {
			continue
		}
		found, err := of.Workspaces(s.fsys, func(dir string) bool { return skipped(s.fsys, dir) })
		if err != nil {
			return err
		}
		for _, w := range found {
			for _, dir := range w.Components(s.fsys) {
				s.add(place{path: dir, kind: kind})
			}
		}
		s.inWorkspace = append(s.inWorkspace, found...)
	}
	return nil
}

// walk are the directories that are components by their own files.
func (s *searcher) walk() error {
	return fs.WalkDir(s.fsys, ".", func(p string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() || p == "." {
			return nil
		}
		if skipped(s.fsys, p) {
			return fs.SkipDir
		}
		if slices.ContainsFunc(s.inWorkspace, func(w Workspace) bool { return w.Holds(p) }) {
			return nil
		}
		kind, err := s.kindOf(p)
		if err != nil || kind == nil {
			return err
		}
		if s.add(place{path: p, kind: kind}) || s.rules.excludes(p) {
			return fs.SkipDir
		}
		return nil // What is included may lie below what is not.
	})
}

// root is the repository itself, where nothing below it is a component.
func (s *searcher) root() error {
	if len(s.places) > 0 || s.rules.file != "" {
		return nil
	}
	kind, err := s.kindOf(".")
	if kind != nil {
		s.add(place{path: ".", kind: kind})
	}
	return err
}

// kindOf is what the directory's files make it; nil for no component.
func (s *searcher) kindOf(dir string) (Definition, error) {
	for _, kind := range s.kinds {
		is, err := kind.Is(s.fsys, dir)
		if err != nil {
			return nil, err
		}
		if is {
			return kind, nil
		}
	}
	return nil, nil
}

// nameOnly gives the only component of a kind below the kind's folder the
// folder's name, whatever its directory is called: "frontend".
func nameOnly(places []place) {
	only := map[string]int{}
	for i, p := range places {
		folder := p.kind.Traits().Folder
		if folder == "" || !strings.HasPrefix(p.path, folder+"/") {
			continue
		}
		if _, another := only[folder]; another {
			i = -1
		}
		only[folder] = i
	}
	for folder, i := range only {
		if i >= 0 {
			places[i].name = folder
		}
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
		Exists(fsys, path.Join(dir, "pyvenv.cfg"))
}

// inSearchRoot says whether components are expected right there.
func inSearchRoot(dir string) bool {
	parent := path.Dir(dir)
	return parent == "services" || parent == "frontend"
}

// Exists tells whether there is a file or directory of that name.
func Exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}
