package tests

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

var both = []string{"linux/amd64", "linux/arm64"}

// The platforms that each component of the example is delivered for.
var example = map[string][]string{
	"ai-worker":            {"linux/amd64"},
	"frontend":             both,
	"gallery-service":      both,
	"generation-service":   both,
	"notification-service": both,
	"payment-service":      both,
	"user-service":         both,
}

// some are the parts of the example that a short run delivers: the library, and the two
// services that share it. TestFourKinds has the other kinds.
var some = []string{"libs", "services/generation-service", "services/payment-service"}

// TestDelivery takes the example all the way, then again without a change, and
// then with a change of the library that two services share.
func TestDelivery(t *testing.T) {
	t.Parallel()
	var parts []string
	count := len(example)
	if testing.Short() {
		parts, count = some, 2
	}
	w := harness.NewWorld(t, parts...)
	first := harness.JSON[harness.Report](t, w.Deliver())

	t.Run("everything is delivered", func(t *testing.T) {
		require.Len(t, first.Components, count)
		require.Equal(t, 2, w.Commits(), "one run is one commit")
		require.Equal(t, w.Gitops("rev-parse", "main"), first.Change.Commit)
		require.Equal(t, []string{manifests}, first.Change.Files)
		for _, step := range first.Steps {
			assert.Equal(t, "PASSED", step.State, "%s %s", step.Component, step.Name)
		}
	})
	t.Run("the registry holds each image for its platforms, under the commit's tag", func(t *testing.T) {
		for _, c := range first.Components {
			digest, err := crane.Digest(c.Repository + ":" + c.Tags[0])
			require.NoError(t, err)
			assert.Equal(t, digest, c.Digest)
			assert.ElementsMatch(t, example[c.Component], harness.Platforms(t, c.Repository+"@"+c.Digest), c.Component)
			assert.Contains(t, c.Tags[0], first.Commit)
		}
	})
	t.Run("the manifests carry tag and digest", func(t *testing.T) {
		text := w.Gitops("show", "main:"+manifests)
		for _, c := range first.Components {
			assert.Contains(t, text, `newTag: "`+c.Tags[0]+`"`)
			assert.Contains(t, text, `digest: "`+c.Digest+`"`)
			assert.Contains(t, first.Change.Diff, c.Repository+":"+c.Tags[0]+"@"+c.Digest)
		}
		assert.Equal(t, first.Commit, w.Gitops("log", "-1", "--format=%(trailers:key=Source-Commit,valueonly)", "main"))
	})
	t.Run("the worker's tag ends with -cuda", func(t *testing.T) {
		for _, c := range first.Components {
			if c.Component == "ai-worker" {
				assert.Equal(t, []string{first.Commit + "-cuda"}, c.Tags)
			}
		}
	})
	t.Run("production and the Korean comment are untouched", func(t *testing.T) {
		assert.Empty(t, w.Gitops("diff", "--name-only", "main~1", "main", "--", "apps/overlays/prod", "apps/base"))
		assert.Contains(t, w.Gitops("show", "main:apps/overlays/prod/kustomization.yaml"), "newTag: abc123def  # 특정 커밋 해시")
	})
	t.Run("again without a change there is nothing to do", func(t *testing.T) {
		again := harness.JSON[harness.Report](t, w.Deliver())
		assert.Empty(t, again.Affected)
		assert.Empty(t, again.Components)
		assert.Nil(t, again.Change)
		assert.Equal(t, 2, w.Commits())
	})
	t.Run("a change of the shared library delivers the two services that use it", func(t *testing.T) {
		w.Append("libs/pingvas-common/src/pingvas_common/__init__.py", "\nREVISION = 2\n")
		second := harness.JSON[harness.Report](t, w.Deliver())
		var names []string
		for _, a := range second.Affected {
			names = append(names, a.Name)
			assert.Contains(t, a.Reasons[0], "libs/pingvas-common")
		}
		assert.Equal(t, []string{"generation-service", "payment-service"}, names)
		assert.Equal(t, 3, w.Commits())
	})
}

// TestDeliveryWithoutServers needs no registry and no repository: the images go
// to a registry that lives as long as the call, and the manifests come back;
// also those of a directory that is no git repository, in which what asks for a
// history says that there is none.
func TestDeliveryWithoutServers(t *testing.T) {
	long(t, "TestDelivery")
	t.Parallel()
	studio := harness.Example(t, service)
	tree := harness.NewFiles(t, nil)
	tree.Copy("whole", "../examples/gitops")
	tree.Copy("less", "../examples/gitops")
	tree.Remove("less/apps")

	came := studio.Batch(t,
		words("deliver changes as-patch contents"),
		words("deliver --gitops "+tree.At("whole")+" changes as-patch contents"),
		words("gitops --directory "+tree.At("whole")+" rollback --component user-service json"),
		words("deliver --gitops "+tree.At("less")+" json"),
	)

	for _, delivered := range came[:2] {
		patch := delivered.Must(t)
		assert.Equal(t, 1, strings.Count(patch, "+++ "), "one file")
		assert.Contains(t, patch, "+++ b/"+manifests)
		assert.Regexp(t, `\+ +newTag: "tree-[0-9a-f]{12}"`, patch)
		assert.Regexp(t, `\+ +digest: "sha256:[0-9a-f]{64}"`, patch)
	}
	came[2].Refused(t, "there is no git history: the directory has no .git. Give the whole clone")
	came[3].Refused(t, "environment dev has no kustomization")
}

// TestImportedModule calls a module that imports this one, which is compiled for
// that alone: its own gate stops a delivery, and its own step follows one.
func TestImportedModule(t *testing.T) {
	long(t, "TestCommands: the module by its address")
	t.Parallel()
	r := harness.Example(t, service)
	call := func(function string) harness.Result {
		return harness.Dagger(t.Context(), append(append([]string{"--mod", "../examples/go", "call"}, harness.Source(r.Dir)...), function))
	}
	r.Write("CODEOWNERS", "/services/ @pingvas/studio\n")
	call("ship").Refused(t, "nothing was delivered", "user-service owners: nobody answers for services/user-service", "/services/user-service/ @TEAM")
	r.Write("CODEOWNERS", "/services/user-service/ @pingvas/accounts\n")
	assert.Regexp(t, `user-service is delivered as sha256:[0-9a-f]{64}\nuser-service is healthy`, call("ship").Must(t))
	if !testing.Short() {
		assert.Contains(t, call("nightly").Must(t), "user-service:tree-")
	}
}

// TestNoComponents: a repository with nothing to build is nothing to do.
func TestNoComponents(t *testing.T) {
	t.Parallel()
	r := harness.NewRepository(t, map[string]string{"services/README.md": "soon\n"})
	said := r.Batch(t, words("plan json"), words("plan table"), words("components"), words("check"), words("gates test"),
		words("deliver report"), words("service --name users name"))
	for i, says := range []string{"[]", "nothing to do", "nothing to do", "", "", "Nothing was built, pushed or committed"} {
		assert.Contains(t, said[i].Must(t), says)
	}
	said[6].Refused(t, "the repository has no components")
}
