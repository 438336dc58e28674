package kustomize

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Edit returns a kustomization file in which the entry of every image says
// exactly what the Image says, and in which every other byte is as it was:
// comments, blank lines, line ends, indentation and a byte order mark.
//
// Values are written double-quoted, because kustomize reads many a plain tag as
// a number or a boolean. An image without an entry gets one at the end of the
// list, in the list's own style. When every entry says so already, the bytes
// returned are those given. A file that can't be edited safely is refused, with
// the line: several documents, aliases, entries without a name or with the same
// one, values that are block scalars or carry a tag or an anchor.
func Edit(src []byte, images []Image) ([]byte, error) {
	if err := checkImages(images); err != nil {
		return nil, err
	}
	doc, err := parse(src)
	if err != nil {
		return nil, err
	}
	edits, err := doc.plan(images)
	if err != nil {
		return nil, err
	}
	if len(edits) == 0 {
		return src, nil
	}
	text, err := edits.apply(doc.text)
	if err != nil {
		return nil, err
	}
	out := slices.Concat(doc.bom, text)
	if err := verify(doc, out, images); err != nil {
		return nil, err
	}
	return out, nil
}

// plan collects the splices that make the document say what the images say.
func (d *document) plan(images []Image) (splices, error) {
	var edits splices
	var missing []Image
	for _, image := range images {
		e := d.images.find(image.Name)
		if e == nil {
			missing = append(missing, image)
			continue
		}
		for _, key := range pinKeys {
			s, err := d.setKey(e, key, image)
			if err != nil {
				return nil, fmt.Errorf("image %q: %w", image.Name, err)
			}
			edits = append(edits, s...)
		}
	}
	if len(missing) > 0 {
		s, err := d.appendEntries(missing)
		if err != nil {
			return nil, fmt.Errorf("add image %q: %w", missing[0].Name, err)
		}
		edits = append(edits, s)
	}
	return edits, nil
}

// setKey makes one key of an entry say what the image says: nothing to do,
// another value, one key less or one more.
func (d *document) setKey(e *entry, key string, image Image) (splices, error) {
	want := image.value(key)
	have, present := e.fields[key]
	var (
		s   splice
		err error
	)
	switch {
	case want == "" && (!present || have.null()), present && want != "" && says(have.value, want):
		return nil, nil
	case present && want != "":
		s, err = d.replaceValue(have, want)
	case present:
		s, err = d.removeKey(e, have)
	default:
		s, err = d.insertKey(e, key, image)
	}
	return splices{s}, err
}

// says tells whether a value already reads as the wanted string, for kustomize
// too, which reads YAML 1.1: an unquoted 0123456 is not the string "0123456".
func says(value *yaml.Node, want string) bool {
	quoted := yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle
	return value.Kind == yaml.ScalarNode && value.Value == want && value.ShortTag() == yaml.NodeTagString &&
		(value.Style&quoted != 0 || !yaml.IsValueNonString(want))
}

func (d *document) replaceValue(f field, want string) (splice, error) {
	start, end, err := d.token(f.value)
	if err != nil {
		return splice{}, err
	}
	text := quote(want)
	if start == end { // a key without a value: start is just behind its colon
		text = " " + text
	}
	return splice{start, end, text}, nil
}

// insertKey puts a new key behind the nearest of its elder siblings that stays.
func (d *document) insertKey(e *entry, key string, image Image) (splice, error) {
	elder := e.fields[keyName]
	for _, k := range pinKeys {
		if k == key {
			break
		}
		if f, ok := e.fields[k]; ok && image.value(k) != "" {
			elder = f
		}
	}
	_, end, err := d.token(elder.value)
	if err != nil {
		return splice{}, err
	}
	pair := pairText(e.fields[keyName].key, key, image.value(key))
	if e.flow() {
		return splice{end, end, ", " + pair}, nil
	}
	end, err = d.endOfLine(end)
	if err != nil {
		return splice{}, err
	}
	indent := strings.Repeat(" ", e.fields[keyName].key.Column-1)
	return splice{end, end, d.eol + indent + pair}, nil
}

// removeKey takes out a key with its value, and in block style its whole line.
func (d *document) removeKey(e *entry, f field) (splice, error) {
	start, err := d.offset(f.key)
	if err != nil {
		return splice{}, err
	}
	_, end, err := d.token(f.value)
	if err != nil {
		return splice{}, err
	}
	before, after := e.neighbours(f)
	lineStart := d.lines[f.key.Line-1]
	switch {
	case !e.flow() && isBlank(d.text[lineStart:start]):
		value := end
		if end, err = d.endOfLine(value); err != nil {
			return splice{}, err
		}
		return splice{lineStart, end + d.breakAt(end), ""}, d.mayRemove(value, end, f)
	case after != nil: // the first key, behind the dash or the brace
		next, err := d.offset(after.key)
		if err != nil {
			return splice{}, err
		}
		return splice{start, next, ""}, d.mayRemove(end, next, f)
	default: // the last key of a flow entry
		_, previous, err := d.token(before.value)
		if err != nil {
			return splice{}, err
		}
		return splice{previous, end, ""}, d.mayRemove(previous, start, f)
	}
}

// mayRemove refuses to take out the text between two keys if anything but a
// comma and white space stands there, which can only be a comment.
func (d *document) mayRemove(from, to int, f field) error {
	if from <= to && isBlank([]byte(strings.Replace(string(d.text[from:to]), ",", "", 1))) {
		return nil
	}
	return fmt.Errorf("line %d: %s has to go, but a comment stands beside it. Remove the key by hand", f.key.Line, f.key.Value)
}

// pairText writes a key and its value, the key quoted as its sibling is.
func pairText(sibling *yaml.Node, key, value string) string {
	if sibling != nil && sibling.Style&yaml.DoubleQuotedStyle != 0 {
		key = quote(key)
	}
	return key + ": " + quote(value)
}

// quote needs no escapes: checkImages lets no character in that would want one.
func quote(value string) string { return `"` + value + `"` }
