package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// Unpack writes an archive into a directory, which must be empty and its
// caller's alone. It believes nothing of the archive: an entry lies in a
// directory that the archive has made before it, which no symbolic link is, and
// nothing is there twice. More than most bytes of files are an error. What is
// there after an error is for the caller to remove.
func Unpack(ctx context.Context, from io.Reader, dir string, most int64) (Contents, error) {
	u := unpacker{dir: dir, left: most, made: map[string]byte{".": tar.TypeDir}}
	writers, ctx := errgroup.WithContext(ctx)
	writers.SetLimit(runtime.GOMAXPROCS(0))
	u.writers = writers
	err := u.all(ctx, tar.NewReader(from))
	if err = errors.Join(err, writers.Wait()); err == nil {
		err = u.finish()
	}
	if err != nil {
		return Contents{}, fmt.Errorf("unpack: %w", err)
	}
	return u.contents, nil
}

type unpacker struct {
	dir      string
	left     int64           // bytes that may come
	made     map[string]byte // the type of each entry, by its name
	files    []string        // that have content, in their order
	copies   []*restored     // They wait for the files that they have parts of,
	links    []*tar.Header   // these for all files,
	folders  []*tar.Header   // and these for what is in them, which changes their time.
	writers  *errgroup.Group
	contents Contents
}

func (u *unpacker) all(ctx context.Context, archive *tar.Reader) error {
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := u.add(header, archive); err != nil {
			return fmt.Errorf("%q: %w", header.Name, err)
		}
	}
}

// add makes one entry, or has it made.
func (u *unpacker) add(header *tar.Header, content io.Reader) error {
	if err := u.place(header); err != nil {
		return err
	}
	u.contents.Entries++
	at := filepath.Join(u.dir, header.Name)
	switch header.Typeflag {
	case tar.TypeReg:
		return u.file(at, header, content)
	case tar.TypeDir:
		u.folders = append(u.folders, header)
		return made(os.Mkdir(at, 0o700), at, header)
	case tar.TypeLink:
		u.links = append(u.links, header)
		return nil
	case tar.TypeSymlink:
		return made(os.Symlink(header.Linkname, at), at, header)
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return made(node(at, header), at, header)
	default:
		return fmt.Errorf("no state has an entry of type %q", header.Typeflag)
	}
}

// place refuses an entry that does not lie in a directory of the archive's own.
func (u *unpacker) place(header *tar.Header) error {
	name := strings.TrimSuffix(header.Name, "/")
	if name == "." || !filepath.IsLocal(name) || path.Clean(name) != name {
		return errors.New("its path leads out of the state, or is none")
	}
	if parent, found := u.made[path.Dir(name)]; !found || parent != tar.TypeDir {
		return errors.New("no directory of the state holds it")
	}
	if _, found := u.made[name]; found {
		return errors.New("it is there twice")
	}
	if header.Typeflag == tar.TypeLink {
		if first, found := u.made[header.Linkname]; !found || first == tar.TypeDir || first == tar.TypeLink {
			return fmt.Errorf("it is another name of %q, which is no file of the state", header.Linkname)
		}
	}
	header.Name = name
	u.made[name] = header.Typeflag
	return nil
}

// small is the size up to which a file is written while the archive is read on.
const small = 1 << 20

// file has a small file written beside, and writes a large one.
func (u *unpacker) file(at string, header *tar.Header, content io.Reader) error {
	parts, size, err := readParts(header)
	if err != nil {
		return err
	}
	if u.left -= size; u.left < 0 {
		return errors.New("it is more than the state is to have")
	}
	u.contents.Bytes += size
	f := &restored{at: at, header: header, size: size, parts: parts}
	if size > 0 {
		u.files = append(u.files, at)
	}
	if parts.copied() {
		u.copies = append(u.copies, f)
	}
	if header.Size > small {
		return f.write(content)
	}
	data := make([]byte, header.Size)
	if _, err := io.ReadFull(content, data); err != nil {
		return err
	}
	u.writers.Go(func() error { return f.write(bytes.NewReader(data)) })
	return nil
}

// finish makes what had to wait.
func (u *unpacker) finish() error {
	var copiers errgroup.Group
	copiers.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range u.copies {
		copiers.Go(func() error { return f.copy(u.files) })
	}
	if err := copiers.Wait(); err != nil {
		return err
	}
	for _, link := range u.links {
		if err := os.Link(filepath.Join(u.dir, link.Linkname), filepath.Join(u.dir, link.Name)); err != nil {
			return err
		}
	}
	for _, folder := range slices.Backward(u.folders) {
		if err := touch(filepath.Join(u.dir, folder.Name), folder); err != nil {
			return err
		}
	}
	return nil
}

// node makes a device or a named pipe.
func node(at string, header *tar.Header) error {
	kind := map[byte]uint32{tar.TypeChar: unix.S_IFCHR, tar.TypeBlock: unix.S_IFBLK, tar.TypeFifo: unix.S_IFIFO}[header.Typeflag]
	if err := unix.Mknod(at, kind|0o600, int(unix.Mkdev(uint32(header.Devmajor), uint32(header.Devminor)))); err != nil {
		return fmt.Errorf("make a device: %w", err)
	}
	return nil
}

// made gives an entry that was made, unless that failed, its owner, mode,
// attributes and time. The owner comes first: a change of it takes others away.
func made(err error, at string, header *tar.Header) error {
	if err != nil {
		return err
	}
	if err := os.Lchown(at, header.Uid, header.Gid); err != nil {
		return err
	}
	if header.Typeflag != tar.TypeSymlink {
		if err := unix.Chmod(at, uint32(header.Mode)); err != nil {
			return fmt.Errorf("set the mode: %w", err)
		}
	}
	for record, value := range header.PAXRecords {
		if name, is := strings.CutPrefix(record, attribute); is {
			if err := unix.Lsetxattr(at, name, []byte(value), 0); err != nil {
				return fmt.Errorf("set the attribute %s: %w", name, err)
			}
		}
	}
	return touch(at, header)
}

func touch(at string, header *tar.Header) error {
	time := unix.NsecToTimespec(header.ModTime.UnixNano())
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, at, []unix.Timespec{time, time}, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("set the time: %w", err)
	}
	return nil
}
