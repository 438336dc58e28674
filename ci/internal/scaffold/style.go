package scaffold

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/gitopstree"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// label is a label of a component's objects.
type label struct{ Key, Value string }

// style is how a repository writes a component, read off one that it has; like is
// that one's name.
type style struct {
	like       string
	labels     []label
	imageName  string            // of the image in the base
	namespaces map[string]string // by environment
	newNames   map[string]string // what an overlay calls the image, by environment
	secrets    bool              // there are the secrets that the guide's services read
	replicas   bool              // overlays say how many replicas there are
}

// ownStyle is that of a new repository.
var ownStyle = style{
	labels:   []label{{"app.kubernetes.io/name", placeholder}, {"app.kubernetes.io/part-of", "pingvas-studio"}},
	like:     placeholder,
	secrets:  true,
	replicas: true,
}

// placeholder stands for a component's name where there is none to read it off.
const placeholder = "component"

func (s style) labelsOf(name string) (labels []label) {
	for _, l := range s.labels {
		labels = append(labels, label{l.Key, kustomize.Renamed(l.Value, s.like, name)})
	}
	return labels
}

func (s style) image(name string) string {
	if s.imageName == "" {
		return name
	}
	return kustomize.Renamed(s.imageName, s.like, name)
}

func (s style) namespaceOf(environment, name string) string {
	if s.namespaces == nil {
		return "pingvas-" + environment
	}
	return kustomize.Renamed(s.namespaces[environment], s.like, name)
}

func (s style) newName(environment, name string) string {
	return kustomize.Renamed(s.newNames[environment], s.like, name)
}

// readStyle reads the style off the first component that is there already, and
// keeps our own where there is none.
func readStyle(tree *gitopstree.Tree, environments []string, components []component.Component) style {
	var folders []string
	for _, file := range tree.Of(gitopstree.Kustomization) {
		if folder := path.Dir(file.Path); path.Dir(folder) == "apps/base" {
			folders = append(folders, folder)
		}
	}
	if len(folders) == 0 {
		return ownStyle
	}
	// One that a person wrote tells more than one that is being added.
	at := max(0, slices.IndexFunc(folders, func(folder string) bool {
		return !slices.ContainsFunc(components, func(c component.Component) bool { return c.Name == path.Base(folder) })
	}))
	s := style{like: path.Base(folders[at]), namespaces: map[string]string{}, newNames: map[string]string{}}
	base := tree.KustomizationIn(folders[at])
	s.labels, s.imageName = readBase(tree, base, s.like)
	for _, environment := range environments {
		s.readOverlay(tree, environment)
	}
	s.secrets = slices.ContainsFunc(tree.Of(gitopstree.Manifest), func(file *gitopstree.File) bool {
		return slices.ContainsFunc(file.Documents, func(d *yaml.Node) bool {
			return strings.HasSuffix(gitopstree.Text(d, "kind"), "Secret") && gitopstree.Text(d, "metadata", "name") == "pingvas-secrets"
		})
	})
	return s
}

// readBase reads a component's labels, and the name of its image where that ends
// in its own.
func readBase(tree *gitopstree.Tree, base *gitopstree.File, like string) (labels []label, image string) {
	kustomization := base.Documents[0]
	if list := gitopstree.Field(kustomization, "labels"); list != nil && list.Kind == yaml.SequenceNode && len(list.Content) > 0 {
		labels = labelsIn(gitopstree.Field(list.Content[0], "pairs"), nil)
	} else {
		labels = labelsIn(gitopstree.Field(kustomization, "commonLabels"), nil)
	}
	for _, reference := range base.References {
		file := tree.File(reference.Target(base.Path))
		if file == nil {
			continue
		}
		for _, d := range file.Documents {
			pod := gitopstree.Field(d, "spec", "template", "spec")
			containers := gitopstree.Field(pod, "containers")
			if containers == nil || containers.Kind != yaml.SequenceNode {
				continue
			}
			if len(labels) == 0 {
				// The workload's name is the component's, whatever the folder's is.
				own := func(value string) string {
					return kustomize.Renamed(value, gitopstree.Text(d, "metadata", "name"), like)
				}
				labels = labelsIn(gitopstree.Field(d, "spec", "selector", "matchLabels"), own)
			}
			for _, container := range containers.Content {
				name, _, _ := strings.Cut(gitopstree.Text(container, "image"), "@")
				if at := strings.LastIndex(name, ":"); at > strings.LastIndex(name, "/") {
					name = name[:at]
				}
				if path.Base(name) == like {
					image = name
				}
			}
		}
	}
	if len(labels) == 0 {
		labels = []label{{"app.kubernetes.io/name", like}}
	}
	return labels, image
}

func labelsIn(mapping *yaml.Node, own func(string) string) (labels []label) {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		value := mapping.Content[i+1].Value
		if own != nil {
			value = own(value)
		}
		labels = append(labels, label{mapping.Content[i].Value, quoted(value)})
	}
	return labels
}

// quoted is a value as YAML takes it for a text.
func quoted(value string) string {
	text, err := yaml.Marshal(value)
	if err != nil {
		return value
	}
	return strings.TrimSuffix(string(text), "\n")
}

// readOverlay reads what an environment says of the component.
func (s *style) readOverlay(tree *gitopstree.Tree, environment string) {
	for _, folder := range []string{"apps/overlays/" + environment + "/" + s.like, "apps/overlays/" + environment} {
		file := tree.KustomizationIn(folder)
		if file == nil || len(file.Documents) == 0 {
			continue
		}
		kustomization := file.Documents[0]
		s.namespaces[environment] = gitopstree.Text(kustomization, "namespace")
		s.replicas = s.replicas || hasReplicas(kustomization)
		if list := gitopstree.Field(kustomization, "images"); list != nil && list.Kind == yaml.SequenceNode {
			for _, entry := range list.Content {
				if newName := gitopstree.Text(entry, "newName"); path.Base(newName) == s.like {
					s.newNames[environment] = newName
				}
			}
		}
		return
	}
}

// hasReplicas tells whether an overlay patches the number of replicas as a new
// one does.
func hasReplicas(kustomization *yaml.Node) bool {
	list := gitopstree.Field(kustomization, "patches")
	return list != nil && slices.ContainsFunc(list.Content, func(patch *yaml.Node) bool {
		return strings.Contains(gitopstree.Text(patch, "patch"), "path: /spec/replicas")
	})
}
