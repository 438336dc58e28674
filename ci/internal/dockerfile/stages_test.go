package dockerfile_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
)

func TestStages(t *testing.T) {
	const text = `ARG PORT=9000
FROM golang AS build
EXPOSE 1/udp $NONE
FROM build
ARG PORT
EXPOSE ${PORT}/tcp 80
FROM scratch AS empty
EXPOSE 53/UDP 8080 80
FROM empty AS last
COPY --from=build /a /a
`
	file, err := dockerfile.Parse("Dockerfile", []byte(text))
	require.NoError(t, err)
	stages, err := file.Stages()
	require.NoError(t, err)
	assert.Equal(t, []string{"build", "1", "empty", "last"}, stages)
	for _, test := range []struct {
		build   dockerfile.Build
		port    int
		scratch bool
	}{
		{dockerfile.Build{}, 80, true}, // What the stage below exposes, sorted as BuildKit does, and is.
		{dockerfile.Build{Target: "empty"}, 80, true},
		{dockerfile.Build{Target: "build"}, 0, false},
		{dockerfile.Build{Target: "1"}, 9000, false},
		{dockerfile.Build{Target: "1", Args: map[string]string{"PORT": "70000"}}, 80, false},
	} {
		port, err := file.Port(test.build)
		require.NoError(t, err)
		assert.Equal(t, test.port, port, test.build.Target)
		scratch, err := file.FromScratch(test.build)
		require.NoError(t, err)
		assert.Equal(t, test.scratch, scratch, test.build.Target)
	}
	_, err = file.Port(dockerfile.Build{Target: "none"})
	require.ErrorContains(t, err, "there is no stage \"none\"")
}

// TestBase: what the built stage begins with, over the stages below it.
func TestBase(t *testing.T) {
	const text = `ARG BASE=python:3.13-slim
FROM --platform=$BUILDPLATFORM node:22-slim AS site
FROM ${BASE} AS runtime
FROM runtime AS last
COPY --from=site /dist /dist
FROM scratch AS empty
FROM ${TARGETARCH}/image AS unknown
`
	file, err := dockerfile.Parse("Dockerfile", []byte(text))
	require.NoError(t, err)
	for target, want := range map[string]string{"last": "python:3.13-slim", "site": "node:22-slim", "empty": ""} {
		base, known, err := file.Base(dockerfile.Build{Target: target, Native: "linux/amd64"})
		require.NoError(t, err)
		assert.Equal(t, want != "", known, target)
		assert.Equal(t, want, base.Reference, target)
	}
	base, _, err := file.Base(dockerfile.Build{Target: "last", Args: map[string]string{"BASE": "python:3.11-slim"}})
	require.NoError(t, err)
	assert.Equal(t, "python:3.11-slim", base.Reference)
	_, _, err = file.Base(dockerfile.Build{Target: "none"})
	require.ErrorContains(t, err, `there is no stage "none"`)
}
