package kustomize

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// compare checks that two renderings differ in references to the wanted images, in
// what derives from those, and in nothing else, and that those whose pins changed
// show. Wanted has the image of each reference. It returns a unified diff with one
// part for each resource that changed.
func compare(before, after resmap.ResMap, wanted map[string]Image, changed []Image) (string, error) {
	if before.Size() != after.Size() {
		return "", fmt.Errorf("the edit changes the number of resources from %d to %d. Edit the file by hand", before.Size(), after.Size())
	}
	var found differences
	for i, old := range before.Resources() {
		if err := found.of(old, after.Resources()[i], wanted); err != nil {
			return "", err
		}
	}
	errs := found.strange()
	if unused := found.unused(changed); len(unused) > 0 && len(errs) == 0 {
		return "", unused
	}
	return strings.Join(found.diffs, ""), errors.Join(errs...)
}

// differences are what two renderings differ in.
type differences struct {
	// images are references that became wanted ones, and others all other values.
	images, others []difference
	// used are the names of the images that show.
	used  []string
	diffs []string
}

type difference struct{ title, path, from, to string }

// of adds what two versions of one resource differ in.
func (d *differences) of(old, updated *resource.Resource, wanted map[string]Image) error {
	title := titleOf(old)
	if now := titleOf(updated); now != title {
		return fmt.Errorf("the edit turns %s into %s. Edit the file by hand", title, now)
	}
	walk(old.YNode(), updated.YNode(), nil, func(path []string, from, to string) {
		at := difference{title, strings.Join(path, "."), from, to}
		image, ok := wanted[to]
		if !ok {
			d.others = append(d.others, at)
			return
		}
		d.images = append(d.images, at)
		d.used = append(d.used, image.Name)
	})
	text, err := unified(title, old, updated)
	d.diffs = append(d.diffs, text)
	return err
}

// strange are the differences that are no image's and do not derive from one.
func (d *differences) strange() (errs []error) {
	for _, other := range d.others {
		derived := func(image difference) bool { return image.yields(other) }
		switch {
		case !slices.ContainsFunc(d.images, derived):
			errs = append(errs, fmt.Errorf("the edit changes more than its images: %s of %s changes from %q to %q. Edit the file by hand", other.path, other.title, other.from, other.to))
		case strings.Contains(other.path, "labels.") && !labelValue.MatchString(other.to):
			errs = append(errs, fmt.Errorf("%s of %s becomes %q, which no label can be: a replacement takes it from the image, which has a digest. Put it into an annotation", other.path, other.title, other.to))
		}
	}
	return errs
}

// unused are the changed images that no manifest shows.
func (d *differences) unused(changed []Image) Refused {
	refused := Refused{}
	for _, image := range changed {
		if !slices.Contains(d.used, image.Name) {
			refused[image.Name] = fmt.Errorf("no manifest changes to %s: kustomize ignores an entry that no manifest uses. Correct the name %q or the image in the base", image.Reference(), image.Name)
		}
	}
	return refused
}

// labelValue is what a label of Kubernetes can be.
var labelValue = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$`)

// yields tells whether another value can be a part of this reference that a
// replacement copies, alone or between what stays as it is.
func (d difference) yields(other difference) bool {
	if strings.Contains(d.from, other.from) && strings.Contains(d.to, other.to) {
		return true
	}
	from, to := other.from, other.to
	for from != "" && to != "" && from[0] == to[0] {
		from, to = from[1:], to[1:]
	}
	for from != "" && to != "" && from[len(from)-1] == to[len(to)-1] {
		from, to = from[:len(from)-1], to[:len(to)-1]
	}
	return to != "" && strings.Contains(d.from, from) && strings.Contains(d.to, to)
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
