package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// update is what an environment that is there already still lacks.
type update struct {
	tree        fs.FS
	changed     map[string]string
	environment string
	layout      Layout
	components  []component.Component
}

// environmentIsWhole names the new components in an overlay that is there, or
// gives them folders of their own where the others have such, with applications.
func (u update) environmentIsWhole() error {
	if there, err := exists(u.tree, u.overlays()); err != nil || !there {
		return err
	}
	var added []string
	for _, c := range u.components {
		// One whose base is there may have been left out on purpose.
		if _, isNew := u.changed["apps/base/"+c.Name+"/kustomization.yaml"]; isNew {
			added = append(added, c.Name)
		}
	}
	if u.layout == Shared {
		return u.nameIn(added)
	}
	for _, name := range added {
		there, err := exists(u.tree, u.overlays()+"/"+name)
		if err != nil {
			return err
		}
		if !there {
			addFolder(u.changed, u.environment, name)
		}
	}
	return u.deploy(added)
}

func (u update) overlays() string { return "apps/overlays/" + u.environment }

// nameIn adds components to the overlay that all share.
func (u update) nameIn(added []string) error {
	var paths []string
	for _, name := range added {
		paths = append(paths, "../../base/"+name)
	}
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		file := u.overlays() + "/" + name
		src, err := fs.ReadFile(u.tree, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && len(paths) > 0 {
			src, err = kustomize.AddResources(src, paths)
			u.changed[file] = string(src)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// deploy gives the new folders applications: elements of the set that the others
// are in, or a set for all folders where there is none. A set that finds the
// folders itself needs nothing.
func (u update) deploy(added []string) error {
	origins, err := argocd.Origins(u.tree, u.environment)
	if err != nil {
		return err
	}
	for _, origin := range origins {
		if !origin.List || len(added) == 0 {
			continue
		}
		src, err := fs.ReadFile(u.tree, origin.File)
		if err == nil {
			src, err = kustomize.AddElements(src, added)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", origin.File, err)
		}
		u.changed[origin.File] = string(src)
		return nil
	}
	if len(origins) > 0 {
		delete(u.changed, appsFile(u.environment))
		return nil
	}
	if _, isNew := u.changed[appsFile(u.environment)]; !isNew {
		return nil
	}
	folders, err := u.folders()
	if err != nil {
		return err
	}
	return addApps(u.changed, u.environment, Folders, folders)
}

// folders are the overlay folders that are there, and the new ones.
func (u update) folders() ([]string, error) {
	entries, err := fs.ReadDir(u.tree, u.overlays())
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, entry := range entries {
		if entry.IsDir() {
			folders = append(folders, entry.Name())
		}
	}
	for file := range u.changed {
		if rest, ok := strings.CutPrefix(file, u.overlays()+"/"); ok && path.Base(rest) == "kustomization.yaml" {
			folders = append(folders, path.Dir(rest))
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders), nil
}
