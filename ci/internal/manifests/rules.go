package manifests

import (
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/gitopstree"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// The rules, beside those of Argo CD's objects.
const (
	RuleNotRendered = "not-rendered"
	RuleMissingFile = "missing-file"
	RuleBadImages   = "bad-images"
	RuleUnusedImage = "unused-image"
	RuleUnusedFile  = "unused-file"
	RuleNotDeployed = argocd.RuleNotDeployed
	RuleRemovedAPI  = "removed-api"
	RuleSchema      = "schema"
	RuleSwitchedOff = "switched-off"
)

type rule struct {
	argocd.Rule
	check func(v *validation)
}

// rules are all of them; none knows of another.
var rules = []rule{
	{argocd.Rule{Name: RuleNotRendered, Severity: argocd.Error, Doc: "A kustomization does not render, or an environment has none."}, (*validation).notRendered},
	{argocd.Rule{Name: RuleMissingFile, Severity: argocd.Error, Doc: "A kustomization names a file or a folder that is not there."}, (*validation).missingFile},
	{argocd.Rule{Name: RuleBadImages, Severity: argocd.Error, Doc: "An entry of images has no name, or the name of another one."}, (*validation).badImages},
	{argocd.Rule{Name: RuleRemovedAPI, Severity: argocd.Error, Doc: "An object has a version that Kubernetes or its operator no longer serves."}, (*validation).removedAPI},
	{argocd.Rule{Name: RuleSchema, Severity: argocd.Error, Doc: "An object has a field that its kind does not know, lacks one that it needs, or has a value of another type."}, (*validation).schema},
	{argocd.Rule{Name: RuleUnusedImage, Severity: argocd.Warning, Doc: "An entry of images changes no image."}, (*validation).unusedImage},
	{argocd.Rule{Name: RuleUnusedFile, Severity: argocd.Warning, Doc: "A manifest stands beside a kustomization, and nothing names it."}, (*validation).unusedFile},
}

// Rules are all rules that a repository is judged by, by their names.
func Rules() []argocd.Rule {
	all := argocd.Rules()
	for _, r := range rules {
		all = append(all, r.Rule)
	}
	all = append(all, argocd.Rule{Name: argocd.RuleNotJudged, Severity: argocd.Note, Doc: "What could not be judged, and why."})
	all = append(all, argocd.Rule{Name: RuleSwitchedOff, Severity: argocd.Error, Doc: "The file that switches rules off cannot be read, names a rule that there is none of, or gives no reason."})
	slices.SortFunc(all, func(a, b argocd.Rule) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// RuleOf is the rule of a name.
func RuleOf(name string) argocd.Rule {
	all := Rules()
	if at := slices.IndexFunc(all, func(r argocd.Rule) bool { return r.Name == name }); at >= 0 {
		return all[at]
	}
	return argocd.Rule{Name: name, Severity: argocd.Error}
}

func (v *validation) notRendered() {
	for _, environment := range v.policy.Environments {
		if _, err := kustomize.Detect(v.dir, environment); err != nil {
			v.find("apps/overlays/"+environment, environment, "%v", err)
		}
	}
	for _, file := range v.kustomizations(gitopstree.Kustomization) {
		if err := v.built[file].err; err != nil && !v.known(file) {
			v.find(file.Path, "kustomization", "%v. Correct it", err)
		}
	}
}

// known tells whether the cause why a kustomization does not render is a finding
// of its own: a part of it that does not render either, or a file that is not
// there.
func (v *validation) known(file *gitopstree.File) bool {
	return slices.ContainsFunc(v.tree.Reached(file), func(part *gitopstree.File) bool {
		return part != file && v.built[part].err != nil || len(v.tree.Missing(part)) > 0
	})
}

func (v *validation) missingFile() {
	for _, file := range v.kustomizations(gitopstree.Kustomization, gitopstree.Component) {
		for _, missing := range v.tree.Missing(file) {
			v.find(file.Path, "kustomization", "%s is not there. Add it, or correct the path", missing.Name)
		}
	}
}

// images are the entries of a kustomization's list.
func images(file *gitopstree.File) []*yaml.Node {
	if len(file.Documents) == 0 {
		return nil
	}
	list := gitopstree.Field(file.Documents[0], "images")
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil
	}
	return list.Content
}

func (v *validation) badImages() {
	for _, file := range v.kustomizations(gitopstree.Kustomization, gitopstree.Component) {
		lines := map[string]int{}
		for _, entry := range images(file) {
			name := gitopstree.Text(entry, "name")
			switch earlier, twice := lines[name]; {
			case name == "":
				v.find(file.Path, "kustomization", "line %d: this entry of images has no name, so it is without effect. Name the image that it is of", entry.Line)
			case twice:
				v.find(file.Path, "kustomization", "line %d: images has %q already, in line %d. Keep one of the entries", entry.Line, name, earlier)
			default:
				lines[name] = entry.Line
			}
		}
	}
}

// unusedImage asks kustomize what an entry changes: of a component, in what it is
// part of.
func (v *validation) unusedImage() {
	for _, file := range v.kustomizations(gitopstree.Kustomization, gitopstree.Component) {
		if len(images(file)) == 0 {
			continue
		}
		used := map[string]bool{}
		judged := false
		for _, whole := range v.wholes(file) {
			effects, err := kustomize.Effects(v.ctx, v.dir, file.Path, path.Dir(whole.Path))
			judged = judged || err == nil && len(effects) > 0
			for name, has := range effects {
				used[name] = used[name] || has
			}
		}
		for _, entry := range images(file) {
			if name := gitopstree.Text(entry, "name"); judged && name != "" {
				if has, known := used[name]; known && !has {
					v.find(file.Path, "image "+name, "no manifest uses it, so the entry is without effect. Correct the name or delete the entry")
				}
			}
		}
	}
}

// mostWholes is how many of the kustomizations that have a component are asked.
const mostWholes = 50

// wholes are what shows a kustomization's effect, as far as it renders.
func (v *validation) wholes(file *gitopstree.File) (all []*gitopstree.File) {
	for _, whole := range v.tree.Of(gitopstree.Kustomization) {
		b, is := v.built[whole]
		if !is || b.err != nil || len(all) >= mostWholes {
			continue
		}
		if whole == file || file.Role == gitopstree.Component && slices.Contains(v.tree.Reached(whole), file) {
			all = append(all, whole)
		}
	}
	return all
}

func (v *validation) removedAPI() {
	v.each(func(file string, object *yaml.RNode) {
		if removed, gone := removedAPI(object.GetApiVersion(), object.GetKind()); gone {
			v.find(file, object.GetKind()+" "+named(object), "%s is no longer served, since %s. %s", object.GetApiVersion(), removed.Since, removed.advice())
		}
	})
}

// schema checks the shape of every object.
func (v *validation) schema() {
	v.each(func(file string, object *yaml.RNode) {
		v.objects++
		if _, gone := removedAPI(object.GetApiVersion(), object.GetKind()); gone || gitopstree.Sealed(object.YNode()) {
			return
		}
		schema := schemaOf(object.GetApiVersion(), object.GetKind())
		if schema == nil {
			v.unknown[object.GetApiVersion()+" "+object.GetKind()] = true
			return
		}
		for _, wrong := range check(object.YNode(), schema) {
			v.find(file, object.GetKind()+" "+named(object), "%s", wrong)
		}
	})
}

// unusedFile goes by what names a file, whether that renders or not.
func (v *validation) unusedFile() {
	named := map[string]bool{}
	for _, file := range v.tree.Of(gitopstree.Kustomization, gitopstree.Component) {
		for _, reference := range file.References {
			named[reference.Target(file.Path)] = true
		}
	}
	recursive := argocd.Recursive(v.tree)
	for _, file := range v.tree.Of(gitopstree.Manifest) {
		folder := path.Dir(file.Path)
		beside := v.tree.KustomizationIn(folder)
		if beside == nil || beside.Role == gitopstree.Unreadable || named[file.Path] || v.read[file.Path] ||
			strings.HasPrefix(path.Base(file.Path), ".") || !concerns(file.Path, v.policy.Environments) ||
			slices.ContainsFunc(recursive, func(at string) bool { return at == "." || strings.HasPrefix(folder+"/", at+"/") }) {
			continue
		}
		v.find(file.Path, path.Base(file.Path), "no kustomization names it, so it is never deployed. Name it under resources, or delete it")
	}
}
