// Package manifests checks a GitOps repository as a whole: that every
// kustomization renders, that what it renders to has the shape that Kubernetes
// and the operators' own kinds ask for, and that nothing in it is silently
// without effect. It needs no cluster and no network.
package manifests

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/gitopstree"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// Report is what was found.
type Report struct {
	// Findings are the mistakes, in the order of the files.
	Findings []argocd.Finding
	// Notes are what could not be judged, and why.
	Notes []argocd.Finding
	// Off are the rules that the repository switches off.
	Off []Off
	// Objects counts what was checked.
	Objects int
	// Unknown are the kinds of which no schema is known: only their place was
	// checked.
	Unknown []string
}

// Err joins the findings into one error, nil when there are none.
func (r Report) Err() error { return argocd.Err(r.Findings) }

// AtLeast are the findings of rules with a severity, or a worse one.
func (r Report) AtLeast(severity argocd.Severity) (found []argocd.Finding) {
	for _, f := range r.Findings {
		if RuleOf(f.Rule).Severity.AtLeast(severity) {
			found = append(found, f)
		}
	}
	return found
}

// Validate checks the repository in dir: the overlays of the environments (all
// of them when none is named), the infrastructure, and Argo CD's objects.
func Validate(ctx context.Context, dir string, environments []string, policy argocd.Policy) (report Report, err error) {
	defer func() {
		if stopped := recover(); stopped != nil {
			err = fmt.Errorf("validate: the repository has something that the validation cannot stand: %v", stopped)
		}
	}()
	for _, environment := range environments {
		if err := names.Environment(environment); err != nil {
			return Report{}, fmt.Errorf("validate: %w", err)
		}
	}
	policy.Environments = environments
	err = bounds.In(dir, func(files fs.FS) (err error) {
		report, err = validate(ctx, dir, files, policy)
		return err
	})
	if err != nil {
		return Report{}, fmt.Errorf("validate: %w", err)
	}
	return report, nil
}

func validate(ctx context.Context, dir string, files fs.FS, policy argocd.Policy) (Report, error) {
	tree, err := gitopstree.Read(files)
	if err != nil {
		return Report{}, err
	}
	if !slices.ContainsFunc(tree.Files, deploys) {
		return Report{}, errors.New("the directory has no kustomization, no chart and nothing of Argo CD's. Give the root of a GitOps repository")
	}
	v := &validation{
		ctx: ctx, dir: dir, tree: tree, policy: policy,
		built: map[*gitopstree.File]built{}, read: map[string]bool{}, unknown: map[string]bool{}, seen: map[string]bool{},
	}
	v.build()
	for _, r := range rules {
		v.rule = r.Name
		r.check(v)
	}
	if err := ctx.Err(); err != nil { // What was not rendered is no finding.
		return Report{}, err
	}
	of := argocd.Check(tree, v.argo(), policy)
	report := Report{Findings: append(v.findings, of.Findings...), Notes: append(v.notes, of.Notes...), Objects: v.objects}
	for kind := range v.unknown {
		report.Unknown = append(report.Unknown, kind)
	}
	slices.Sort(report.Unknown)
	switchOff(files, &report)
	argocd.Sort(report.Findings)
	return report, nil
}

// deploys tells whether a file is one by which something comes to be deployed.
func deploys(file *gitopstree.File) bool {
	return slices.Contains([]gitopstree.Role{gitopstree.Kustomization, gitopstree.Component, gitopstree.Chart}, file.Role) || file.Deploys
}

type validation struct {
	ctx    context.Context //nolint:containedctx // Rules are functions of one value.
	dir    string
	tree   *gitopstree.Tree
	policy argocd.Policy
	built  map[*gitopstree.File]built
	read   map[string]bool // files that some kustomization is made of

	rule     string
	unknown  map[string]bool
	seen     map[string]bool
	objects  int
	findings []argocd.Finding
	notes    []argocd.Finding
}

// built is a kustomization as it renders, or why it does not.
type built struct {
	kustomize.Built
	err error
}

