package dockerfile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
)

const (
	digest = "@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	python = "docker.io/library/python:3.13-slim" + digest
	nginx  = "docker.io/library/nginx:1.29" + digest
)

func lookup(name string) (string, bool) {
	reference, known := map[string]string{"python:3.13-slim": python, "nginx:1.29": nginx, "deps": "never" + digest}[name]
	return reference, known
}

func TestPin(t *testing.T) {
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
		"a stage's name stays":     {"FROM a AS deps\nFROM deps\nCOPY --from=deps /deps /app\n", "FROM a AS deps\nFROM deps\nCOPY --from=deps /deps /app\n"},
		"comments and text stay":   {"# FROM python:3.13-slim\nRUN echo python:3.13-slim\n", "# FROM python:3.13-slim\nRUN echo python:3.13-slim\n"},
		"line ends are left alone": {"FROM nginx:1.29\r\nUSER 1\r\n", "FROM " + nginx + "\r\nUSER 1\r\n"},

		"lower case":                 {"from nginx:1.29 as x\n", "from " + nginx + " as x\n"},
		"quotes":                     {"FROM \"nginx:1.29\"\n", "FROM " + nginx + "\n"},
		"a continuation":             {"FROM \\\n# nginx:1.29\n  nginx:1.29\n", "FROM \\\n# nginx:1.29\n  " + nginx + "\n"},
		"another escape":             {"# escape=`\nFROM `\nnginx:1.29`\n AS x\n", "# escape=`\nFROM `\n" + nginx + "`\n AS x\n"},
		"a heredoc":                  {"FROM a\nRUN <<E\nFROM nginx:1.29\nE\nCOPY <<E /x\nFROM nginx:1.29\nE\n", "FROM a\nRUN <<E\nFROM nginx:1.29\nE\nCOPY <<E /x\nFROM nginx:1.29\nE\n"},
		"no new line at the end":     {"FROM nginx:1.29", "FROM " + nginx},
		"a byte-order mark":          {"\ufeffFROM nginx:1.29\n", "\ufeffFROM " + nginx + "\n"},
		"two mounts of one":          {"RUN --mount=from=nginx:1.29,target=/a --mount=target=/b,from=nginx:1.29 true\n", "RUN --mount=from=" + nginx + ",target=/a --mount=target=/b,from=" + nginx + " true\n"},
		"a mount over lines":         {"RUN --mount=type=cache,target=/c \\\n  --mount=from=nginx:1.29,target=/a \\\n  true\n", "RUN --mount=type=cache,target=/c \\\n  --mount=from=" + nginx + ",target=/a \\\n  true\n"},
		"a tag in an ARG":            {"ARG TAG=3.13-slim\nFROM python:${TAG}\n", "ARG TAG=3.13-slim\nFROM " + python + "\n"},
		"an ARG of two uses":         {"ARG BASE=nginx:1.29\nFROM ${BASE} AS a\nFROM ${BASE}-alpine\n", "ARG BASE=nginx:1.29\nFROM " + nginx + " AS a\nFROM ${BASE}-alpine\n"},
		"an ARG that is given":       {"ARG GIVEN=nginx:1.29\nFROM $GIVEN\n", "ARG GIVEN=nginx:1.29\nFROM " + python + "\n"},
		"an ARG that is none of it":  {"ARG A=nginx:1.29\nFROM alpine\nARG B=nginx:1.29\n", "ARG A=nginx:1.29\nFROM alpine\nARG B=nginx:1.29\n"},
		"several ARGs in a line":     {"ARG A=nginx:1.29 B='nginx:1.29'\nFROM $B\n", "ARG A=nginx:1.29 B='" + nginx + "'\nFROM $B\n"},
		"a name in other words":      {"FROM xnginx:1.29\nCOPY --from=nginx:1.29-x nginx:1.29 /\n", "FROM xnginx:1.29\nCOPY --from=nginx:1.29-x nginx:1.29 /\n"},
		"a later stage of that name": {"FROM a\nCOPY --from=DEPS x y\nFROM b AS deps\n", "FROM a\nCOPY --from=DEPS x y\nFROM b AS deps\n"},
		"an image before its stage":  {"FROM deps AS deps\n", "FROM never" + digest + " AS deps\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(strings.ToUpper(c.text), "\nFROM") && !strings.HasPrefix(strings.ToUpper(strings.TrimPrefix(c.text, "\ufeff")), "FROM") {
				c.text, c.want = "FROM scratch\n"+c.text, "FROM scratch\n"+c.want
			}
			file, err := dockerfile.Parse("Dockerfile", []byte(c.text))
			require.NoError(t, err)
			b := dockerfile.Build{Native: "linux/amd64", Args: map[string]string{"GIVEN": "python:3.13-slim"}}
			got, err := file.Pin(b, lookup)
			require.NoError(t, err)
			require.Equal(t, c.want, string(got))
			again, err := dockerfile.Parse("Dockerfile", got)
			require.NoError(t, err)
			twice, err := again.Pin(b, lookup)
			require.NoError(t, err)
			require.Equal(t, c.want, string(twice), "what is pinned stays")
		})
	}
}

func TestPinRefusesABadVariable(t *testing.T) {
	file, err := dockerfile.Parse("Dockerfile", []byte("FROM ${A:?say}\n"))
	require.NoError(t, err)
	_, err = file.Pin(dockerfile.Build{}, lookup)
	require.EqualError(t, err, `Dockerfile:1: failed to process "${A:?say}": A: say. Correct the variable`)
}
