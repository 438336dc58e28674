// Package scaffold writes a GitOps repository for the components of an
// application repository, as the guide lays it out: a base for each component,
// an overlay for each environment, Argo CD's objects, and the infrastructure.
//
// Files writes a new one. Update adds to one that people have edited: what is
// there stays as it is, to the byte.
package scaffold

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// Environments are the overlays that are written.
var Environments = []string{"dev", "prod"}

// Layout says how the overlays of an environment are laid out.
type Layout string

// The layouts.
const (
	// Shared is one overlay for all components, as in the guide's tree.
	Shared Layout = "shared"
	// Folders is a folder for each component, as in the guide's ApplicationSet.
	Folders Layout = "folders"
)

// Files returns the repository's files by their paths. The overlays pin no
// image yet: the first delivery does.
func Files(components []component.Component, layout Layout) (map[string]string, error) {
	layouts := map[string]Layout{}
	for _, environment := range Environments {
		layouts[environment] = layout
	}
	return filesOf(components, layouts)
}

func filesOf(components []component.Component, layouts map[string]Layout) (map[string]string, error) {
	files := map[string]string{}
	for _, c := range components {
		if err := addBase(files, appOf(c)); err != nil {
			return nil, err
		}
	}
	for _, environment := range Environments {
		if err := addOverlay(files, environment, layouts[environment], components); err != nil {
			return nil, err
		}
	}
	if err := addArgo(files, layouts, components); err != nil {
		return nil, err
	}
	return files, addInfrastructure(files, components)
}

// Update returns the files to write into a repository that is there: those of
// parts that it lacks, and the overlays and the sets of applications that do
// not name a component yet. A part is a component's base, an environment's
// overlay, a folder of the infrastructure, or a file of Argo CD's objects: it
// belongs to whoever has edited it once it exists. The layout is for the
// environments that are new; empty is that of the others, or Shared.
func Update(tree fs.FS, components []component.Component, layout Layout) (map[string]string, error) {
	layouts, err := detect(tree, layout)
	if err != nil {
		return nil, err
	}
	wanted, err := filesOf(components, layouts)
	if err != nil {
		return nil, err
	}
	changed := map[string]string{}
	for _, file := range slices.Sorted(maps.Keys(wanted)) {
		there, err := exists(tree, part(file))
		if err != nil {
			return nil, fmt.Errorf("scaffold %s: %w", file, err)
		}
		if !there {
			changed[file] = wanted[file]
		}
	}
	for _, environment := range Environments {
		u := update{tree, changed, environment, layouts[environment], components}
		if err := u.environmentIsWhole(); err != nil {
			return nil, fmt.Errorf("scaffold %s: %w", environment, err)
		}
	}
	return changed, nil
}

// detect finds out how the overlays that are there are laid out.
func detect(tree fs.FS, wanted Layout) (map[string]Layout, error) {
	layouts := map[string]Layout{}
	found := Layout("")
	for _, environment := range Environments {
		overlays := "apps/overlays/" + environment
		there, err := exists(tree, overlays)
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", overlays, err)
		}
		if !there {
			continue
		}
		layouts[environment] = Folders
		for _, name := range konfig.RecognizedKustomizationFileNames() {
			if there, err := exists(tree, overlays+"/"+name); err == nil && there {
				layouts[environment] = Shared
			}
		}
		if found = layouts[environment]; wanted != "" && wanted != found {
			return nil, fmt.Errorf("%s has the layout %s, and %s is asked for. Leave the option out, or move the overlays first", overlays, found, wanted)
		}
	}
	for _, environment := range Environments {
		if layouts[environment] == "" {
			layouts[environment] = cmp.Or(wanted, found, Shared)
		}
	}
	return layouts, nil
}

// part is the folder or file whose being there keeps the scaffold away.
func part(file string) string {
	if strings.HasPrefix(file, "argocd-apps/") {
		return file
	}
	segments := strings.Split(file, "/")
	return path.Join(segments[:min(len(segments)-1, 3)]...)
}

func exists(tree fs.FS, name string) (bool, error) {
	_, err := fs.Stat(tree, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