// build renders every kustomization that needs nothing from elsewhere.
func (v *validation) build() {
	for _, file := range v.kustomizations(gitopstree.Kustomization) {
		if needs := v.tree.Elsewhere(file); needs != "" {
			v.notes = append(v.notes, argocd.Finding{Rule: argocd.RuleNotJudged, File: file.Path, Object: "kustomization",
				Message: "it is not rendered, because it needs " + needs})
			continue
		}
		made, err := kustomize.Build(v.ctx, v.dir, path.Dir(file.Path))
		v.built[file] = built{made, err}
		for _, read := range made.Read {
			v.read[read] = true
		}
	}
}

// kustomizations are those that concern the environments.
func (v *validation) kustomizations(roles ...gitopstree.Role) []*gitopstree.File {
	return slices.DeleteFunc(v.tree.Of(roles...), func(file *gitopstree.File) bool { return !concerns(file.Path, v.policy.Environments) })
}

// concerns leaves the overlays of other environments out.
func concerns(file string, environments []string) bool {
	rest, overlay := strings.CutPrefix(file, "apps/overlays/")
	environment, _, _ := strings.Cut(rest, "/")
	return !overlay || len(environments) == 0 || slices.Contains(environments, environment)
}

// find notes a finding once: a base's mistake shows in every overlay.
func (v *validation) find(file, object, format string, args ...any) {
	f := argocd.Finding{Rule: v.rule, File: file, Object: object, Message: fmt.Sprintf(format, args...)}
	if key := f.Rule + "\n" + object + "\n" + f.Message; !v.seen[key] {
		v.seen[key] = true
		v.findings = append(v.findings, f)
	}
}

// each calls use with every object that is rendered, and with those of manifests
// that nothing renders.
func (v *validation) each(use func(file string, object *yaml.RNode)) {
	for _, file := range v.kustomizations(gitopstree.Kustomization) {
		for _, object := range v.built[file].Objects {
			use(file.Path, object)
		}
	}
	for _, file := range v.tree.Of(gitopstree.Manifest) {
		if v.read[file.Path] || !concerns(file.Path, v.policy.Environments) {
			continue
		}
		for _, document := range file.Documents {
			if object := objectOf(document); object != nil {
				use(file.Path, object)
			}
		}
	}
}

// objectOf is a document's object, nil where it is none that a cluster is given
// as it stands.
func objectOf(document *yaml.Node) *yaml.RNode {
	n := gitopstree.Field(document)
	if n == nil || n.Kind != yaml.MappingNode || gitopstree.Sealed(n) {
		return nil
	}
	object := yaml.NewRNode(n)
	if object.GetApiVersion() == "" || object.GetKind() == "" {
		return nil
	}
	return object
}

// argo are the objects of the tree as they reach a cluster: those of
// kustomizations that no other one is made of, and what is written beside.
func (v *validation) argo() (all []argocd.Object) {
	written := argocd.Written(v.tree)
	at := map[string]string{} // where an object is written
	for _, o := range written {
		at[title(yaml.NewRNode(gitopstree.Field(o.Node)))] = o.File
	}
	rendered, recursive := map[string]bool{}, argocd.Recursive(v.tree)
	for _, root := range v.tree.Roots() {
		b, is := v.built[root]
		if !is || b.err != nil {
			continue
		}
		for _, file := range b.Read {
			rendered[file] = true
		}
		for _, object := range b.Objects {
			file := root.Path
			if written, known := at[title(object)]; known && slices.Contains(b.Read, written) {
				file = written
			}
			all = append(all, argocd.Object{File: file, Scope: root.Path, Node: object.YNode()})
		}
	}
	for _, o := range written {
		if !rendered[o.File] {
			o.Scope = scope(recursive, o)
			all = append(all, o)
		}
	}
	return all
}

// scope is what is applied together with a file: its folder, or the one from
// which an application goes down to it.
func scope(recursive []string, o argocd.Object) string {
	for _, folder := range recursive {
		if folder == "." || strings.HasPrefix(o.File, folder+"/") {
			return folder
		}
	}
	return o.Scope
}

func title(object *yaml.RNode) string {
	return object.GetApiVersion() + " " + object.GetKind() + " " + named(object)
}

// named is an object's name, if it has one. The library's own look-up takes the
// metadata for a mapping, whatever it is.
func named(object *yaml.RNode) string {
	if name := gitopstree.Field(object.YNode(), "metadata", "name"); name != nil {
		return name.Value
	}
	return ""
}
