package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// containers are services of a Dockerfile each, in a repository of them alone.
func containers(t *testing.T, dockerfiles map[string]string) *harness.Repository {
	t.Helper()
	r := harness.NewRepository(t, nil)
	for name, text := range dockerfiles {
		r.Write("services/"+name+"/Dockerfile", text)
		r.Write("services/"+name+"/pingvas-ci.toml", `platforms = ["linux/amd64"]`+"\n")
	}
	return r
}

// image is the call that builds the image of one of them, and goes on with it.
func image(name, then string) []string {
	return words("container --name " + name + " image " + then)
}

// TestDockerfileContext copies a context into an image: the files are those that
// docker build would take, whichever file says what is left out.
func TestDockerfileContext(t *testing.T) {
	long(t, "TestDockerfileFaults: what is left out; ci/internal/dockerfile, ci/internal/inputs")
	t.Parallel()
	const all = "FROM scratch\nCOPY . /\n"
	r := containers(t, map[string]string{"own": all, "shared": all, "root": all})
	for _, name := range []string{"own", "shared", "root"} {
		for _, file := range []string{".env", "keep.txt", "logs/a.log", "logs/keep.log", "Dockerfile.pinned"} {
			r.Write("services/"+name+"/"+file, name)
		}
		r.Write("services/"+name+"/.dockerignore", "keep.txt\n/Dockerfile\n")
	}
	r.Write("services/own/Dockerfile.dockerignore", ".env\nlogs/*\n!logs/keep.log\n")
	r.Append("services/root/pingvas-ci.toml", "context = \".\"\n")
	r.Write(".dockerignore", "**\n!services/root/logs\n**/a.log\n!.dockerignore\n")
	said := r.Batch(t,
		image("own", "rootfs glob --pattern **"),
		image("shared", "rootfs glob --pattern **"),
		image("root", "rootfs glob --pattern **"),
		words("container --name own inputs glob --pattern **"),
	)
	assert.Equal(t, words(".dockerignore Dockerfile Dockerfile.dockerignore Dockerfile.pinned keep.txt logs/ logs/keep.log pingvas-ci.toml"), words(said[0].Must(t)))
	assert.Equal(t, words(".dockerignore .env Dockerfile.pinned logs/ logs/a.log logs/keep.log pingvas-ci.toml"), words(said[1].Must(t)), "the Dockerfile may be left out, too")
	assert.Equal(t, words(".dockerignore services/ services/root/ services/root/logs/ services/root/logs/keep.log"), words(said[2].Must(t)))
	assert.NotContains(t, said[3].Must(t), ".env")
	assert.Contains(t, said[3].Output, "services/own/Dockerfile.dockerignore")
}

// TestDockerfileReach builds what reaches out of its containers only by the
// caller's leave, and nothing by somebody else's frontend.
func TestDockerfileReach(t *testing.T) {
	t.Parallel()
	const host = "FROM python:3.13-slim AS fetch\nRUN echo 1 \\\n  > /x\nRUN --network=host cat /proc/net/dev > /net\n"
	r := containers(t, map[string]string{
		"host":   host + "FROM scratch\nCOPY --from=fetch /net /\n",
		"unused": host + "FROM scratch\nCOPY Dockerfile /\n",
		"root":   "FROM python:3.13-slim\nRUN --security=insecure true\n",
		"syntax": "# syntax=frontend.example/docker:1\nFROM python:3.13-slim\n",
		"docker": "# syntax=docker/dockerfile:1.7\nFROM scratch\nCOPY Dockerfile /\n",
	})
	allow := words("with-dockerfile-entitlements --entitlements NETWORK_HOST")
	said := r.Batch(t,
		image("host", "sync"),
		append(allow, image("host", "file --path /net contents")...),
		image("unused", "sync"),
		append(allow, image("root", "sync")...),
		image("syntax", "sync"),
		image("docker", "sync"),
	)
	said[0].Refused(t, "services/host/Dockerfile:4: RUN --network=host, in stage fetch, reaches whatever listens on the engine's machine",
		"with-dockerfile-entitlements --entitlements NETWORK_HOST")
	assert.Contains(t, said[1].Must(t), "lo:")
	said[2].Must(t)
	said[3].Refused(t, "services/root/Dockerfile:2: RUN --security=insecure, in stage 0, asks for more than the engine gives")
	said[4].Refused(t, "services/syntax/Dockerfile:1: syntax=frontend.example/docker:1 is an image that would be run")
	said[5].Must(t)
}

// TestDockerfileFaults has each fault said with its line.
func TestDockerfileFaults(t *testing.T) {
	t.Parallel()
	r := containers(t, map[string]string{
		"pull":    "FROM python:3.13-slim\n\nFROM nowhere.invalid/python:3 AS x\nCOPY pingvas-ci.toml /\n",
		"from":    "FROM scratch\nCOPY --from=nowhere.invalid/nginx:1 \\\n  a /\n",
		"copy":    "FROM python:3.13-slim\nWORKDIR /x\nCOPY pingvas-ci.toml \\\n  src/nowhere.py /y/\n",
		"ignored": "FROM scratch\nCOPY secrets/a /\n",
		"stage":   "FROM python:3.13-slim AS b\nFROM scratch\nCOPY --from=b /nowhere /\n",
		"run":     "FROM python:3.13-slim\nRUN echo hello; exit 3\n",
	})
	r.Write("services/ignored/secrets/a", "")
	r.Write("services/ignored/.dockerignore", "secrets\n")
	said := r.Batch(t, image("pull", "sync"), image("from", "sync"), image("copy", "sync"), image("ignored", "sync"), image("stage", "sync"), image("run", "sync"))
	said[0].Refused(t, "services/pull/Dockerfile:3: FROM nowhere.invalid/python:3 AS x: ", "Correct the image's name, or see that the engine reaches its registry")
	said[1].Refused(t, "services/from/Dockerfile:2: COPY --from=nowhere.invalid/nginx:1 a /: ", "Correct the image's name")
	said[2].Refused(t, "services/copy/Dockerfile:3: COPY pingvas-ci.toml src/nowhere.py /y/: there is no src/nowhere.py in the build context services/copy. Correct the path")
	said[3].Refused(t, "services/ignored/Dockerfile:2: COPY secrets/a /: services/ignored/.dockerignore leaves secrets/a out of the build context services/ignored")
	said[4].Refused(t, "services/stage/Dockerfile:3: COPY --from=b /nowhere /: there is no /nowhere in b")
	said[5].Refused(t, `services/run/Dockerfile:2: RUN echo hello; exit 3: command "/bin/sh -c echo hello; exit 3" failed with exit code 3`, "hello")
}
