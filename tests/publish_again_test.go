package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestKept publishes a commit again whose build comes out otherwise: the image
// of the earlier run is kept, scanned anew and not built, where it is proven to
// be of the same source. Where it is not, the tag is never moved.
func TestKept(t *testing.T) {
	t.Parallel()
	w := harness.NewWorkshop(t)
	key := w.Key
	registry := harness.NewRegistry(t)
	// Where it was cloned from is in the image, and not in the source's files.
	w.Commit(t)
	harness.Run(t, "git", "-C", w.Dir, "remote", "add", "origin", "https://one.example/studio.git")
	first := w.Publish(t.Context(), registry)
	first.Must(t)
	assert.False(t, first.Image.Kept)
	held := registry.Held(t)
	harness.Run(t, "git", "-C", w.Dir, "remote", "set-url", "origin", "https://two.example/studio.git")

	const source = service + "/user_service/users.py"
	text := w.Read(source)
	for _, again := range []struct {
		what, key, changed string
		options            []string
		says               string
		kept               bool
	}{
		{"by the same key", key, "", nil, "already published by an earlier run of this commit: kept", true},
		{"where nobody else can push", "", "", []string{"--exclusive"}, "already published by an earlier run of this commit: kept", true},
		{"by another key", harness.NewKey(t), "", nil, "no signature by this key among 1", false},
		{"unsigned", "", "", nil, "sign with with-signing, or say with --exclusive", false},
		{"other content", key, "\n\nCHANGED = 1\n", nil, "its label io.github.pingvas.pingvas-ci.content is", false},
	} {
		t.Run(again.what, func(t *testing.T) {
			w.Key = again.key
			w.Write(source, text+again.changed)
			second := w.PublishTo(t.Context(), registry.With(again.options...), registry.Env())
			assert.Contains(t, second.Output, again.says)
			assert.Equal(t, held, registry.Held(t), "what the registry holds has changed")
			if !again.kept {
				second.Refused(t, "a tag is never moved")
				return
			}
			require.NoError(t, second.Err)
			assert.True(t, second.Image.Kept)
			assert.Equal(t, first.Image.Digest, second.Image.Digest)
			assert.NotContains(t, second.Output, "image linux/amd64", "it was built again")
			assert.Contains(t, second.Output, "scan linux/amd64")
			assert.Regexp(t, `user-service +test `, second.Output, "the gates did not run")
		})
	}
}
