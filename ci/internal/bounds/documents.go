package bounds

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v3"
)

const (
	// mostAdded is how many values the aliases of a YAML file may add to it, and
	// mostRepeated how many bytes of text: an ordinary file adds some hundreds.
	mostAdded    = 100_000
	mostRepeated = 4 << 20
	// mostDepth is how deep a document may be. Custom resources have up to 60.
	mostDepth = 250
)

// JSON decodes a document. The library refuses a deep one.
func JSON(text []byte, into any) error {
	if err := size(text); err != nil {
		return err
	}
	return json.Unmarshal(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), into)
}

// TOML decodes a document.
func TOML(text []byte, into any) error {
	if err := size(text); err != nil {
		return err
	}
	if depthOfTOML(text) > mostDepth {
		return tooDeep()
	}
	return toml.Unmarshal(text, into)
}

// YAML decodes the first document of a file; without one, nothing.
func YAML(text []byte, into any) error { return decode(text, into, false) }

// KnownYAML is YAML that refuses fields which are not known.
func KnownYAML(text []byte, into any) error { return decode(text, into, true) }

func decode(text []byte, into any, known bool) error {
	if _, err := Values(text); err != nil {
		return err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(known)
	if err := decoder.Decode(into); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// Documents are those of a YAML file, up to the first that cannot be read.
func Documents(text []byte) ([]*yaml.Node, error) {
	if err := size(text); err != nil {
		return nil, err
	}
	var all []*yaml.Node
	m := newMeasure(0)
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err == nil {
			err = m.document(&document)
		}
		if err != nil {
			return all, err
		}
		all = append(all, &document)
	}
}

// Values counts the values of a YAML file as it is when every alias stands for
// what it names, without making it so. Text that is no YAML has none: who needs
// it to be says so better.
func Values(text []byte) (int, error) {
	m := newMeasure(0)
	err := m.file(text)
	return m.total.values, err
}

func size(text []byte) error {
	if len(text) > MostBytes {
		return fmt.Errorf("it has more than %d MiB, the most that is read. Split it", MostBytes>>20)
	}
	return nil
}

func tooDeep() error {
	return fmt.Errorf("it is more than %d levels deep, the most that is read. Write it flatter", mostDepth)
}

// extent is how large a part of a document is.
type extent struct{ values, bytes, depth int }

// most keeps sums of what doubles with each level from overflowing.
const most = 1 << 60

func (e extent) and(other extent) extent {
	return extent{min(e.values+other.values, most), min(e.bytes+other.bytes, most), max(e.depth, other.depth)}
}

// measure goes over each node of a file once: what an alias names is known by
// then.
type measure struct {
	known map[*yaml.Node]extent // with its aliases followed
	// total is the file with its aliases followed, written as it stands there.
	total, written extent
	under          int // how many nodes stand around the one at hand
	within         int // in how many texts of other documents the file stands
}

func newMeasure(within int) *measure {
	return &measure{known: map[*yaml.Node]extent{}, within: within}
}

// file measures all documents, up to the first that is none.
func (m *measure) file(text []byte) error {
	if err := size(text); err != nil {
		return err
	}
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var document yaml.Node
		if decoder.Decode(&document) != nil {
			return nil
		}
		if err := m.document(&document); err != nil {
			return err
		}
	}
}

func (m *measure) document(n *yaml.Node) error {
	whole, err := m.of(n)
	if err != nil {
		return err
	}
	m.total = m.total.and(whole)
	switch {
	case whole.depth > mostDepth:
		return tooDeep()
	case m.total.values-m.written.values > mostAdded, m.total.bytes-m.written.bytes > mostRepeated:
		return fmt.Errorf("line %d: with the aliases of this document, %d values and %d bytes are made of the %d and %d that are written. Write the values out, or use fewer aliases",
			n.Line, m.total.values, m.total.bytes, m.written.values, m.written.bytes)
	}
	return nil
}

func (m *measure) of(n *yaml.Node) (extent, error) {
	if n.Kind == yaml.AliasNode {
		named, known := m.known[n.Alias]
		if !known {
			return extent{}, fmt.Errorf("line %d: the alias *%s stands within what it names. Write the value out", n.Line, n.Value)
		}
		m.written.values++
		return named, nil
	}
	if m.under > mostDepth {
		return extent{}, tooDeep()
	}
	if err := m.inner(n.Value); err != nil {
		return extent{}, fmt.Errorf("line %d: the text that starts here is YAML: %w", n.Line, err)
	}
	whole := extent{values: 1, bytes: len(n.Value)}
	m.written = m.written.and(whole)
	m.under++
	for _, child := range n.Content {
		part, err := m.of(child)
		if err != nil {
			return extent{}, err
		}
		whole = whole.and(part)
	}
	m.under--
	whole.depth++
	m.known[n] = whole
	return whole, nil
}

// inner looks into text that can be a document of its own with aliases, such as
// a patch within a transformer within a kustomization.
func (m *measure) inner(text string) error {
	if m.within == 2 || !strings.Contains(text, "&") || !strings.Contains(text, "*") {
		return nil
	}
	inside := newMeasure(m.within + 1)
	err := inside.file([]byte(text))
	m.total, m.written = m.total.and(inside.total), m.written.and(inside.written)
	return err
}
