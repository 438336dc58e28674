package kustomize

import (
	"bytes"
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// appendEntries adds images that have no entry yet, all in one splice: to the
// list in its own style, or in a new list at the end of the document.
func (d *document) appendEntries(missing []Image) (splice, error) {
	list := d.images.node
	switch {
	case list == nil:
		return d.newList(missing)
	case list.Kind == yaml.ScalarNode:
		return d.fillNull(list, missing)
	case list.Style&yaml.FlowStyle != 0:
		return d.appendFlow(list, missing)
	default:
		return d.appendBlock(list, missing)
	}
}

// newList writes "images:" at the end of the document, its entries indented as
// those of the first other list.
func (d *document) newList(missing []Image) (splice, error) {
	if d.root.Style&yaml.FlowStyle != 0 {
		return splice{}, fmt.Errorf(`line %d: the whole file is one flow mapping without an images list. Add "images": [] by hand`, d.root.Line)
	}
	column := d.root.Content[0].Column
	dash := column + 2
	for _, value := range d.root.Content {
		if value.Kind == yaml.SequenceNode && value.Style&yaml.FlowStyle == 0 {
			dash = value.Column
			break
		}
	}
	lines := append([]string{strings.Repeat(" ", column-1) + "images:"}, blockEntries(missing, dash, 1)...)
	text := strings.Join(lines, d.eol)
	at := d.endOfDocument()
	if at > 0 && !d.isLineStart(at) {
		return splice{at, at, d.eol + text}, nil
	}
	return splice{at, at, text + d.eol}, nil
}

// fillNull turns "images:" with nothing behind it, or with a null, into a list.
func (d *document) fillNull(list *yaml.Node, missing []Image) (splice, error) {
	start, end, err := d.token(list)
	if err != nil {
		return splice{}, err
	}
	if start < end || d.root.Style&yaml.FlowStyle != 0 {
		text := "[" + strings.Join(flowEntries(missing, nil), ", ") + "]"
		if start == end {
			text = " " + text
		}
		return splice{start, end, text}, nil
	}
	if end, err = d.endOfLine(end); err != nil {
		return splice{}, err
	}
	return splice{end, end, d.eol + strings.Join(blockEntries(missing, d.images.key.Column+2, 1), d.eol)}, nil
}

func (d *document) appendFlow(list *yaml.Node, missing []Image) (splice, error) {
	if last := d.images.last(); last != nil {
		end, err := d.endOfEntry(last)
		if err != nil {
			return splice{}, err
		}
		entries := flowEntries(missing, last.fields[keyName].key)
		return splice{end, end, ", " + strings.Join(entries, ", ")}, nil
	}
	start, err := d.offset(list)
	if err != nil {
		return splice{}, err
	}
	if start >= len(d.text) || d.text[start] != '[' {
		return splice{}, fmt.Errorf("line %d: the images list carries a tag or an anchor. Remove it by hand", list.Line)
	}
	return splice{start + 1, start + 1, strings.Join(flowEntries(missing, nil), ", ")}, nil
}

func (d *document) appendBlock(list *yaml.Node, missing []Image) (splice, error) {
	first, last := d.images.entries[0], d.images.last()
	end, err := d.endOfEntry(last)
	if err != nil {
		return splice{}, err
	}
	if end, err = d.endOfLine(end); err != nil {
		return splice{}, err
	}
	gap := 1
	if first.node.Line == list.Line && first.node.Column > list.Column+1 {
		gap = first.node.Column - list.Column - 1
	}
	var lines []string
	if last.flow() {
		indent := strings.Repeat(" ", list.Column-1) + "-" + strings.Repeat(" ", gap)
		for _, text := range flowEntries(missing, last.fields[keyName].key) {
			lines = append(lines, indent+text)
		}
	} else {
		lines = blockEntries(missing, list.Column, gap)
	}
	return splice{end, end, d.eol + strings.Join(lines, d.eol)}, nil
}

// endOfEntry is the offset behind an entry: behind the brace of a flow mapping,
// behind the last value of a block mapping.
func (d *document) endOfEntry(e *entry) (int, error) {
	_, end, err := d.token(e.node.Content[len(e.node.Content)-1])
	if err != nil || !e.flow() {
		return end, err
	}
	for end < len(d.text) {
		switch c := d.text[end]; {
		case c == '}':
			return end + 1, nil
		case c == ',' || isBlank(d.text[end:end+1]):
			end++
		case c == '#':
			end = d.nextBreak(end)
		default:
			return 0, fmt.Errorf("line %d: the end of the entry was not found. Write the entry in block style", e.node.Line)
		}
	}
	return 0, fmt.Errorf("line %d: the entry has no closing brace. Write the entry in block style", e.node.Line)
}

// endOfDocument is the end of the text, or the start of a "..." line, which in
// YAML can be nothing but the mark that ends a document.
func (d *document) endOfDocument() int {
	for i := len(d.lines) - 1; i >= 0; i-- {
		rest, found := bytes.CutPrefix(d.text[d.lines[i]:], []byte("..."))
		if found && (len(rest) == 0 || isBlank(rest[:1])) {
			return d.lines[i]
		}
	}
	return len(d.text)
}

func blockEntries(images []Image, dashColumn, gap int) []string {
	dash := strings.Repeat(" ", dashColumn-1) + "-" + strings.Repeat(" ", gap)
	indent := strings.Repeat(" ", len(dash))
	var lines []string
	for _, image := range images {
		for i, pair := range pairs(image, nil) {
			if i == 0 {
				lines = append(lines, dash+pair)
			} else {
				lines = append(lines, indent+pair)
			}
		}
	}
	return lines
}

func flowEntries(images []Image, sibling *yaml.Node) []string {
	var entries []string
	for _, image := range images {
		entries = append(entries, "{"+strings.Join(pairs(image, sibling), ", ")+"}")
	}
	return entries
}

func pairs(image Image, sibling *yaml.Node) []string {
	list := []string{pairText(sibling, keyName, image.Name)}
	for _, key := range pinKeys {
		if value := image.value(key); value != "" {
			list = append(list, pairText(sibling, key, value))
		}
	}
	return list
}
