package argocd

import (
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/gitopstree"
)

// Way is how a folder comes to be deployed.
type Way string

// The ways.
const (
	// Single is an application that is written out.
	Single Way = "single"
	// Listed is an element of a set whose list is written out.
	Listed Way = "listed"
	// Found is a set that finds the folders itself.
	Found Way = "found"
	// Elsewhere is a set of which only a cluster or a server knows what it makes.
	Elsewhere Way = "elsewhere"
)

// Deployed is a folder of the repository that an application deploys.
type Deployed struct {
	// File is where the application or its set stands, and Name is its name.
	File, Name string
	// Path is the folder; with stars where it is not known.
	Path string
	// Way is how it comes about.
	Way Way
	// Recursive has Argo CD look for manifests below the folder as well.
	Recursive bool
	// Project is the application's.
	Project string
}

// Deploys are the folders of the tree that are deployed.
func Deploys(tree *gitopstree.Tree) []Deployed {
	return newValidation(tree, Written(tree), Policy{}).deployments()
}

func (v *validation) deployments() (all []Deployed) {
	for _, o := range v.objects.applications {
		all = append(all, v.deploymentsOf(readApp(o, ""), o.name(), Single)...)
	}
	for _, set := range v.sets {
		way := Found
		if slices.ContainsFunc(list(set.values, "spec", "generators"), listed) {
			way = Listed
		}
		for _, a := range set.apps {
			all = append(all, v.deploymentsOf(a, set.name(), way)...)
		}
	}
	for _, o := range v.objects.flux {
		all = append(all, Deployed{File: o.file, Name: o.name(), Path: folder(text(o.values, "spec", "path")), Way: Elsewhere})
	}
	return all
}

// listed tells whether a generator has elements that are written out.
func listed(generator any) bool {
	kind := kindOf(generator)
	return kind == "list" || slices.ContainsFunc(list(generator, kind, "generators"), listed)
}

func (v *validation) deploymentsOf(a app, name string, way Way) (all []Deployed) {
	for _, s := range a.sources {
		if !s.deploysFolder() || s.path == "" || judged(s.repository) && !v.origin.ours(s.repository) {
			continue
		}
		d := Deployed{File: a.file, Name: name, Path: strings.ReplaceAll(folder(s.path), unknown, "*"), Way: way, Project: a.project,
			Recursive: dig(s.values, "directory", "recurse") == true}
		if way != Listed && !judged(s.path, s.repository) {
			d.Way = Elsewhere
		}
		all = append(all, d)
	}
	return all
}

// Covers tells whether a folder is deployed by it, or might be.
func (d Deployed) Covers(folder string) bool {
	if strings.Contains(d.Path, "*") {
		return glob(strings.ReplaceAll(d.Path, "*", "**"), folder, true)
	}
	return d.Path == folder
}

// overlays is where environments have theirs.
const overlays = "apps/overlays/"

// notDeployed finds the overlays that no application deploys, neither themselves
// nor as part of another one, in environments of which others are.
func (v *validation) notDeployed() {
	all := v.deployments()
	part, covering := map[string]bool{}, []func(string) bool{}
	for _, d := range all {
		if _, known := part[d.Path]; !known && strings.Contains(d.Path, "*") {
			covering = append(covering, globbing(strings.ReplaceAll(d.Path, "*", "**"), true))
		}
		part[d.Path] = true
		if file := v.tree.KustomizationIn(d.Path); file != nil {
			for _, reached := range v.tree.Reached(file) {
				part[path.Dir(reached.Path)] = true
			}
		}
	}
	for _, file := range v.tree.Of(gitopstree.Kustomization) {
		at := path.Dir(file.Path)
		environment, isOverlay := environmentOf(at)
		if !isOverlay || part[at] || len(v.policy.Environments) > 0 && !slices.Contains(v.policy.Environments, environment) ||
			slices.ContainsFunc(covering, func(covers func(string) bool) bool { return covers(at) }) {
			continue
		}
		of := slices.IndexFunc(all, func(d Deployed) bool {
			other, is := environmentOf(d.Path)
			return is && other == environment
		})
		switch {
		case of < 0:
		case v.deploysElse() != "":
			v.note(file.Path, "overlay", "no application that is written out deploys %s; %s may", at, v.deploysElse())
		default:
			v.find(file.Path, "overlay", "no application deploys %s. Add an element for it to %s", at, all[of].File)
		}
	}
}

func environmentOf(folder string) (environment string, is bool) {
	rest, is := strings.CutPrefix(folder, overlays)
	environment, _, _ = strings.Cut(rest, "/")
	return environment, is
}

// deploysElse is a template or a chart that makes Argo CD's objects, if any does.
func (v *validation) deploysElse() string {
	for _, file := range v.tree.Of(gitopstree.Template, gitopstree.Chart) {
		if file.Deploys {
			return file.Path
		}
	}
	return ""
}

// Recursive are the folders below which Argo CD looks for manifests.
func Recursive(tree *gitopstree.Tree) (folders []string) {
	for _, d := range Deploys(tree) {
		if d.Recursive {
			folders = append(folders, d.Path)
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}
