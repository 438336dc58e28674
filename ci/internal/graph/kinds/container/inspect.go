package container

import (
	"context"
	"path"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/elfcheck"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
)

// Inspect fails when what the image runs is for another processor: a Dockerfile
// that compiles without the target builds for the machine that it is built on, and
// nothing fails before production.
func (Kind) Inspect(ctx context.Context, _ kinds.Project, image *dagger.Container, platform dagger.Platform) error {
	command, err := started(ctx, image)
	if err != nil || command == "" {
		return err
	}
	return ground.Scratch(func(dir string) error {
		file := path.Join(dir, "command")
		if _, err := image.Rootfs().File(command).Export(ctx, file); err != nil {
			return nil //nolint:nilerr // A name in PATH, or of a volume: nothing to look at.
		}
		return elfcheck.Executable(file, command, string(platform))
	})
}

// started is the absolute path of what an image runs; empty where it names none.
func started(ctx context.Context, image *dagger.Container) (string, error) {
	// The build of the image, of which the error is to be said as such.
	if _, err := image.Sync(ctx); err != nil {
		return "", err
	}
	for _, read := range []func(context.Context) ([]string, error){image.Entrypoint, image.DefaultArgs} {
		words, err := read(ctx)
		if err != nil {
			return "", err
		}
		if len(words) > 0 {
			if !strings.HasPrefix(words[0], "/") {
				return "", nil
			}
			return path.Clean(words[0]), nil
		}
	}
	return "", nil
}
