package oci

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sys/unix"
)

// Pack writes the layer whose files are below root into dir. Root may be the
// upper directory of an overlay, whose deletions become the layer's. The same
// files give the same layer: names are sorted, owners are numbers, and no time
// is newer than epoch.
func Pack(root, dir string, epoch time.Time) (Layer, error) {
	file, err := os.Create(filepath.Join(dir, archiveFile))
	if err != nil {
		return Layer{}, fmt.Errorf("pack layer: %w", err)
	}
	packed, unpacked := newCounter(file), newCounter(io.Discard)
	zip, err := gzip.NewWriterLevel(packed, gzip.BestSpeed) // It stays on this machine.
	if err != nil {
		return Layer{}, errors.Join(fmt.Errorf("pack layer: %w", err), file.Close())
	}
	archive := packer{
		tar:   tar.NewWriter(io.MultiWriter(zip, unpacked)),
		root:  root,
		epoch: epoch.UTC().Truncate(time.Second),
		links: map[uint64]string{},
	}
	err = filepath.WalkDir(root, archive.add)
	if err = errors.Join(err, archive.tar.Close(), zip.Close(), file.Close()); err != nil {
		return Layer{}, fmt.Errorf("pack layer %s: %w", root, err)
	}
	layer := Layer{dir: dir, about: about{
		Digest: packed.sum(), DiffID: unpacked.sum(), Size: packed.size, Epoch: archive.epoch,
	}}
	content, err := json.Marshal(layer.about)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, aboutFile), content, 0o644)
	}
	if err != nil {
		return Layer{}, fmt.Errorf("pack layer %s: %w", root, err)
	}
	return layer, nil
}

type packer struct {
	tar   *tar.Writer
	root  string
	epoch time.Time
	links map[uint64]string // Of files with several names, the first name packed.
}

func (p packer) add(file string, entry fs.DirEntry, err error) error {
	if err != nil || file == p.root {
		return err
	}
	name, err := filepath.Rel(p.root, file)
	if err != nil {
		return err
	}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return fmt.Errorf("%s: the system does not tell its owner", file)
	case info.Mode()&fs.ModeSocket != 0:
		return nil
	case info.Mode()&fs.ModeCharDevice != 0 && stat.Rdev == 0:
		return p.mark(path.Join(path.Dir(name), ".wh."+path.Base(name)))
	}
	if err := p.write(file, name, info, stat); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if info.IsDir() && attribute(file, "trusted.overlay.opaque") == "y" {
		return p.mark(path.Join(name, ".wh..wh..opq"))
	}
	return nil
}

// mark writes one of the empty files by which layers delete.
func (p packer) mark(name string) error {
	return p.tar.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, ModTime: p.epoch, Format: tar.FormatPAX})
}

func (p packer) write(file, name string, info fs.FileInfo, stat *syscall.Stat_t) error {
	header, err := p.header(file, name, info)
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() && stat.Nlink > 1 {
		if first, seen := p.links[stat.Ino]; seen {
			header.Typeflag, header.Linkname, header.Size = tar.TypeLink, first, 0
			return p.tar.WriteHeader(header)
		}
		p.links[stat.Ino] = name
	}
	if err := p.tar.WriteHeader(header); err != nil || !info.Mode().IsRegular() {
		return err
	}
	content, err := os.Open(file)
	if err != nil {
		return err
	}
	_, err = io.Copy(p.tar, content)
	return errors.Join(err, content.Close())
}

func (p packer) header(file, name string, info fs.FileInfo) (*tar.Header, error) {
	target := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		var err error
		if target, err = os.Readlink(file); err != nil {
			return nil, err
		}
	}
	header, err := tar.FileInfoHeader(info, target)
	if err != nil {
		return nil, err
	}
	header.Name = name
	if info.IsDir() {
		header.Name += "/"
	}
	header.Uname, header.Gname, header.Format = "", "", tar.FormatPAX
	header.AccessTime, header.ChangeTime = time.Time{}, time.Time{}
	header.ModTime = header.ModTime.UTC().Truncate(time.Second)
	if header.ModTime.After(p.epoch) {
		header.ModTime = p.epoch
	}
	if capability := attribute(file, "security.capability"); capability != "" {
		header.PAXRecords = map[string]string{"SCHILY.xattr.security.capability": capability}
	}
	return header, nil
}

// attribute returns an extended attribute, empty when there is none.
func attribute(file, name string) string {
	var value [256]byte
	n, err := unix.Lgetxattr(file, name, value[:])
	if err != nil {
		return ""
	}
	return string(bytes.Clone(value[:n]))
}

type counter struct {
	io.Writer
	hash hash.Hash
	size int64
}

func newCounter(w io.Writer) *counter {
	sum := sha256.New()
	return &counter{Writer: io.MultiWriter(w, sum), hash: sum}
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.size += int64(n)
	return n, err
}

func (c *counter) sum() v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(c.hash.Sum(nil))}
}
