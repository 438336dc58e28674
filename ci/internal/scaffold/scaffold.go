// Package scaffold writes a GitOps repository for the components of an
// application repository, as the guide lays it out: a base for each component,
// an overlay for each environment, Argo CD's objects, and the infrastructure.
//
// Files writes a new one. Update adds to one that people have edited: what is
// there stays as it is, to the byte.
package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// Environments are the overlays that are written.
var Environments = []string{"dev", "prod"}

// Files returns the repository's files by their paths. The overlays pin no
// image yet: the first delivery does.
func Files(components []component.Component) (map[string]string, error) {
	files := map[string]string{}
	for _, c := range components {
		if err := addBase(files, appOf(c)); err != nil {
			return nil, err
		}
	}
	for _, environment := range Environments {
		if err := addOverlay(files, environment, components); err != nil {
			return nil, err
		}
	}
	if err := addArgo(files); err != nil {
		return nil, err
	}
	return files, addInfrastructure(files, components)
}

// Update returns the files to write into a repository that is there: those of
// parts that it lacks, and the overlays that do not name a component yet. A
// part is a component's base, an environment's overlay, a folder of the
// infrastructure, or a file of Argo CD's objects: it belongs to whoever has
// edited it once it exists.
func Update(tree fs.FS, components []component.Component) (map[string]string, error) {
	wanted, err := Files(components)
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
		if err := addMissing(tree, changed, environment, components); err != nil {
			return nil, fmt.Errorf("scaffold the overlay of %s: %w", environment, err)
		}
	}
	return changed, nil
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

// addMissing names new components in an overlay that is there already, or
// gives them folders of their own where the others have such.
func addMissing(tree fs.FS, changed map[string]string, environment string, components []component.Component) error {
	folder := "apps/overlays/" + environment
	if there, err := exists(tree, folder); err != nil || !there {
		return err
	}
	file := folder + "/kustomization.yaml"
	src, err := fs.ReadFile(tree, file)
	if errors.Is(err, fs.ErrNotExist) {
		return addFolders(tree, changed, environment, components)
	}
	if err != nil {
		return err
	}
	var paths []string
	for _, c := range components {
		// One whose base is there may have been left out on purpose.
		if _, isNew := changed["apps/base/"+c.Name+"/kustomization.yaml"]; isNew {
			paths = append(paths, "../../base/"+c.Name)
		}
	}
	if len(paths) == 0 {
		return nil
	}
	edited, err := kustomize.AddResources(src, paths)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	changed[file] = string(edited)
	return nil
}

// addFolders is addMissing for a repository with an overlay for each service.
func addFolders(tree fs.FS, changed map[string]string, environment string, components []component.Component) error {
	for _, c := range components {
		folder := "apps/overlays/" + environment + "/" + c.Name
		there, err := exists(tree, folder)
		if err != nil {
			return err
		}
		if _, isNew := changed["apps/base/"+c.Name+"/kustomization.yaml"]; isNew && !there {
			changed[folder+"/kustomization.yaml"] = head + "\nnamespace: pingvas-" + environment + "\n\nresources:\n  - ../../../base/" + c.Name + "\n"
		}
	}
	return nil
}
