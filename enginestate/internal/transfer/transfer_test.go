package transfer

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/pingvas/pingvas-ci/enginestate/internal/enginedir"
	"github.com/pingvas/pingvas-ci/enginestate/internal/enginetest"
	"github.com/pingvas/pingvas-ci/enginestate/internal/image"
	"github.com/pingvas/pingvas-ci/enginestate/internal/kept"
	"github.com/pingvas/pingvas-ci/enginestate/internal/placed"
	"github.com/pingvas/pingvas-ci/enginestate/internal/store"
	"github.com/pingvas/pingvas-ci/internal/registryserver"
)

// world is a state, a key, and what is said.
type world struct {
	t    *testing.T
	dir  string
	key  crypto.Signer
	said []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("owners, devices and attributes are root's to make")
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	w := &world{t: t, dir: t.TempDir(), key: key}
	fs := filepath.Join(w.dir, "worker/snapshots/snapshots/1/fs")
	require.NoError(t, os.MkdirAll(fs, 0o755))
	w.write("dagql-cache.db", "one")
	w.write("secret-salt", "salt")
	w.write("worker/clientdbs/a.db", "what a client saw")
	w.write("worker/snapshots/snapshots/1/fs/file", strings.Repeat("layer", 1000))
	require.NoError(t, unix.Mknod(filepath.Join(fs, "deleted"), unix.S_IFCHR, 0))
	return w
}

func (w *world) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	require.NoError(w.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(w.t, os.WriteFile(path, []byte(text), 0o600))
}

func (w *world) say(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

func writer(trust kept.Trust, branch string) kept.Writer {
	return kept.Writer{Engine: "v0.21.8", Platform: "linux/amd64", Repository: "owner/name", Branch: branch, Trust: trust}
}

func (w *world) saving(states store.Store, by kept.Writer) Saving {
	return Saving{Dir: w.dir, Store: states, Writer: by, Key: w.key, Say: w.say}
}

// mark has the state be that of a run.
func (w *world) mark(of kept.Writer) {
	w.t.Helper()
	require.NoError(w.t, mark(w.dir, of))
}

func (w *world) save(states store.Store, by kept.Writer) (digest string) {
	w.t.Helper()
	w.mark(by)
	digest, err := w.saving(states, by).Save(w.t.Context())
	require.NoError(w.t, err)
	require.NotEmpty(w.t, digest)
	return digest
}

// restore returns the directory that a state was restored to, of which nothing but the
// mark is there after a cold start.
func (w *world) restore(states store.Store, reader kept.Reader, proof kept.Proof) (dir string, restored bool) {
	w.t.Helper()
	w.said = nil
	base := tempDir(w.t)
	dir = filepath.Join(base, "state")
	restored, err := Restoring{Dir: dir, Store: states, Reader: reader, Proof: proof, Say: w.say}.Restore(w.t.Context())
	require.NoError(w.t, err)
	entries, err := os.ReadDir(base)
	require.NoError(w.t, err)
	assert.Len(w.t, entries, 1)
	began, err := marked(dir)
	require.NoError(w.t, err)
	assert.Equal(w.t, reader.Writer, began, "it is the reader's from now on")
	if !restored {
		empty, err := enginedir.Empty(dir)
		require.NoError(w.t, err)
		assert.True(w.t, empty, "a cold start leaves nothing else")
		assert.NotEmpty(w.t, w.said, "and says why")
	}
	return dir, restored
}

// next is the run after one that has kept its state.
func (w *world) next(states store.Store, run kept.Writer) {
	w.t.Helper()
	dir, restored := w.restore(states, kept.Reader{Writer: run}, w.proof())
	require.True(w.t, restored, w.said)
	w.dir = dir
}

// tempDir is a directory, in which nothing stays mounted.
func tempDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() { assert.NoError(t, placed.Release(dir)) })
	return dir
}

func (w *world) cold(states store.Store, reader kept.Reader, proof kept.Proof, why string) {
	w.t.Helper()
	_, restored := w.restore(states, reader, proof)
	assert.False(w.t, restored)
	assert.Contains(w.t, strings.Join(w.said, "\n"), why)
}

func (w *world) proof() kept.Proof { return kept.Proof{Key: w.key.Public()} }

// stores are one of each kind.
func stores(t *testing.T) map[string]store.Store {
	t.Helper()
	handler, err := registryserver.New(t.TempDir())
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	registry, err := store.Open("oci://" + strings.TrimPrefix(server.URL, "http://") + "/engine/state")
	require.NoError(t, err)
	return map[string]store.Store{"directory": store.Directory(filepath.Join(t.TempDir(), "kept")), "registry": registry}
}

func TestSaveAndRestore(t *testing.T) {
	for kind, states := range stores(t) {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			main := writer(kept.Delivery, "main")
			w.cold(states, kept.Reader{Writer: main}, w.proof(), "nothing is kept")
			w.save(states, main)
			w.write("dagql-cache.db", "two")
			digest := w.save(states, main)
			if dir, is := states.(store.Directory); is {
				files, err := os.ReadDir(string(dir))
				require.NoError(t, err)
				assert.Len(t, files, 2, "of the key an envelope and an image")
			}

			for _, proof := range []kept.Proof{w.proof(), {Digest: digest}} {
				dir, restored := w.restore(states, kept.Reader{Writer: main}, proof)
				require.True(t, restored, w.said)
				text, err := os.ReadFile(filepath.Join(dir, "dagql-cache.db"))
				require.NoError(t, err)
				assert.Equal(t, "two", string(text), "the last one counts")
				var deleted unix.Stat_t
				require.NoError(t, unix.Lstat(filepath.Join(dir, "worker/snapshots/snapshots/1/fs/deleted"), &deleted))
				assert.Equal(t, uint32(unix.S_IFCHR), deleted.Mode&unix.S_IFMT)
				assert.NoDirExists(t, filepath.Join(dir, "worker/clientdbs"))
			}
		})
	}
}

