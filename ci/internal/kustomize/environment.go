package kustomize

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Comparison is the difference between two renderings of one environment.
type Comparison struct {
	// Before and After are the rendered manifests.
	Before, After []byte
	// Text is the difference resource by resource, for people.
	Text string
	// Patch is the difference as one patch of Before.
	Patch string
}

// CompareEnvironment renders an environment in two checkouts. One of them may
// lack it: that is as if nothing were in it.
func CompareEnvironment(ctx context.Context, before, after, environment string) (Comparison, error) {
	var c Comparison
	_, errBefore := Detect(before, environment)
	_, errAfter := Detect(after, environment)
	if errBefore != nil && errAfter != nil {
		return c, errAfter
	}
	was, is := rendering{}, rendering{}
	var err error
	if errBefore == nil {
		if was, err = renderAll(ctx, before, environment); err != nil {
			return c, fmt.Errorf("before: %w", err)
		}
	}
	if errAfter == nil {
		if is, err = renderAll(ctx, after, environment); err != nil {
			return c, fmt.Errorf("after: %w", err)
		}
	}
	c.Before, c.After = was.text(), is.text()
	if c.Text, err = was.against(is); err != nil {
		return c, err
	}
	name := environment + ".yaml"
	c.Patch, err = difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(string(c.Before)), FromFile: "a/" + name,
		B: difflib.SplitLines(string(c.After)), ToFile: "b/" + name,
		Context: 3,
	})
	return c, err
}

// RenderEnvironment builds all manifests of an environment, whichever its layout.
func RenderEnvironment(ctx context.Context, dir, environment string) ([]byte, error) {
	r, err := renderAll(ctx, dir, environment)
	return r.text(), err
}

// Architectures tells on which machines an environment runs each image, by its
// rendered reference: the values of the node selector kubernetes.io/arch, none
// when a workload may run anywhere.
func Architectures(ctx context.Context, dir, environment string) (map[string][]string, error) {
	layout, err := Detect(dir, environment)
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	for _, file := range layout.Files() {
		resources, err := build(ctx, dir, path.Dir(file), nil)
		if err != nil {
			return nil, err
		}
		for _, r := range resources.Resources() {
			PodImages(r.YNode(), found)
		}
	}
	return found, nil
}

// PodImages finds every mapping with containers, wherever it stands, and notes
// their images with the architecture of the machines that they are bound to.
func PodImages(n *yaml.Node, found map[string][]string) {
	if n.Kind == yaml.MappingNode {
		spec := yaml.NewRNode(n)
		arch, _ := spec.GetString(`nodeSelector.kubernetes\.io/arch`)
		for _, list := range []string{"containers", "initContainers"} {
			containers := spec.Field(list)
			if containers == nil {
				continue
			}
			_ = containers.Value.VisitElements(func(container *yaml.RNode) error { // the visitor returns no error
				image, err := container.GetString("image")
				if err == nil && image != "" {
					found[image] = append(found[image], nonEmpty(arch)...)
				}
				return nil
			})
		}
	}
	for _, child := range n.Content {
		PodImages(child, found)
	}
}

func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// rendering has the resources of an environment, by their titles.
type rendering struct {
	titles []string
	yaml   map[string]string
}

func renderAll(ctx context.Context, dir, environment string) (rendering, error) {
	all := rendering{yaml: map[string]string{}}
	layout, err := Detect(dir, environment)
	if err != nil {
		return all, err
	}
	for _, file := range layout.Files() {
		resources, err := build(ctx, dir, path.Dir(file), nil)
		if err != nil {
			return all, err
		}
		if err := all.add(resources); err != nil {
			return all, err
		}
	}
	return all, nil
}

func (r *rendering) add(resources resmap.ResMap) error {
	for _, resource := range resources.Resources() {
		title := titleOf(resource)
		text, err := resource.AsYAML()
		if err != nil {
			return fmt.Errorf("print %s: %w", title, err)
		}
		if _, twice := r.yaml[title]; !twice {
			r.titles = append(r.titles, title)
		}
		r.yaml[title] += string(text)
	}
	return nil
}

func (r rendering) text() []byte {
	var out bytes.Buffer
	for i, title := range r.titles {
		if i > 0 {
			out.WriteString("---\n")
		}
		out.WriteString(r.yaml[title])
	}
	return out.Bytes()
}

// against is the difference to a later rendering, a part for each resource.
func (r rendering) against(later rendering) (string, error) {
	titles := slices.Clone(r.titles)
	for _, title := range later.titles {
		if _, known := r.yaml[title]; !known {
			titles = append(titles, title)
		}
	}
	var text strings.Builder
	for _, title := range titles {
		if r.yaml[title] == later.yaml[title] {
			continue
		}
		part, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
			A: linesOf(r.yaml[title]), FromFile: title, FromDate: "before",
			B: linesOf(later.yaml[title]), ToFile: title, ToDate: "after",
			Context: 3,
		})
		if err != nil {
			return "", err
		}
		text.WriteString(part)
	}
	return text.String(), nil
}

// linesOf is no line for no text, of which difflib would make one.
func linesOf(text string) []string {
	if text == "" {
		return nil
	}
	return difflib.SplitLines(text)
}
