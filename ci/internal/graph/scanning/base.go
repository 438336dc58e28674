package scanning

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// configOf leaves an image's configuration alone of a tar archive of it.
const configOf = `config=$(tar -x -O -f /image.tar manifest.json | sed 's/.*"Config":"\([^"]*\)".*/\1/')
tar -x -O -f /image.tar "$config" > /config.json`

// base is what a scanned image is built on, by what its labels say of that. Where
// it cannot be had, nothing is taken for its, and that is noted.
func (p program) base(ctx context.Context, platform string, report trivy.Report) (base trivy.Base, note string) {
	reference, name := report.BuiltOn()
	if reference == "" {
		return base, ""
	}
	image := dag.Container(dagger.ContainerOpts{Platform: dagger.Platform(platform)}).From(reference)
	config, err := p.tool.
		WithMountedFile("/image.tar", image.AsTarball()).
		WithExec([]string{"sh", "-ec", configOf}).
		File("/config.json").Contents(ctx)
	if err == nil {
		base, err = trivy.ParseBase(reference, []byte(config))
	}
	if err != nil {
		return trivy.Base{Reference: reference}, fmt.Sprintf("the base %s cannot be had, so that all is taken for the component's", reference)
	}
	base.Latest = report.Mendable(base) && latest(ctx, name, reference)
	return base, ""
}

// latest tells whether a name stands for the image of a reference today. Where
// nobody can say, as of a name without a tag, there may be a newer one.
func latest(ctx context.Context, name, reference string) bool {
	if !strings.Contains(path.Base(name), ":") {
		return false
	}
	now, err := dag.Container().From(name).ImageRef(ctx)
	_, digest, _ := strings.Cut(reference, "@")
	return err == nil && strings.HasSuffix(now, "@"+digest)
}