func TestWhoRestoresWhat(t *testing.T) {
	for kind, states := range stores(t) {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			pull, main := writer(kept.Check, "pull/7"), writer(kept.Check, "main")
			delivery := writer(kept.Delivery, "main")
			w.save(states, pull)
			w.save(states, writer(kept.Check, "topic"))
			w.cold(states, kept.Reader{Writer: main, Fallback: "main"}, kept.Proof{}, "a cold start")
			w.cold(states, kept.Reader{Writer: delivery, Fallback: "main"}, w.proof(), "a cold start")
			w.cold(states, kept.Reader{Writer: writer(kept.Check, "pull/8"), Fallback: "main"}, kept.Proof{}, "a cold start")
			_, restored := w.restore(states, kept.Reader{Writer: pull, Fallback: "main"}, kept.Proof{})
			assert.True(t, restored, "a pull request has its own")

			w.save(states, main)
			w.cold(states, kept.Reader{Writer: delivery, Fallback: "main"}, w.proof(), "a cold start")
			w.save(states, delivery)
			for _, reader := range []kept.Reader{
				{Writer: delivery}, {Writer: writer(kept.Delivery, "release"), Fallback: "main"},
				{Writer: writer(kept.Check, "pull/8"), Fallback: "main"}, {Writer: main},
			} {
				_, restored := w.restore(states, reader, w.proof())
				assert.True(t, restored, reader)
			}
		})
	}
}

// A state under a name that is not its own is nobody's.
func TestForeign(t *testing.T) {
	w := newWorld(t)
	main := writer(kept.Delivery, "main")
	for why, change := range map[string]func(*kept.Writer){
		"its repository is": func(by *kept.Writer) { by.Repository = "owner/other" },
		"its branch is":     func(by *kept.Writer) { by.Branch = "pull/7" },
		"its trust is":      func(by *kept.Writer) { by.Trust = kept.Check },
		"its engine is":     func(by *kept.Writer) { by.Engine = "v0.21.7" },
		"its platform is":   func(by *kept.Writer) { by.Platform = "linux/arm64" },
	} {
		states := store.Directory(filepath.Join(t.TempDir(), "kept"))
		other := main
		change(&other)
		w.save(states, other)
		files, err := filepath.Glob(filepath.Join(string(states), other.Key()+"*"))
		require.NoError(t, err)
		for _, file := range files {
			renamed := main.Key() + strings.TrimPrefix(filepath.Base(file), other.Key())
			require.NoError(t, os.Rename(file, filepath.Join(string(states), renamed)))
		}
		w.cold(states, kept.Reader{Writer: main}, w.proof(), why)
	}
}

func TestProofs(t *testing.T) {
	w := newWorld(t)
	states := store.Directory(t.TempDir())
	main := writer(kept.Delivery, "main")
	w.save(states, main)
	other := newWorld(t)
	w.cold(states, kept.Reader{Writer: main}, other.proof(), "another key")
	w.cold(states, kept.Reader{Writer: main}, kept.Proof{}, "nothing proves who wrote it")
	w.cold(states, kept.Reader{Writer: main}, kept.Proof{Digest: "sha256:00"}, "is wanted")
	w.key = nil
	w.save(states, main)
	w.cold(states, kept.Reader{Writer: main}, other.proof(), "not signed")
}

// A change of any byte of what is kept, and an end of it anywhere, is a cold
// start.
func TestDamaged(t *testing.T) {
	w := newWorld(t)
	states := store.Directory(t.TempDir())
	main := writer(kept.Delivery, "main")
	w.save(states, main)
	files, err := filepath.Glob(filepath.Join(string(states), main.Key()+"*"))
	require.NoError(t, err)
	require.Len(t, files, 2)
	for _, file := range files {
		whole, err := os.ReadFile(file)
		require.NoError(t, err)
		step := max(1, len(whole)/150)
		for at := 0; at < len(whole); at += step {
			changed := append([]byte{}, whole...)
			changed[at] ^= 0x10
			for _, damaged := range [][]byte{changed, whole[:at], append(append([]byte{}, whole...), byte(at))} {
				require.NoError(t, os.WriteFile(file, damaged, 0o600))
				dir, restored := w.restore(states, kept.Reader{Writer: main}, w.proof())
				if restored { // Base64 of the envelope has bits that mean nothing, and JSON spaces.
					assert.Equal(t, ".json", filepath.Ext(file), "byte %d of %d", at, len(whole))
					assert.FileExists(t, filepath.Join(dir, "dagql-cache.db"))
				}
			}
		}
		require.NoError(t, os.Remove(file))
		w.cold(states, kept.Reader{Writer: main}, w.proof(), "a cold start")
		require.NoError(t, os.WriteFile(file, whole, 0o600))
	}
	_, restored := w.restore(states, kept.Reader{Writer: main}, w.proof())
	assert.True(t, restored)
}

func TestSaveRefuses(t *testing.T) {
	w := newWorld(t)
	states := store.Directory(filepath.Join(t.TempDir(), "kept"))
	main := writer(kept.Delivery, "main")
	w.mark(main)
	release, err := enginedir.Hold(w.dir)
	require.NoError(t, err)
	_, err = w.saving(states, main).Save(t.Context())
	require.ErrorIs(t, err, enginedir.ErrInUse)
	release()

	w.write("dagql-cache.db-wal", "not written down")
	_, err = w.saving(states, main).Save(t.Context())
	require.ErrorContains(t, err, "killed")
	require.NoError(t, os.Remove(filepath.Join(w.dir, "dagql-cache.db-wal")))

	saving := w.saving(states, main)
	saving.Budget = 10
	digest, err := saving.Save(t.Context())
	require.NoError(t, err)
	assert.Empty(t, digest)
	assert.Contains(t, strings.Join(w.said, "\n"), "its budget is")

	stopped, stop := context.WithCancel(t.Context())
	stop()
	_, err = w.saving(states, main).Save(stopped)
	require.ErrorIs(t, err, context.Canceled)
	assert.NoDirExists(t, string(states), "nothing is half there, nor the store that was made for it")
	empty := store.Directory(t.TempDir())
	saving.Store = empty
	digest, err = saving.Save(t.Context())
	require.NoError(t, err)
	assert.Empty(t, digest)
	left, err := os.ReadDir(string(empty))
	require.NoError(t, err, "one that was there stays")
	assert.Empty(t, left)
	w.save(states, main)
}

func TestWhatIsThereStays(t *testing.T) {
	w := newWorld(t)
	states := store.Directory(t.TempDir())
	main := writer(kept.Delivery, "main")
	w.save(states, main)
	restoring := Restoring{Dir: w.dir, Store: states, Reader: kept.Reader{Writer: main}, Proof: w.proof(), Say: w.say}
	restored, err := restoring.Restore(t.Context())
	require.NoError(t, err)
	assert.False(t, restored)
	assert.FileExists(t, filepath.Join(w.dir, "worker/clientdbs/a.db"))
	empty := tempDir(t)
	restoring.Dir = empty
	restored, err = restoring.Restore(t.Context())
	require.NoError(t, err)
	assert.True(t, restored, "an empty directory is taken")
	assert.FileExists(t, filepath.Join(empty, "dagql-cache.db"))
}

