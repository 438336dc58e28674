package component

import (
	"errors"
	"fmt"
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
	// fault is why it cannot be told what it is.
	fault error
	// name is what the component is called unless its settings say otherwise;
	// empty for the repository root, which goes by its project's name.
	name string
	// standsIn says that it is the root for the tests of all that is below.
	standsIn bool
	// configured says that it is the root, and a component of its own by settings alone:
	// where it has gates for all of it and nothing else, they do not change its name.
	configured bool
}

// search walks the repository for components. The root itself counts where nothing
// below it does, where it is named, or where it builds something itself: else its
// files configure the whole repository. The kinds that are only outside of others come
// last.
func search(fsys fs.FS, kinds []Definition) (places []place, passed []string, err error) {
	rules, err := readRepository(fsys)
	if err != nil {
		return nil, nil, err
	}
	s := &searcher{fsys: fsys, kinds: kinds, rules: rules, inTools: map[string][]string{}}
	for _, find := range []func() error{s.named, s.ownRoot, s.workspaces, s.walk, s.root, s.outside, s.rootOutside, s.scripts, s.libraries, s.checks, s.others} {
		if err := find(); err != nil {
			return nil, nil, err
		}
	}
	s.sayTools()
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
	// inTools are what looks like a component in each folder of tools.
	inTools map[string][]string
	// checking are the roots of workspaces with gates for all of it.
	checking []place
	// inWorkspace are the roots and packages of workspaces.
	inWorkspace []Workspace
}

// add takes a directory for a component, unless the repository's settings say
// that it is none.
func (s *searcher) add(p place) (taken bool) {
	if s.isPlace(p.path) {
		return true
	}
	if why := s.rules.refuses(p.path); why != "" {
		s.passed = append(s.passed, p.path+": "+why)
		return false
	}
	p.name = s.nameOf(p.path)
	s.places = append(s.places, p)
	return true
}

// nameOf is what a component in a directory is called: by that, or by the one above
// where its own says nothing; with the name of the component around it, of which there
// may be several with a frontend. The root goes by its project's name.
func (s *searcher) nameOf(dir string) string {
	name := path.Base(dir)
	if name == "src" && path.Dir(dir) != "." {
		name = path.Base(path.Dir(dir))
	}
	if around := s.around(dir); around != "" && around != "." {
		return path.Base(around) + "-" + name
	}
	return strings.TrimPrefix(name, ".")
}

// named are the directories that the repository's settings name one by one.
func (s *searcher) named() error {
	for _, dir := range s.rules.literals() {
		p, is := s.placeOf(dir, s.kinds)
		if !is {
			p.kind, _ = s.alike(dir)
		}
		if p.kind == nil {
			return s.rules.unknown(s.fsys, dir, s.kinds)
		}
		s.add(p)
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
				if p := (place{path: dir, kind: kind}); !s.leave(p) {
					s.add(p)
				}
			}
			if of, can := w.(Checks); can {
				if root, has := of.Checks(); has {
					s.checking = append(s.checking, place{path: root, kind: kind})
				}
			}
		}
		s.inWorkspace = append(s.inWorkspace, found...)
	}
	return nil
}

// walk are the directories that are components by their own files.
func (s *searcher) walk() error {
	kinds := s.where(false)
	return s.directories(func(dir string) error {
		if slices.ContainsFunc(s.inWorkspace, func(w Workspace) bool { return w.Holds(dir) }) {
			return nil
		}
		around := s.around(dir)
		if around != "" && around != "." {
			return s.within(dir)
		}
		p, is := s.placeOf(dir, kinds)
		switch {
		case !is, s.leave(p), around == "." && s.partOfRoot(p):
			return nil
		}
		if !s.add(p) && s.rules.excludes(dir) {
			return fs.SkipDir
		}
		return nil
	})
}

// within looks into the directories of a component: for those of a kind that stands
// beside others.
func (s *searcher) within(dir string) error {
	if isTools(path.Base(dir)) {
		return fs.SkipDir
	}
	around := s.kindAt(s.around(dir))
	for _, kind := range s.kinds {
		if !kind.Traits().Beside || kind == around {
			continue
		}
		if p, is := s.placeOf(dir, []Definition{kind}); is && !s.leave(p) {
			s.add(p)
		}
	}
	return nil
}

// outside are those that are of a kind only outside of all others, and those
// that look like one.
func (s *searcher) outside() error {
	kinds := s.where(true)
	return s.directories(func(dir string) error {
		if s.isPlace(dir) {
			return fs.SkipDir
		}
		p, is := s.placeOf(dir, kinds)
		switch {
		case is && s.leave(p):
		case is && s.isPlace("."):
			s.passOver(dir, "it lies in the component of the repository's root; to include it, write")
		case s.isPlace("."):
		case is:
			return s.take(p)
		default:
			if _, why := s.alike(dir); why != "" {
				s.passOver(dir, why+", or write")
			}
		}
		return nil
	})
}

