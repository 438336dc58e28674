package argocd

import (
	"fmt"
	"io/fs"
	"strings"
)

// Origin is where applications of an environment come from: a set, or a single
// one.
type Origin struct {
	// File is where it stands.
	File string
	// Paths are the folders that it deploys.
	Paths []string
	// List tells whether it is a set of which the list is written out.
	List bool
}

// Everything is the path of a set that finds an environment's folders itself.
func Everything(environment string) string { return "apps/overlays/" + environment + "/*" }

// Origins finds the sets and applications that deploy an environment's overlays.
func Origins(fsys fs.FS, environment string) ([]Origin, error) {
	found, err := read(fsys)
	if err != nil {
		return nil, fmt.Errorf("look for the applications of %s: %w", environment, err)
	}
	overlays := "apps/overlays/" + environment
	v := validation{fsys: fsys}
	var origins []Origin
	add := func(file string, list bool, apps []in[Application]) {
		origin := Origin{File: file, List: list}
		for _, app := range apps {
			if path := app.value.Spec.Source.Path; path == overlays || strings.HasPrefix(path, overlays+"/") {
				origin.Paths = append(origin.Paths, path)
			}
		}
		if len(origin.Paths) > 0 {
			origins = append(origins, origin)
		}
	}
	for _, set := range found.sets {
		if apps := v.expand(set); len(apps) > 0 {
			add(set.file, true, apps)
		} else if strings.Contains(fmt.Sprint(set.value.Spec), overlays) { // it finds the folders itself
			origins = append(origins, Origin{File: set.file, Paths: []string{Everything(environment)}})
		}
	}
	for _, app := range found.applications {
		add(app.file, false, []in[Application]{app})
	}
	return origins, nil
}
