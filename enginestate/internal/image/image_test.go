package image

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestRoundTrip(t *testing.T) {
	needsRoot(t)
	from := snapshots(t)
	path := made(t, from)
	before := look(t, from)

	at := t.TempDir()
	mount(t, path, at)
	assert.Equal(t, before, look(t, filepath.Join(at, "all")), "mounted")
	require.ErrorIs(t, os.WriteFile(filepath.Join(at, "all/new"), nil, 0o600), unix.EROFS)

	to := filepath.Join(t.TempDir(), "new")
	require.NoError(t, Unpack(t.Context(), path, to))
	assert.Equal(t, before, look(t, filepath.Join(to, "all")), "unpacked")

	copied := t.TempDir()
	require.NoError(t, Copy(t.Context(), filepath.Join(at, "all"), copied))
	assert.Equal(t, before, look(t, copied), "copied out of it")
}

// An overlay has what an image has, and keeps what is changed of it.
func TestOverlay(t *testing.T) {
	needsRoot(t)
	path := made(t, snapshots(t))
	image, other, changes, at := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "changes"), t.TempDir()
	mount(t, path, image)
	below := filepath.Join(image, "all/worker/snapshots/1/fs")
	require.NoError(t, os.WriteFile(filepath.Join(other, "more"), []byte("more"), 0o600))
	for range 2 {
		require.NoError(t, Overlay(t.Context(), []string{below, other}, changes, at))
		text, err := os.ReadFile(filepath.Join(at, "more"))
		require.NoError(t, err)
		assert.Equal(t, "more", string(text))
		info, err := os.Stat(at)
		require.NoError(t, err)
		assert.Equal(t, fs.ModeDir|fs.ModeSticky|0o777, info.Mode(), "as below")
		if _, err := os.Stat(filepath.Join(at, "etc")); err == nil {
			require.NoError(t, os.Rename(filepath.Join(at, "etc"), filepath.Join(at, "renamed")))
		}
		assert.FileExists(t, filepath.Join(at, "renamed/passwd"), "also when it is mounted again")
		require.NoError(t, unix.Unmount(at, 0))
	}
	assert.DirExists(t, filepath.Join(below, "etc"))
}

func TestView(t *testing.T) {
	needsRoot(t)
	from := t.TempDir()
	for _, name := range []string{"net/cni/a", "worker/kept", "worker/clients/a", "worker/b/c/d", "worker/b/e/f"} {
		require.NoError(t, os.MkdirAll(filepath.Join(from, filepath.Dir(name)), 0o750))
		require.NoError(t, os.WriteFile(filepath.Join(from, name), []byte("x"), 0o600))
	}
	require.NoError(t, os.Symlink("nowhere", filepath.Join(from, "worker/link")))
	view, err := NewView(t.Context(), filepath.Join(t.TempDir(), "view"))
	require.NoError(t, err)
	omit := func(path string) bool { return path == "net" || path == "worker/clients" || path == "worker/b/c" }
	within := func(path string) bool { return path == "worker" || path == "worker/b" }
	require.NoError(t, view.AddSome(from, "rest", omit, within))
	require.NoError(t, view.Add(filepath.Join(from, "worker/kept"), "index"))
	path := filepath.Join(t.TempDir(), "image")
	require.NoError(t, Write(t.Context(), path, string(view), []string{"rest/worker/b/e"}))
	require.NoError(t, view.Close())
	assert.NoDirExists(t, string(view))

	at := t.TempDir()
	mount(t, path, at)
	seen := look(t, at)
	for _, name := range []string{"index", "rest", "rest/worker", "rest/worker/kept", "rest/worker/b", "rest/worker/link"} {
		assert.Contains(t, seen, name)
		delete(seen, name)
	}
	assert.Empty(t, seen)
	info, err := os.Stat(filepath.Join(at, "rest/worker"))
	require.NoError(t, err)
	assert.Equal(t, fs.ModeDir|0o750, info.Mode())
	assert.FileExists(t, filepath.Join(from, "worker/clients/a"), "what was looked at is as it was")
}

func TestErrors(t *testing.T) {
	needsRoot(t)
	none := filepath.Join(t.TempDir(), "none")
	require.ErrorContains(t, Mount(t.Context(), none, t.TempDir()), "mount")
	require.NoError(t, os.WriteFile(none, []byte("no image"), 0o600))
	require.Error(t, Mount(t.Context(), none, t.TempDir()))
	require.Error(t, Unpack(t.Context(), none, filepath.Join(t.TempDir(), "new")))
	t.Setenv("PATH", t.TempDir())
	require.ErrorContains(t, Write(t.Context(), none, t.TempDir(), nil), "Install squashfs-tools")
}

// made is an image with a directory, all.
func made(t *testing.T, from string) string {
	t.Helper()
	view, err := NewView(t.Context(), filepath.Join(t.TempDir(), "view"))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "image")
	require.NoError(t, view.Add(from, "all"))
	require.NoError(t, Write(t.Context(), path, string(view), nil))
	require.NoError(t, view.Close())
	return path
}

