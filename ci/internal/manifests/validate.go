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
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// Report is what was found.
type Report struct {
	// Findings are the mistakes, in the order of the files.
	Findings []argocd.Finding
	// Objects counts what was checked.
	Objects int
	// Unknown are the kinds of which no schema is known: only their place was
	// checked.
	Unknown []string
}

// Err joins the findings into one error, nil when there are none.
func (r Report) Err() error { return argocd.Err(r.Findings) }

// The rules, beside those of Argo CD's objects.
const (
	RuleNotRendered = "not-rendered"
	RuleMissingFile = "missing-file"
	RuleBadImages   = "bad-images"
	RuleUnusedImage = "unused-image"
	RuleUnusedFile  = "unused-file"
	RuleNotDeployed = "not-deployed"
	RuleRemovedAPI  = argocd.RuleRemovedAPI
	RuleSchema      = "schema"
)

// Validate checks the repository in dir: the overlays of the environments (all
// of them when none is named), the infrastructure, and Argo CD's objects.
func Validate(ctx context.Context, dir string, environments []string, policy argocd.Policy) (report Report, err error) {
	err = bounds.In(dir, func(files fs.FS) (err error) {
		report, err = validate(ctx, dir, files, environments, policy)
		return err
	})
	return report, err
}

func validate(ctx context.Context, dir string, files fs.FS, environments []string, policy argocd.Policy) (Report, error) {
	v := validation{dir: dir, files: files, read: map[string]bool{}, unknown: map[string]bool{}, seen: map[string]bool{}}
	for _, environment := range environments {
		if err := names.Environment(environment); err != nil {
			return Report{}, fmt.Errorf("validate: %w", err)
		}
	}
	kustomizations, err := kustomize.Kustomizations(dir)
	if err != nil {
		return Report{}, fmt.Errorf("validate: %w", err)
	}
	if len(kustomizations) == 0 {
		return Report{}, errors.New("validate: the directory has no kustomization. Give the root of a GitOps repository")
	}
	for _, environment := range environments {
		if _, err := kustomize.Detect(dir, environment); err != nil {
			v.find(RuleNotRendered, "apps/overlays/"+environment, environment, "%v", err)
		}
	}
	for _, file := range kustomizations {
		if concerns(file, environments) {
			v.kustomization(ctx, file)
		}
	}
	if err := ctx.Err(); err != nil { // What was not rendered is no finding.
		return Report{}, fmt.Errorf("validate: %w", err)
	}
	if err := errors.Join(v.tree(kustomizations), v.deployed(kustomizations, environments)); err != nil {
		return Report{}, fmt.Errorf("validate: %w", err)
	}
	of, err := argocd.Validate(v.files, policy)
	if err != nil {
		return Report{}, err
	}
	for _, finding := range of {
		if finding.Rule != argocd.RuleRemovedAPI { // told already, with every other outdated version
			v.findings = append(v.findings, finding)
		}
	}
	slices.SortStableFunc(v.findings, func(a, b argocd.Finding) int { return strings.Compare(a.File, b.File) })
	report := Report{Findings: v.findings, Objects: v.objects}
	for kind := range v.unknown {
		report.Unknown = append(report.Unknown, kind)
	}
	slices.Sort(report.Unknown)
	return report, nil
}

type validation struct {
	dir      string
	files    fs.FS           // those in dir
	read     map[string]bool // files that some kustomization is made of
	unknown  map[string]bool
	seen     map[string]bool
	objects  int
	broken   bool // something is missing, so not rendering is no news
	findings []argocd.Finding
}

// find notes a finding once: a base's mistake shows in every overlay.
func (v *validation) find(rule, file, object, format string, args ...any) {
	f := argocd.Finding{Rule: rule, File: file, Object: object, Message: fmt.Sprintf(format, args...)}
	if key := rule + "\n" + object + "\n" + f.Message; !v.seen[key] {
		v.seen[key] = true
		v.findings = append(v.findings, f)
	}
}

// concerns leaves the overlays of other environments out.
func concerns(file string, environments []string) bool {
	rest, overlay := strings.CutPrefix(file, "apps/overlays/")
	environment, _, _ := strings.Cut(rest, "/")
	return !overlay || len(environments) == 0 || slices.Contains(environments, environment)
}

