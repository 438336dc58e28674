package tests

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

var both = []string{"linux/amd64", "linux/arm64"}

// The platforms that each component of the example is delivered for.
var example = map[string][]string{
	"ai-worker":          {"linux/amd64"},
	"frontend":           both,
	"gallery-service":    both,
	"generation-service": both,
	"payment-service":    both,
	"user-service":       both,
}

// TestDelivery takes the example all the way, then again without a change, and
// then with a change of the library that two services share.
func TestDelivery(t *testing.T) {
	w := newWorld(t)
	first, err := w.deliver()
	require.NoError(t, err)

	t.Run("everything is delivered", func(t *testing.T) {
		require.Len(t, first.Components, len(example))
		require.Equal(t, 2, w.commits(), "one run is one commit")
		require.Equal(t, w.gitops("rev-parse", "main"), first.Change.Commit)
		require.Equal(t, []string{manifests}, first.Change.Files)
		for _, step := range first.Steps {
			assert.True(t, step.Passed, "%s %s", step.Component, step.Name)
		}
	})
	t.Run("the registry holds each image for its platforms, under the commit's tag", func(t *testing.T) {
		for _, c := range first.Components {
			digest, err := crane.Digest(c.Repository + ":" + c.Tags[0])
			require.NoError(t, err)
			assert.Equal(t, digest, c.Digest)
			assert.ElementsMatch(t, example[c.Component], platforms(t, c.Repository+"@"+c.Digest), c.Component)
			assert.Contains(t, c.Tags[0], first.Commit)
		}
	})
	t.Run("the manifests carry tag and digest", func(t *testing.T) {
		text := w.gitops("show", "main:"+manifests)
		for _, c := range first.Components {
			assert.Contains(t, text, `newTag: "`+c.Tags[0]+`"`)
			assert.Contains(t, text, `digest: "`+c.Digest+`"`)
			assert.Contains(t, first.Change.Diff, c.Repository+":"+c.Tags[0]+"@"+c.Digest)
		}
		assert.Equal(t, first.Commit, w.gitops("log", "-1", "--format=%(trailers:key=Source-Commit,valueonly)", "main"))
	})
	t.Run("the worker's tag ends with -cuda", func(t *testing.T) {
		for _, c := range first.Components {
			if c.Component == "ai-worker" {
				assert.Equal(t, []string{first.Commit + "-cuda"}, c.Tags)
			}
		}
	})
	t.Run("production and the Korean comment are untouched", func(t *testing.T) {
		assert.Empty(t, w.gitops("diff", "--name-only", "main~1", "main", "--", "apps/overlays/prod", "apps/base"))
		assert.Contains(t, w.gitops("show", "main:apps/overlays/prod/kustomization.yaml"), "newTag: abc123def  # 특정 커밋 해시")
	})
	t.Run("again without a change there is nothing to do", func(t *testing.T) {
		again, err := w.deliver()
		require.NoError(t, err)
		assert.Empty(t, again.Affected)
		assert.Empty(t, again.Components)
		assert.Nil(t, again.Change)
		assert.Equal(t, 2, w.commits())
	})
	t.Run("a change of the shared library delivers the two services that use it", func(t *testing.T) {
		library := "libs/pingvas-common/src/pingvas_common/__init__.py"
		text, err := os.ReadFile(filepath.Join(w.files, library))
		require.NoError(t, err)
		w.write(library, string(text)+"\nREVISION = 2\n")
		second, err := w.deliver()
		require.NoError(t, err)
		var names []string
		for _, a := range second.Affected {
			names = append(names, a.Name)
			assert.Contains(t, a.Reasons[0], "libs/pingvas-common")
		}
		assert.Equal(t, []string{"generation-service", "payment-service"}, names)
		assert.Equal(t, 3, w.commits())
	})
}

