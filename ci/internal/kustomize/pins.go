package kustomize

import (
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// Pins returns what an environment pins at present, by logical image name. A
// key that an entry lacks is an empty field; one with neither a tag nor a digest
// pins nothing.
func Pins(dir, environment string) (map[string]Image, error) {
	layout, err := Detect(dir, environment)
	if err != nil {
		return nil, err
	}
	pins := map[string]Image{}
	from := map[string]string{}
	for _, file := range layout.Files() {
		images, err := pinsOf(dir, file)
		if err != nil {
			return nil, err
		}
		for _, image := range images {
			if image.NewTag+image.Digest == "" { // It waits for its first image.
				continue
			}
			if other, ok := from[image.Name]; ok && image != pins[image.Name] {
				return nil, fmt.Errorf("image %s is pinned differently in %s and in %s. Keep one of the entries", image.Name, other, file)
			}
			pins[image.Name], from[image.Name] = image, file
		}
	}
	return pins, nil
}

// PinsIn returns what one kustomization file pins, in the order of its entries.
func PinsIn(src []byte) ([]Image, error) {
	doc, err := parse(src)
	if err != nil {
		return nil, err
	}
	var images []Image
	for _, e := range doc.images.entries {
		images = append(images, e.image())
	}
	return images, nil
}

func pinsOf(dir, file string) ([]Image, error) {
	src, err := bounds.ReadIn(dir, file)
	if err != nil {
		return nil, fmt.Errorf("read the pins: %w", err)
	}
	images, err := PinsIn(src)
	if err != nil {
		return nil, fmt.Errorf("read the pins of %s: %w", file, err)
	}
	return images, nil
}

func (e *entry) image() Image {
	value := func(key string) string {
		if f, ok := e.fields[key]; ok && !f.null() {
			return f.value.Value
		}
		return "" // null is none, as kustomize has it
	}
	return Image{Name: e.name, NewName: value(keyNewName), NewTag: value(keyNewTag), Digest: value(keyDigest)}
}