// kustomization checks one file, and what it renders to.
func (v *validation) kustomization(ctx context.Context, file string) {
	src, err := bounds.ReadFile(v.files, file)
	if err != nil {
		v.find(RuleNotRendered, file, "kustomization", "%v", err)
		return
	}
	v.read[file] = true
	for _, missing := range kustomize.Missing(v.dir, file, src) {
		v.broken = true
		v.find(RuleMissingFile, file, "kustomization", "%s is not there. Add it, or correct the path", missing)
	}
	images, err := kustomize.PinsIn(src)
	if err != nil {
		v.find(RuleBadImages, file, "kustomization", "%v", err)
	}
	built, err := kustomize.Build(ctx, v.dir, path.Dir(file))
	if err != nil {
		if !v.broken {
			v.find(RuleNotRendered, file, "kustomization", "%v. Correct it", err)
		}
		return
	}
	used := map[string][]string{}
	for _, object := range built.Objects {
		kustomize.PodImages(object.YNode(), used)
		v.object(file, object)
	}
	for _, read := range built.Read {
		v.read[read] = true
	}
	for _, image := range images {
		if _, isUsed := used[image.Reference()]; !isUsed {
			v.find(RuleUnusedImage, file, "image "+image.Name, "no manifest uses it, so the entry is without effect. Correct the name or delete the entry")
		}
	}
}

// object checks the shape of one object.
func (v *validation) object(file string, object *yaml.RNode) {
	v.objects++
	title := object.GetKind() + " " + object.GetName()
	if replacement, removed := removedAPI(object.GetApiVersion(), object.GetKind()); removed {
		v.find(RuleRemovedAPI, file, title, "%s is no longer served. Write %s", object.GetApiVersion(), replacement)
		return
	}
	schema := schemaOf(object.GetApiVersion(), object.GetKind())
	if schema == nil {
		v.unknown[object.GetApiVersion()+" "+object.GetKind()] = true
		return
	}
	for _, wrong := range check(object.YNode(), schema) {
		v.find(RuleSchema, file, title, "%s", wrong)
	}
}

// tree checks the files that no kustomization is made of: what stands beside
// one is forgotten, and what stands alone is checked by itself.
func (v *validation) tree(kustomizations []string) error {
	folders := map[string]bool{}
	for _, file := range kustomizations {
		folders[path.Dir(file)] = true
	}
	return fs.WalkDir(v.files, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && file != "." && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		extension := path.Ext(file)
		if entry.IsDir() || extension != ".yaml" && extension != ".yml" || v.read[file] || slices.Contains(kustomizations, file) {
			return nil
		}
		if folders[path.Dir(file)] && !v.broken && concerns(file, nil) {
			v.find(RuleUnusedFile, file, path.Base(file), "no kustomization names it, so it is never deployed. Name it under resources, or delete it")
		}
		return v.alone(file)
	})
}

// deployed finds the overlays that no application deploys, in environments of
// which other overlays are deployed.
func (v *validation) deployed(kustomizations, environments []string) error {
	for _, file := range kustomizations {
		folder, isOverlay := path.Dir(file), strings.HasPrefix(file, "apps/overlays/")
		if !isOverlay || !concerns(file, environments) {
			continue
		}
		environment, _, _ := strings.Cut(strings.TrimPrefix(folder, "apps/overlays/"), "/")
		origins, err := argocd.Origins(v.files, environment)
		if err != nil {
			return err
		}
		var paths []string
		for _, origin := range origins {
			paths = append(paths, origin.Paths...)
		}
		if len(paths) > 0 && !slices.Contains(paths, folder) && !slices.Contains(paths, argocd.Everything(environment)) {
			v.find(RuleNotDeployed, file, "overlay", "no application deploys %s. Add an element for it to %s", folder, origins[0].File)
		}
	}
	return nil
}

// alone checks the objects of a file that no kustomization renders.
func (v *validation) alone(file string) error {
	raw, err := bounds.ReadFile(v.files, file)
	if err != nil {
		return nil // A finding of Argo CD's rules.
	}
	for _, object := range documents(raw) {
		if object.GetApiVersion() != "" && object.GetKind() != "" {
			v.object(file, object)
		}
	}
	return nil
}
