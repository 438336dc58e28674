package frontenddef

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// called are the packages that a package does not depend on, and that what is run in it
// calls all the same. Of a component that are the scripts of its gates, and its
// configuration; of a library those of its build and its install.
func (w *workspace) called(fsys fs.FS, dir string, isComponent bool) []component.Library {
	p := w.at(dir)
	scripts := append([]string{"build"}, frontend.Lifecycle...)
	if isComponent {
		scripts = append(scripts, frontend.Covered)
		for _, gate := range frontend.Gates {
			script, _ := frontend.Script(p.scripts, gate)
			scripts = append(scripts, script)
		}
	}
	calls := map[string]string{} // by package, what calls it
	w.note(calls, dir, "its scripts call it", frontend.CallsOf(p.scripts, scripts...))
	if isComponent {
		for _, place := range configured(fsys, dir, "package.json") {
			if strings.HasPrefix(place, "..") {
				w.note(calls, dir, namedWhy, frontend.Calls{Dirs: []string{place}})
			}
		}
	}
	delete(calls, dir)
	var libraries []component.Library
	for _, where := range slices.Sorted(maps.Keys(calls)) {
		libraries = append(libraries, component.Library{Path: where, Called: calls[where]})
	}
	return libraries
}

// note notes the packages that calls from a directory are of, and those that scripts of
// the workspace's root call for them.
func (w *workspace) note(noted map[string]string, dir, why string, calls frontend.Calls) {
	for where, p := range w.packages {
		of := calls.All || slices.ContainsFunc(calls.Packages, func(name string) bool {
			return component.Matches(name, p.name) || slices.Contains([]string{path.Base(p.name), path.Base(where)}, name)
		}) ||
			slices.ContainsFunc(calls.Dirs, func(at string) bool {
				return w.means(path.Join(dir, at), where) || w.means(path.Join(w.path, at), where)
			})
		if _, known := noted[where]; of && !known {
			noted[where] = why
		}
	}
	if len(calls.Root) > 0 && dir != w.path {
		w.note(noted, w.path, why, frontend.CallsOf(w.root.scripts, calls.Root...))
	}
}

// means tells whether a place, or a pattern of places, is a package or lies in it, and
// in no other one that lies there.
func (w *workspace) means(place, at string) bool {
	if strings.Contains(place, "*") {
		return component.Matches(place, at)
	}
	return within(at, place) && !slices.ContainsFunc(slices.Collect(maps.Keys(w.packages)), func(other string) bool {
		return other != at && within(at, other) && within(other, place)
	})
}
