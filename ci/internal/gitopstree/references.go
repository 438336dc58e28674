package gitopstree

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"
)

// Kind is as what a kustomization names a file or a folder.
type Kind string

// The kinds of reference.
const (
	Resources  Kind = "resource"
	Components Kind = "component"
	Patches    Kind = "patch"
	Values     Kind = "values of a chart"
	Charts     Kind = "chart"
	Plugin     Kind = "configuration"
	Data       Kind = "data"
)

// Reference is a file or a folder that a kustomization names.
type Reference struct {
	Kind Kind
	// Name is what is written.
	Name string
	// Line is where.
	Line int
}

// Remote tells whether it is fetched over the network.
func (r Reference) Remote() bool { return r.Kind == Charts || remote.MatchString(r.Name) }

// remote is a scheme, a user before a host, or GitHub without a scheme.
var remote = regexp.MustCompile(`(?i)^git::|^(https?|ssh|file|git):|://|^[^/]+@[^/]+:|^(www\.)?github\.com[:/]|[?&](ref|version)=`)

// Target is the path that it names, from the root of the tree.
func (r Reference) Target(kustomization string) string {
	return path.Join(path.Dir(kustomization), r.Name)
}

var kustomizationNames = konfig.RecognizedKustomizationFileNames()

// KustomizationIn is the kustomization of a folder, nil where it has none.
func (t *Tree) KustomizationIn(folder string) *File {
	for _, name := range kustomizationNames {
		if file := t.byPath[path.Join(folder, name)]; file != nil {
			return file
		}
	}
	return nil
}

func kustomizationRole(documents []*yaml.Node) Role {
	if len(documents) > 0 && Text(documents[0], "kind") == "Component" {
		return Component
	}
	return Kustomization
}

// places are where a kustomization names files; a list is gone through.
var places = []struct {
	keys []string
	kind Kind
}{
	{[]string{"resources"}, Resources},
	{[]string{"bases"}, Resources},
	{[]string{"components"}, Components},
	{[]string{"patches", "path"}, Patches},
	{[]string{"patchesStrategicMerge"}, Patches},
	{[]string{"patchesJson6902", "path"}, Patches},
	{[]string{"configurations"}, Plugin},
	{[]string{"crds"}, Plugin},
	{[]string{"openapi", "path"}, Plugin},
	{[]string{"replacements", "path"}, Plugin},
	{[]string{"generators"}, Plugin},
	{[]string{"transformers"}, Plugin},
	{[]string{"validators"}, Plugin},
	{[]string{"configMapGenerator", "files"}, Data},
	{[]string{"configMapGenerator", "envs"}, Data},
	{[]string{"configMapGenerator", "env"}, Data},
	{[]string{"secretGenerator", "files"}, Data},
	{[]string{"secretGenerator", "envs"}, Data},
	{[]string{"secretGenerator", "env"}, Data},
	{[]string{"helmCharts", "valuesFile"}, Values},
	{[]string{"helmCharts", "additionalValuesFiles"}, Values},
	{[]string{"helmCharts", "name"}, Charts},
	{[]string{"helmChartInflationGenerator", "values"}, Values},
	{[]string{"helmChartInflationGenerator", "chartName"}, Charts},
}

func references(documents []*yaml.Node) []Reference {
	var found []Reference
	for _, document := range documents {
		for _, place := range places {
			for _, n := range scalars(content(document), place.keys) {
				name := n.Value
				if place.kind == Data {
					if _, file, keyed := strings.Cut(name, "="); keyed { // key=file
						name = file
					}
				}
				// What has lines, or is a mapping, is written in place.
				if name != "" && !strings.ContainsAny(name, "\n{") {
					found = append(found, Reference{place.kind, name, n.Line})
				}
			}
		}
	}
	return found
}

// scalars are the values below the keys, in whatever lists stand on the way.
func scalars(n *yaml.Node, keys []string) []*yaml.Node {
	n = content(n)
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.SequenceNode:
		var found []*yaml.Node
		for _, element := range n.Content {
			found = append(found, scalars(element, keys)...)
		}
		return found
	case len(keys) == 0 && n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null":
		return []*yaml.Node{n}
	case len(keys) > 0 && n.Kind == yaml.MappingNode:
		return scalars(Field(n, keys[0]), keys[1:])
	}
	return nil
}

// Missing are the references of a kustomization to what is not there.
func (t *Tree) Missing(file *File) []Reference {
	var missing []Reference
	for _, reference := range file.References {
		if reference.Remote() {
			continue
		}
		if _, err := stat(t.FS, reference.Target(file.Path)); err != nil {
			missing = append(missing, reference)
		}
	}
	return missing
}

// Named are the kustomizations that one names as a resource or a component.
func (t *Tree) Named(file *File) []*File {
	var named []*File
	for _, reference := range file.References {
		if reference.Kind != Resources && reference.Kind != Components || reference.Remote() {
			continue
		}
		if to := t.KustomizationIn(reference.Target(file.Path)); to != nil && to != file {
			named = append(named, to)
		}
	}
	return named
}

// Reached are a kustomization and those that it is made of.
func (t *Tree) Reached(file *File) []*File {
	reached, seen := []*File{file}, map[*File]bool{file: true}
	for i := 0; i < len(reached); i++ {
		for _, next := range t.Named(reached[i]) {
			if !seen[next] {
				seen[next] = true
				reached = append(reached, next)
			}
		}
	}
	return reached
}

// Elsewhere says what a kustomization needs that is not in the tree: a remote
// base, a chart or a plugin; "" where it needs none.
func (t *Tree) Elsewhere(file *File) string {
	for _, part := range t.Reached(file) {
		for _, reference := range part.References {
			target := t.byPath[reference.Target(part.Path)]
			switch {
			case reference.Kind == Charts:
				return "the chart " + reference.Name + ", which Helm inflates"
			case reference.Remote():
				return reference.Name + ", which is fetched over the network"
			case reference.Kind == Plugin && target != nil && slices.ContainsFunc(target.Documents, foreign):
				return "the plugin of " + target.Path
			}
		}
		if slices.ContainsFunc(part.Documents, inlinePlugin) {
			return "a plugin that stands in " + part.Path
		}
	}
	return ""
}

// foreign tells whether a plugin is none of kustomize's own.
func foreign(document *yaml.Node) bool {
	apiVersion := Text(document, "apiVersion")
	return apiVersion != "" && Text(document, "kind") != "" && apiVersion != "builtin" && !strings.HasPrefix(apiVersion, "kustomize.config.k8s.io/")
}

func inlinePlugin(kustomization *yaml.Node) bool {
	for _, key := range []string{"generators", "transformers", "validators"} {
		for _, n := range scalars(kustomization, []string{key}) {
			var plugin yaml.Node
			if strings.ContainsAny(n.Value, "\n{") && yaml.Unmarshal([]byte(n.Value), &plugin) == nil && foreign(&plugin) {
				return true
			}
		}
	}
	return false
}

// Roots are the kustomizations that no other one is made of.
func (t *Tree) Roots() []*File {
	part := map[*File]bool{}
	for _, file := range t.Of(Kustomization, Component) {
		for _, named := range t.Named(file) {
			part[named] = true
		}
	}
	return slices.DeleteFunc(t.Of(Kustomization), func(file *File) bool { return part[file] })
}

// Exists tells whether a path of the tree is there, whatever it is.
func (t *Tree) Exists(name string) bool {
	_, err := stat(t.FS, name)
	return err == nil
}
