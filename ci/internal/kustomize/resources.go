package kustomize

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// AddResources returns a kustomization file whose resources list has the paths
// too, at its end and in its own style, and in which every other byte is as it
// was. Paths that it has already are left out.
func AddResources(src []byte, paths []string) ([]byte, error) {
	doc, err := parse(src)
	if err != nil {
		return nil, err
	}
	top, err := fieldsOf(doc.root)
	if err != nil {
		return nil, err
	}
	list := top["resources"].value
	if list == nil || list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		return nil, errors.New("the file has no list of resources to add to. Add one by hand")
	}
	missing := slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		return slices.ContainsFunc(list.Content, func(n *yaml.Node) bool { return n.Value == path })
	})
	if len(missing) == 0 {
		return src, nil
	}
	edit, err := doc.appendScalars(list, missing)
	if err != nil {
		return nil, err
	}
	text, err := splices{edit}.apply(doc.text)
	if err != nil {
		return nil, err
	}
	out := slices.Concat(doc.bom, text)
	return out, verifyResources(out, append(resourcesOf(list), missing...))
}

// appendScalars writes plain values behind the last one of a list.
func (d *document) appendScalars(list *yaml.Node, values []string) (splice, error) {
	_, end, err := d.token(list.Content[len(list.Content)-1])
	if err != nil {
		return splice{}, err
	}
	if list.Style&yaml.FlowStyle != 0 {
		return splice{end, end, ", " + strings.Join(values, ", ")}, nil
	}
	if end, err = d.endOfLine(end); err != nil {
		return splice{}, err
	}
	var text strings.Builder
	for _, value := range values {
		text.WriteString(d.eol + strings.Repeat(" ", list.Column-1) + "- " + value)
	}
	return splice{end, end, text.String()}, nil
}

func verifyResources(out []byte, want []string) error {
	doc, err := parse(out)
	if err != nil {
		return fmt.Errorf("the edited file can't be read again: %w. Edit the file by hand", err)
	}
	top, err := fieldsOf(doc.root)
	if err != nil {
		return err
	}
	if got := resourcesOf(top["resources"].value); !slices.Equal(got, want) {
		return fmt.Errorf("the edited file would name %s. Edit the file by hand", strings.Join(got, ", "))
	}
	return nil
}

func resourcesOf(list *yaml.Node) []string {
	var values []string
	for _, n := range list.Content {
		values = append(values, n.Value)
	}
	return values
}
