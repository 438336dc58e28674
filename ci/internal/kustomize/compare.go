package kustomize

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// compare checks that two renderings differ in references to the given images
// and in nothing else, and that those whose pins changed show. It returns a
// unified diff with one part for each resource that changed.
func compare(before, after resmap.ResMap, images, changed []Image) (string, error) {
	if before.Size() != after.Size() {
		return "", fmt.Errorf("the edit changes the number of resources from %d to %d. Edit the file by hand", before.Size(), after.Size())
	}
	wanted := map[string]Image{}
	for _, image := range images {
		wanted[image.Reference()] = image
	}
	var (
		diff strings.Builder
		errs []error
	)
	used := map[string]bool{}
	for i, old := range before.Resources() {
		part, err := compareResource(old, after.Resources()[i], wanted, used)
		errs = append(errs, err)
		diff.WriteString(part)
	}
	for _, image := range changed {
		if !used[image.Reference()] {
			errs = append(errs, fmt.Errorf("no manifest changes to %s: kustomize ignores an entry that no manifest uses. Correct the name %q or the image in the base", image.Reference(), image.Name))
		}
	}
	return diff.String(), errors.Join(errs...)
}

// compareResource reports what else changed in one resource, notes which
// references are used, and returns the resource's part of the diff.
func compareResource(old, updated *resource.Resource, wanted map[string]Image, used map[string]bool) (string, error) {
	title := titleOf(old)
	if now := titleOf(updated); now != title {
		return "", fmt.Errorf("the edit turns %s into %s. Edit the file by hand", title, now)
	}
	var strange []string
	walk(old.YNode(), updated.YNode(), nil, func(path []string, from, to string) {
		if _, ok := wanted[to]; !ok {
			strange = append(strange, fmt.Sprintf("%s of %s changes from %q to %q", strings.Join(path, "."), title, from, to))
		}
		used[to] = true
	})
	if len(strange) > 0 {
		return "", fmt.Errorf("the edit changes more than its images: %s. Edit the file by hand", strings.Join(strange, "; "))
	}
	return unified(title, old, updated)
}

func titleOf(r *resource.Resource) string {
	name := r.GetName()
	if r.GetNamespace() != "" {
		name = r.GetNamespace() + "/" + name
	}
	return r.GetKind() + " " + name
}

// walk calls changed for every place at which two trees differ. Where their
// shapes differ, it is told of the whole subtree.
func walk(a, b *yaml.Node, path []string, changed func(path []string, from, to string)) {
	if a.Kind == yaml.ScalarNode && b.Kind == yaml.ScalarNode {
		if a.Value != b.Value || a.ShortTag() != b.ShortTag() {
			changed(path, a.Value, b.Value)
		}
		return
	}
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) {
		changed(path, textOf(a), textOf(b))
		return
	}
	for i := range a.Content {
		step := fmt.Sprint(i)
		if a.Kind == yaml.MappingNode {
			if step = a.Content[i-i%2].Value; i%2 == 0 {
				step += " (key)"
			}
		}
		walk(a.Content[i], b.Content[i], append(slices.Clone(path), step), changed)
	}
}

// textOf cannot be an image reference, which has no line break.
func textOf(n *yaml.Node) string {
	text, err := yaml.NewRNode(n).String()
	if err != nil {
		return err.Error() + "\n"
	}
	return text
}

func unified(title string, old, updated *resource.Resource) (string, error) {
	before, err := old.AsYAML()
	if err != nil {
		return "", fmt.Errorf("print %s: %w", title, err)
	}
	after, err := updated.AsYAML()
	if err != nil {
		return "", fmt.Errorf("print %s: %w", title, err)
	}
	return difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(string(before)), FromFile: title, FromDate: "before",
		B: difflib.SplitLines(string(after)), ToFile: title, ToDate: "after",
		Context: 3,
	})
}
