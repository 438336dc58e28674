package python

import (
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
)

// uvRequirement installs uv with verified sums: the wheels of both native
// platforms that a runner can have.
// renovate: datasource=pypi depName=uv
const uvRequirement = `uv==0.13.9 \
  --hash=sha256:d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19 \
  --hash=sha256:5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe
`

// uvVolume is uv's cache.
var uvVolume = ground.Volume{Name: "uv", Sharing: dagger.CacheSharingModeShared}

// withUv adds uv, which installs in a fraction of pip's time, and its cache.
func withUv(base *dagger.Container) *dagger.Container {
	const file = "/tmp/uv.txt"
	return withUvSettings(base.
		WithNewFile(file, uvRequirement).
		WithExec([]string{"pip", "install", "--quiet", "--no-cache-dir", "--root-user-action=ignore", "--require-hashes", "--requirement", file}))
}

// withUvSettings has uv install by copies, from its cache and from no other
// interpreter than the image's.
func withUvSettings(c *dagger.Container) *dagger.Container {
	return c.
		WithEnvVariable("UV_LINK_MODE", "copy").
		WithEnvVariable("UV_PYTHON_DOWNLOADS", "never").
		With(uvVolume.At("/root/.cache/uv"))
}
