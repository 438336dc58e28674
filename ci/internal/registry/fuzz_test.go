package registry_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// held is a registry of which every manifest is the same, and every blob.
type held struct {
	kind           types.MediaType
	manifest, blob []byte
}

func (a held) RoundTrip(r *http.Request) (*http.Response, error) {
	body, kind := a.blob, "application/octet-stream"
	switch {
	case strings.Contains(r.URL.Path, "/manifests/"):
		body, kind = a.manifest, string(a.kind)
	case strings.Contains(r.URL.Path, "/referrers/"):
		body, kind = a.manifest, string(types.OCIImageIndex)
	case r.URL.Path == "/v2/":
		body = nil
	}
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

func digestOfBytes(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// FuzzManifest has what a registry answers be anything: what is taken goes by the
// digest of its bytes, and platforms and digests by names that are some.
func FuzzManifest(f *testing.F) {
	blob := []byte(`{"os": "linux", "architecture": "amd64", "config": {"Labels": {"a": "b"}}}`)
	of := `{"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "` + digestOfBytes(blob) + `", "size": 74`
	image := `{"schemaVersion": 2, "config": ` + of + `}, "layers": [` + of + `}], "artifactType": "a/b"}`
	f.Add([]byte(image), blob, false)
	entry := `{"mediaType": "application/vnd.oci.image.manifest.v1+json", "artifactType": "a/b", "digest": "` + digestOfBytes([]byte(image)) + `", "size": 9, "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}}`
	f.Add([]byte(`{"schemaVersion": 2, "manifests": [`+entry+`, {"platform": {"os": "unknown", "architecture": "unknown"}}]}`), blob, true)
	f.Add([]byte(`{"manifests": [{"platform": {"os": "linux", "architecture": "amd64"}}]}`), []byte(`{}`), true)
	f.Add([]byte(`{"manifests": [{"digest": "`+digestOfBytes(blob)+`", "platform": {"os": "\u001b[2J", "architecture": "a\nb"}}]}`), []byte(`null`), true)
	f.Fuzz(func(t *testing.T, manifest, blob []byte, isIndex bool) {
		answers := held{types.OCIManifestSchema1, manifest, blob}
		if isIndex {
			answers.kind = types.OCIImageIndex
		}
		shown := func(err error) {
			require.Equal(t, plain.Text(err.Error()), err.Error())
			require.LessOrEqual(t, len(err.Error()), 4000+16*(len(manifest)+len(blob)))
		}
		options := []registry.Option{registry.Plain(), registry.WithTransport(answers)}
		resolved, err := registry.Resolve(t.Context(), "one.localhost/a:b", options...)
		if err != nil {
			shown(err)
		} else {
			require.Equal(t, digestOfBytes(manifest), resolved.Digest)
			for platform, digest := range resolved.Platforms {
				require.NoError(t, names.Digest(digest))
				require.Regexp(t, `^[a-z0-9]+/[a-z0-9]+(/[a-z0-9.]+)?$`, platform)
			}
		}
		own := "one.localhost/a@" + digestOfBytes(manifest)
		if _, err := registry.Labels(t.Context(), own, options...); err != nil {
			shown(err)
		}
		_, err = registry.Labels(t.Context(), "one.localhost/a@"+digestOfBytes([]byte("another")), options...)
		require.Error(t, err)
		attached, err := registry.Attached(t.Context(), own, "a/b", nil, options...)
		if err != nil {
			shown(err)
		}
		for _, artifact := range attached {
			require.NoError(t, names.Digest(artifact.Digest))
			if artifact.Unreadable != nil {
				shown(artifact.Unreadable)
				continue
			}
			require.Equal(t, digestOfBytes(manifest), artifact.Digest)
			require.Contains(t, string(manifest), strings.TrimPrefix(digestOfBytes(artifact.Content), "sha256:"))
		}
	})
}
