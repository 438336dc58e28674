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

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/pingvas/pingvas-ci/enginestate/internal/enginedir"
	"github.com/pingvas/pingvas-ci/enginestate/internal/kept"
	"github.com/pingvas/pingvas-ci/enginestate/internal/placed"
	"github.com/pingvas/pingvas-ci/enginestate/internal/store"
)

// Restoring is a directory that is to have a kept state.
type Restoring struct {
	Dir     string // of the engine
	Builtin Builtin
	Store   store.Store
	Reader  kept.Reader
	Proof   kept.Proof
	// Unpack writes the state out, where the engine would not see what is mounted.
	Unpack bool
	Say    Say
}

// Restore brings the first state of the reader's sources that can be believed,
// and tells whether there was one. None is a cold start, and no error: so is a
// state that is damaged, or somebody else's. The directory has a state whole, or
// none, and a mark that says whose it is from now on. What is in a directory stays;
// it fails where a delivery would go on with what no delivery began.
func (r Restoring) Restore(ctx context.Context) (restored bool, err error) {
	leave, err := alone(ctx, r.Dir)
	if err != nil {
		return false, err
	}
	defer leave()
	empty, err := enginedir.Empty(r.Dir)
	switch {
	case err != nil:
		return false, err
	case !empty:
		return false, r.goOn(ctx)
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

// alone keeps other calls out of a directory's place, until it is left.
func alone(ctx context.Context, dir string) (leave func(), err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return nil, err
	}
	return store.Lock(ctx, filepath.Dir(dir))
}

// goOn has the reader use what a directory has, if it may. A check may use what it may
// not restore, and then that is nobody's, and is not kept.
func (r Restoring) goOn(ctx context.Context) error {
	if err := placed.Again(ctx, r.Dir); err != nil {
		return fmt.Errorf("%s has a state whose images cannot be mounted: %w. Remove it: enginestate remove", r.Dir, err)
	}
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
			r.Say("restored %s of %s: %s, packed %s, in %s", source.Key(), found.Saved.Format(time.DateTime), inBytes(found.Payload.Unpacked), inBytes(found.Payload.Packed()), since(begun))
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
	return m, r.place(ctx, source.Key(), m.Payload)
}

// place brings a payload beside the directory, and only then moves it, marked as the
// reader's: what it was restored from is what the reader may take, and what the reader
// adds is its own.
func (r Restoring) place(ctx context.Context, key string, payload kept.Payload) error {
	beside, err := makeBeside(r.Dir)
	if err != nil {
		return err
	}
	defer func() { // It is not there any more when it was moved.
		if err := placed.Remove(beside); err != nil {
			r.Say("%s is left: %v", beside, err)
		}
	}()
	if err := r.images(ctx, beside, key, payload); err != nil {
		return err
	}
	if err := r.mount(ctx, beside, payload); err != nil {
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

// images brings the images of a payload, each if it is the one that the manifest names.
func (r Restoring) images(ctx context.Context, dir, key string, payload kept.Payload) error {
	if err := roomFor(dir, payload.Packed()); err != nil {
		return err
	}
	if err := placed.Begin(dir); err != nil {
		return err
	}
	for i, image := range payload.Images {
		if err := r.image(ctx, placed.File(dir, i), key, image); err != nil {
			return err
		}
	}
	return r.Builtin.provide(ctx, placed.Builtin(dir), payload.Builtin)
}

func (r Restoring) image(ctx context.Context, to, key string, image kept.Image) error {
	packed, err := r.Store.Image(ctx, key, image.Digest)
	if err != nil {
		return err
	}
	defer func() { _ = packed.Close() }()
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	sum, size, err := copied(ctx, file, io.LimitReader(packed, image.Size+1))
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if size != image.Size || sum != image.Digest {
		return fmt.Errorf("it is damaged: it is %s of %d bytes, and %s of %d was kept", sum, size, image.Digest, image.Size)
	}
	return nil
}

// copied writes what it reads, and returns the digest of it, which is made meanwhile.
func copied(ctx context.Context, to io.Writer, from io.Reader) (digest string, size int64, err error) {
	const chunk = 1 << 20
	sum := sha256.New()
	reader, writer := io.Pipe()
	var summing errgroup.Group
	summing.Go(func() error {
		_, err := io.CopyBuffer(onlyWriter{sum}, onlyReader{ctx, reader}, make([]byte, chunk))
		return err
	})
	size, err = io.CopyBuffer(onlyWriter{io.MultiWriter(to, writer)}, onlyReader{ctx, from}, make([]byte, chunk))
	err = errors.Join(err, writer.CloseWithError(err), summing.Wait())
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), size, err
}

// onlyReader and onlyWriter have the chunks of a copy be as large as they are to be, and a
// copy end that is cancelled.
type (
	onlyReader struct {
		ctx  context.Context
		from io.Reader
	}
	onlyWriter struct{ io.Writer }
)

func (r onlyReader) Read(to []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.from.Read(to)
}

// mount places the images that a directory has. Where none can be mounted, they are
// unpacked, which takes longer.
func (r Restoring) mount(ctx context.Context, dir string, payload kept.Payload) error {
	if !r.Unpack {
		err := placed.Mount(ctx, dir, payload.Images, payload.Builtin, payload.Unpacked)
		if err == nil || ctx.Err() != nil || !errors.Is(err, placed.ErrNoMounts) {
			return err
		}
		r.Say("it is unpacked: %v", err)
	}
	if err := roomFor(dir, payload.Unpacked); err != nil {
		return err
	}
	return placed.Unpack(ctx, dir, payload.Images, payload.Builtin, payload.Unpacked)
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
		if !begun.MatchString(entry.Name()) {
			continue
		}
		at := filepath.Join(parent, entry.Name())
		var stat unix.Stat_t
		switch {
		case unix.Lstat(at, &stat) != nil || stat.Uid != 0: // Somebody else has made it, and may move it.
		case stat.Mode&unix.S_IFMT == unix.S_IFDIR:
			err = errors.Join(err, placed.Remove(at))
		default:
			err = errors.Join(err, os.Remove(at))
		}
	}
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(parent, name+".restoring-")
}

// roomFor fails when the disk has no room for so many bytes.
func roomFor(dir string, wanted int64) error {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return fmt.Errorf("look at the disk of %s: %w", dir, err)
	}
	if free := int64(disk.Bavail) * disk.Bsize; free < wanted {
		return fmt.Errorf("it takes %s, and the disk has %s", inBytes(wanted), inBytes(free))
	}
	return nil
}
