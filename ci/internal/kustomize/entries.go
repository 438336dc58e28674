package kustomize

import (
	"fmt"
	"slices"
)

// AddEntries returns a kustomization file whose images list has entries of the
// images too, in its own style, as far as they say something already, and in which
// every other byte is as it was. Those that it has stay as they are.
func AddEntries(src []byte, images []Image) ([]byte, error) {
	doc, err := parse(src)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(images), func(i Image) bool { return doc.images.find(i.Name) != nil })
	if len(missing) == 0 {
		return src, nil
	}
	edit, err := doc.appendEntries(missing)
	if err != nil {
		return nil, err
	}
	text, err := splices{edit}.apply(doc.text)
	if err != nil {
		return nil, err
	}
	out := slices.Concat(doc.bom, text)
	after, err := parse(out)
	if err != nil {
		return nil, fmt.Errorf("the edited file can't be read again: %w. Edit the file by hand", err)
	}
	if len(after.images.entries) != len(doc.images.entries)+len(missing) {
		return nil, fmt.Errorf("the edited file would not name every image. Edit the file by hand")
	}
	return out, nil
}