// A parent that others may write to has root write nowhere else.
func TestNoLinkIsFollowed(t *testing.T) {
	w := newWorld(t)
	states := store.Directory(t.TempDir())
	main := writer(kept.Delivery, "main")
	w.save(states, main)
	base, elsewhere := tempDir(t), t.TempDir()
	w.dir = filepath.Join(base, "state")
	require.NoError(t, os.WriteFile(filepath.Join(elsewhere, "a"), nil, 0o600))
	for _, name := range []string{"state.restoring", "state.restoring-1"} {
		require.NoError(t, os.Symlink(elsewhere, filepath.Join(base, name)))
	}
	mounted := filepath.Join(elsewhere, "mounted")
	require.NoError(t, os.Mkdir(mounted, 0o700))
	require.NoError(t, unix.Mount(t.TempDir(), mounted, "", unix.MS_BIND, ""))
	defer func() { assert.NoError(t, unix.Unmount(mounted, 0), "what is mounted elsewhere stays") }()
	require.NoError(t, os.Mkdir(filepath.Join(base, "state.restoring-2"), 0o700))
	restoring := Restoring{Dir: w.dir, Store: states, Reader: kept.Reader{Writer: main}, Proof: w.proof(), Say: w.say}

	require.NoError(t, os.Chmod(base, 0o777))
	restored, err := restoring.Restore(t.Context())
	require.NoError(t, err)
	assert.False(t, restored)
	assert.Contains(t, strings.Join(w.said, "\n"), "anyone may move what is in")

	require.NoError(t, os.Chmod(base, 0o777|os.ModeSticky))
	restored, err = restoring.Restore(t.Context())
	require.NoError(t, err)
	require.True(t, restored, w.said)
	info, err := os.Lstat(w.dir)
	require.NoError(t, err)
	assert.Equal(t, os.ModeDir|0o700, info.Mode())
	left, err := os.ReadDir(elsewhere)
	require.NoError(t, err)
	assert.Len(t, left, 2, "what is elsewhere is as it was")
	left, err = os.ReadDir(base)
	require.NoError(t, err)
	assert.Len(t, left, 2, "what a killed call left is removed; a name that is none of these is somebody's")
}

// What the engine's image brings is not kept, and is there again.
func TestBuiltin(t *testing.T) {
	w := newWorld(t)
	states := store.Directory(t.TempDir())
	main := writer(kept.Delivery, "main")
	image := Builtin(t.TempDir())
	layer := strings.Repeat("a layer of the SDK's image", 1000)
	name := strings.TrimPrefix(kept.Digest([]byte(layer)), "sha256:")
	pulled := strings.Repeat("0", 64)
	w.write(filepath.Join(enginedir.Content, enginedir.Blobs, name), layer)
	w.write(filepath.Join(enginedir.Content, enginedir.Blobs, pulled), "a layer of another one")
	brings := func(text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(image.blob(name)), 0o755))
		require.NoError(t, os.WriteFile(image.blob(name), []byte(text), 0o600))
	}
	brings(layer)
	w.mark(main)
	saving := w.saving(states, main)
	saving.Builtin = image
	_, err := saving.Save(t.Context())
	require.NoError(t, err)

	w.cold(states, kept.Reader{Writer: main}, w.proof(), "Name that with --image-content")
	restoring := Restoring{Dir: filepath.Join(tempDir(t), "state"), Builtin: image, Store: states, Reader: kept.Reader{Writer: main}, Proof: w.proof(), Say: w.say}
	restored, err := restoring.Restore(t.Context())
	require.NoError(t, err)
	require.True(t, restored, w.said)
	for name, wanted := range map[string]string{name: layer, pulled: "a layer of another one"} {
		text, err := os.ReadFile(filepath.Join(restoring.Dir, enginedir.Content, enginedir.Blobs, name))
		require.NoError(t, err)
		assert.Equal(t, wanted, string(text))
	}
	restoring.Dir = filepath.Join(t.TempDir(), "state")
	brings("something else")
	restored, err = restoring.Restore(t.Context())
	require.NoError(t, err)
	assert.False(t, restored, "an image of another engine")
	empty, err := enginedir.Empty(restoring.Dir)
	require.NoError(t, err)
	assert.True(t, empty)
	assert.Contains(t, strings.Join(w.said, "\n"), "not what it is called")
}

// What a check kept does not become a delivery's by being kept again.
func TestNothingBecomesADelivery(t *testing.T) {
	w := newWorld(t)
	states := store.Directory(t.TempDir())
	pull := writer(kept.Check, "pull/7")
	w.save(states, pull)
	dir, restored := w.restore(states, kept.Reader{Writer: pull}, kept.Proof{})
	require.True(t, restored)
	w.dir = dir
	for _, by := range []kept.Writer{writer(kept.Delivery, "main"), writer(kept.Check, "main")} {
		_, err := w.saving(states, by).Save(t.Context())
		require.ErrorContains(t, err, "it began as")
	}
	_, err := w.saving(states, pull).Save(t.Context())
	require.NoError(t, err)
	dir, restored = w.restore(states, kept.Reader{Writer: pull}, kept.Proof{})
	require.True(t, restored)
	w.dir = dir
	w.write(".enginestate.json", "{}")
	_, err = w.saving(states, pull).Save(t.Context())
	require.Error(t, err, "nobody knows what it began as")
}

// goOn restores to the directory as it is, for an engine that is started on it then.
func (w *world) goOn(reader kept.Reader) error {
	_, err := Restoring{Dir: w.dir, Store: store.Directory(w.t.TempDir()), Reader: reader, Proof: w.proof(), Say: w.say}.Restore(w.t.Context())
	return err
}

