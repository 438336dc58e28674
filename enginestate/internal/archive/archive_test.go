package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestRoundTrip(t *testing.T) {
	needsRoot(t)
	from, to := snapshots(t), t.TempDir()
	packed, contents := pack(t, from)
	assert.Equal(t, []string{"worker/socket"}, contents.PassedOver)

	again, err := Unpack(t.Context(), bytes.NewReader(packed), to, contents.Bytes)
	require.NoError(t, err)
	assert.Equal(t, contents.Entries, again.Entries)
	assert.Equal(t, contents.Bytes, again.Bytes)
	before := look(t, from)
	delete(before, "worker/socket")
	assert.Equal(t, before, look(t, to))
	repacked, _ := pack(t, to)
	assert.Equal(t, packed, repacked, "what was unpacked packs to the same")
}

// snapshots are a directory with all that an overlay's may have.
func snapshots(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	at := func(name string) string { return filepath.Join(root, name) }
	for _, dir := range []string{"worker/snapshots/1/fs/etc", "worker/snapshots/2/fs/opaque", "worker/empty"} {
		require.NoError(t, os.MkdirAll(at(dir), 0o755))
	}
	layer := random(1, 5<<20)
	for name, data := range map[string][]byte{
		"worker/snapshots/1/fs/etc/passwd": []byte("root:x:0:0\n"),
		"worker/snapshots/2/fs/passwd":     []byte("root:x:0:0\n"),
		"worker/snapshots/1/fs/none":       {},
		"worker/blob":                      layer,
		"worker/blob-again":                layer,
		"worker/container.tar":             slices.Concat(random(2, 70<<10), layer, random(3, 3<<20), layer[1<<20:], random(4, 512)),
		"worker/Ümläut\nwith a line":       []byte("name"),
		strings.Repeat("long", 50):         []byte("name"),
	} {
		require.NoError(t, os.WriteFile(at(name), data, 0o644))
	}
	holes(t, at("worker/metadata.db"))
	require.NoError(t, os.Link(at("worker/blob"), at("worker/snapshots/1/fs/other-name")))
	require.NoError(t, os.Symlink("/etc/shadow", at("worker/snapshots/1/fs/link")))
	require.NoError(t, os.Symlink("passwd", at("worker/snapshots/1/fs/etc/dangling")))
	require.NoError(t, os.Link(at("worker/snapshots/1/fs/link"), at("worker/snapshots/1/fs/link-again")))
	require.NoError(t, unix.Mknod(at("worker/snapshots/2/fs/deleted"), unix.S_IFCHR, int(unix.Mkdev(0, 0))))
	require.NoError(t, unix.Mknod(at("worker/snapshots/2/fs/null"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))))
	require.NoError(t, unix.Mkfifo(at("worker/snapshots/2/fs/pipe"), 0o640))
	require.NoError(t, unix.Mknod(at("worker/socket"), unix.S_IFSOCK|0o600, 0))
	for path, attributes := range map[string]map[string]string{
		"worker/snapshots/2/fs/opaque": {"trusted.overlay.opaque": "y", "user.note": ""},
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
	require.NoError(t, os.Chtimes(at("worker/blob-again"), time.Time{}, time.Unix(-86400, 1)))
	return root
}

// holes is a file of nine megabytes with 13 bytes in it.
func holes(t *testing.T, path string) {
	file, err := os.Create(path)
	require.NoError(t, err)
	_, err = file.WriteAt([]byte("in the middle"), 500<<10)
	require.NoError(t, errors.Join(err, file.Truncate(9<<20), file.Close()))
}

func random(seed byte, size int) []byte {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(data)
	return data
}

func pack(t *testing.T, root string) ([]byte, Contents) {
	t.Helper()
	var packed bytes.Buffer
	contents, err := Pack(t.Context(), &packed, root, func(string) bool { return false })
	require.NoError(t, err)
	return packed.Bytes(), contents
}

// look is all that can be seen of a directory's entries, by their names.
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
		about := fmt.Sprintf("%o %d:%d %d device %d links %d", s.Mode, s.Uid, s.Gid, s.Mtim.Nano(), s.Rdev, s.Nlink)
		if first, again := inodes[s.Ino]; again {
			about += " is " + first
		}
		inodes[s.Ino] = name
		switch s.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			about += fmt.Sprintf(" %d %x", len(data), sha256.Sum256(data))
			if strings.HasSuffix(name, ".db") {
				about += fmt.Sprintf(" sparse %v", s.Blocks*512 < s.Size/2)
			}
		case unix.S_IFLNK:
			target, err := os.Readlink(path)
			require.NoError(t, err)
			about += " to " + target
		}
		var header tar.Header
		require.NoError(t, addAttributes(&header, path))
		seen[name] = fmt.Sprintf("%s %q", about, header.PAXRecords)
		return nil
	}))
	return seen
}

func TestSameContentIsPackedOnce(t *testing.T) {
	root := t.TempDir()
	layer := random(1, 8<<20)
	write := func(name string, data ...[]byte) {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), slices.Concat(data...), 0o600))
	}
	write("a-layer", layer)
	write("b-copy", layer)
	write("c-tarball", random(2, 512), layer, random(3, 1024))
	packed, contents := pack(t, root)
	assert.Greater(t, contents.Bytes, int64(24<<20))
	assert.Less(t, len(packed), 11<<20)
}

