package tests

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// uvDockerfile is the one that uv's guide for Docker has, in two stages, of which the
// first runs where it is built and installs for where it runs.
const uvDockerfile = `FROM --platform=$BUILDPLATFORM ghcr.io/astral-sh/uv:0.13.9 AS uv

FROM --platform=$BUILDPLATFORM python:3.13-slim AS build
COPY --from=uv /uv /uvx /bin/
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=0
ARG TARGETARCH
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    case $TARGETARCH in amd64) arch=x86_64 ;; arm64) arch=aarch64 ;; esac && \
    uv sync --locked --no-install-project --no-dev --python-platform $arch-manylinux_2_28
COPY . .

FROM python:3.13-slim
WORKDIR /app
COPY --from=build /app /app
ENV PATH="/app/.venv/bin:$PATH"
USER 65532:65532
ENTRYPOINT ["python", "-m", "uvshape"]
`

// TestUvDockerfile builds uv's two stages for both platforms, without emulation; and
// as the guide has them, which is for the platform of the machine that builds.
func TestUvDockerfile(t *testing.T) {
	long(t, "TestSharedDockerfile, TestDockerfileReach")
	t.Parallel()
	r := harness.Shapes(t, "uv-service")
	r.LockWithUv("services/uv-service")
	r.Write("services/uv-service/Dockerfile", uvDockerfile)
	guide := r.Copied(t)
	guide.Write("services/uv-service/Dockerfile", strings.NewReplacer("FROM --platform=$BUILDPLATFORM ghcr.io/astral-sh/uv:0.13.9 AS uv\n\n", "", "--from=uv", "--from=ghcr.io/astral-sh/uv:0.13.9",
		"--platform=$BUILDPLATFORM ", "", " --python-platform $arch-manylinux_2_28", "").Replace(uvDockerfile))

	const image = "service --name uv-service image "
	const runs = image + "--platform linux/amd64 with-exec --use-entrypoint --args anything stdout"
	calls := r.On(words(runs), words(image+"--platform linux/arm64 rootfs glob --pattern app/.venv/**/*.so"))
	if !testing.Short() {
		calls = append(calls, guide.On(words(runs), words(image+"--platform linux/arm64 user"))...)
	}
	came := harness.Batch(t, nil, calls...)
	assert.Equal(t, "&LT;UV&GT;", strings.TrimSpace(came[0].Must(t)))
	assert.Contains(t, came[1].Must(t), "markupsafe/_speedups.cpython-313-aarch64-linux-gnu.so")
	if testing.Short() {
		return // make whole has the guide's own.
	}
	assert.Equal(t, "&LT;UV&GT;", strings.TrimSpace(came[2].Must(t)))
	came[3].Refused(t, "the build runs programs of linux/arm64, and the engine's machine emulates none")
}