// take adds a place. There is no other component in it, but what is included may
// lie below what is not.
func (s *searcher) take(p place) error {
	if s.add(p) || s.rules.excludes(p.path) {
		return fs.SkipDir
	}
	return nil
}

// passOver says of a directory that looks like a component why it is none.
func (s *searcher) passOver(dir, why string) {
	if !s.rules.excludes(dir) {
		s.passed = append(s.passed, fmt.Sprintf("%s: %s include = [%s] in the repository's settings", dir, why, s.rules.including(dir)))
	}
}

// directories walks those in which a component can be, the root aside.
func (s *searcher) directories(look func(dir string) error) error {
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
		return look(p)
	})
}

// scripts is a root with nothing but programs, where there is no component at all.
func (s *searcher) scripts() error {
	if len(s.places) > 0 || s.rules.file != "" {
		return nil
	}
	for _, kind := range s.kinds {
		if of, can := kind.(Scripts); can && of.Scripts(s.fsys) {
			s.add(place{path: ".", kind: kind})
			break
		}
	}
	return nil
}

// others are the projects that a kind of their ecosystem does not build.
func (s *searcher) others() error {
	say := func(dir string) error {
		for _, kind := range s.kinds {
			of, can := kind.(Others)
			if !can || s.isPlace(dir) || s.rules.excludes(dir) || folderOfTools(dir) != "" || s.template(place{path: dir, kind: kind}) {
				continue
			}
			// Two kinds of an ecosystem say the same.
			if why := of.Other(s.fsys, dir); why != "" && !slices.Contains(s.passed, dir+": "+why) {
				s.passed = append(s.passed, dir+": "+why)
			}
		}
		return nil
	}
	return errors.Join(say("."), s.directories(say))
}

// isPlace tells whether a directory was found to be a component.
func (s *searcher) isPlace(dir string) bool {
	return slices.ContainsFunc(s.places, func(p place) bool { return p.path == dir })
}

// where are the kinds that are components outside of others alone, or the rest.
func (s *searcher) where(outside bool) (kinds []Definition) {
	for _, kind := range s.kinds {
		if kind.Traits().Outside == outside {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// alike is the kind that a directory looks like, and why it is none; nil where
// it looks like none.
func (s *searcher) alike(dir string) (Definition, string) {
	for _, kind := range s.kinds {
		if of, can := kind.(Alike); can {
			if why := of.Alike(s.fsys, dir); why != "" {
				return kind, why
			}
		}
	}
	return nil, ""
}

// placeOf is what the directory's files make it, which cannot be told where they cannot
// be read. Of several kinds it is of the first that it builds something of: a site's
// documentation may have a manifest of another language beside it.
func (s *searcher) placeOf(dir string, kinds []Definition) (p place, is bool) {
	var all []place
	for _, kind := range kinds {
		if is, err := kind.Is(s.fsys, dir); is || err != nil {
			all = append(all, place{path: dir, kind: kind, fault: err})
		}
	}
	if len(all) == 0 {
		return place{path: dir}, false
	}
	if at := slices.IndexFunc(all, s.builds); at > 0 && all[0].fault == nil {
		return all[at], true
	}
	return all[0], true
}

// around is the component that a directory lies in; empty for none.
func (s *searcher) around(dir string) string {
	for dir != "." {
		if dir = path.Dir(dir); s.isPlace(dir) {
			return dir
		}
	}
	return ""
}

// kindAt is the kind of the component in a directory.
func (s *searcher) kindAt(dir string) Definition {
	at := slices.IndexFunc(s.places, func(p place) bool { return p.path == dir })
	return s.places[at].kind
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
	return skippedName(path.Base(dir)) ||
		dir == libraryFolder ||
		strings.Count(dir, "/")+1 > maxDepth ||
		Exists(fsys, path.Join(dir, "pyvenv.cfg"))
}

// skippedName tells a directory of foreign code, or of generated files, by its name.
func skippedName(base string) bool {
	return strings.HasPrefix(base, ".") || slices.Contains([]string{"node_modules", "__pycache__", "site-packages", "venv", "testdata"}, base)
}

// Expected says whether components are expected right there.
func Expected(dir string) bool {
	parent := path.Dir(dir)
	return parent == "services" || parent == "frontend"
}

// Exists tells whether there is a file or directory of that name.
func Exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}
