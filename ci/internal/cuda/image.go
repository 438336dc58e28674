// Package cuda guards images that carry CUDA. They are the heaviest of a
// repository by far, and a mistake in a Dockerfile makes them twice as heavy:
// libraries that are there twice, files copied by a change of their owner,
// layers too large to pull, weights that are pulled again with every commit.
package cuda

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Image is what the guards look at: the files of each layer, the lowest first.
type Image struct {
	layers []layer
}

// layer is what one step of a Dockerfile added.
type layer struct {
	// step is the command that made it, as the image's history tells it.
	step string
	// pulled is its size in a registry.
	pulled int64
	files  map[string]file
	source v1.Layer
	ctx    context.Context //nolint:containedctx // Layers are read once more by the guards, and without one by the library.
}

type file struct {
	size     int64
	uid, gid int
}

// mostFiles is ten times what the largest images have.
const mostFiles = 3_000_000

// Open reads the image of a tarball, of which it must be the only one. Copies are the
// lines of its Dockerfile that the engine names no layer by.
func Open(ctx context.Context, name string, copies ...string) (Image, error) {
	image, err := tarball.ImageFromPath(name, nil)
	if err != nil {
		return Image{}, fmt.Errorf("open the image %s: %w", path.Base(name), err)
	}
	return Read(ctx, image, copies...)
}

// Read lists the files of an image's layers. Nothing of them is kept in
// memory but names, sizes and owners. A few megabytes can hold millions of
// gigabytes: reading them, here and in Guard, ends with the context.
func Read(ctx context.Context, image v1.Image, copies ...string) (Image, error) {
	fail := func(err error) (Image, error) { return Image{}, fmt.Errorf("read the image: %w", err) }
	layers, err := image.Layers()
	if err != nil {
		return fail(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		return fail(err)
	}
	steps := stepsOf(config, copies)
	var read Image
	count := 0
	for i, source := range layers {
		l := layer{ctx: ctx, source: source, files: map[string]file{}, step: "of a step that the image does not name"}
		if len(steps) == len(layers) && steps[i] != "" {
			l.step = steps[i]
		}
		if l.pulled, err = source.Size(); err != nil {
			return fail(err)
		}
		err := l.each(func(header *tar.Header, _ io.Reader) error {
			if count++; count > mostFiles {
				return fmt.Errorf("it has more than %d files. Leave out what is not needed", mostFiles)
			}
			l.files[clean(header.Name)] = file{header.Size, header.Uid, header.Gid}
			return nil
		})
		if err != nil {
			return fail(err)
		}
		read.layers = append(read.layers, l)
	}
	return read, nil
}

// What the engine's history calls the layers of COPY and ADD, and of RUN.
const (
	copied = "Directory.withDirectoryDockerfileCompat"
	ran    = "mount / from exec /bin/sh -c "
)

// stepsOf are the commands of the history that made a layer, in order. Where there
// are as many lines that copy as layers of them, each is named by its own.
func stepsOf(config *v1.ConfigFile, copies []string) []string {
	history := slices.DeleteFunc(slices.Clone(config.History), func(entry v1.History) bool { return entry.EmptyLayer })
	count := 0
	for _, entry := range history {
		if entry.CreatedBy == copied {
			count++
		}
	}
	if count != len(copies) {
		copies = slices.Repeat([]string{"a COPY or ADD of the Dockerfile"}, count)
	}
	var steps []string
	for _, entry := range history {
		step := entry.CreatedBy
		switch shell, is := strings.CutPrefix(step, ran); {
		case step == copied:
			step, copies = copies[0], copies[1:]
		case is:
			step = "RUN " + shell
		}
		step = strings.Join(strings.Fields(strings.TrimPrefix(step, "/bin/sh -c ")), " ")
		if len(step) > 80 {
			step = step[:80] + "…"
		}
		steps = append(steps, step)
	}
	return steps
}

// each calls use with every regular file of the layer.
func (l layer) each(use func(header *tar.Header, content io.Reader) error) (err error) {
	stream, err := l.source.Uncompressed()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stream.Close()) }()
	for reader := tar.NewReader(until{l.ctx, stream}); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Typeflag == tar.TypeReg {
			if err := use(header, reader); err != nil {
				return err
			}
		}
	}
}

// until reads for as long as its caller waits.
type until struct {
	ctx context.Context //nolint:containedctx // A reader is read without one.
	io.Reader
}

func (u until) Read(into []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.Reader.Read(into)
}

// size is what the layer's files weigh.
func (l layer) size() (total int64) {
	for _, f := range l.files {
		total += f.size
	}
	return total
}

func clean(name string) string {
	return strings.TrimPrefix(path.Clean("/"+name), "/")
}
