// Package scaffold writes a GitOps repository for the components of an
// application repository, as the guide lays it out: a base for each component,
// an overlay for each environment, Argo CD's objects, and the infrastructure.
//
// Files writes a new one. Update adds to one that people have edited: what is
// there stays as it is, to the byte.
package scaffold

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/gitopstree"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// Environments are the overlays that a new repository has.
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

// Files returns a new repository's files by their paths. The overlays name every
// image and pin none yet: the first delivery does.
func Files(components []component.Component, layout Layout) (map[string]string, error) {
	layouts := map[string]Layout{}
	for _, environment := range Environments {
		layouts[environment] = layout
	}
	return filesOf(components, Environments, layouts, ownStyle)
}

func filesOf(components []component.Component, environments []string, layouts map[string]Layout, s style) (map[string]string, error) {
	files := map[string]string{}
	for _, c := range components {
		if err := addBase(files, appOf(c, s)); err != nil {
			return nil, err
		}
	}
	for _, environment := range environments {
		if err := addOverlay(files, environment, layouts[environment], components); err != nil {
			return nil, err
		}
	}
	if err := addArgo(files, environments, layouts, components); err != nil {
		return nil, err
	}
	return files, addInfrastructure(files, environments, components)
}

// Change is what a repository lacks.
type Change struct {
	// Files are those to write, by their paths.
	Files map[string]string
	// Notes are what is left to a person, and why.
	Notes []string
}

// Update returns what to write into a repository that is there: those of parts
// that it lacks, and the overlays and the applications that do not name a
// component yet, in the way that the others of the repository are written. A part
// is a component's base, an environment's overlay, a folder of the infrastructure,
// or a file of Argo CD's objects: it belongs to whoever has edited it once it
// exists. What the repository has of environments stays as it is; the layout is
// for one that has none.
func Update(dir string, components []component.Component, layout Layout) (change Change, err error) {
	err = bounds.In(dir, func(files fs.FS) (err error) {
		tree, err := gitopstree.Read(files)
		if err != nil {
			return err
		}
		change, err = updated(dir, tree, components, layout)
		return err
	})
	return change, err
}

func updated(dir string, tree *gitopstree.Tree, components []component.Component, layout Layout) (Change, error) {
	environments := environmentsOf(tree)
	layouts, err := detect(dir, environments, layout)
	if err != nil {
		return Change{}, err
	}
	there := there{tree: tree, isNew: len(environments) == 0, deploys: argocd.Deploys(tree)}
	if there.isNew {
		environments = Environments
	}
	style := readStyle(tree, environments, components)
	wanted, err := filesOf(components, environments, layouts, style)
	if err != nil {
		return Change{}, err
	}
	change := Change{Files: map[string]string{}}
	for _, file := range slices.Sorted(maps.Keys(wanted)) {
		if there.lacks(file) {
			change.Files[file] = wanted[file]
		}
	}
	for _, environment := range environments {
		u := update{there, &change, environment, layouts[environment], components, style}
		if err := u.environmentIsWhole(); err != nil {
			return Change{}, fmt.Errorf("scaffold %s: %w", environment, err)
		}
	}
	return change, nil
}

// environmentsOf are those that have overlays in the tree.
func environmentsOf(tree *gitopstree.Tree) (environments []string) {
	for _, file := range tree.Of(gitopstree.Kustomization) {
		rest, is := strings.CutPrefix(file.Path, "apps/overlays/")
		environment, _, below := strings.Cut(rest, "/")
		if is && below && names.Environment(environment) == nil && !slices.Contains(environments, environment) {
			environments = append(environments, environment)
		}
	}
	return environments
}

// detect finds out how the overlays that are there are laid out, by the rule of
// who writes images into them.
func detect(dir string, environments []string, wanted Layout) (map[string]Layout, error) {
	layouts := map[string]Layout{}
	for _, environment := range environments {
		found, err := kustomize.Detect(dir, environment)
		if err != nil {
			return nil, err
		}
		layouts[environment] = Folders
		if found.Shared != "" {
			layouts[environment] = Shared
		}
		if is := layouts[environment]; wanted != "" && wanted != is {
			return nil, fmt.Errorf("apps/overlays/%s has the layout %s, and %s is asked for. Leave the option out, or move the overlays first", environment, is, wanted)
		}
	}
	if len(environments) == 0 {
		for _, environment := range Environments {
			layouts[environment] = cmp.Or(wanted, Shared)
		}
	}
	return layouts, nil
}

// there is a repository as it is.
type there struct {
	tree    *gitopstree.Tree
	isNew   bool // there is no overlay yet
	deploys []argocd.Deployed
}

// lacks tells whether a file of a new repository is to be written into this one.
func (t there) lacks(file string) bool {
	if t.tree.Exists(part(file)) {
		return false
	}
	switch environment, isArgo := argoFor(file); {
	case t.isNew:
		return true
	case isArgo && environment == infrastructure:
		return t.hasInfrastructure() && !t.deployed("infrastructure")
	case isArgo:
		return !t.deployed("apps/overlays/" + environment)
	case strings.HasPrefix(file, "infrastructure/"):
		return t.hasInfrastructure()
	}
	return true
}

// argoFor is the environment of a file of Argo CD's objects.
func argoFor(file string) (environment string, is bool) {
	name, is := strings.CutPrefix(file, "argocd-apps/")
	name = strings.TrimSuffix(name, ".yaml")
	return strings.TrimPrefix(strings.TrimSuffix(name, "-apps"), "project-"), is
}

func (t there) hasInfrastructure() bool {
	return slices.ContainsFunc([]string{"argocd", "ingress", "monitoring"}, func(name string) bool { return t.tree.Exists("infrastructure/" + name) })
}

// deployed tells whether anything deploys a folder, or one below it.
func (t there) deployed(folder string) bool {
	return slices.ContainsFunc(t.deploys, func(d argocd.Deployed) bool { return strings.HasPrefix(d.Path+"/", folder+"/") || d.Covers(folder) })
}

// part is the folder or file whose being there keeps the scaffold away.
func part(file string) string {
	if strings.HasPrefix(file, "argocd-apps/") {
		return file
	}
	segments := strings.Split(file, "/")
	return path.Join(segments[:min(len(segments)-1, 3)]...)
}
