package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pingvas/pingvas-ci/enginestate/internal/archive"
	"github.com/pingvas/pingvas-ci/enginestate/internal/enginedir"
	"github.com/pingvas/pingvas-ci/enginestate/internal/kept"
	"github.com/pingvas/pingvas-ci/enginestate/internal/store"
)

// Restoring is a directory that is to have a kept state.
type Restoring struct {
	Dir     string // of the engine
	Builtin Builtin
	Store   store.Store
	Reader  kept.Reader
	Proof   kept.Proof
	Say     Say
}

// Restore brings the first state of the reader's sources that can be believed,
// and tells whether there was one. None is a cold start, and no error: so is a
// state that is damaged, or somebody else's. The directory has a state whole, or
// none, and a mark that says whose it is from now on. What is in a directory stays;
// it fails where a delivery would go on with what no delivery began.
func (r Restoring) Restore(ctx context.Context) (restored bool, err error) {
	empty, err := enginedir.Empty(r.Dir)
	switch {
	case err != nil:
		return false, err
	case !empty:
		return false, r.goOn()
	case r.bring(ctx):
		return true, nil
	case ctx.Err() != nil:
		return false, nil
	}
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return false, err
	}
	return false, mark(r.Dir, r.Reader.Writer)
}

// goOn has the reader use what a directory has, if it may. A check may use what it may
// not restore, and then that is nobody's, and is not kept.
func (r Restoring) goOn() error {
	began, err := marked(r.Dir)
	if err == nil {
		err = r.Reader.Continues(began)
	}
	switch {
	case err == nil:
		r.Say("%s is not empty: what is there stays", r.Dir)
		return mark(r.Dir, r.Reader.Writer)
	case r.Reader.Trust == kept.Delivery:
		return fmt.Errorf("%s is not empty, and no delivery of %s began it: %w. What is there would decide what is delivered. Remove it, or name an empty directory with --dir", r.Dir, r.Reader.Branch, err)
	}
	r.Say("%s is not empty: what is there stays, and cannot be kept: %v", r.Dir, err)
	return enginedir.Unmark(r.Dir)
}

// mark writes down whose a directory is.
func mark(dir string, of kept.Writer) error {
	text, err := kept.Mark(of)
	if err != nil {
		return err
	}
	return enginedir.Mark(dir, text)
}

// bring restores a state, if there is one.
func (r Restoring) bring(ctx context.Context) bool {
	if r.Reader.Trust == kept.Delivery && r.Proof.None() {
		r.Say("a cold start: what a delivery restores decides its images, and nothing proves who wrote it. Give --key or --digest")
		return false
	}
	for _, source := range r.Reader.Sources() {
		begun := time.Now()
		found, err := r.from(ctx, source)
		switch {
		case errors.Is(err, store.ErrNone):
			r.Say("nothing is kept as %s", source.Key())
		case err != nil:
			r.Say("not restored: %s: %v", source.Key(), err)
		default:
			r.Say("restored %s of %s: %s, packed %s, in %s", source.Key(), found.Saved.Format(time.DateTime), size(found.Payload.Unpacked), size(found.Payload.Packed), since(begun))
			return true
		}
		if ctx.Err() != nil {
			break
		}
	}
	r.Say("a cold start: no state could be restored")
	return false
}

// from restores the state of a source.
func (r Restoring) from(ctx context.Context, source kept.Writer) (m kept.Manifest, err error) {
	envelope, err := r.Store.Envelope(ctx, source.Key())
	if err != nil {
		return m, err
	}
	statement, err := r.Proof.Open(envelope)
	if err != nil {
		return m, err
	}
	if m, err = kept.Read(statement); err != nil {
		return m, err
	}
	if err := source.Wrote(m); err != nil {
		return m, err
	}
	return m, r.unpack(ctx, source.Key(), m.Payload)
}

// unpack brings a payload beside the directory, looks whether it is the one that
// the manifest names, and only then moves it, marked as the reader's: what it was
// restored from is what the reader may take, and what the reader adds is its own.
func (r Restoring) unpack(ctx context.Context, key string, payload kept.Payload) error {
	beside, err := makeBeside(r.Dir)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(beside) }() // It is not there any more when it was moved.
	if err := roomFor(beside, payload.Unpacked); err != nil {
		return err
	}
	packed, err := r.Store.Payload(ctx, key, payload.Digest)
	if err != nil {
		return err
	}
	defer func() { _ = packed.Close() }()
	if err := unpackVerified(ctx, packed, beside, payload); err != nil {
		return err
	}
	if err := r.Builtin.provide(ctx, beside, payload.Builtin); err != nil {
		return err
	}
	if err := errors.Join(mark(beside, r.Reader.Writer), enginedir.Unmark(r.Dir)); err != nil {
		return err
	}
	// It takes the place of a directory that is empty, which os.Rename would not.
	if err := unix.Rename(beside, r.Dir); err != nil {
		return fmt.Errorf("move it to %s: %w", r.Dir, err)
	}
	return nil
}

// makeBeside makes a directory on the disk of another one, which nobody can have put
// there before: a link at a name that is known would have root write where it leads. It
// removes those of calls that were killed.
func makeBeside(dir string) (string, error) {
	parent, name := filepath.Split(filepath.Clean(dir))
	parent = filepath.Clean(parent)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", err
	}
	info, err := os.Stat(parent)
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return "", fmt.Errorf("anyone may move what is in %s. Take the right to write there from others: chmod o-w", parent)
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		return "", err
	}
	begun := regexp.MustCompile(`^` + regexp.QuoteMeta(name) + `\.restoring-[0-9]+$`)
	for _, entry := range entries {
		if begun.MatchString(entry.Name()) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(parent, entry.Name())))
		}
	}
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(parent, name+".restoring-")
}

// unpackVerified fails unless it read what the payload is to be, to the last byte.
func unpackVerified(ctx context.Context, packed io.Reader, dir string, payload kept.Payload) error {
	digest := sha256.New()
	count := &counter{}
	read := io.TeeReader(io.LimitReader(packed, payload.Packed+1), io.MultiWriter(digest, count))
	archived, err := archive.Decompress(read)
	if err != nil {
		return err
	}
	defer func() { _ = archived.Close() }()
	contents, err := archive.Unpack(ctx, archived, dir, payload.Unpacked)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, archived); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, read); err != nil {
		return err
	}
	sum := "sha256:" + hex.EncodeToString(digest.Sum(nil))
	if count.bytes != payload.Packed || sum != payload.Digest {
		return fmt.Errorf("it is damaged: it is %s of %d bytes, and %s of %d was kept", sum, count.bytes, payload.Digest, payload.Packed)
	}
	if contents.Entries != payload.Entries || contents.Bytes != payload.Unpacked {
		return errors.New("it is not what its manifest says")
	}
	return nil
}

// roomFor fails when the disk has no room for so many bytes.
func roomFor(dir string, bytes int64) error {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return fmt.Errorf("look at the disk of %s: %w", dir, err)
	}
	if free := int64(disk.Bavail) * disk.Bsize; free < bytes {
		return fmt.Errorf("it takes %s, and the disk has %s", size(bytes), size(free))
	}
	return nil
}