// A machine that stays has a directory of the run before, which no delivery goes on with
// unless deliveries alone have used it; nor is it kept as one's.
func TestADeliveryGoesOnWithDeliveriesAlone(t *testing.T) {
	states := store.Directory(t.TempDir())
	delivery, check, pull := writer(kept.Delivery, "main"), writer(kept.Check, "main"), writer(kept.Check, "pull/7")
	refused := func(w *world, by kept.Writer) {
		_, err := w.saving(states, by).Save(t.Context())
		require.ErrorContains(t, err, "is not kept")
	}
	other := delivery
	other.Repository = "owner/other"
	for name, began := range map[string]*kept.Writer{"nobody's": nil, "a check's": &check, "a pull request's": &pull, "another repository's": &other} {
		w := newWorld(t)
		if began != nil {
			w.mark(*began)
		}
		require.ErrorContains(t, w.goOn(kept.Reader{Writer: delivery, Fallback: "main"}), "Remove it, or name an empty directory", name)
		refused(w, delivery)
	}

	w := newWorld(t)
	w.mark(delivery)
	require.NoError(t, w.goOn(kept.Reader{Writer: delivery}))
	_, err := w.saving(states, delivery).Save(t.Context())
	require.NoError(t, err)
	release := writer(kept.Delivery, "release")
	require.Error(t, w.goOn(kept.Reader{Writer: release}))
	require.NoError(t, w.goOn(kept.Reader{Writer: release, Fallback: "main"}))
	_, err = w.saving(states, release).Save(t.Context())
	require.NoError(t, err)

	w.mark(delivery)
	require.NoError(t, w.goOn(kept.Reader{Writer: pull, Fallback: "main"}))
	require.Error(t, w.goOn(kept.Reader{Writer: delivery}), "a pull request has used it since")
	refused(w, delivery)
	refused(w, check)
	require.NoError(t, w.goOn(kept.Reader{Writer: writer(kept.Check, "pull/8"), Fallback: "main"}), "what a check uses decides nothing")
	refused(w, pull)
	require.Error(t, w.goOn(kept.Reader{Writer: delivery}))
}

// A directory that began with nothing is its run's, too.
func TestAColdStartIsMarked(t *testing.T) {
	states := store.Directory(t.TempDir())
	delivery, pull := writer(kept.Delivery, "main"), writer(kept.Check, "pull/7")
	for _, by := range []kept.Writer{delivery, pull} {
		w := newWorld(t)
		w.dir, _ = w.restore(states, kept.Reader{Writer: by}, w.proof())
		w.write("dagql-cache.db", "one") // as an engine does
		for _, as := range []kept.Writer{delivery, pull} {
			_, err := w.saving(store.Directory(t.TempDir()), as).Save(t.Context())
			assert.Equal(t, by.Trust == kept.Check && as == delivery, err != nil, "%v as %v: %v", by, as, err)
		}
	}
}

// What a check restored of a delivery's is a check's from then on.
func TestACheckOfADeliverysState(t *testing.T) {
	w := newWorld(t)
	states := store.Directory(t.TempDir())
	delivery := writer(kept.Delivery, "main")
	w.save(states, delivery)
	dir, restored := w.restore(states, kept.Reader{Writer: writer(kept.Check, "pull/7"), Fallback: "main"}, kept.Proof{})
	require.True(t, restored)
	w.dir = dir
	_, err := w.saving(states, delivery).Save(t.Context())
	require.ErrorContains(t, err, "it began as what a check of pull/7 kept")
}

// A registry that does not answer is a cold start.
func TestNoRegistry(t *testing.T) {
	w := newWorld(t)
	states, err := store.Open("oci://127.0.0.1:1/engine/state")
	require.NoError(t, err)
	w.cold(states, kept.Reader{Writer: writer(kept.Delivery, "main")}, w.proof(), "a cold start")
}

// layered is an engine with a content store, a layer, a cache, and a cache that is over
// the layer.
func layered(t *testing.T) (w *world, snapshots []enginetest.Snapshot) {
	w = newWorld(t)
	snapshots = []enginetest.Snapshot{
		{ID: 1, Name: "layer", Kind: enginetest.Committed, Keeps: "lease"},
		{ID: 2, Name: "cache", Kind: enginetest.Active, Keeps: "lease"},
		{ID: 3, Name: "over", Parent: "layer", Kind: enginetest.Active, Keeps: "lease"},
		{ID: 4, Name: "of a service", Parent: "layer", Kind: enginetest.Active},
	}
	enginetest.Write(t, w.dir, snapshots)
	for i, s := range snapshots {
		w.write(s.Path()+"/file", s.Name+strings.Repeat(" and so on", 100000>>i)) // The layer is the most.
	}
	w.write("worker/content/blobs/sha256/a", "blob")
	require.NoError(t, os.Chmod(filepath.Join(w.dir, "worker/snapshots/snapshots/2/fs"), os.ModeSticky|0o777))
	return w, snapshots
}

func (w *world) has(path, text string) {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, path))
	require.NoError(w.t, err)
	assert.True(w.t, strings.HasPrefix(string(data), text), "%s is %.20q", path, data)
}

// images are those of a store.
func images(t *testing.T, states store.Directory) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(string(states), "*.squashfs"))
	require.NoError(t, err)
	return files
}

// What a run adds to what it restored is all that it packs, and runs after it have both.
func TestWhatIsNewIsPacked(t *testing.T) {
	w, snapshots := layered(t)
	states := store.Directory(filepath.Join(t.TempDir(), "kept"))
	main := writer(kept.Delivery, "main")
	reader := kept.Reader{Writer: main}
	w.save(states, main)
	require.Len(t, images(t, states), 1)

	next := func() {
		t.Helper()
		dir, restored := w.restore(states, reader, w.proof())
		require.True(t, restored, w.said)
		w.dir = dir
	}
	next()
	w.has(snapshots[1].Path()+"/file", "cache")
	w.has(snapshots[2].Path()+"/file", "over")
	assert.NoDirExists(t, filepath.Join(w.dir, "worker/snapshots/snapshots/4"), "nothing refers to it")
	info, err := os.Stat(filepath.Join(w.dir, snapshots[1].Path()))
	require.NoError(t, err)
	assert.Equal(t, os.ModeDir|os.ModeSticky|0o777, info.Mode(), "whoever may write into a cache may go on")

	// A layer is added, one is dropped, and the cache is used.
	snapshots = append(snapshots[1:3:3], enginetest.Snapshot{ID: 9, Name: "new", Kind: enginetest.Committed, Keeps: "lease"})
	enginetest.Write(t, w.dir, snapshots)
	w.write(snapshots[2].Path()+"/file", "new"+strings.Repeat(" and so on", 1000))
	w.write(snapshots[0].Path()+"/used", "used")
	w.write(snapshots[1].Path()+"/used", "used, too")
	w.save(states, main)
	next()
	w.has(snapshots[0].Path()+"/file", "cache")
	w.has(snapshots[0].Path()+"/used", "used")
	w.has(snapshots[1].Path()+"/used", "used, too")
	w.has(snapshots[2].Path()+"/file", "new")
	w.has("worker/content/blobs/sha256/a", "blob")
	require.NoDirExists(t, filepath.Join(w.dir, "worker/snapshots/snapshots/1"), "it was dropped")

	// Only databases change from here on: each run has an image of its own, up to a number.
	for range 2 * mostImages {
		w.write("dagql-cache.db", "another")
		w.save(states, main)
		assert.LessOrEqual(t, len(images(t, states)), mostImages)
		next()
		w.has("dagql-cache.db", "another")
		w.has(snapshots[0].Path()+"/used", "used")
		w.has(snapshots[2].Path()+"/file", "new")
	}
}

