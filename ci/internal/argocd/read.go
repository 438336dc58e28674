package argocd

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// in is an object and the file it stands in.
type in[T any] struct {
	file  string
	value T
}

// objects are those of a tree that the validation knows.
type objects struct {
	sets          []in[ApplicationSet]
	applications  []in[Application]
	projects      []in[AppProject]
	secrets       []in[header]
	notifications []in[configMap]
	findings      []Finding
}

type header struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   Metadata `yaml:"metadata"`
}

type configMap struct {
	Metadata Metadata          `yaml:"metadata"`
	Data     map[string]string `yaml:"data"`
}

// read collects the objects of every YAML file of the tree.
func read(fsys fs.FS) (objects, error) {
	var found objects
	err := fs.WalkDir(fsys, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && file != "." && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		if extension := path.Ext(file); entry.IsDir() || extension != ".yaml" && extension != ".yml" {
			return nil
		}
		raw, err := bounds.ReadFile(fsys, file)
		if err == nil {
			err = found.add(file, raw)
		}
		if err != nil {
			found.findings = append(found.findings, Finding{RuleUnreadable, file, "YAML", err.Error() + ". Correct the file"})
		}
		return nil
	})
	return found, err
}

func (o *objects) add(file string, raw []byte) error {
	documents, err := bounds.Documents(raw)
	for _, node := range documents {
		if err := o.addObject(file, node); err != nil {
			return err
		}
	}
	return err
}

func (o *objects) addObject(file string, node *yaml.Node) error {
	var h header
	if err := node.Decode(&h); err != nil {
		return nil // A document that is no Kubernetes object.
	}
	group, _, _ := strings.Cut(h.APIVersion, "/")
	switch {
	case group == "argoproj.io" && h.Kind == "ApplicationSet":
		return decode(&o.sets, file, node)
	case group == "argoproj.io" && h.Kind == "Application":
		return decode(&o.applications, file, node)
	case group == "argoproj.io" && h.Kind == "AppProject":
		return decode(&o.projects, file, node)
	case group == "external-secrets.io" && h.Kind == "ExternalSecret":
		return decode(&o.secrets, file, node)
	case h.Kind == "ConfigMap" && h.Metadata.Name == "argocd-notifications-cm":
		return decode(&o.notifications, file, node)
	}
	return nil
}

func decode[T any](list *[]in[T], file string, node *yaml.Node) error {
	object := in[T]{file: file}
	if err := node.Decode(&object.value); err != nil {
		return err
	}
	*list = append(*list, object)
	return nil
}

// expand makes a set's applications, as Argo CD does.
func (v *validation) expand(set in[ApplicationSet]) []in[Application] {
	var apps []in[Application]
	object := "set " + set.value.Metadata.Name
	for _, generator := range set.value.Spec.Generators {
		if generator.List == nil {
			v.find(RuleGenerator, set.file, object, "generators of kind %s are not checked. Use a list",
				strings.Join(slices.Sorted(maps.Keys(generator.Other)), ", "))
			continue
		}
		for _, element := range generator.List.Elements {
			app, unknown := set.value.Spec.Template.render(element)
			if len(unknown) > 0 {
				v.find(RuleParameter, set.file, object, "the element %v has no %s, which the template asks for. Add it", element, strings.Join(unknown, ", "))
				continue
			}
			apps = append(apps, in[Application]{set.file, app})
		}
	}
	return apps
}

// parameter is {{name}}, or {{.name}} of a Go template.
var parameter = regexp.MustCompile(`\{\{\s*\.?([A-Za-z0-9_.-]+)\s*\}\}`)

// render fills the element's parameters in, and names those that it lacks.
func (t Template) render(element map[string]string) (app Application, unknown []string) {
	fill := func(text string) string {
		return parameter.ReplaceAllStringFunc(text, func(match string) string {
			name := parameter.FindStringSubmatch(match)[1]
			value, known := element[name]
			if !known {
				unknown = append(unknown, fmt.Sprintf("%q", name))
			}
			return value
		})
	}
	app = Application{Metadata: t.Metadata, Spec: t.Spec}
	for _, field := range []*string{
		&app.Metadata.Name, &app.Spec.Project, &app.Spec.Source.RepoURL, &app.Spec.Source.TargetRevision,
		&app.Spec.Source.Path, &app.Spec.Destination.Namespace, &app.Spec.Destination.Server,
	} {
		*field = fill(*field)
	}
	return app, unknown
}
