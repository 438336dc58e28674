// Package transfer brings the state of an engine into a store, and back.
package transfer

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/pingvas/pingvas-ci/enginestate/internal/archive"
	"github.com/pingvas/pingvas-ci/enginestate/internal/enginedir"
	"github.com/pingvas/pingvas-ci/enginestate/internal/kept"
	"github.com/pingvas/pingvas-ci/enginestate/internal/store"
)

// Say tells people something.
type Say func(format string, args ...any)

// Saving is a state that is to be kept.
type Saving struct {
	Dir     string // of the engine
	Builtin Builtin
	Store   store.Store
	Writer  kept.Writer
	Key     crypto.Signer // nil signs nothing
	// Budget is how many bytes the packed state may have, 0 for any number.
	Budget int64
	Say    Say
}

// Save keeps the state, and returns the digest of what was written about it. A
// state that is larger than its budget is not kept, which is said: the digest is
// empty.
func (s Saving) Save(ctx context.Context) (digest string, err error) {
	release, err := enginedir.Hold(s.Dir)
	if err != nil {
		return "", err
	}
	defer release()
	if err := errors.Join(enginedir.Worth(s.Dir), s.follows()); err != nil {
		return "", err
	}
	begun := time.Now()
	room, leave, err := s.Store.Room()
	if err != nil {
		return "", err
	}
	defer leave()
	file, err := os.CreateTemp(room, ".packing-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(file.Name()) }() // It is not there any more when it is kept.
	payload, err := s.pack(ctx, file)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return "", err
	}
	if s.Budget > 0 && payload.Packed > s.Budget {
		s.Say("nothing was kept: packed, the state has %s, and its budget is %s. Prune it before the engine is stopped: enginestate prune --to SIZE", size(payload.Packed), size(s.Budget))
		return "", nil
	}
	manifest, err := kept.Write(s.Writer, s.Budget, payload)
	if err != nil {
		return "", err
	}
	envelope, err := kept.Seal(manifest, s.Key)
	if err != nil {
		return "", err
	}
	packed := store.Payload{Path: file.Name(), Digest: payload.Digest, Size: payload.Packed}
	if err := s.Store.Put(ctx, s.Writer.Key(), envelope, packed); err != nil {
		return "", fmt.Errorf("keep %s: %w", s.Writer.Key(), err)
	}
	s.Say("kept %s: %s, packed %s, in %s", s.Writer.Key(), size(payload.Unpacked), size(payload.Packed), since(begun))
	return kept.Digest(manifest), nil
}

// follows fails unless the directory is marked as that of a run whose state the writer
// may keep as its own.
func (s Saving) follows() error {
	began, err := marked(s.Dir)
	if err == nil {
		err = s.Writer.Follows(began)
	}
	if err != nil {
		return fmt.Errorf("%s is not kept: %w. Begin with a directory that is not there, and with enginestate restore before its engine is started, which writes down whose it is", s.Dir, err)
	}
	return nil
}

// marked is the run that a directory is marked as that of.
func marked(dir string) (kept.Writer, error) {
	mark, err := enginedir.Origin(dir)
	if err != nil {
		return kept.Writer{}, err
	}
	return kept.Marked(mark)
}

// pack writes the packed state.
func (s Saving) pack(ctx context.Context, file io.Writer) (payload kept.Payload, err error) {
	digest := sha256.New()
	count := &counter{}
	compressed, err := archive.Compress(io.MultiWriter(file, digest, count))
	if err != nil {
		return payload, err
	}
	contents, err := archive.Pack(ctx, compressed, s.Dir, s.Builtin.omit(s.Dir, &payload.Builtin))
	if err = errors.Join(err, compressed.Close()); err != nil {
		return payload, err
	}
	for _, path := range contents.PassedOver {
		s.Say("not packed, being a socket or mounted: %s", path)
	}
	payload.Digest, payload.Packed = "sha256:"+hex.EncodeToString(digest.Sum(nil)), count.bytes
	payload.Unpacked, payload.Entries = contents.Bytes, contents.Entries
	return payload, nil
}

type counter struct{ bytes int64 }

func (c *counter) Write(data []byte) (int, error) {
	c.bytes += int64(len(data))
	return len(data), nil
}

func since(begun time.Time) string { return fmt.Sprintf("%.1f s", time.Since(begun).Seconds()) }

// size is a number of bytes for people.
func size(bytes int64) string {
	if bytes < 1e9 {
		return fmt.Sprintf("%.0f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(bytes)/1e9)
}