// A registry has what was there, and gets what is new.
func TestARegistryGetsWhatIsNew(t *testing.T) {
	w, _ := layered(t)
	handler, err := registryserver.New(t.TempDir())
	require.NoError(t, err)
	uploads := 0
	server := httptest.NewServer(http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			uploads++
		}
		handler.ServeHTTP(to, r)
	}))
	t.Cleanup(server.Close)
	states, err := store.Open("oci://" + strings.TrimPrefix(server.URL, "http://") + "/engine/state")
	require.NoError(t, err)
	main := writer(kept.Delivery, "main")
	w.save(states, main)
	dir, restored := w.restore(states, kept.Reader{Writer: main}, w.proof())
	require.True(t, restored, w.said)
	w.dir, uploads = dir, 0
	w.save(states, main)
	assert.Equal(t, 2, uploads, "an envelope, and an image")
}

// Where the engine would not see mounts, all is written out, and is the same.
func TestUnpacked(t *testing.T) {
	w, snapshots := layered(t)
	states := store.Directory(t.TempDir())
	main := writer(kept.Delivery, "main")
	w.save(states, main)
	w.next(states, main)
	w.write(snapshots[1].Path()+"/used", "used")
	w.save(states, main)
	require.Len(t, images(t, states), 2)
	// No option of a mount may have such a name in it.
	odd := Restoring{Dir: filepath.Join(tempDir(t), "a:b, c\\d"), Store: states, Reader: kept.Reader{Writer: main}, Proof: w.proof(), Say: w.say}
	restored, err := odd.Restore(t.Context())
	require.NoError(t, err)
	require.True(t, restored, w.said)
	assert.NoDirExists(t, filepath.Join(odd.Dir, enginedir.Ours))
	restoring := Restoring{Dir: filepath.Join(t.TempDir(), "state"), Store: states, Reader: kept.Reader{Writer: main}, Proof: w.proof(), Unpack: true, Say: w.say}
	restored, err = restoring.Restore(t.Context())
	require.NoError(t, err)
	require.True(t, restored, w.said)
	w.dir = restoring.Dir
	for _, s := range snapshots[1:3] {
		w.has(s.Path()+"/file", s.Name)
	}
	w.has(snapshots[0].Path()+"/file", "layer")
	w.has(snapshots[1].Path()+"/used", "used")
	w.has("worker/content/blobs/sha256/a", "blob")
	var deleted unix.Stat_t
	require.NoError(t, unix.Lstat(filepath.Join(w.dir, snapshots[0].Path(), "deleted"), &deleted))
	assert.NoDirExists(t, filepath.Join(w.dir, enginedir.Ours))
	w.save(states, main)
	assert.Len(t, images(t, states), 1)
}

// On a machine that stays, what was mounted is mounted again, and is removed by a call.
func TestMountedAgain(t *testing.T) {
	w, snapshots := layered(t)
	states := store.Directory(t.TempDir())
	main := writer(kept.Delivery, "main")
	w.save(states, main)
	w.next(states, main)
	dir := w.dir
	w.write(snapshots[1].Path()+"/used", "used")
	require.NoError(t, placed.Release(dir))
	require.NoFileExists(t, filepath.Join(dir, snapshots[1].Path(), "used"), "as after a start of the machine")
	require.NoError(t, w.goOn(kept.Reader{Writer: main}))
	w.has(snapshots[1].Path()+"/used", "used")
	w.has(snapshots[0].Path()+"/file", "layer")
	require.NoError(t, Remove(t.Context(), dir))
	require.NoError(t, Remove(t.Context(), dir), "none is no error")
	assert.NoDirExists(t, dir)
}

