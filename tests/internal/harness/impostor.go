package harness

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"
)

// Tampered pushes a changed image of user-service, with all that is said of the
// original copied to it, and returns its digest.
func (r Registry) Tampered(t *testing.T, digest string) string {
	t.Helper()
	repository := r.userService(t)
	index, err := remote.Index(repository.Digest(digest), r.Login())
	require.NoError(t, err)
	changed, isIndex := mutate.Annotations(index, map[string]string{"changed": "by somebody"}).(remote.Taggable)
	require.True(t, isIndex)
	raw, err := changed.RawManifest()
	require.NoError(t, err)
	tag := repository.Tag("tampered")
	require.NoError(t, remote.Put(tag, changed, r.Login()))
	evil, err := remote.Get(tag, r.Login())
	require.NoError(t, err)
	require.Equal(t, raw, evil.Manifest)

	r.impersonate(t, digest, evil.Digest.String())
	return evil.Digest.String()
}

// impersonate copies all that is said of one image of user-service to another.
func (r Registry) impersonate(t *testing.T, digest, evil string) {
	t.Helper()
	repository := r.userService(t)
	other, err := remote.Head(repository.Digest(evil), r.Login())
	require.NoError(t, err)
	referrers, err := remote.Referrers(repository.Digest(digest), r.Login())
	require.NoError(t, err)
	said, err := referrers.IndexManifest()
	require.NoError(t, err)
	require.NotEmpty(t, said.Manifests)
	for _, artifact := range said.Manifests {
		original, err := remote.Image(repository.Digest(artifact.Digest.String()), r.Login())
		require.NoError(t, err)
		copied := mutate.Subject(original, *other).(remote.Taggable)
		require.NoError(t, remote.Put(repository.Tag("copied-"+artifact.Digest.Hex), copied, r.Login()))
	}
	signature, err := remote.Get(repository.Tag(signatureTag(digest)), r.Login())
	if err == nil { // Only the index is signed.
		require.NoError(t, remote.Put(repository.Tag(signatureTag(evil)), signature, r.Login()))
	}
}

// signatureTag is where a signature is found without referrers.
func signatureTag(digest string) string { return strings.Replace(digest, ":", "-", 1) + ".sig" }
