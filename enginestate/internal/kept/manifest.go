// Package kept knows what a kept state of an engine is: what is written beside
// it, who may restore it, and by which name it is found.
package kept

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// format is what this version writes, and the only one that it reads.
const format = 2

// Manifest says what a kept state is, and who wrote it.
type Manifest struct {
	Format int `json:"format"`
	Writer
	Saved time.Time `json:"saved"`
	// Budget is how many packed bytes the state was allowed; 0 is any number.
	Budget  int64   `json:"budget"`
	Payload Payload `json:"payload"`
}

// Payload is the packed state.
type Payload struct {
	// Images are what its files are in, the newest last, which says what is in which.
	Images []Image `json:"images"`
	// Unpacked are the bytes of its files.
	Unpacked int64 `json:"unpacked"`
	// Builtin are the blobs that were left out, as the engine's image has them.
	Builtin []string `json:"builtin,omitempty"`
}

// Image is one that a state is in, or a part of it.
type Image struct {
	Digest string `json:"digest"` // sha256:…
	Size   int64  `json:"size"`
}

// Packed are the bytes of all images.
func (p Payload) Packed() (bytes int64) {
	for _, image := range p.Images {
		bytes += image.Size
	}
	return bytes
}

// Write renders the manifest of a state that is kept now.
func Write(by Writer, budget int64, payload Payload) ([]byte, error) {
	return json.Marshal(Manifest{format, by, time.Now().UTC().Truncate(time.Second), budget, payload})
}

// Read reads a manifest that somebody wrote.
func Read(data []byte) (m Manifest, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&m); err != nil {
		return m, fmt.Errorf("its manifest cannot be read: %w", err)
	}
	if m.Format != format {
		return m, fmt.Errorf("it has format %d, and this version reads %d", m.Format, format)
	}
	for _, image := range m.Payload.Images {
		if !digest.MatchString(image.Digest) || image.Size <= 0 {
			return m, errors.New("its manifest does not say what the state is")
		}
	}
	if n := len(m.Payload.Images); n == 0 || n > mostImages || m.Payload.Unpacked <= 0 {
		return m, errors.New("its manifest does not say what the state is")
	}
	return m, nil
}

// mostImages is more than a state is written with.
const mostImages = 32

var digest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// mark is what a directory has of the run whose it is.
type mark struct {
	Run *Writer `json:"run"`
}

// Mark renders what a directory is to have of the run whose it is.
func Mark(of Writer) ([]byte, error) { return json.Marshal(mark{&of}) }

// Marked reads the mark of a directory.
func Marked(data []byte) (Writer, error) {
	var m mark
	if data == nil {
		return Writer{}, errors.New("nothing in it tells whose it is")
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return Writer{}, fmt.Errorf("its mark cannot be read: %w", err)
	}
	if m.Run == nil {
		return Writer{}, errors.New("its mark does not tell whose it is")
	}
	return *m.Run, nil
}