// What a state says and has leads nowhere else: one that nobody has signed may be anybody's.
func TestCraftedStates(t *testing.T) {
	const layer = `{"trees": [{"path": "worker/snapshots/snapshots/1", "part": 0, "bytes": 1}]`
	link := func(to, at string) func(root, victim string) error {
		return func(root, victim string) error {
			at := filepath.Join(root, at)
			return errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.RemoveAll(at), os.Symlink(strings.ReplaceAll(to, "VICTIM", victim), at))
		}
	}
	file := func(at string) func(root, victim string) error {
		return func(root, _ string) error {
			at := filepath.Join(root, at)
			return errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.RemoveAll(at), os.WriteFile(at, []byte("file"), 0o600))
		}
	}
	pipe := func(at string) func(root, victim string) error {
		return func(root, _ string) error {
			at := filepath.Join(root, at)
			return errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.RemoveAll(at), unix.Mkfifo(at, 0o600))
		}
	}
	filled := func(file, blob string) string {
		return layer + fmt.Sprintf(`, "filled": [{"tree": "worker/snapshots/snapshots/1", "file": %q, "parts": [{"offset": 0, "length": 2, "part": 0, "path": %q}]}]}`, file, blob)
	}
	const tree = "trees/worker/snapshots/snapshots/1"
	for name, is := range map[string]struct {
		index string
		craft []func(root, victim string) error
	}{
		"up":                        {index: `{"trees": [{"path": "../outside", "part": 0}]}`},
		"absolute":                  {index: `{"trees": [{"path": "/outside", "part": 0}]}`},
		"the directory itself":      {index: `{"trees": [{"path": ".", "part": 0, "writes": true}]}`},
		"somewhere else":            {index: `{"trees": [{"path": "away/new", "part": 0, "writes": true}]}`, craft: []func(string, string) error{link("VICTIM", "rest/away"), file("trees/away/new/a")}},
		"a layer that is written":   {index: `{"trees": [{"path": "worker/snapshots/snapshots/1", "part": 0, "writes": true}]}`},
		"twice":                     {index: `{"trees": [{"path": "worker/content", "part": 0, "writes": true}, {"path": "worker/content", "part": 0, "writes": true}]}`, craft: []func(string, string) error{file("trees/worker/content/a")}},
		"another image":             {index: `{"trees": [{"path": "worker/content", "part": 1, "writes": true}]}`},
		"what is ours":              {index: layer + "}", craft: []func(string, string) error{link("VICTIM", "rest/.enginestate/filled/0")}},
		"our mark":                  {index: layer + "}", craft: []func(string, string) error{link("VICTIM/mark", "rest/.enginestate.json")}},
		"rest that is a link":       {index: layer + "}", craft: []func(string, string) error{link("VICTIM", "rest")}},
		"trees that are a link":     {index: layer + "}", craft: []func(string, string) error{link("VICTIM", "trees")}},
		"a place that is a link":    {index: layer + "}", craft: []func(string, string) error{link("VICTIM", "rest/worker/snapshots/snapshots")}},
		"a lock that is a link":     {index: layer + "}", craft: []func(string, string) error{link("VICTIM/lock", "rest/dagger-engine.lock")}},
		"worker that is a link":     {index: layer + "}", craft: []func(string, string) error{link("VICTIM", "rest/worker")}},
		"a database that is a pipe": {index: layer + "}", craft: []func(string, string) error{pipe("rest/worker/snapshots/metadata.db")}},
		"more than it says":         {index: layer + "}", craft: []func(string, string) error{file("rest/a")}},
		"a filled link":             {index: filled("a", "blob"), craft: []func(string, string) error{file("blob"), link("VICTIM/secret", tree+"/a")}},
		"a filled pipe":             {index: filled("a", "blob"), craft: []func(string, string) error{file("blob"), pipe(tree + "/a")}},
		"filled by a link":          {index: filled("a", "blob"), craft: []func(string, string) error{link("VICTIM/secret", "blob"), file(tree + "/a")}},
		"filled by a pipe":          {index: filled("a", "blob"), craft: []func(string, string) error{pipe("blob"), file(tree + "/a")}},
		"filled above":              {index: filled("../../a", "blob"), craft: []func(string, string) error{file("blob"), file(tree + "/a")}},
		"an index that is a pipe":   {craft: []func(string, string) error{pipe("index.json")}},
		"an index that is a link":   {craft: []func(string, string) error{link("/dev/zero", "index.json")}},
		"an index that is no index": {index: `[1`},
	} {
		for _, unpack := range []bool{false, true} {
			w, victim := newWorld(t), t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(victim, "secret"), []byte("secret"), 0o600))
			states := store.Directory(t.TempDir())
			main := writer(kept.Check, "main")
			crafted(t, w, states, main, is.index, victim, is.craft)
			restoring := Restoring{Dir: filepath.Join(tempDir(t), "state"), Store: states, Reader: kept.Reader{Writer: main}, Unpack: unpack, Say: w.say}
			restored, err := restoring.Restore(t.Context())
			require.NoError(t, err)
			assert.False(t, restored, "%s, unpacked: %v", name, unpack)
			left, err := os.ReadDir(victim)
			require.NoError(t, err)
			assert.Len(t, left, 1, name)
			text, err := os.ReadFile(filepath.Join(victim, "secret"))
			require.NoError(t, err)
			assert.Equal(t, "secret", string(text), name)
			beside, err := os.ReadDir(filepath.Dir(restoring.Dir))
			require.NoError(t, err)
			assert.Len(t, beside, 1, name)
		}
	}
}

// crafted keeps a state that somebody has made.
func crafted(t *testing.T, w *world, states store.Store, by kept.Writer, index, victim string, craft []func(root, victim string) error) {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(root, placed.Trees, "worker/snapshots/snapshots/1/fs"), os.DirFS(filepath.Join(w.dir, "worker/clientdbs"))))
	require.NoError(t, os.MkdirAll(filepath.Join(root, placed.Rest, "worker/snapshots/snapshots"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, placed.Index), []byte(index), 0o600))
	for _, do := range craft {
		require.NoError(t, do(root, victim))
	}
	room, leave, err := states.Room(t.Context())
	require.NoError(t, err)
	defer leave()
	path := filepath.Join(room, "crafted")
	require.NoError(t, image.Write(t.Context(), path, root, nil))
	made, err := measured(path)
	require.NoError(t, err)
	manifest, err := kept.Write(by, 0, kept.Payload{Images: []kept.Image{made}, Unpacked: 1})
	require.NoError(t, err)
	envelope, err := kept.Seal(manifest, nil)
	require.NoError(t, err)
	require.NoError(t, states.Put(t.Context(), by.Key(), envelope, []store.Image{{Path: path, Digest: made.Digest, Size: made.Size, New: true}}))
}

// What is not mounted is not taken for nothing.
func TestNothingIsKeptWithoutItsMounts(t *testing.T) {
	w, snapshots := layered(t)
	states := store.Directory(t.TempDir())
	main := writer(kept.Delivery, "main")
	w.save(states, main)
	w.next(states, main)
	dir := w.dir
	for _, at := range []string{snapshots[1].Path(), "worker/content"} {
		require.NoError(t, unix.Unmount(filepath.Join(dir, at), 0))
		_, err := w.saving(states, main).Save(t.Context())
		require.ErrorContains(t, err, "is not mounted", at)
		require.NoError(t, w.goOn(kept.Reader{Writer: main}), "what is missing is mounted again")
	}
	require.NoError(t, placed.Release(dir))
	_, err := w.saving(states, main).Save(t.Context())
	require.ErrorContains(t, err, "is not mounted")
	require.NoError(t, w.goOn(kept.Reader{Writer: main}))
	_, err = w.saving(states, main).Save(t.Context())
	require.NoError(t, err)
}