func TestOmitted(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"net/cni/a", "worker/kept"} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte("x"), 0o600))
	}
	var packed bytes.Buffer
	contents, err := Pack(t.Context(), &packed, root, func(path string) bool { return path == "net" })
	require.NoError(t, err)
	assert.Equal(t, 2, contents.Entries, "worker, and what is in it")
	assert.NotContains(t, packed.String(), "cni")
}

// What somebody else wrote leads nowhere.
func TestUnpackBelievesNothing(t *testing.T) {
	dir := func(name string) *tar.Header { return &tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755} }
	file := func(name string, records ...string) *tar.Header {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: 4, Format: tar.FormatPAX, PAXRecords: map[string]string{}}
		for i := 0; i+1 < len(records); i += 2 {
			header.PAXRecords[records[i]] = records[i+1]
		}
		return header
	}
	for name, entries := range map[string][]*tar.Header{
		"up":                    {file("../outside")},
		"up within":             {dir("a"), file("a/../../outside")},
		"absolute":              {file("/outside")},
		"dot":                   {file("./outside")},
		"itself":                {dir(".")},
		"without a directory":   {file("a/outside")},
		"through a link":        {{Typeflag: tar.TypeSymlink, Name: "a", Linkname: "/tmp"}, file("a/outside")},
		"over a link":           {{Typeflag: tar.TypeSymlink, Name: "a", Linkname: "/tmp/outside"}, file("a")},
		"through a file":        {file("a"), file("a/outside")},
		"twice":                 {file("a"), file("a")},
		"directory twice":       {dir("a"), dir("a")},
		"link to outside":       {{Typeflag: tar.TypeLink, Name: "a", Linkname: "/etc/passwd"}},
		"link to a directory":   {dir("a"), {Typeflag: tar.TypeLink, Name: "b", Linkname: "a"}},
		"link to itself":        {{Typeflag: tar.TypeLink, Name: "a", Linkname: "a"}},
		"unknown type":          {{Typeflag: tar.TypeCont, Name: "a"}},
		"too much":              {file("a"), file("b"), file("c"), file("d"), file("e"), file("f")},
		"size of a copy":        {file("a"), file("b", sizeRecord, "9223372036854775807", partsRecord, "+4 0:0+9223372036854775803")},
		"copy of none":          {file("a", sizeRecord, "8", partsRecord, "+4 7:0+4")},
		"copy of what is short": {file("a"), file("b", sizeRecord, "12", partsRecord, "+4 0:0+8")},
		"parts without a size":  {file("a", partsRecord, "+4")},
		"parts too short":       {file("a", sizeRecord, "8", partsRecord, "+4")},
		"parts too long":        {file("a", sizeRecord, "2", partsRecord, "+4")},
		"negative parts":        {file("a", sizeRecord, "4", partsRecord, "+8 0:0+-4")},
		"negative place":        {file("a"), file("b", sizeRecord, "8", partsRecord, "+4 0:-4+4")},
		"words for parts":       {file("a", sizeRecord, "4", partsRecord, "all of it")},
	} {
		t.Run(name, func(t *testing.T) {
			base := t.TempDir()
			to := filepath.Join(base, "state")
			require.NoError(t, os.Mkdir(to, 0o755))
			_, err := Unpack(t.Context(), crafted(t, entries), to, 20)
			assert.Error(t, err)
			assert.NoFileExists(t, filepath.Join(base, "outside"))
		})
	}
}

func crafted(t *testing.T, entries []*tar.Header) io.Reader {
	t.Helper()
	var data bytes.Buffer
	writer := tar.NewWriter(&data)
	for _, header := range entries {
		header.Uid, header.Gid = os.Getuid(), os.Getgid()
		require.NoError(t, writer.WriteHeader(header))
		if header.Size > 0 {
			_, err := writer.Write([]byte("text"))
			require.NoError(t, err)
		}
	}
	require.NoError(t, writer.Close())
	return &data
}

// An archive that ends anywhere is an error, or a state with less in it, which
// its digest tells.
func TestTruncated(t *testing.T) {
	needsRoot(t)
	root := t.TempDir()
	for n := range 5 {
		require.NoError(t, os.WriteFile(filepath.Join(root, fmt.Sprint(n)), random(byte(n/2), 300<<10), 0o600))
	}
	packed, contents := pack(t, root)
	for end := 0; end < len(packed); end += len(packed) / 40 {
		again, err := Unpack(t.Context(), bytes.NewReader(packed[:end]), t.TempDir(), contents.Bytes)
		assert.True(t, err != nil || again.Entries < contents.Entries, "after %d of %d bytes", end, len(packed))
	}
}

func TestStopped(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "a"), random(1, 100), 0o600))
	packed, contents := pack(t, root)
	stopped, stop := context.WithCancelCause(t.Context())
	stop(syscall.EINTR)
	_, err := Unpack(stopped, bytes.NewReader(packed), t.TempDir(), contents.Bytes)
	require.ErrorIs(t, err, syscall.EINTR)
	_, err = Pack(stopped, io.Discard, root, func(string) bool { return false })
	require.ErrorIs(t, err, syscall.EINTR)
}

func TestCompressed(t *testing.T) {
	data := bytes.Repeat(random(1, 1<<20), 20)
	var packed bytes.Buffer
	writer, err := Compress(&packed)
	require.NoError(t, err)
	_, err = writer.Write(data)
	require.NoError(t, errors.Join(err, writer.Close()))
	reader, err := Decompress(&packed)
	require.NoError(t, err)
	again, err := io.ReadAll(reader)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(data, again))
}

func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("owners, devices and attributes are root's to make")
	}
}
