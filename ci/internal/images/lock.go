package images

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Lock is the file by which a machine gives its own images:
//
//	{"version": 1, "images": {"python:3.13-slim": "REPOSITORY:TAG@sha256:DIGEST"}}
type Lock struct {
	Images map[string]string
}

// lockVersion is the version of the format that is read and written.
const lockVersion = 1

// ParseLock reads a lock. A message about a malformed one names the line and
// the entry. Keys other than version and images belong to other tools.
func ParseLock(raw []byte) (Lock, error) {
	p := &parser{raw: raw, decoder: json.NewDecoder(bytes.NewReader(raw))}
	p.decoder.UseNumber()
	lock := Lock{Images: map[string]string{}}
	version, images := json.Number(""), false
	err := p.object(func(key string) error {
		switch key {
		case "version":
			return p.value(&version, "version is no number. Write 1")
		case "images":
			images = true
			return p.object(func(name string) error { return p.image(lock, name) })
		}
		var ignored any
		return p.value(&ignored, "the value of "+key+" is malformed. Correct the JSON")
	})
	switch {
	case err != nil:
	case p.trailing():
		err = p.refuse("there is more after the object. Keep one object a file")
	case version != "1":
		err = fmt.Errorf("image lock has version %q. Write it with version %d", version, lockVersion)
	case !images:
		err = errors.New(`image lock has no "images". Add the object, even if empty`)
	}
	if err != nil {
		return Lock{}, err
	}
	return lock, nil
}

// JSON writes the lock, its names in order.
func (l Lock) JSON() ([]byte, error) {
	for _, name := range slices.Sorted(maps.Keys(l.Images)) {
		if err := pinned(l.Images[name]); err != nil {
			return nil, fmt.Errorf("write image lock: image %q: %w", name, err)
		}
	}
	return json.MarshalIndent(map[string]any{"version": lockVersion, "images": l.Images}, "", "  ")
}

// parser walks the JSON by tokens, because only so is a line known.
type parser struct {
	raw     []byte
	decoder *json.Decoder
}

// object calls visit with each key; visit reads the value.
func (p *parser) object(visit func(key string) error) error {
	if token, err := p.decoder.Token(); err != nil || token != json.Delim('{') {
		return p.refuse("an object belongs here. Write {", err)
	}
	seen := map[string]bool{}
	for p.decoder.More() {
		token, err := p.decoder.Token()
		if err != nil {
			return p.refuse("the JSON is malformed. Correct it", err)
		}
		key, _ := token.(string) // A key of a JSON object is a string.
		if seen[key] {
			return p.refuse(fmt.Sprintf("%q stands twice. Keep one", key))
		}
		seen[key] = true
		if err := visit(key); err != nil {
			return err
		}
	}
	if _, err := p.decoder.Token(); err != nil {
		return p.refuse("the JSON is malformed. Correct it", err)
	}
	return nil
}

func (p *parser) image(lock Lock, name string) error {
	var reference string
	if err := p.value(&reference, fmt.Sprintf("image %q is no string. Write REPOSITORY:TAG@sha256:DIGEST", name)); err != nil {
		return err
	}
	if name == "" {
		return p.refuse("an image has no name. Write one such as python:3.13-slim")
	}
	if err := pinned(reference); err != nil {
		return p.refuse(fmt.Sprintf("image %q: %s", name, err))
	}
	lock.Images[name] = reference
	return nil
}

func (p *parser) value(into any, complaint string) error {
	if err := p.decoder.Decode(into); err != nil {
		return p.refuse(complaint, err)
	}
	return nil
}

func (p *parser) trailing() bool {
	_, err := p.decoder.Token()
	return !errors.Is(err, io.EOF)
}

// refuse names the line that has been read to.
func (p *parser) refuse(complaint string, causes ...error) error {
	offset := min(int(p.decoder.InputOffset()), len(p.raw))
	for _, cause := range causes {
		var syntax *json.SyntaxError
		if errors.As(cause, &syntax) {
			offset = min(int(syntax.Offset), len(p.raw))
		}
		if cause != nil {
			complaint = fmt.Sprintf("%s: %s", cause, complaint)
		}
	}
	line := 1 + bytes.Count(p.raw[:offset], []byte("\n"))
	return fmt.Errorf("image lock, line %d: %s", line, complaint)
}
