package kustomize

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// verify reads the edited file again: every image says what was asked, and
// every other node is what it was. It is the net below the splicing.
func verify(before *document, out []byte, images []Image) error {
	after, err := parse(out)
	if err != nil {
		return fmt.Errorf("the edited file can't be read again: %w. Edit the file by hand", err)
	}
	for _, image := range images {
		if err := verifyEntry(after.images.find(image.Name), image); err != nil {
			return fmt.Errorf("image %q: %w. Edit the file by hand", image.Name, err)
		}
	}
	if before.others(images, nil) != after.others(images, before) {
		return errors.New("the edit would change more of the file than its images. Edit the file by hand")
	}
	return nil
}

func verifyEntry(e *entry, image Image) error {
	if e == nil {
		return errors.New("the edited file has no entry for it")
	}
	for _, key := range pinKeys {
		f, present := e.fields[key]
		present = present && !f.null()
		if want := image.value(key); present != (want != "") || present && !says(f.value, want) {
			return fmt.Errorf("the edited file does not say %s: %q", key, want)
		}
	}
	return nil
}

// others prints every node of a document but the pins of the images. Entries
// that the older document lacks are left out: they were added.
func (d *document) others(images []Image, older *document) string {
	var b strings.Builder
	for i := 0; i+1 < len(d.root.Content); i += 2 {
		if d.root.Content[i] == d.images.key {
			continue
		}
		dump(&b, d.root.Content[i])
		dump(&b, d.root.Content[i+1])
	}
	b.WriteString("images:\n")
	for _, e := range d.images.entries {
		target := slices.ContainsFunc(images, func(i Image) bool { return i.Name == e.name })
		if target && older != nil && older.images.find(e.name) == nil {
			continue
		}
		fmt.Fprintf(&b, "- %q %q\n", e.node.Tag, e.node.Anchor)
		for i := 0; i+1 < len(e.node.Content); i += 2 {
			if !target || !slices.Contains(pinKeys, e.node.Content[i].Value) {
				dump(&b, e.node.Content[i])
				dump(&b, e.node.Content[i+1])
			}
		}
	}
	return b.String()
}

func dump(b *strings.Builder, n *yaml.Node) {
	fmt.Fprintf(b, "%d %q %q %q %d\n", n.Kind, n.Tag, n.Value, n.Anchor, n.Style)
	for _, child := range n.Content {
		dump(b, child)
	}
	b.WriteString(".\n")
}
