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

// uvCache is where uv keeps what it fetched.
const uvCache = "/root/.cache/uv"

// uvVolume keeps it from one lock to the next. It is mounted where uv fetches and
// unpacks wheels, which runs no code of theirs, and never where any code runs: not
// where a package is built, nor in an environment that has packages of a project in
// it, of which Python would read the .pth files.
func (p Project) uvVolume() ground.Volume { return p.Trust.Volume("uv") }

// withUv adds uv, which installs in a fraction of pip's time, by copies, and for no
// other interpreter than the image's.
func withUv(base *dagger.Container) *dagger.Container {
	const file = "/tmp/uv.txt"
	return withUvSettings(base.
		WithNewFile(file, uvRequirement).
		WithExec([]string{"pip", "install", "--quiet", "--no-cache-dir", "--root-user-action=ignore", "--require-hashes", "--requirement", file}))
}

func withUvSettings(c *dagger.Container) *dagger.Container {
	return c.
		WithEnvVariable("UV_LINK_MODE", "copy").
		WithEnvVariable("UV_PYTHON_DOWNLOADS", "never").
		WithEnvVariable("UV_NO_PROGRESS", "1")
}
