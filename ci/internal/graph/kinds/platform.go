package kinds

import (
	"context"
	"fmt"
	"path"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/platform"
)

// forPlatform is an image that says that it is for the platform that it was built
// for. Of a stage that begins FROM scratch the engine says that it is for its own,
// whatever the files in it are for: nothing else would run it on the other.
func forPlatform(ctx context.Context, built *dagger.Container, wanted dagger.Platform) (*dagger.Container, error) {
	said, err := built.Platform(ctx)
	if err != nil || said == wanted {
		return built, err
	}
	err = ground.Handed(func(dir string) error {
		from, to := path.Join(dir, "built.tar"), path.Join(dir, "image.tar")
		tarball := built.AsTarball(dagger.ContainerAsTarballOpts{MediaTypes: dagger.ImageMediaTypesOcimediaTypes})
		if _, err := tarball.Export(ctx, from); err != nil {
			return err
		}
		if err := platform.Set(from, to, string(wanted)); err != nil {
			return fmt.Errorf("say that the image is for %s, and not for %s: %w", wanted, said, err)
		}
		image := dag.CurrentModule().WorkdirFile(to)
		built, err = dag.Container(dagger.ContainerOpts{Platform: wanted}).Import(image).Sync(ctx)
		return err
	})
	return built, err
}