func mount(t *testing.T, path, at string) {
	t.Helper()
	require.NoError(t, Mount(t.Context(), path, at))
	t.Cleanup(func() { assert.NoError(t, unix.Unmount(at, 0)) })
}

// snapshots are a directory with all that an overlay's may have.
func snapshots(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	at := func(name string) string { return filepath.Join(root, name) }
	for _, dir := range []string{"worker/snapshots/1/fs/etc", "worker/snapshots/2/fs/opaque", "worker/empty"} {
		require.NoError(t, os.MkdirAll(at(dir), 0o755))
	}
	layer := make([]byte, 5<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(layer)
	for name, data := range map[string][]byte{
		"worker/snapshots/1/fs/etc/passwd": []byte("root:x:0:0\n"),
		"worker/snapshots/2/fs/passwd":     []byte("root:x:0:0\n"),
		"worker/snapshots/1/fs/none":       {},
		"worker/blob":                      layer,
		"worker/blob-again":                layer,
		"worker/Ümläut\nwith a line":       []byte("name"),
		strings.Repeat("long", 50):         []byte("name"),
	} {
		require.NoError(t, os.WriteFile(at(name), data, 0o644))
	}
	holes(t, at("worker/metadata.db"))
	require.NoError(t, os.Link(at("worker/blob"), at("worker/snapshots/1/fs/other-name")))
	require.NoError(t, os.Symlink("/etc/shadow", at("worker/snapshots/1/fs/link")))
	require.NoError(t, os.Symlink("passwd", at("worker/snapshots/1/fs/etc/dangling")))
	require.NoError(t, unix.Mknod(at("worker/snapshots/2/fs/deleted"), unix.S_IFCHR, int(unix.Mkdev(0, 0))))
	require.NoError(t, unix.Mknod(at("worker/snapshots/2/fs/null"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))))
	require.NoError(t, unix.Mkfifo(at("worker/snapshots/2/fs/pipe"), 0o640))
	require.NoError(t, unix.Mknod(at("worker/socket"), unix.S_IFSOCK|0o600, 0))
	for path, attributes := range map[string]map[string]string{
		"worker/snapshots/2/fs/opaque": {"trusted.overlay.opaque": "y", "user.note": "n"},
		"worker/snapshots/2/fs/passwd": {"trusted.overlay.redirect": "/a\x00b", "security.capability": "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
	} {
		for name, value := range attributes {
			require.NoError(t, unix.Lsetxattr(at(path), name, []byte(value), 0), name)
		}
	}
	require.NoError(t, os.Lchown(at("worker/snapshots/1/fs/link"), 1000, 1001))
	require.NoError(t, os.Lchown(at("worker/snapshots/1/fs/none"), 65534, 100000))
	require.NoError(t, unix.Chmod(at("worker/snapshots/1/fs/none"), 0o6755))
	require.NoError(t, unix.Chmod(at("worker/snapshots/1/fs"), 0o1777))
	require.NoError(t, unix.Chmod(at("worker/empty"), 0))
	require.NoError(t, os.Chtimes(at("worker/snapshots/1"), time.Time{}, time.Unix(1, 123456789)))
	return root
}

// holes is a file of nine megabytes with 13 bytes in it.
func holes(t *testing.T, path string) {
	file, err := os.Create(path)
	require.NoError(t, err)
	_, err = file.WriteAt([]byte("in the middle"), 500<<10)
	require.NoError(t, errors.Join(err, file.Truncate(9<<20), file.Close()))
}

// look is all that can be seen of a directory's entries, by their names. An image has
// times to the second.
func look(t *testing.T, root string) map[string]string {
	t.Helper()
	seen := map[string]string{}
	inodes := map[uint64]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		name, err := filepath.Rel(root, path)
		require.NoError(t, err)
		if name == "." {
			return nil
		}
		var s unix.Stat_t
		require.NoError(t, unix.Lstat(path, &s))
		about := fmt.Sprintf("%o %d:%d %d device %d", s.Mode, s.Uid, s.Gid, s.Mtim.Sec, s.Rdev)
		if !entry.IsDir() {
			about += fmt.Sprintf(" links %d", s.Nlink)
		}
		if first, again := inodes[s.Ino]; again {
			about += " is " + first
		}
		inodes[s.Ino] = name
		switch s.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			about += fmt.Sprintf(" %d %x", len(data), sha256.Sum256(data))
		case unix.S_IFLNK:
			target, err := os.Readlink(path)
			require.NoError(t, err)
			about += " to " + target
		}
		seen[name] = about + attributes(t, path)
		return nil
	}))
	return seen
}

func attributes(t *testing.T, path string) (all string) {
	names := make([]byte, 4096)
	size, err := unix.Llistxattr(path, names)
	if errors.Is(err, unix.ENOTSUP) {
		return ""
	}
	require.NoError(t, err)
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names[:size]), "\x00"), "\x00") {
		if name == "" {
			continue
		}
		value := make([]byte, 4096)
		size, err := unix.Lgetxattr(path, name, value)
		require.NoError(t, err)
		all += fmt.Sprintf(" %s=%q", name, value[:size])
	}
	return all
}

func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("owners, devices, attributes and mounts are root's to make")
	}
}
