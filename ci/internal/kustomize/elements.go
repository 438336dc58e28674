package kustomize

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// AddElements returns an ApplicationSet's file whose list generator has elements
// of the names too, each as the last one that is of like, but for its name, by
// whatever key it goes, and in which every other byte is as it was. Names that it
// has already are left out.
func AddElements(src []byte, like string, names []string) ([]byte, error) {
	doc, err := parse(src)
	if err != nil {
		return nil, err
	}
	list, model, err := listOf(doc.root, like)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(list.Content, func(n *yaml.Node) bool { return isOf(n, name) })
	})
	if len(missing) == 0 {
		return src, nil
	}
	edit, err := doc.appendElements(list, model, like, missing)
	if err != nil {
		return nil, err
	}
	text, err := splices{edit}.apply(doc.text)
	if err != nil {
		return nil, err
	}
	out := slices.Concat(doc.bom, text)
	return out, verifyElements(doc.root, out, like, len(missing))
}

// listOf finds the list of elements that has one of like, and that element.
func listOf(root *yaml.Node, like string) (list, model *yaml.Node, err error) {
	lists := listsOf(at(root, "spec", "generators"))
	if len(lists) == 0 {
		return nil, nil, errors.New("the set has no list of elements to add to. Add one by hand")
	}
	for _, list := range lists {
		for _, element := range slices.Backward(list.Content) {
			if element.Kind == yaml.MappingNode && isOf(element, like) { // Anything else is no element.
				return list, element, nil
			}
		}
	}
	return nil, nil, fmt.Errorf("no element of the set's list is of %s, as the others would be written. Add one by hand", like)
}

// listsOf are spec.generators[].list.elements, and those within a matrix or a
// merge of generators.
func listsOf(generators *yaml.Node) (lists []*yaml.Node) {
	if generators == nil || generators.Kind != yaml.SequenceNode {
		return nil
	}
	for _, generator := range generators.Content {
		if list := at(generator, "list", "elements"); list != nil && list.Kind == yaml.SequenceNode && len(list.Content) > 0 {
			lists = append(lists, list)
		}
		for _, combined := range []string{"matrix", "merge"} {
			lists = append(lists, listsOf(at(generator, combined, "generators"))...)
		}
	}
	return lists
}

// isOf tells whether an element is that of a name: a value of it is the name, or
// a path that ends in it.
func isOf(element *yaml.Node, name string) bool {
	if element.Kind == yaml.ScalarNode {
		return element.Value == name || strings.HasSuffix(element.Value, "/"+name)
	}
	for i, child := range element.Content {
		if (element.Kind != yaml.MappingNode || i%2 == 1) && isOf(child, name) {
			return true
		}
	}
	return false
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
func (d *document) appendElements(list, model *yaml.Node, like string, names []string) (splice, error) {
	last := list.Content[len(list.Content)-1]
	end, err := d.endOfNode(last)
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
		pairs, err := d.pairsLike(model, like, name)
		if err != nil {
			return splice{}, err
		}
		dash := d.eol + strings.Repeat(" ", list.Column-1) + "-" + strings.Repeat(" ", max(last.Column-list.Column-1, 1))
		switch {
		case list.Style&yaml.FlowStyle != 0:
			text.WriteString(", {" + strings.Join(pairs, ", ") + "}")
		case model.Style&yaml.FlowStyle != 0:
			text.WriteString(dash + "{" + strings.Join(pairs, ", ") + "}")
		default:
			text.WriteString(dash + strings.Join(pairs, d.eol+strings.Repeat(" ", last.Column-1)))
		}
	}
	return splice{end, end, text.String()}, nil
}

// endOfNode is the offset behind a value, whatever it is made of.
func (d *document) endOfNode(n *yaml.Node) (int, error) {
	if n.Kind == yaml.ScalarNode {
		_, end, err := d.token(n)
		return end, err
	}
	if len(n.Content) == 0 {
		return 0, fmt.Errorf("line %d: an empty list or mapping stands at the end. Write something behind it", n.Line)
	}
	end, err := d.endOfNode(n.Content[len(n.Content)-1])
	if err != nil || n.Style&yaml.FlowStyle == 0 {
		return end, err
	}
	close := map[yaml.Kind]byte{yaml.MappingNode: '}', yaml.SequenceNode: ']'}[n.Kind]
	for end < len(d.text) {
		switch c := d.text[end]; {
		case c == close:
			return end + 1, nil
		case c == ',' || isBlank(d.text[end:end+1]):
			end++
		default:
			return 0, fmt.Errorf("line %d: the end of the element was not found. Write it in block style", n.Line)
		}
	}
	return 0, fmt.Errorf("line %d: the element has no end. Write it in block style", n.Line)
}

// pairsLike are an element's keys and values as they are written, with another
// name; what is within a value is written in flow style.
func (d *document) pairsLike(n *yaml.Node, like, name string) ([]string, error) {
	var pairs []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		written, err := d.valueLike(n.Content[i+1], like, name)
		if err != nil {
			return nil, err
		}
		start, end, err := d.token(n.Content[i])
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, string(d.text[start:end])+": "+written)
	}
	return pairs, nil
}

func (d *document) valueLike(n *yaml.Node, like, name string) (string, error) {
	switch n.Kind {
	case yaml.MappingNode:
		pairs, err := d.pairsLike(n, like, name)
		return "{" + strings.Join(pairs, ", ") + "}", err
	case yaml.SequenceNode:
		var values []string
		for _, element := range n.Content {
			written, err := d.valueLike(element, like, name)
			if err != nil {
				return "", err
			}
			values = append(values, written)
		}
		return "[" + strings.Join(values, ", ") + "]", nil
	}
	start, end, err := d.token(n)
	if err != nil {
		return "", err
	}
	written := string(d.text[start:end])
	renamed := Renamed(written, like, name)
	plain := &yaml.Node{Kind: yaml.ScalarNode, Value: renamed}
	if renamed != written && n.Style == 0 && (!isText(plain) || yaml.IsValueNonString(renamed)) {
		renamed = quote(renamed) // 007 is a number, and null nothing
	}
	return renamed, nil
}

// verifyElements sees that nothing but the new elements differs.
func verifyElements(before *yaml.Node, out []byte, like string, added int) error {
	fail := func(err error) error {
		return fmt.Errorf("the edited set can't be read as it should: %w. Edit the file by hand", err)
	}
	doc, err := parse(out)
	if err != nil {
		return fail(err)
	}
	list, _, err := listOf(doc.root, like)
	if err != nil {
		return fail(err)
	}
	list.Content = list.Content[:len(list.Content)-added]
	var was, is any
	if err := errors.Join(before.Decode(&was), doc.root.Decode(&is)); err != nil {
		return fail(err)
	}
	if !reflect.DeepEqual(was, is) {
		return fail(errors.New("more than its elements would change"))
	}
	return nil
}
