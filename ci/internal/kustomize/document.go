package kustomize

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// document is one parsed kustomization file and its bytes.
type document struct {
	bom, text []byte // text is what was parsed; the byte order mark is kept aside
	eol       string // how the file ends its lines
	lines     []int  // the offset in text at which each line starts
	root      *yaml.Node
	images    imageList
}

// imageList is the images list of a document; node is nil when there is none.
type imageList struct {
	key, node *yaml.Node
	entries   []*entry
}

// entry is one element of the list.
type entry struct {
	node   *yaml.Node
	name   string
	fields map[string]field
}

type field struct{ key, value *yaml.Node }

// null tells whether a field says nothing, as if it were not there.
func (f field) null() bool { return f.value.ShortTag() == yaml.NodeTagNull }

func (l imageList) find(name string) *entry {
	for _, e := range l.entries {
		if e.name == name {
			return e
		}
	}
	return nil
}

func (l imageList) last() *entry {
	if len(l.entries) == 0 {
		return nil
	}
	return l.entries[len(l.entries)-1]
}

func (e *entry) flow() bool { return e.node.Style&yaml.FlowStyle != 0 }

func (e *entry) neighbours(f field) (before, after *field) {
	content := e.node.Content
	for i := 0; i < len(content); i += 2 {
		if content[i] != f.key {
			continue
		}
		if i >= 2 {
			before = &field{content[i-2], content[i-1]}
		}
		if i+3 < len(content) {
			after = &field{content[i+2], content[i+3]}
		}
	}
	return before, after
}

// parse reads a kustomization file that is safe to edit, or says why it isn't.
func parse(src []byte) (*document, error) {
	text, hasBOM := bytes.CutPrefix(src, []byte(byteOrderMark))
	d := &document{text: text}
	if hasBOM {
		d.bom = []byte(byteOrderMark)
	}
	if !utf8.Valid(text) {
		return nil, errors.New("the file is not UTF-8. Save it as UTF-8")
	}
	d.lines, d.eol = splitLines(text)
	root, err := parseOne(text)
	if err != nil {
		return nil, err
	}
	d.root = root
	if err := refuseAliases(root); err != nil {
		return nil, err
	}
	d.images, err = findImages(root)
	return d, err
}

const byteOrderMark = "\uFEFF"

// parseOne returns the top mapping of the only document in the text.
func parseOne(text []byte) (*yaml.Node, error) {
	if _, err := bounds.Values(text); err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, errors.New("the file holds no YAML document. Write a kustomization into it")
	} else if err != nil {
		return nil, fmt.Errorf("the file is not YAML: %w", err)
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, fmt.Errorf("line %d: a second document starts here. Keep one document in a kustomization", second.Line)
	case !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("the file is not YAML: %w", err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode || len(doc.Content[0].Content) == 0 {
		return nil, fmt.Errorf("line %d: the file is not a kustomization: its top is no mapping with keys", doc.Line)
	}
	return doc.Content[0], nil
}

// refuseAliases finds what would let one edit show in two places.
func refuseAliases(n *yaml.Node) error {
	if n.Kind == yaml.AliasNode {
		return fmt.Errorf("line %d: the alias *%s is refused, an edit of its anchor would show here too. Write the value out", n.Line, n.Value)
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.Tag == yaml.MergeTag {
			return fmt.Errorf("line %d: the merge key << is refused. Write the keys out", child.Line)
		}
		if err := refuseAliases(child); err != nil {
			return err
		}
	}
	return nil
}

// findImages reads the images list, refusing what kustomize silently ignores.
func findImages(root *yaml.Node) (imageList, error) {
	top, err := fieldsOf(root)
	if err != nil {
		return imageList{}, err
	}
	images, ok := top["images"]
	if !ok {
		return imageList{}, nil
	}
	list := imageList{key: images.key, node: images.value}
	if images.value.ShortTag() == yaml.NodeTagNull {
		return list, nil
	}
	if images.value.Kind != yaml.SequenceNode {
		return list, fmt.Errorf("line %d: images is not a list. Make it one", images.key.Line)
	}
	for _, node := range images.value.Content {
		e, err := readEntry(node)
		if err != nil {
			return list, err
		}
		if twin := list.find(e.name); twin != nil {
			return list, fmt.Errorf("line %d: image %q has an entry on line %d already. Keep one of them", node.Line, e.name, twin.node.Line)
		}
		list.entries = append(list.entries, e)
	}
	return list, nil
}

func readEntry(node *yaml.Node) (*entry, error) {
	if node.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: this entry of images is not a mapping. Write it as name, newName, newTag and digest", node.Line)
	}
	fields, err := fieldsOf(node)
	if err != nil {
		return nil, err
	}
	name := fields[keyName].value
	if name == nil || name.Kind != yaml.ScalarNode || name.Value == "" {
		return nil, fmt.Errorf("line %d: this entry of images has no name, so kustomize ignores it. Name it or delete it", node.Line)
	}
	if !says(name, name.Value) {
		return nil, fmt.Errorf("line %d: the name %s is no text to kustomize but a number or the like. Put it in quotes", name.Line, name.Value)
	}
	return &entry{node: node, name: name.Value, fields: fields}, nil
}

func fieldsOf(mapping *yaml.Node) (map[string]field, error) {
	fields := map[string]field{}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key := mapping.Content[i]
		if key.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("line %d: a list or a mapping stands where a key should. Write the key as text", key.Line)
		}
		if twin, ok := fields[key.Value]; ok {
			return nil, fmt.Errorf("line %d: the key %q stands on line %d already. Keep one of them", key.Line, key.Value, twin.key.Line)
		}
		fields[key.Value] = field{key, mapping.Content[i+1]}
	}
	return fields, nil
}
