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

	"github.com/pingvas/pingvas-ci/enginestate/internal/enginedir"
	"github.com/pingvas/pingvas-ci/enginestate/internal/kept"
	"github.com/pingvas/pingvas-ci/enginestate/internal/placed"
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
	if err := errors.Join(enginedir.Ordinary(s.Dir), enginedir.Worth(s.Dir), s.follows(), placed.Complete(s.Dir)); err != nil {
		return "", err
	}
	begun := time.Now()
	room, leave, err := s.Store.Room(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	packed, err := s.pack(ctx, room)
	defer func() { _ = os.Remove(packed.fresh) }() // It is not there any more when it is kept.
	if err != nil {
		return "", err
	}
	if size := packed.payload.Packed(); s.Budget > 0 && size > s.Budget {
		s.Say("nothing was kept: packed, the state has %s, and its budget is %s. Prune it before the engine is stopped: enginestate prune --to SIZE", inBytes(size), inBytes(s.Budget))
		return "", nil
	}
	manifest, err := kept.Write(s.Writer, s.Budget, packed.payload)
	if err != nil {
		return "", err
	}
	envelope, err := kept.Seal(manifest, s.Key)
	if err != nil {
		return "", err
	}
	if err := s.Store.Put(ctx, s.Writer.Key(), envelope, packed.images(s.Dir)); err != nil {
		return "", fmt.Errorf("keep %s: %w", s.Writer.Key(), err)
	}
	s.Say("kept %s: %s, packed %s, %s of it new, in %s", s.Writer.Key(), inBytes(packed.payload.Unpacked), inBytes(packed.payload.Packed()), inBytes(packed.added()), since(begun))
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

// pack packs what is new, and all if little else of what was restored is of use.
func (s Saving) pack(ctx context.Context, room string) (all packed, err error) {
	before, err := placed.Read(s.Dir)
	if err != nil {
		return all, err
	}
	trees, err := enginedir.Trees(s.Dir)
	if err != nil {
		return all, err
	}
	if all, err = s.packTo(ctx, room, planned(before, trees)); err != nil || len(all.before) == 0 {
		return all, err
	}
	if s.Budget > 0 && all.payload.Packed() > s.Budget {
		_ = os.Remove(all.fresh)
		return s.packTo(ctx, room, anew(trees))
	}
	return all, nil
}

func (s Saving) packTo(ctx context.Context, room string, p plan) (all packed, err error) {
	file, err := os.CreateTemp(room, ".packing-")
	if err != nil {
		return all, err
	}
	all.fresh, all.before = file.Name(), p.images
	if err := file.Close(); err != nil {
		return all, err
	}
	if all.payload, err = s.write(ctx, file.Name(), p); err != nil {
		return all, err
	}
	image, err := measured(file.Name())
	for _, i := range p.images {
		all.payload.Images = append(all.payload.Images, p.before.Images[i])
	}
	all.payload.Images = append(all.payload.Images, image)
	return all, err
}

// packed is a state that was packed: images that were there, and one that is new.
type packed struct {
	payload kept.Payload
	before  []int
	fresh   string
}

// images are the files of a state that was packed, for a store.
func (p packed) images(dir string) (files []store.Image) {
	for i, image := range p.payload.Images {
		file := store.Image{Path: p.fresh, Digest: image.Digest, Size: image.Size, New: true}
		if i < len(p.before) {
			file.Path, file.New = placed.File(dir, p.before[i]), false
		}
		files = append(files, file)
	}
	return files
}

// added are the bytes of the new image.
func (p packed) added() int64 { return p.payload.Images[len(p.before)].Size }

// measured is the image that a file has.
func measured(path string) (image kept.Image, err error) {
	file, err := os.Open(path)
	if err != nil {
		return image, err
	}
	digest := sha256.New()
	size, err := io.Copy(digest, file)
	image = kept.Image{Digest: "sha256:" + hex.EncodeToString(digest.Sum(nil)), Size: size}
	return image, errors.Join(err, file.Sync(), file.Close())
}

func since(begun time.Time) string { return fmt.Sprintf("%.1f s", time.Since(begun).Seconds()) }

// inBytes is a number of them for people.
func inBytes(number int64) string {
	if number < 1e9 {
		return fmt.Sprintf("%.0f MB", float64(number)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(number)/1e9)
}
