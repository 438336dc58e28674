package tests

import (
	"debug/elf"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// greeter is a small service in Go that a Dockerfile builds.
const (
	greeter   = "go-service"
	atGreeter = "services/" + greeter
)

// TestContainer builds a service in another language, and runs what its settings
// name as gates.
func TestContainer(t *testing.T) {
	long(t, "TestDockerfileReach, TestDockerfileFaults, TestPlanBases")
	t.Parallel()
	r := harness.Shapes(t, greeter)
	r.Write("docker/Dockerfile", "FROM scratch\n")
	r.Write("pingvas-ci.toml", "[repository]\n") // The root is no component of its own.
	written := harness.NewFiles(t, nil)
	said := r.Batch(t,
		words("components"),
		words("container check"),
		words("container gates"),
		words("container --name "+greeter+" image --platform linux/amd64 file --path /server export --path "+written.At("amd64")),
		words("container --name "+greeter+" image --platform linux/arm64 file --path /server export --path "+written.At("arm64")),
		words("container inputs glob --pattern **"),
		words("service --name "+greeter+" path"),
		words("container gate --name vulncheck"),
		words("gates lint"),
		words("cache warm"),
	)
	assert.Regexp(t, `go-service +container +services/go-service +services/go-service/Dockerfile +linux/arm64 linux/amd64`, said[0].Must(t))
	assert.Contains(t, said[0].Output, `Passed over: docker: it has a Dockerfile, and no manifest of a language that is known`)
	said[1].Must(t)
	assert.Equal(t, "lint\ntest\n", said[2].Must(t))
	for i, machine := range map[int]elf.Machine{3: elf.EM_X86_64, 4: elf.EM_AARCH64} {
		said[i].Must(t)
		file := written.At(map[int]string{3: "amd64", 4: "arm64"}[i])
		program, err := elf.Open(file)
		require.NoError(t, err)
		assert.Equal(t, machine, program.Machine, filepath.Base(file))
		require.NoError(t, program.Close())
	}
	assert.NotContains(t, said[5].Must(t), "docker/")
	assert.Contains(t, said[5].Output, atGreeter+"/greeting_test.go")
	said[6].Refused(t, "go-service is of kind container, not python")
	said[7].Refused(t, "go-service has no gate called vulncheck")
	said[8].Must(t)
	said[9].Must(t)

	t.Run("it answers", func(t *testing.T) {
		at := r.Serve(t, 8080, "/healthz", "container", "image", "--platform", "linux/amd64", "as-service", "--use-entrypoint")
		text, err := harness.Get(t.Context(), at+"/?name=you")
		require.NoError(t, err)
		assert.Equal(t, "hello, you\n", text)
	})
	t.Run("its gates fail, all are said", func(t *testing.T) {
		r.Replace(atGreeter+"/greeting.go", `return "hello, " + name`, `return  "bye, " + name`)
		r.Call("container", "check").Refused(t, "go-service lint: ", "go-service test: ", `greeting("you") = "bye, you"`)
	})
	t.Run("a program of the machine that built it is refused", func(t *testing.T) {
		r.Replace(atGreeter+"/Dockerfile", " GOARCH=$TARGETARCH", "")
		platform := map[string]string{"amd64": "linux/arm64", "arm64": "linux/amd64"}[runtime.GOARCH]
		r.Call(words("container image --platform "+platform+" sync")...).Refused(t,
			"go-service image "+platform, "/server, which the image for "+platform+" runs, is for "+runtime.GOARCH)
	})
}

// TestFourKinds delivers a repository of all four kinds in one commit, to a
// GitOps repository that was scaffolded for it.
func TestFourKinds(t *testing.T) {
	long(t, "TestDelivery, TestDockerfileReach")
	t.Parallel()
	w := harness.NewWorld(t, service)
	w.Remove(service)
	kinds := map[string]string{plain: "python", "worker": "cuda", greeter: "container", "site": "frontend"}
	for _, name := range []string{plain, greeter} {
		w.Copy("services/"+name, "shapes/services/"+name)
	}
	// A worker as its kind has it, and without the weight of CUDA.
	w.Copy("services/worker", "shapes/"+atPlain)
	w.Write("services/worker/Dockerfile.cuda", "FROM python:3.13-slim\nCOPY plain /app/plain\nUSER 65532\n")
	w.Replace("services/worker/pyproject.toml", "[tool.pingvas-ci]\n", "[tool.pingvas-ci]\ntest-paths = [\"tests\"]\n")
	w.Write("pages/site/package.json", `{"name": "site", "packageManager": "pnpm@9.15.9", "scripts": {"build": "mkdir dist && echo hello > dist/index.html", "lint": "true", "typecheck": "true"}, "pingvas-ci": {"gates": {"test": {"none": "there is nothing to test"}}}}`)
	w.Write("pages/site/pnpm-lock.yaml", "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\n\nimporters:\n\n  .: {}\n")
	tree := harness.NewFiles(t, nil)
	w.Must(t, "scaffold", "after", "export", "--path", tree.Dir)
	deployment := tree.Read("apps/base/" + greeter + "/deployment.yaml")
	assert.Contains(t, deployment, "containerPort: 8080")
	assert.Contains(t, deployment, "httpGet: {path: /healthz, port: http}")
	w.PublishManifests(tree)

	report := harness.JSON[harness.Report](t, w.Deliver())
	require.Equal(t, 2, w.Commits(), "one run is one commit")
	pins := w.Gitops("show", "main:"+manifests)
	for _, c := range report.Components {
		assert.Contains(t, kinds, c.Component)
		assert.Contains(t, pins, `digest: "`+c.Digest+`"`)
		want := both
		if c.Component == "worker" {
			want = []string{"linux/amd64"}
		}
		assert.ElementsMatch(t, want, harness.Platforms(t, c.Repository+"@"+c.Digest), c.Component)
	}
	require.Len(t, report.Components, len(kinds))

	t.Run("a change of one affects one", func(t *testing.T) {
		w.Replace(atGreeter+"/greeting.go", `return "hello, " + name`, `return "good day, " + name`)
		w.Replace(atGreeter+"/greeting_test.go", `hello, world", "you": "hello`, `good day, world", "you": "good day`)
		again := harness.JSON[harness.Report](t, w.Deliver())
		require.Len(t, again.Components, 1)
		assert.Equal(t, greeter, again.Components[0].Component)
		assert.Equal(t, []string{atGreeter + "/greeting.go: copied by services/go-service/Dockerfile", atGreeter + "/greeting_test.go: copied by services/go-service/Dockerfile"},
			again.Affected[0].Reasons)
	})
	t.Run("nothing is pushed where a gate fails", func(t *testing.T) {
		before := w.Gitops("rev-parse", "main")
		w.Replace(atGreeter+"/greeting.go", "good day", "good night")
		w.Deliver().Refused(t, "go-service test: ", "good night")
		assert.Equal(t, before, w.Gitops("rev-parse", "main"))
	})
}
