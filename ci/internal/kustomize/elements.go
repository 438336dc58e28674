package kustomize

import (
	"errors"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// AddElements returns an ApplicationSet's file whose list generator has elements
// of the names too, each as the last one of the list but for its name, and in
// which every other byte is as it was. Names that it has already are left out. An
// element's name is under the key that the set's path ends with, as in
// apps/overlays/prod/{{app}}, or under name.
func AddElements(src []byte, names []string) ([]byte, error) {
	doc, err := parse(src)
	if err != nil {
		return nil, err
	}
	list, err := elementsOf(doc.root)
	if err != nil {
		return nil, err
	}
	elements, err := named(list, keyOf(doc.root))
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(elements, func(e *entry) bool { return e.name == name })
	})
	if len(missing) == 0 {
		return src, nil
	}
	edit, err := doc.appendElements(list, elements[len(elements)-1], missing)
	if err != nil {
		return nil, err
	}
	text, err := splices{edit}.apply(doc.text)
	if err != nil {
		return nil, err
	}
	out := slices.Concat(doc.bom, text)
	return out, verifyElements(doc.root, out, missing)
}

// elementsOf finds spec.generators[].list.elements.
func elementsOf(root *yaml.Node) (*yaml.Node, error) {
	generators := at(root, "spec", "generators")
	if generators != nil && generators.Kind == yaml.SequenceNode {
		for _, generator := range generators.Content {
			if list := at(generator, "list", "elements"); list != nil && list.Kind == yaml.SequenceNode && len(list.Content) > 0 {
				return list, nil
			}
		}
	}
	return nil, errors.New("the set has no list of elements to add to. Add one by hand")
}

// templated is a value of an element in a set's template.
var templated = regexp.MustCompile(`\{\{-?\s*\.?([A-Za-z0-9_-]+)\s*-?\}\}`)

// keyOf is the key of an element that says which folder it deploys.
func keyOf(root *yaml.Node) string {
	place := at(root, "spec", "template", "spec", "source", "path")
	if place == nil || place.Kind != yaml.ScalarNode {
		return keyName
	}
	found := templated.FindAllStringSubmatch(place.Value, -1)
	if len(found) == 0 {
		return keyName
	}
	return found[len(found)-1][1]
}

// named are the elements of a list by the last part of what is under a key.
func named(list *yaml.Node, key string) (elements []*entry, err error) {
	for _, node := range list.Content {
		if node.Kind != yaml.MappingNode {
			return nil, fmt.Errorf("line %d: this element is no mapping. Add the new ones by hand", node.Line)
		}
		fields, err := fieldsOf(node)
		if err != nil {
			return nil, err
		}
		value := fields[key].value
		if value == nil || value.Kind != yaml.ScalarNode || value.Value == "" {
			return nil, fmt.Errorf("line %d: this element has no %s, by which its folder is found. Add the new ones by hand", node.Line, key)
		}
		elements = append(elements, &entry{node: node, name: path.Base(value.Value), fields: fields})
	}
	return elements, nil
}

// at is the value below the keys, or nil.
func at(node *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		if node == nil || node.Kind != yaml.MappingNode {
			return nil
		}
		fields, err := fieldsOf(node)
		if err != nil {
			return nil
		}
		node = fields[key].value
	}
	return node
}

// appendElements writes elements behind the last one of a list.
func (d *document) appendElements(list *yaml.Node, last *entry, names []string) (splice, error) {
	end, err := d.endOfEntry(last)
	if err != nil {
		return splice{}, err
	}
	if list.Style&yaml.FlowStyle == 0 {
		if end, err = d.endOfLine(end); err != nil {
			return splice{}, err
		}
	}
	var text strings.Builder
	for _, name := range names {
		pairs, err := d.pairsLike(last, name)
		if err != nil {
			return splice{}, err
		}
		dash := d.eol + strings.Repeat(" ", list.Column-1) + "-" + strings.Repeat(" ", max(last.node.Column-list.Column-1, 1))
		switch {
		case list.Style&yaml.FlowStyle != 0:
			text.WriteString(", {" + strings.Join(pairs, ", ") + "}")
		case last.flow():
			text.WriteString(dash + "{" + strings.Join(pairs, ", ") + "}")
		default:
			text.WriteString(dash + strings.Join(pairs, d.eol+strings.Repeat(" ", last.node.Column-1)))
		}
	}
	return splice{end, end, text.String()}, nil
}

// pairsLike are an element's keys and values as they are written, with another
// name: alone, and as the last part of a path.
func (d *document) pairsLike(e *entry, name string) ([]string, error) {
	var pairs []string
	for i := 0; i+1 < len(e.node.Content); i += 2 {
		key, value := e.node.Content[i], e.node.Content[i+1]
		start, end, err := d.token(value)
		if err != nil {
			return nil, err
		}
		written := string(d.text[start:end])
		if value.Value == e.name || strings.HasSuffix(value.Value, "/"+e.name) {
			at := strings.LastIndex(written, e.name)
			if at < 0 {
				return nil, fmt.Errorf("line %d: %s is written with escapes. Write it plainly", value.Line, value.Value)
			}
			written = written[:at] + name + written[at+len(e.name):]
			if plain := (&yaml.Node{Kind: yaml.ScalarNode, Value: written}); value.Style == 0 && (!isText(plain) || yaml.IsValueNonString(written)) {
				written = quote(written)
			}
		}
		pairs = append(pairs, key.Value+": "+written)
	}
	return pairs, nil
}

// verifyElements sees that nothing but the new elements differs.
func verifyElements(before *yaml.Node, out []byte, added []string) error {
	fail := func(err error) error {
		return fmt.Errorf("the edited set can't be read as it should: %w. Edit the file by hand", err)
	}
	doc, err := parse(out)
	if err != nil {
		return fail(err)
	}
	list, err := elementsOf(doc.root)
	if err != nil {
		return fail(err)
	}
	elements, err := named(list, keyOf(doc.root))
	if err != nil {
		return fail(err)
	}
	known := len(elements) - len(added)
	for i, name := range added {
		if known < 0 || elements[known+i].name != name {
			return fail(fmt.Errorf("it has no element of %s", name))
		}
	}
	list.Content = list.Content[:known]
	var was, is any
	if err := errors.Join(before.Decode(&was), doc.root.Decode(&is)); err != nil {
		return fail(err)
	}
	if !reflect.DeepEqual(was, is) {
		return fail(errors.New("more than its elements would change"))
	}
	return nil
}
