package images

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPinDockerfile(t *testing.T) {
	const digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	table := Table{
		{Name: "python:3.13-slim", Reference: "docker.io/library/python:3.13-slim@" + digest, Source: "test"},
		{Name: "nginx:1.29", Reference: "docker.io/library/nginx:1.29@" + digest, Source: "test"},
	}
	const python, nginx = "docker.io/library/python:3.13-slim@" + digest, "docker.io/library/nginx:1.29@" + digest
	cases := map[string]struct{ text, want string }{
		"a plain base":             {"FROM python:3.13-slim\n", "FROM " + python + "\n"},
		"a base with a digest":     {"FROM python:3.13-slim@sha256:0123 AS deps\n", "FROM " + python + " AS deps\n"},
		"the default of an ARG":    {"ARG BASE=\"python:3.13-slim\"\nFROM ${BASE}\n", "ARG BASE=\"" + python + "\"\nFROM ${BASE}\n"},
		"a copy out of an image":   {"COPY --chown=1:1 --from=nginx:1.29 /a /b\n", "COPY --chown=1:1 --from=" + nginx + " /a /b\n"},
		"a mount of an image":      {"RUN --mount=type=bind,from=nginx:1.29,target=/x ls\n", "RUN --mount=type=bind,from=" + nginx + ",target=/x ls\n"},
		"the building machine":     {"FROM --platform=$BUILDPLATFORM python:3.13-slim\n", "FROM --platform=linux/amd64 " + python + "\n"},
		"the same in braces":       {"FROM --platform=${BUILDPLATFORM} nginx:1.29\n", "FROM --platform=linux/amd64 " + nginx + "\n"},
		"the target stays":         {"FROM --platform=$TARGETPLATFORM nginx:1.29\n", "FROM --platform=$TARGETPLATFORM " + nginx + "\n"},
		"an unknown image stays":   {"FROM alpine:3.22\n", "FROM alpine:3.22\n"},
		"a stage's name stays":     {"COPY --from=deps /deps /app\n", "COPY --from=deps /deps /app\n"},
		"comments and text stay":   {"# FROM python:3.13-slim\nRUN echo python:3.13-slim\n", "# FROM python:3.13-slim\nRUN echo python:3.13-slim\n"},
		"line ends are left alone": {"FROM nginx:1.29\r\nUSER 1\r\n", "FROM " + nginx + "\r\nUSER 1\r\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, string(PinDockerfile([]byte(c.text), table, "linux/amd64")))
		})
	}
}