// TestDeliveryToProduction delivers one service as the branches do: develop to
// dev directly, main to prod through a pull request, which later runs update.
func TestDeliveryToProduction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, service)
	hub := newHub(w)
	const overlay = "apps/overlays/prod/kustomization.yaml"
	deliver := func(environment, branch string, review ...string) (report, error) {
		t.Helper()
		require.NoError(t, lab.Commit(w.studio, w.files, "Change"))
		_, port, _ := strings.Cut(w.registry.Address, ":")
		text, err := w.call(slices.Concat([]string{
			"with-registry", "--address", "localhost:" + port, "--service", "tcp://" + w.registry.Address,
			"--username", w.registry.Username, "--password", "env:REGISTRY_PASSWORD",
		}, w.reviewed(hub, review...), []string{"deliver", "--environment", environment, "--branch", branch, "json"})...)
		var r report
		if err == nil {
			require.NoError(t, json.Unmarshal([]byte(text), &r))
		}
		return r, err
	}

	dev, err := deliver("dev", "develop")
	require.NoError(t, err)
	require.Equal(t, 2, w.commits())
	require.Contains(t, dev.Components[0].Tags, "develop-latest")
	require.Empty(t, hub.pulls, "dev waits for nobody")
	main := w.gitops("rev-parse", "main")

	first, err := deliver("prod", "main")
	require.NoError(t, err)
	t.Run("prod waits in a pull request that says what, how it was scanned, and from where", func(t *testing.T) {
		assert.Equal(t, main, w.gitops("rev-parse", "main"))
		assert.Equal(t, "https://github.test/pull/1", first.Change.PullRequest)
		assert.Equal(t, w.gitops("rev-parse", "pingvas-ci/prod"), first.Change.Commit)
		image := first.Components[0]
		assert.Equal(t, dev.Components[0].Digest, image.Digest, "what dev runs, to the byte")
		assert.Contains(t, w.gitops("show", "pingvas-ci/prod:"+overlay), `digest: "`+image.Digest+`"`)
		require.Len(t, hub.pulls, 1)
		assert.Equal(t, "chore: update user-service image to "+first.Commit, hub.pulls[0]["title"])
		for _, text := range []string{
			"what **prod** runs", "`" + first.Commit + "`", "`" + image.Digest + "`", image.Scan, "[run](https://ci.example/7)",
			"+++ Deployment pingvas-prod/user-service", image.Repository + ":" + first.Commit + "@" + image.Digest,
		} {
			assert.Contains(t, hub.pulls[0]["body"], text)
		}
	})
	t.Run("a second run updates the open one", func(t *testing.T) {
		w.appendTo(service+"/user_service/__init__.py", "\nREVISION = 2\n")
		second, err := deliver("prod", "main")
		require.NoError(t, err)
		require.Len(t, hub.pulls, 1)
		assert.Equal(t, first.Change.PullRequest, second.Change.PullRequest)
		assert.Contains(t, hub.pulls[0]["body"], second.Components[0].Digest)
		assert.NotContains(t, hub.pulls[0]["body"], first.Components[0].Digest)
		again, err := deliver("prod", "main")
		require.NoError(t, err)
		assert.Equal(t, second.Change, again.Change, "the same run once more changes nothing")
	})
	t.Run("who may not open pull requests hears it before anything is built", func(t *testing.T) {
		token := hub.token
		defer func() { hub.token = token }()
		hub.token = "another"
		_, err := deliver("prod", "main")
		require.ErrorContains(t, err, "prod is changed by pull request")
		assert.NotContains(t, err.Error(), token)
	})
	t.Run("written directly, where that is wanted", func(t *testing.T) {
		direct, err := deliver("prod", "main", "--direct")
		require.NoError(t, err)
		assert.Empty(t, direct.Change.PullRequest)
		assert.Equal(t, w.gitops("rev-parse", "main"), direct.Change.Commit)
		assert.Contains(t, w.gitops("show", "main:"+overlay), `digest: "`+direct.Components[0].Digest+`"`)
	})
}

// TestEmbeddedDelivery needs no registry and no repository: the images go to a
// registry that lives as long as the call, and the manifests come back.
func TestEmbeddedDelivery(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, service), os.DirFS(filepath.Join("../examples/studio", service))))

	patch, err := dagger(t, append(source(dir), "deliver", "changes", "as-patch", "contents"))
	require.NoError(t, err)
	assert.Contains(t, patch, "+++ b/apps/overlays/dev/kustomization.yaml")
	assert.Regexp(t, `\+ +newTag: "tree-[0-9a-f]{12}"`, patch)
	assert.Regexp(t, `\+ +digest: "sha256:[0-9a-f]{64}"`, patch)
}

// TestDeliveryToADirectory works on manifests that are in no git repository: they
// come back changed, and what asks for a history says that there is none.
func TestDeliveryToADirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	studio, tree := filepath.Join(dir, "studio"), filepath.Join(dir, "gitops")
	require.NoError(t, os.CopyFS(filepath.Join(studio, service), os.DirFS(filepath.Join("../examples/studio", service))))
	require.NoError(t, os.CopyFS(tree, os.DirFS("../examples/gitops")))

	patch, err := dagger(t, append(source(studio), "deliver", "--gitops", tree, "changes", "as-patch", "contents"))
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(patch, "+++ "), "one file")
	assert.Contains(t, patch, "+++ b/"+manifests)
	assert.Regexp(t, `\+ +digest: "sha256:[0-9a-f]{64}"`, patch)

	_, err = dagger(t, append(source(studio), "gitops", "--directory", tree, "rollback", "--component", "user-service", "json"))
	require.ErrorContains(t, err, "there is no git history: the directory has no .git. Give the whole clone")
	require.NoError(t, os.RemoveAll(filepath.Join(tree, "apps")))
	_, err = dagger(t, append(source(studio), "deliver", "--gitops", tree, "json"))
	require.ErrorContains(t, err, "environment dev has no kustomization")
}

// TestImportedModule calls a module that imports this one.
func TestImportedModule(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, service), os.DirFS(filepath.Join("../examples/studio", service))))
	report, err := daggerModule(t, "../examples/go", append(source(dir), "nightly"))
	require.NoError(t, err)
	assert.Contains(t, report, "user-service:tree-")
}

// platforms lists what an image is for: an index has one image for each
// platform, and an image of a single platform says it in its configuration.
func platforms(t *testing.T, reference string) []string {
	t.Helper()
	ref, err := name.ParseReference(reference)
	require.NoError(t, err)
	descriptor, err := remote.Get(ref)
	require.NoError(t, err)
	if !descriptor.MediaType.IsIndex() {
		image, err := descriptor.Image()
		require.NoError(t, err)
		config, err := image.ConfigFile()
		require.NoError(t, err)
		return []string{config.OS + "/" + config.Architecture}
	}
	index, err := descriptor.ImageIndex()
	require.NoError(t, err)
	manifest, err := index.IndexManifest()
	require.NoError(t, err)
	var list []string
	for _, m := range manifest.Manifests {
		list = append(list, m.Platform.OS+"/"+m.Platform.Architecture)
	}
	return list
}
