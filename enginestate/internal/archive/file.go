package archive

import (
	"crypto/sha256"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// file is a file that was read, in the chunks that other files may have, too.
type file struct {
	data   []byte
	mapped bool
	chunks []chunk
}

type sum = [sha256.Size]byte

type chunk struct {
	length int64
	sum    sum
}

// read reads a file, which nobody writes at the moment. A large one is mapped.
func (f *file) read(path string, size int64) error {
	opened, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer func() { _ = opened.Close() }()
	if size <= small {
		f.data = make([]byte, size)
		_, err = opened.ReadAt(f.data, 0)
	} else {
		f.mapped = true
		f.data, err = unix.Mmap(int(opened.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	}
	if err != nil {
		return errors.Join(errors.New("read a file that ought to be at rest"), err)
	}
	for rest := f.data; len(rest) > 0; {
		end := cut(rest)
		f.chunks = append(f.chunks, chunk{int64(end), sha256.Sum256(rest[:end])})
		rest = rest[end:]
	}
	return nil
}

func (f *file) close() {
	if f.mapped {
		_ = unix.Munmap(f.data) // It was mapped by read.
	}
}

// Sizes of chunks. They are as large as may be: a layer is in a tarball whole.
const (
	leastChunk = 64 << 10
	mostChunk  = 1 << 20
	// cutMask has as many bits as make a chunk 256 KiB on average.
	cutMask uint64 = (1<<18 - 1) << 40
)

// cut finds the end of the chunk that data begins with: behind the bytes that
// have a hash of zero, wherever they stand in a file. (Xia et al., FastCDC)
func cut(data []byte) int {
	if len(data) <= leastChunk {
		return len(data)
	}
	hash := uint64(0)
	for i, b := range data[leastChunk:min(len(data), mostChunk)] {
		if hash = hash<<1 + gear[b]; hash&cutMask == 0 {
			return leastChunk + i + 1
		}
	}
	return min(len(data), mostChunk)
}

// hole is the sum of a chunk of zeros. It packs to nothing, and is no copy of
// another one, which would take room where it is unpacked.
var hole = sha256.Sum256(make([]byte, mostChunk))

// gear is a random number for each byte, the same ones always (SplitMix64).
var gear = func() (table [256]uint64) {
	for i := range table {
		z := uint64(i+1) * 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		table[i] = z ^ z>>31
	}
	return table
}()
