package component

import (
	"cmp"
	"fmt"
	"io/fs"
)

// libraries resolves the named libraries and those which they name in turn.
func libraries(fsys fs.FS, componentPath string, named []string, kinds []Definition) ([]Library, error) {
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
			return nil, fmt.Errorf("library %s (named by %s) is no directory of the repository. Correct the libraries setting",
				l.Path, cmp.Or(l.Via, componentPath))
		}
		found = append(found, l)
		further, err := librariesOf(fsys, l.Path, kinds)
		if err != nil {
			return nil, fmt.Errorf("library %s: %w", l.Path, err)
		}
		for _, f := range further {
			queue = append(queue, Library{Path: f, Via: l.Path})
		}
	}
	return found, nil
}

// librariesOf reads the libraries that a library names in its own settings,
// whichever ecosystem's file it has.
func librariesOf(fsys fs.FS, dir string, kinds []Definition) ([]string, error) {
	for _, kind := range kinds {
		m, err := manifestOf(fsys, dir, kind)
		if err != nil {
			return nil, err
		}
		if m.Document != nil || len(m.set) > 0 {
			return resolveLibraries(dir, m.Settings.Libraries)
		}
	}
	return nil, nil
}
