package kustomize

import (
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
	decoder "sigs.k8s.io/yaml"
)

// quoted is a kustomization file in which kustomize reads every tag and digest of an
// image as text: 1.10, 20241128 and 1e5 are numbers without quotes, for which
// it refuses the whole file. It says what was mended. What is nothing stays nothing.
func quoted(file string, src []byte) (mended []byte, notes []string, err error) {
	doc, err := parse(src)
	if err != nil {
		return nil, nil, err
	}
	var edits splices
	for _, n := range doc.images.numbers() {
		start, end, err := doc.token(n)
		if err != nil {
			return nil, nil, err
		}
		edits = append(edits, splice{start, end, quote(n.Value)})
		notes = append(notes, fmt.Sprintf("%s, line %d: %s is a number or the like to kustomize, and now stands in quotes", file, n.Line, n.Value))
	}
	if len(edits) == 0 {
		return src, nil, nil
	}
	text, err := edits.apply(doc.text)
	return slices.Concat(doc.bom, text), notes, err
}

// numbers are the values of the entries that kustomize takes for no text.
func (l imageList) numbers() (found []*yaml.Node) {
	for _, e := range l.entries {
		for _, key := range append([]string{keyTagSuffix}, pinKeys...) {
			if f, ok := e.fields[key]; ok && !isText(f.value) {
				found = append(found, f.value)
			}
		}
	}
	slices.SortFunc(found, func(a, b *yaml.Node) int { return a.Line - b.Line })
	return found
}

// isText tells whether kustomize reads a value as text, or as nothing. It is asked
// by the decoder that kustomize itself uses.
func isText(value *yaml.Node) bool {
	plain := value.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0
	if value.Kind != yaml.ScalarNode || !plain || value.Value == "" {
		return true
	}
	var read struct{ Value any }
	if decoder.Unmarshal([]byte("value: "+value.Value+"\n"), &read) != nil {
		return true
	}
	_, text := read.Value.(string)
	return text || read.Value == nil
}

// unreadable names the places in a kustomization file at which a number stands for a
// text, for which kustomize names the file alone.
func unreadable(file string, src []byte) (places []error) {
	doc, err := parse(src)
	if err != nil {
		return nil
	}
	for _, n := range doc.images.numbers() {
		places = append(places, fmt.Errorf("%s, line %d: %s is a number or the like to kustomize. Put it in quotes", file, n.Line, n.Value))
	}
	return places
}
