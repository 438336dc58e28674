package dockerfile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
)

const none = ". Correct the path, or name another directory by the setting context"

// TestExplain explains what an engine of version 0.21.8 said, word by word but
// for the length of its objects' names.
func TestExplain(t *testing.T) {
	loading := "failed to load container from converted ID: load Container@" + strings.Repeat("Crc1ChV4eGgzOj", 30) + "==: " +
		strings.Repeat("load xxh3:34b13aaaeed1c42c: inputs: ", 20)
	const trace = " [traceparent:870b0d987f5101158b630a3d516dcb2d-76dabbd60f6c6f38]"
	const pull = ". Correct the image's name, or see that the engine reaches its registry and may pull from it; an image lock names another place for it"
	for name, c := range map[string]struct{ text, message, want string }{
		"an image": {
			"FROM scratch\n\nFROM golang:1.26-bookworm AS x\nFROM x\n",
			"input: directory.dockerBuild.sync failed to convert Dockerfile to LLB: golang:1.26-bookworm: docker.io/library/golang:1.26-bookworm: not found" + trace,
			"3: FROM golang:1.26-bookworm AS x: docker.io/library/golang:1.26-bookworm: not found" + pull,
		},
		"a pinned image": {
			"FROM python:3.13-slim\n",
			"failed to convert Dockerfile to LLB: " + python + ": " + python + ": not found",
			"1: FROM python:3.13-slim: " + python + ": not found" + pull,
		},
		"an image to copy from": {
			"FROM a\nCOPY --from=nginx:1 \\\n  a /\n",
			"failed to convert Dockerfile to LLB: nginx:1: docker.io/library/nginx:1: not found",
			"2: COPY --from=nginx:1 a /: docker.io/library/nginx:1: not found" + pull,
		},
		"a registry": {
			"FROM nosuch.invalid:5000/x:1\n",
			`failed to convert Dockerfile to LLB: nosuch.invalid:5000/x:1: failed to do request: Head "https://nosuch.invalid:5000/v2/x/manifests/1": dial tcp: lookup nosuch.invalid on 10.87.0.1:53: no such host`,
			`1: FROM nosuch.invalid:5000/x:1: failed to do request: Head "https://nosuch.invalid:5000/v2/x/manifests/1": dial tcp: lookup nosuch.invalid on 10.87.0.1:53: no such host` + pull,
		},
		"a file": {
			"FROM a\nCOPY a \\\n nothere/x /y/\n",
			loading + "failed to content hash dockerfile copy: failed to copy source directory: lstat /nothere/x: no such file or directory",
			"2: COPY a nothere/x /y/: there is no nothere/x in the build context services/x" + none,
		},
		"an ignored file": {
			"FROM a\nCOPY secrets/a /y\n",
			loading + "failed to content hash dockerfile copy: failed to copy source directory: lstat /secrets/a: no such file or directory",
			"2: COPY secrets/a /y: services/x/.dockerignore leaves secrets/a out of the build context services/x. Take it in again by a line !secrets/a there",
		},
		"an archive": {
			"FROM scratch\nADD gone.tar /\n",
			loading + "failed to content hash dockerfile copy: failed to unpack source archive: stat /tmp/dagger-mount3427744647/gone.tar: no such file or directory",
			"2: ADD gone.tar /: there is no gone.tar in the build context services/x" + none,
		},
		"a mount": {
			"FROM a\nRUN --mount=source=nothere,target=/x true " + strings.Repeat("x", 100) + "\n",
			loading + `failed to content hash dockerfile bind mount at "/nothere": failed to get content hash: failed to checksum ref at subdir /nothere: "/nothere": not found` + trace,
			"2: RUN --mount=source=nothere,target=/x true " + strings.Repeat("x", 58) + "…: there is no nothere in the build context services/x" + none,
		},
		"a file of a stage": {
			"FROM a AS b\nRUN true\nFROM scratch\nCOPY --from=b /gone /\n",
			loading + "failed to content hash dockerfile copy: failed to copy source directory: lstat /gone: no such file or directory",
			"4: COPY --from=b /gone /: there is no /gone in b. Correct the path, or see that it is made there",
		},
		"a download": {
			"FROM scratch\nADD http://nowhere.invalid/x /\n",
			loading + `Get "http://nowhere.invalid/x": dial tcp: lookup nowhere.invalid on 10.87.0.1:53: no such host`,
			`2: ADD http://nowhere.invalid/x /: Get "http://nowhere.invalid/x": dial tcp: lookup nowhere.invalid on 10.87.0.1:53: no such host. Correct the address, or see that the engine reaches it`,
		},
		"an older parser": {
			"FROM a\nRUN --device=x true\n",
			"failed to convert Dockerfile to LLB: dockerfile parse error on line 2: unknown flag: device",
			"2: RUN --device=x true: unknown flag: device. The engine reads it so. Write it otherwise",
		},
		"a secret": {
			"FROM a\nRUN --mount=type=secret,id=x,required true\n",
			`failed to convert Dockerfile LLB to Dagger ID: llbtodagger: unsupported op "exec" (sha256:e95cec83): secret "x" is required but no secret mappings were provided`,
			" it mounts the secret x, which nobody gave. Give it by with-build-secret --name x",
		},
		"what is new": {
			"FROM a\nCOPY --chown=nobody a /\n",
			loading + "failed to content hash dockerfile copy: failed to parse ownership nobody: find uid: no such user: nobody",
			" failed to content hash dockerfile copy: failed to parse ownership nobody: find uid: no such user: nobody",
		},
		"a file that nobody copies": {
			"FROM a\n",
			"dockerfile copy: lstat /gone: no such file or directory",
			" there is no gone in services/x, or in what it copies from. Correct the path",
		},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := dockerfile.Parse("services/x/Dockerfile", []byte(c.text))
			require.NoError(t, err)
			pinned, err := file.Pin(dockerfile.Build{}, lookup)
			require.NoError(t, err)
			require.EqualError(t, file.Explain(dockerfile.Failure{
				Pinned: pinned, Context: "services/x", Message: c.message,
				Ignore: dockerfile.Ignore{File: "services/x/.dockerignore", Patterns: []string{"secrets"}},
			}), "services/x/Dockerfile:"+c.want)
		})
	}
	file, err := dockerfile.Parse("docker/Dockerfile", []byte("FROM a\nCOPY x /\n"))
	require.NoError(t, err)
	require.EqualError(t, file.Explain(dockerfile.Failure{Context: ".", Message: "dockerfile copy: lstat /x: no such file or directory"}),
		"docker/Dockerfile:2: COPY x /: there is no x in the build context, which is the repository's root"+none)
}

// TestRan: a command that failed is told by its line, as far as one can be told.
func TestRan(t *testing.T) {
	file, err := dockerfile.Parse("services/x/Dockerfile", []byte("FROM a\nRUN pip install \\\n    --no-cache-dir x\nRUN [\"make\", \"all\"]\nRUN <<EOF\nmake more\nEOF\n"))
	require.NoError(t, err)
	for want, command := range map[string][]string{
		"services/x/Dockerfile:2: RUN pip install --no-cache-dir x": {"/bin/sh", "-c", "pip install     --no-cache-dir x"},
		`services/x/Dockerfile:4: RUN ["make", "all"]`:              {"make", "all"},
		"services/x/Dockerfile":                                     {"/bin/sh", "-c", "make more"},
	} {
		assert.Equal(t, want, file.Ran(command))
	}
}