// A cache that has what an overlay takes for its own, as one of another engine has, is
// written out.
func TestACacheOfAnotherEngine(t *testing.T) {
	w, snapshots := layered(t)
	inside := filepath.Join(w.dir, snapshots[1].Path(), "another/engine")
	require.NoError(t, os.MkdirAll(inside, 0o755))
	require.NoError(t, unix.Mknod(filepath.Join(inside, "deleted"), unix.S_IFCHR, 0))
	require.NoError(t, unix.Lsetxattr(inside, "trusted.overlay.opaque", []byte("y"), 0))
	require.NoError(t, os.WriteFile(filepath.Join(inside, "moved"), []byte("moved"), 0o600))
	require.NoError(t, unix.Lsetxattr(filepath.Join(inside, "moved"), "trusted.overlay.metacopy", nil, 0))
	states := store.Directory(t.TempDir())
	main := writer(kept.Delivery, "main")
	w.save(states, main)
	for range 2 {
		w.next(states, main)
		dir := w.dir
		inside = filepath.Join(dir, snapshots[1].Path(), "another/engine")
		var stat unix.Stat_t
		require.NoError(t, unix.Lstat(filepath.Join(inside, "deleted"), &stat))
		assert.Equal(t, uint32(unix.S_IFCHR), stat.Mode&unix.S_IFMT)
		value := make([]byte, 8)
		size, err := unix.Lgetxattr(inside, "trusted.overlay.opaque", value)
		require.NoError(t, err)
		assert.Equal(t, "y", string(value[:size]))
		w.has(snapshots[1].Path()+"/another/engine/moved", "moved")
		info, err := os.Stat(filepath.Join(dir, snapshots[1].Path()))
		require.NoError(t, err)
		assert.Equal(t, os.ModeDir|os.ModeSticky|0o777, info.Mode())
		w.has(snapshots[1].Path()+"/file", "cache")
		w.write(snapshots[1].Path()+"/used", "used")
		w.save(states, main)
	}
}

// An engine lists the attributes of a layer's directories, which an image must allow.
func TestAttributesOfALayer(t *testing.T) {
	w, snapshots := layered(t)
	states := store.Directory(t.TempDir())
	main := writer(kept.Delivery, "main")
	w.save(states, main)
	dir, restored := w.restore(states, kept.Reader{Writer: main}, w.proof())
	require.True(t, restored)
	_, err := unix.Llistxattr(filepath.Join(dir, snapshots[0].Path()), make([]byte, 100))
	assert.NoError(t, err)
}

// Where no overlay can be mounted, as on an overlay, the state is written out.
func TestOnAnOverlay(t *testing.T) {
	w, snapshots := layered(t)
	require.NoError(t, os.Remove(filepath.Join(w.dir, snapshots[0].Path(), "deleted"))) // No overlay takes that.
	states := store.Directory(t.TempDir())
	main := writer(kept.Delivery, "main")
	w.save(states, main)
	at := t.TempDir()
	require.NoError(t, image.Overlay(t.Context(), []string{t.TempDir()}, filepath.Join(t.TempDir(), "changes"), at))
	defer func() { assert.NoError(t, errors.Join(placed.Release(at), unix.Unmount(at, 0))) }()
	restoring := Restoring{Dir: filepath.Join(at, "state"), Store: states, Reader: kept.Reader{Writer: main}, Proof: w.proof(), Say: w.say}
	restored, err := restoring.Restore(t.Context())
	require.NoError(t, err)
	require.True(t, restored, w.said)
	assert.Contains(t, strings.Join(w.said, "\n"), "it is unpacked")
	w.dir = restoring.Dir
	w.has(snapshots[1].Path()+"/file", "cache")
	assert.NoDirExists(t, filepath.Join(w.dir, enginedir.Ours))
}

func TestRemoveRefuses(t *testing.T) {
	w := newWorld(t)
	other := tempDir(t)
	require.NoError(t, os.WriteFile(filepath.Join(other, "a"), nil, 0o600))
	require.ErrorContains(t, Remove(t.Context(), other), "no state of an engine")
	require.ErrorContains(t, Remove(t.Context(), filepath.Join(other, "a")), "no directory")
	require.NoError(t, os.Symlink(w.dir, filepath.Join(other, "link")))
	require.ErrorContains(t, Remove(t.Context(), filepath.Join(other, "link")), "no directory")
	release, err := enginedir.Hold(w.dir)
	require.NoError(t, err)
	require.ErrorIs(t, Remove(t.Context(), w.dir), enginedir.ErrInUse)
	release()
	require.Error(t, Remove(t.Context(), "/"))
	require.NoError(t, Remove(t.Context(), w.dir))
	assert.NoDirExists(t, w.dir)
	assert.FileExists(t, filepath.Join(other, "a"))
}

// A blob is found again in an image that has another number now.
func TestABlobOfALaterImage(t *testing.T) {
	w, snapshots := layered(t)
	states := store.Directory(t.TempDir())
	main := writer(kept.Delivery, "main")
	blob := make([]byte, 5<<20)
	_, _ = mathrand.NewChaCha8([32]byte{2}).Read(blob)
	name := strings.TrimPrefix(kept.Digest(blob), "sha256:")
	next := func() {
		t.Helper()
		w.save(states, main)
		w.next(states, main)
	}
	next()
	snapshots = append(snapshots, enginetest.Snapshot{ID: 8, Name: "layout", Kind: enginetest.Committed, Keeps: "lease"})
	enginetest.Write(t, w.dir, snapshots)
	w.write(snapshots[4].Path()+"/blobs/sha256/"+name, string(blob))
	next()
	require.Len(t, images(t, states), 2)

	// The image before it is of no use any more.
	snapshots = append(snapshots[4:], enginetest.Snapshot{ID: 9, Name: "tarball", Kind: enginetest.Committed, Keeps: "lease"})
	enginetest.Write(t, w.dir, snapshots)
	var text bytes.Buffer
	to := tar.NewWriter(&text)
	require.NoError(t, to.WriteHeader(&tar.Header{Name: "blobs/sha256/" + name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(blob))}))
	_, err := to.Write(blob)
	require.NoError(t, errors.Join(err, to.Close()))
	w.write(snapshots[1].Path()+"/container.tar", text.String())
	next()
	require.Len(t, images(t, states), 2, "that one was dropped, and its place taken")
	again, err := os.ReadFile(filepath.Join(w.dir, snapshots[1].Path(), "container.tar"))
	require.NoError(t, err)
	assert.True(t, bytes.Equal(text.Bytes(), again))
}

