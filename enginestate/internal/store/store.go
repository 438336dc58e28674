// Package store holds kept states: in a directory, or in a repository of an OCI
// registry. A state is there whole, or not at all.
package store

import (
	"context"
	"errors"
	"io"
	"strings"
)

// Store holds states by their keys.
type Store interface {
	// Envelope is what is said of the state that a key has; ErrNone of one that
	// has none.
	Envelope(ctx context.Context, key string) ([]byte, error)
	// Image opens one of a state, by the state's key and its digest.
	Image(ctx context.Context, key, digest string) (io.ReadCloser, error)
	// Put gives a key another state. What the store has of it already stays.
	Put(ctx context.Context, key string, envelope []byte, images []Image) error
	// Room is a directory for the image that is to be put, and must be called before it. To leave it removes it where
	// it was made for that and has nothing in it.
	Room(ctx context.Context) (dir string, leave func(), err error)
}

// Image is a file that is a part of a state.
type Image struct {
	Path   string
	Digest string
	Size   int64
	// New tells that it lies in the store's room, and is the store's from now on.
	New bool
}

// ErrNone is of a key that has no state.
var ErrNone = errors.New("there is none")

// mostEnvelope is more than an envelope has.
const mostEnvelope = 1 << 20

// Open opens the store that a text names: oci:// and a repository of a registry,
// or a directory.
func Open(named string) (Store, error) {
	if repository, is := strings.CutPrefix(named, "oci://"); is {
		return openRegistry(repository)
	}
	return Directory(named), nil
}
