package component

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// root is the repository itself, where nothing below it is a component.
func (s *searcher) root() error { return s.rootAs(s.where(false)) }

// rootOutside is the repository of a kind that is only outside of others: its
// Dockerfile says that it is one, whatever lies below.
func (s *searcher) rootOutside() error { return s.rootAs(s.where(true)) }

func (s *searcher) rootAs(kinds []Definition) error {
	p, is := s.placeOf(".", kinds)
	if is && s.rules.file == "" && !s.isPlace(".") && (len(s.places) == 0 || p.kind.Traits().Outside) {
		s.add(p)
	}
	return nil
}

// ownRoot is the repository itself, where it is a component whatever lies below it: by
// a Dockerfile, by settings, or by what it builds.
func (s *searcher) ownRoot() error {
	if s.rules.file != "" {
		return nil
	}
	p, is := s.placeOf(".", s.where(false))
	if builds := is && s.builds(p); is && (p.fault != nil || s.says(p) || builds) {
		p.configured = !builds
		s.add(p)
	}
	return nil
}

// checks are the roots of workspaces, and of the repository, that nothing is built in, and
// that check all of it. They come after all others: nothing lies in one.
func (s *searcher) checks() error {
	for _, kind := range s.kinds {
		if of, can := kind.(ChecksRoot); can && len(s.places) > 0 && of.ChecksRoot(s.fsys) {
			s.checking = append(s.checking, place{path: ".", kind: kind, standsIn: true})
		}
	}
	for _, p := range s.checking {
		if s.isPlace(p.path) || s.rules.refuses(p.path) != "" || s.leave(p) {
			continue
		}
		p.name = workspaceName(p.path)
		s.places = append(s.places, p)
	}
	return nil
}

// workspaceName is what the root of a workspace is called that checks all of it.
func workspaceName(dir string) string {
	if dir == "." {
		return "workspace"
	}
	return path.Base(dir) + "-workspace"
}

// libraryFolder is where the libraries of a repository's components lie.
const libraryFolder = "libs"

// libraries are the components of a repository that has nothing else; beside others, those
// with a Dockerfile.
func (s *searcher) libraries() error {
	if !Exists(s.fsys, libraryFolder) {
		return nil
	}
	alone, kinds := len(s.places) == 0 && s.rules.file == "", s.where(false)
	return fs.WalkDir(s.fsys, libraryFolder, func(dir string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir() || dir == libraryFolder:
			return nil
		case skipped(s.fsys, dir) || s.isPlace(dir):
			return fs.SkipDir
		}
		p, is := s.placeOf(dir, kinds)
		if is && (alone || Exists(s.fsys, path.Join(dir, p.kind.Traits().Dockerfile))) && !s.leave(p) {
			return s.take(p)
		}
		return nil
	})
}

// inLibraries tells whether a directory lies in the folder of libraries.
func inLibraries(dir string) bool { return strings.HasPrefix(dir, libraryFolder+"/") }

// untested says of the Python libraries that are no components which have tests of their
// own: no gate runs these.
func untested(fsys fs.FS, components []Component) (said []string) {
	rules, err := readRepository(fsys)
	if err != nil {
		return nil // Who searched has said so.
	}
	dirs, _ := fs.Glob(fsys, libraryFolder+"/*")
	for _, c := range components {
		for _, l := range c.Libraries {
			dirs = append(dirs, l.Path)
		}
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		project := Exists(fsys, path.Join(dir, "pyproject.toml")) || Exists(fsys, path.Join(dir, "setup.py"))
		tests := firstTests(fsys, dir)
		covered := slices.ContainsFunc(components, func(c Component) bool { _, within := inputs.Below(c.Path, dir); return within && !c.StandsIn })
		if project && tests != "" && !covered && !rules.excludes(dir) {
			said = append(said, fmt.Sprintf("%s: it is a library, and no gate runs its tests (%s); to have it be a component as well, write include = [%s] in the repository's settings", dir, tests, rules.including(dir)))
		}
	}
	return said
}
