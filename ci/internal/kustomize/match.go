package kustomize

import (
	"fmt"
	"regexp"
	"strings"
)

// rendered are the images of a file by the references that they show as, when all
// of its entries were applied: one after the other, each to what the ones before
// made of an image. One that takes a tag or a digest away again is an error.
func rendered(src []byte, images []Image) (map[string]Image, error) {
	doc, err := parse(src)
	if err != nil {
		return nil, err
	}
	shown := map[string]Image{}
	refused := Refused{}
	for _, image := range images {
		now, by := doc.follow(image)
		if now.NewTag != image.NewTag || now.Digest != image.Digest {
			refused[image.Name] = fmt.Errorf("image %q: the entry on line %d, %q, gives it another tag or digest afterwards. Change that one, or remove it", image.Name, by.node.Line, by.name)
			continue
		}
		shown[now.Reference()] = image
	}
	if len(refused) > 0 {
		return nil, refused
	}
	return shown, nil
}

// follow is what the entries behind an image's own make of it, and the last one that
// did so.
func (d *document) follow(image Image) (now Image, by *entry) {
	now = image
	own := d.images.find(image.Name)
	behind := false
	for _, e := range d.images.entries {
		if behind && matched(now.Reference(), e.name) {
			now, by = e.applied(now), e
		}
		behind = behind || e == own
	}
	return now, by
}

// applied is what an entry makes of an image, as kustomize has it: a tag alone takes
// the digest away, and a digest alone the tag.
func (e *entry) applied(to Image) Image {
	pin := e.image()
	if pin.NewName != "" {
		to.NewName = pin.NewName
	}
	if suffix, ok := e.fields[keyTagSuffix]; ok && pin.NewTag+pin.Digest == "" && suffix.value.Value != "" {
		to.NewTag, to.Digest = to.NewTag+suffix.value.Value, ""
	}
	if pin.NewTag+pin.Digest != "" {
		to.NewTag, to.Digest = pin.NewTag, pin.Digest
	}
	return to
}

// matched tells whether an entry's name is that of a reference, as kustomize
// decides it: the name is a regular expression there.
func matched(reference, name string) bool {
	repository, _, _ := strings.Cut(reference, "@")
	if at := strings.LastIndex(repository, ":"); at > strings.LastIndex(repository, "/") {
		repository = repository[:at]
	}
	pattern, err := regexp.Compile("^" + name + "$")
	return err == nil && pattern.MatchString(repository)
}
