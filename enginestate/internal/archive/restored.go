package archive

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// restored is a regular file that is made again: what is new of it first, and
// what others have when all of these are there.
type restored struct {
	at     string
	header *tar.Header
	size   int64
	parts  parts
}

// write makes the file, and writes what is new of it.
func (f *restored) write(content io.Reader) error {
	file, err := os.OpenFile(f.at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	at := int64(0)
	for _, p := range f.parts {
		if p.isNew() && err == nil {
			_, err = io.CopyN(&sparse{file, at}, content, p.length)
		}
		at += p.length
	}
	if err = errors.Join(err, file.Truncate(f.size), file.Close()); err != nil || f.parts.copied() {
		return err
	}
	return made(nil, f.at, f.header)
}

// copy writes what others have.
func (f *restored) copy(files []string) error {
	file, err := os.OpenFile(f.at, os.O_WRONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	at := int64(0)
	for _, p := range f.parts {
		if !p.isNew() && err == nil {
			err = copyPart(file, at, p, files)
		}
		at += p.length
	}
	return made(errors.Join(err, file.Close()), f.at, f.header)
}

func copyPart(to *os.File, at int64, p part, files []string) error {
	if p.from.file >= len(files) {
		return errParts
	}
	from, err := os.OpenFile(files[p.from.file], os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	offset := p.from.offset
	for left := p.length; left > 0; {
		n, err := unix.CopyFileRange(int(from.Fd()), &offset, int(to.Fd()), &at, int(left), 0)
		if err != nil {
			return fmt.Errorf("copy from %s: %w", from.Name(), err)
		}
		if n == 0 {
			return errParts // The other file is too short.
		}
		left -= int64(n)
	}
	return nil
}

// block is the unit in which a file has holes: a block of zeros is one.
// Databases have many, and an archive no other way to say so.
const block = 4096

var zeros [block]byte

// sparse writes a file from a byte on, and leaves blocks of zeros out. The
// file's size is for others to set.
type sparse struct {
	file *os.File
	at   int64
}

func (s *sparse) Write(data []byte) (int, error) {
	written := len(data)
	for len(data) > 0 {
		run, holds := s.run(data)
		if holds {
			if _, err := s.file.WriteAt(data[:run], s.at); err != nil {
				return 0, err
			}
		}
		s.at += int64(run)
		data = data[run:]
	}
	return written, nil
}

// run is how much of data is alike: blocks of zeros, or others.
func (s *sparse) run(data []byte) (length int, holds bool) {
	for length < len(data) {
		end := min(len(data), length+block-int((s.at+int64(length))%block))
		part := data[length:end]
		has := !bytes.Equal(part, zeros[:len(part)])
		if length > 0 && has != holds {
			break
		}
		holds, length = has, end
	}
	return length, holds
}
