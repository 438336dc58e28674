package tests

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestKept publishes a commit again whose build comes out otherwise: the image
// of the earlier run is kept, scanned anew and not built, where it is proven to
// be of the same source. Where it is not, the tag is never moved.
func TestKept(t *testing.T) {
	long(t, "TestPublishKilled")
	t.Parallel()
	w := harness.NewWorkshop(t)
	registry := harness.NewRegistry(t)
	// Where it was cloned from is in the image, and not in the source's files.
	w.Commit(t)
	harness.Run(t, "git", "-C", w.Dir, "remote", "add", "origin", "https://one.example/studio.git")
	first := w.Publish(t.Context(), registry)
	first.Must(t)
	assert.False(t, first.Image.Kept)
	held := registry.Held(t)
	harness.Run(t, "git", "-C", w.Dir, "remote", "set-url", "origin", "https://two.example/studio.git")

	changed := harness.NewWorkshop(t)
	changed.Append(service+"/user_service/users.py", "\n\nCHANGED = 1\n")
	signing := words("with-signing --key env:SIGNING_KEY")
	env := []string{registry.Env(), "SIGNING_KEY=" + w.Key, "ANOTHER_KEY=" + harness.NewKey(t)}
	again := func(options []string, with ...string) []string {
		return harness.Publication(append(registry.With(options...), with...)...)
	}

	t.Run("kept by the same key, and where nobody else can push", func(t *testing.T) {
		came := harness.Batch(t, env, w.On(again(nil, signing...), again(words("--exclusive")))...)
		for _, result := range came {
			kept := harness.NewPublished(t, result)
			kept.Must(t)
			assert.True(t, kept.Image.Kept)
			assert.Equal(t, first.Image.Digest, kept.Image.Digest)
		}
		said := came[0].Output
		assert.Equal(t, 2, strings.Count(said, "already published by an earlier run of this commit: kept"))
		assert.NotContains(t, said, "image linux/arm64", "it was built again")
		assert.Contains(t, said, "scan linux/arm64")
		assert.Regexp(t, `user-service +test `, said, "the gates did not run")
	})
	t.Run("never moved by another key, unsigned, or for other content", func(t *testing.T) {
		came := harness.Batch(t, env, append(
			w.On(again(nil, words("with-signing --key env:ANOTHER_KEY")...), again(nil)),
			changed.On(again(nil, signing...))...)...)
		for i, says := range []string{
			"no signature by this key among 1", "sign with with-signing, or say with --exclusive", "its label io.github.pingvas.pingvas-ci.content is",
		} {
			came[i].Refused(t, says, "a tag is never moved")
		}
	})
	assert.Equal(t, held, registry.Held(t), "what the registry holds has changed")
}
