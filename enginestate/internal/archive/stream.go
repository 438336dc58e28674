package archive

import (
	"io"

	"github.com/klauspost/compress/zstd"
)

// window is how far back an archive looks for the same bytes again.
const window = 8 << 20

// Compress compresses what is written to it, on all processors. Speed counts:
// most of a state is compressed already.
func Compress(to io.Writer) (io.WriteCloser, error) {
	return zstd.NewWriter(to, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(window), zstd.WithConcurrentBlocks(true))
}

// Decompress reads what Compress has written.
func Decompress(from io.Reader) (io.ReadCloser, error) {
	decoder, err := zstd.NewReader(from, zstd.WithDecoderMaxWindow(window))
	if err != nil {
		return nil, err
	}
	return decoder.IOReadCloser(), nil
}
