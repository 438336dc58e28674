package harness

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// EngineKeepsNone searches what the engine has written since for secrets:
// snapshots, cache volumes and databases. That it would find one is proven by a
// text that the engine is made to keep in each of them.
func EngineKeepsNone(t *testing.T, since time.Time, secrets map[string]string) {
	t.Helper()
	dir := os.Getenv("PINGVAS_ENGINE_STATE")
	if dir == "" {
		t.Skip("the engine is not the kit's own: what it keeps is not on this machine")
	}
	known := plant(t)
	names := map[string]string{known: "planted text"}
	for name, secret := range secrets {
		for _, form := range forms(secret) {
			names[form] = name
		}
	}
	files, err := changedSince(dir, since)
	require.NoError(t, err)
	search := newNeedles(slices.Collect(maps.Keys(names))...)
	var holders []string // of the planted text
	for _, file := range files {
		found, err := search.in(file)
		require.NoError(t, err)
		for _, text := range slices.Compact(found) {
			if text == known {
				holders = append(holders, file)
				continue
			}
			t.Errorf("the %s is in %s", names[text], file)
		}
	}
	all := strings.Join(holders, "\n")
	for _, place := range []string{"/planted-in-a-volume", "/planted-in-a-layer", ".db"} {
		assert.Contains(t, all, place, "the search finds nothing where it should")
	}
}

// plant makes the engine keep a text, which it returns: in a cache volume, in a
// layer, and in its log of what programs print.
func plant(t *testing.T) string {
	t.Helper()
	text := "planted-" + rand.Text()
	planted := NewFiles(t, map[string]string{"planted-in-a-layer": text})
	Core(t, "container", "from", "--address", Pinned(t, "python:3.13-slim"),
		"with-mounted-cache", "--path", "/volume", "--cache", "pingvas-test-planted",
		"with-directory", "--path", "/layer", "--source", planted.Dir,
		"with-exec", "--args", "sh,-c,tee /volume/planted-in-a-volume < /layer/planted-in-a-layer", "sync")
	return text
}

// changedSince lists the files below a directory that were made or changed
// since, each inode once. What counts is when the inode changed: a file that
// was unpacked or uploaded bears the time that it had where it came from.
func changedSince(dir string, since time.Time) (files []string, err error) {
	seen := map[uint64]bool{}
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return gone(err)
		}
		info, err := entry.Info()
		if err != nil {
			return gone(err)
		}
		inode := info.Sys().(*syscall.Stat_t)
		if time.Unix(inode.Ctim.Unix()).Before(since) || seen[inode.Ino] {
			return nil
		}
		seen[inode.Ino] = true
		files = append(files, path)
		return nil
	})
	return files, err
}

// gone forgives what was removed while it was looked at: the engine is at work.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// needles are texts of seven bytes and more that are looked for all at once.
// Wherever one begins, four of its first seven bytes are at a multiple of four:
// only there is looked.
type needles struct {
	by      map[uint32][]needle // by those four bytes
	maybe   [1 << 16]bool       // whether there is one, by a hash of these
	longest int
}

// needle is a text, and how many of its bytes are before the four.
type needle struct {
	text   string
	before int
}

func newNeedles(texts ...string) *needles {
	n := &needles{by: map[uint32][]needle{}}
	for _, text := range texts {
		for before := range 4 {
			four := binary.LittleEndian.Uint32([]byte(text[before:]))
			n.by[four] = append(n.by[four], needle{text, before})
			n.maybe[hashed(four)] = true
		}
		n.longest = max(n.longest, len(text))
	}
	return n
}

func hashed(four uint32) uint16 { return uint16(four * 2654435761 >> 16) }

// in lists the texts that are in a file, compressed or not.
func (n *needles) in(file string) (found []string, err error) {
	opened, err := os.Open(file)
	if err != nil {
		return nil, gone(err)
	}
	defer func() { _ = opened.Close() }()
	content := bufio.NewReader(opened)
	reader := io.Reader(content)
	if magic, err := content.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		if reader, err = gzip.NewReader(content); err != nil {
			return nil, nil //nolint:nilerr // It only looks like gzip.
		}
	}
	buffer := make([]byte, 1<<20)
	kept := 0
	for {
		read, err := io.ReadFull(reader, buffer[kept:])
		part := buffer[:kept+read]
		found = append(found, n.within(part)...)
		if err != nil {
			return found, nil //nolint:nilerr // Its end, or as far as it can be read.
		}
		kept = copy(buffer, part[len(part)-n.longest:])
	}
}

func (n *needles) within(part []byte) (found []string) {
	for at := 0; at+4 <= len(part); at += 4 {
		four := binary.LittleEndian.Uint32(part[at:])
		if !n.maybe[hashed(four)] {
			continue
		}
		for _, is := range n.by[four] {
			if from := at - is.before; from >= 0 && bytes.HasPrefix(part[from:], []byte(is.text)) {
				found = append(found, is.text)
			}
		}
	}
	return found
}