// What a tarball has of blobs is kept once, and is in it again.
func TestATarballOfBlobs(t *testing.T) {
	w, _ := layered(t)
	layer := make([]byte, 3<<20)
	_, _ = mathrand.NewChaCha8([32]byte{1}).Read(layer)
	other := append(slices.Clone(layer[1<<20:]), "other"...)
	name := func(data []byte) string { return strings.TrimPrefix(kept.Digest(data), "sha256:") }
	tarball := func(members ...[]byte) string {
		var text bytes.Buffer
		to := tar.NewWriter(&text)
		for i, data := range members {
			called := name(data)
			if i == len(members)-1 {
				called = name(other) // by a name that is not its own
			}
			require.NoError(t, to.WriteHeader(&tar.Header{Name: "blobs/sha256/" + called, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(data))}))
			_, err := to.Write(data)
			require.NoError(t, err)
		}
		require.NoError(t, to.Close())
		return text.String()
	}
	wanted := tarball(layer, []byte("a small one"), other, append(slices.Clone(other[:len(other)-1]), 'x'))
	snapshots := []enginetest.Snapshot{
		{ID: 5, Name: "tarball", Kind: enginetest.Committed, Keeps: "lease"}, {ID: 6, Name: "layout", Kind: enginetest.Committed, Keeps: "lease"},
		{ID: 7, Name: "later tarball", Kind: enginetest.Committed, Keeps: "lease"},
	}
	enginetest.Write(t, w.dir, snapshots[:2])
	w.write(snapshots[0].Path()+"/container.tar", wanted)
	w.write(snapshots[0].Path()+"/none.tar", strings.Repeat("no tarball", 100000))
	require.NoError(t, os.Chmod(filepath.Join(w.dir, snapshots[0].Path(), "container.tar"), 0o640))
	for _, blob := range [][]byte{layer, other} {
		w.write(snapshots[1].Path()+"/layout/blobs/sha256/"+name(blob), string(blob))
	}
	states := store.Directory(t.TempDir())
	main := writer(kept.Delivery, "main")
	w.save(states, main)
	info, err := os.Stat(images(t, states)[0])
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(3+2+2+1)<<20, "layer, other, and what only looks like it")

	is := func(at, path string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(at, path))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(text, []byte(wanted)), path)
		info, err := os.Stat(filepath.Join(at, path))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o640), info.Mode().Perm())
	}
	restored := func(unpack bool) string {
		t.Helper()
		restoring := Restoring{Dir: filepath.Join(tempDir(t), "state"), Store: states, Reader: kept.Reader{Writer: main}, Proof: w.proof(), Unpack: unpack, Say: w.say}
		restored, err := restoring.Restore(t.Context())
		require.NoError(t, err)
		require.True(t, restored, w.said)
		return restoring.Dir
	}
	is(restored(true), snapshots[0].Path()+"/container.tar")
	w.dir = restored(false)
	is(w.dir, snapshots[0].Path()+"/container.tar")
	w.has(snapshots[0].Path()+"/none.tar", "no tarball")

	// A later run has another tarball of the same blobs, which are in the image before.
	enginetest.Write(t, w.dir, snapshots)
	w.write(snapshots[2].Path()+"/container.tar", wanted)
	require.NoError(t, os.Chmod(filepath.Join(w.dir, snapshots[2].Path(), "container.tar"), 0o640))
	w.save(states, main)
	require.Len(t, images(t, states), 2)
	for _, unpack := range []bool{true, false} {
		w.dir = restored(unpack)
		is(w.dir, snapshots[0].Path()+"/container.tar")
		is(w.dir, snapshots[2].Path()+"/container.tar")
	}
}

// A link in a state is not followed when that is kept.
func TestNoLinkIsKept(t *testing.T) {
	w, snapshots := layered(t)
	elsewhere := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(elsewhere, "secret"), []byte("secret"), 0o600))
	layer := filepath.Join(w.dir, filepath.Dir(snapshots[0].Path()))
	require.NoError(t, os.RemoveAll(layer))
	require.NoError(t, os.Symlink(elsewhere, layer))
	states := store.Directory(filepath.Join(t.TempDir(), "kept"))
	main := writer(kept.Delivery, "main")
	w.mark(main)
	_, err := w.saving(states, main).Save(t.Context())
	require.ErrorContains(t, err, "leads through a link")
	require.NoError(t, os.Rename(filepath.Join(w.dir, "worker"), filepath.Join(elsewhere, "worker")))
	require.NoError(t, os.Symlink(filepath.Join(elsewhere, "worker"), filepath.Join(w.dir, "worker")))
	_, err = w.saving(states, main).Save(t.Context())
	require.ErrorContains(t, err, "its worker is")
	assert.NoDirExists(t, string(states))
}

// What is left of a directory that could not be removed can be removed later.
func TestRemovedInTwo(t *testing.T) {
	w, snapshots := layered(t)
	states := store.Directory(t.TempDir())
	main := writer(kept.Delivery, "main")
	w.save(states, main)
	require.NoError(t, unix.Mount(t.TempDir(), filepath.Join(w.dir, "worker/clientdbs"), "", unix.MS_BIND, ""))
	held, err := os.Open(filepath.Join(w.dir, snapshots[1].Path(), "file"))
	require.NoError(t, err)
	defer func() { _ = held.Close() }()
	const immutable = 0x10
	flags, err := unix.IoctlGetInt(int(held.Fd()), unix.FS_IOC_GETFLAGS)
	if err != nil {
		t.Skip("no file of this disk can be held")
	}
	require.NoError(t, unix.IoctlSetPointerInt(int(held.Fd()), unix.FS_IOC_SETFLAGS, flags|immutable))
	defer func() { _ = unix.IoctlSetPointerInt(int(held.Fd()), unix.FS_IOC_SETFLAGS, flags) }()
	require.Error(t, Remove(t.Context(), w.dir))
	_, err = w.saving(states, main).Save(t.Context())
	require.Error(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(int(held.Fd()), unix.FS_IOC_SETFLAGS, flags))
	require.NoError(t, Remove(t.Context(), w.dir))
	assert.NoDirExists(t, w.dir)
}

// Nobody is waited for whose call was cancelled.
func TestALockIsNotWaitedForWithoutEnd(t *testing.T) {
	dir := t.TempDir()
	unlock, err := store.Lock(t.Context(), dir)
	require.NoError(t, err)
	soon, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer stop()
	_, err = store.Lock(soon, dir)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	unlock()
	unlock, err = store.Lock(t.Context(), dir)
	require.NoError(t, err)
	unlock()
}
