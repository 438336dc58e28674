package images_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/images"
)

func TestMirrors(t *testing.T) {
	mirrors, err := images.ParseMirrors([]string{"mirror.example/hub/", "ghcr.io=mirror.example:5000/ghcr"})
	require.NoError(t, err)
	for reference, want := range map[string]string{
		"python:3.14-slim":                           "mirror.example/hub/library/python:3.14-slim",
		"docker.io/library/python:3.14-slim":         "mirror.example/hub/library/python:3.14-slim",
		"docker.io/aquasec/trivy:0.74.0" + digest:    "mirror.example/hub/aquasec/trivy:0.74.0" + digest,
		"ghcr.io/astral-sh/uv:0.12.18":               "mirror.example:5000/ghcr/astral-sh/uv:0.12.18",
		"ghcr.io/astral-sh/uv" + digest:              "mirror.example:5000/ghcr/astral-sh/uv:latest" + digest,
		"quay.io/prometheus/busybox":                 "quay.io/prometheus/busybox:latest",
		"localhost:5000/own:1":                       "localhost:5000/own:1",
		"nginxinc/nginx-unprivileged:1.29-alpine":    "mirror.example/hub/nginxinc/nginx-unprivileged:1.29-alpine",
		"public.ecr.aws/docker/library/node:26-slim": "public.ecr.aws/docker/library/node:26-slim",
	} {
		found, err := mirrors.Find(reference)
		require.NoError(t, err, reference)
		assert.Equal(t, want, found, reference)
	}
	_, err = mirrors.Find("python:${TAG}")
	assert.ErrorContains(t, err, `image "python:${TAG}": `)
}

func TestMirrorsThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"":               `mirror "" is none`,
		"=mirror.test":   "is none",
		"docker.io=":     "is none",
		"docker.io=a b":  "is none",
		"ghcr.io=mirror": "is none",
	} {
		_, err := images.ParseMirrors([]string{text})
		assert.ErrorContains(t, err, want, text)
	}
	_, err := images.ParseMirrors([]string{"a.test", "docker.io=b.test"})
	assert.ErrorContains(t, err, "docker.io has two mirrors")
}
