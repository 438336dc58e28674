package notary_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/notary"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

const (
	component = "user-service"
	commit    = "0123456789abcdef0123456789abcdef01234567"
)

// store is an OCI layout on disk.
type store struct{ fs.FS }

func (s store) Open(_ context.Context, file string) (io.ReadCloser, error) { return s.FS.Open(file) }

// scanned makes a random image as it lies in a store.
func scanned(t *testing.T, platform string, labels ...map[string]string) registry.Image {
	t.Helper()
	image, err := random.Image(512, 1)
	require.NoError(t, err)
	p, err := v1.ParsePlatform(platform)
	require.NoError(t, err)
	config, err := image.ConfigFile()
	require.NoError(t, err)
	config.OS, config.Architecture = p.OS, p.Architecture
	for _, some := range labels {
		config.Config.Labels = some
	}
	image, err = mutate.ConfigFile(image, config)
	require.NoError(t, err)
	dir := t.TempDir()
	written, err := layout.Write(dir, empty.Index)
	require.NoError(t, err)
	require.NoError(t, written.AppendImage(image))
	read, err := registry.ReadImage(context.Background(), store{os.DirFS(dir)})
	require.NoError(t, err)
	return read
}

func newKey(t *testing.T) attest.Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	key, err := attest.ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil)
	require.NoError(t, err)
	return key
}

// publication is an image with all that can be said of it.
func publication(t *testing.T, platforms ...string) notary.Publication {
	t.Helper()
	provenance, err := attest.Build{Builder: "https://ci.example", Commit: commit, Parameters: map[string]any{"component": component}}.Predicate()
	require.NoError(t, err)
	p := notary.Publication{Tags: []string{commit, "develop-latest"}, Signer: newKey(t), Provenance: provenance}
	for _, platform := range platforms {
		p.Images = append(p.Images, scanned(t, platform))
		p.Bills = append(p.Bills, notary.Bill{
			CycloneDX: []byte(`{"components":[{"name":"` + platform + `"}]}`), SPDX: []byte(`{"packages":["` + platform + `"]}`),
		})
	}
	return p
}

// believe believes who signs the publication.
func believe(t *testing.T, p notary.Publication) attest.Verifier {
	t.Helper()
	by, err := p.Signer.Verifier(t.Context())
	require.NoError(t, err)
	return by
}

// everywhere publishes to every repository, as a delivery to several
// registries does.
func everywhere(ctx context.Context, p notary.Publication, repositories ...notary.Repository) error {
	for _, repository := range repositories {
		if _, err := repository.Publish(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// TestCutOffAnywhere cuts a publication to two registries off at every one of
// its requests: before the request is carried out, and after that but before
// its answer has come. Run again, each ends where one never cut off does, and
// verifies. A short run takes some of the requests.
func TestCutOffAnywhere(t *testing.T) {
	p := publication(t, "linux/amd64")
	whole := newWorld()
	require.NoError(t, everywhere(t.Context(), p, whole.repositories()...))
	total := whole.requests
	t.Logf("a publication to two registries is %d requests", total)
	require.Greater(t, total, 200)
	want := whole.state(t)
	require.Len(t, want.tags["one"], 3, "commit, develop-latest, and where cosign looks")
	require.Len(t, want.referrers["one"], 2, "provenance and signature of the index")

	step := 1
	if testing.Short() {
		step = 8
	}
	for _, carriedOut := range []bool{false, true} {
		for at := 1; at <= total; at += step {
			w := newWorld()
			ctx, cancel := context.WithCancel(t.Context())
			w.cutOff(at, carriedOut, cancel)
			err := everywhere(ctx, p, w.repositories()...)
			cancel()
			if w.requests < at { // What goes side by side asks now and then for less.
				require.NoError(t, err)
				require.Greater(t, at, 200)
				break
			}
			require.Error(t, err, "cut off at %d", at)
			w.assertTagsComeLast(t, want)

			w.mend()
			require.NoError(t, everywhere(t.Context(), p, w.repositories()...), "cut off at %d", at)
			require.Equal(t, want, w.state(t), "cut off at %d (carried out: %v)", at, carriedOut)
		}
	}
	for _, repository := range whole.repositories() {
		pushed, err := registry.Resolve(t.Context(), repository.At+":"+commit, repository.Options...)
		require.NoError(t, err)
		verified, err := repository.Verify(t.Context(), believe(t, p), component, pushed.Digest)
		require.NoError(t, err)
		assert.Equal(t, commit, verified.Build.Commit)
		assert.Equal(t, map[string]int{"linux/amd64": 1}, verified.Platforms)
		assert.Equal(t, "built from "+commit+" by "+verified.Build.Builder+": linux/amd64 with 1 components", verified.String())
	}
}

// TestPublishedAgain sends nothing, even of bills that say the same otherwise.
func TestPublishedAgain(t *testing.T) {
	p := publication(t, "linux/arm64", "linux/amd64")
	w := newWorld()
	require.NoError(t, everywhere(t.Context(), p, w.repositories()...))
	want, sent := w.state(t), w.sent
	p.Bills[0].CycloneDX = []byte(`{"components":[{"name":"linux/arm64"}],"serialNumber":"another"}`)
	require.NoError(t, everywhere(t.Context(), p, w.repositories()...))
	assert.Equal(t, want, w.state(t))
	assert.Equal(t, sent, w.sent, "something was sent")
}

// TestTwoKeys: both signatures stand, and cosign's tag stays the first one's.
func TestTwoKeys(t *testing.T) {
	p := publication(t, "linux/amd64")
	w := newWorld()
	repository := w.repositories()[0]
	require.NoError(t, everywhere(t.Context(), p, repository))
	before := w.state(t)
	other := p
	other.Signer = newKey(t)
	require.NoError(t, everywhere(t.Context(), other, repository))
	after := w.state(t)
	assert.Equal(t, before.tags, after.tags)
	assert.Len(t, after.referrers["one"], 4)
	pushed, err := registry.Resolve(t.Context(), repository.At+":"+commit, repository.Options...)
	require.NoError(t, err)
	for _, signed := range []notary.Publication{p, other} {
		_, err = repository.Verify(t.Context(), believe(t, signed), component, pushed.Digest)
		require.NoError(t, err)
	}
}

// TestWhatDoesNotVerify names what is missing.
func TestWhatDoesNotVerify(t *testing.T) {
	p := publication(t, "linux/amd64")
	w := newWorld()
	repository := w.repositories()[0]
	pushed, err := repository.Publish(t.Context(), p)
	require.NoError(t, err)
	unsigned := publication(t, "linux/amd64")
	unsigned.Signer, unsigned.Tags = nil, []string{"unsigned"}
	plain, err := repository.Publish(t.Context(), unsigned)
	require.NoError(t, err)
	empty := publication(t, "linux/amd64")
	empty.Signer, empty.Tags = p.Signer, []string{"empty"}
	empty.Bills[0].CycloneDX = []byte(`{"components":[]}`)
	bare, err := repository.Publish(t.Context(), empty)
	require.NoError(t, err)

	for what, test := range map[string]struct {
		by              attest.Verifier
		component, of   string
		want, alsoWants string
	}{
		"another key":       {newKey(t).Public(), component, pushed.Digest, "no signature by this key among 1", "not by this key"},
		"another component": {believe(t, p), "gallery-service", pushed.Digest, "its provenance is that of user-service", ""},
		"unsigned":          {believe(t, p), component, plain.Digest, "no signature by this key among 0", "no https://slsa.dev/provenance/v1 by this key among 0"},
		"an empty bill":     {believe(t, p), component, bare.Digest, "linux/amd64: the bill of materials is empty", ""},
		"no image":          {believe(t, p), component, "sha256:" + commit + commit[:24], "MANIFEST_UNKNOWN", ""},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := repository.Verify(t.Context(), test.by, test.component, test.of)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, test.alsoWants)
		})
	}
	p.Bills = nil
	_, err = repository.Publish(t.Context(), p)
	require.ErrorContains(t, err, "there are 0 bills of materials for 1 images")
}

// TestEarlier keeps what is proven to be of the same source, and says of
// anything else under the tag why it is not kept.
func TestEarlier(t *testing.T) {
	labels := map[string]string{"revision": commit, "content": "sha256:aa"}
	p := publication(t, "linux/arm64", "linux/amd64")
	p.Images = []registry.Image{scanned(t, "linux/arm64", labels), scanned(t, "linux/amd64", labels)}
	repository := newWorld().repositories()[0]
	pushed, err := repository.Publish(t.Context(), p)
	require.NoError(t, err)
	unsigned := p
	unsigned.Signer, unsigned.Tags = nil, []string{"unsigned"}
	unsigned.Images = []registry.Image{scanned(t, "linux/arm64", labels), scanned(t, "linux/amd64", labels)}
	plain, err := repository.Publish(t.Context(), unsigned)
	require.NoError(t, err)

	ours, others := believe(t, p), newKey(t).Public()
	for what, test := range map[string]struct {
		change func(*notary.Claim)
		digest string // that is kept
		why    string // it is not
	}{
		"ours":              {func(*notary.Claim) {}, pushed.Digest, ""},
		"no such tag":       {func(c *notary.Claim) { c.Tag = "gone" }, "", ""},
		"another key":       {func(c *notary.Claim) { c.By = others }, "", "no signature by this key among 1"},
		"unsigned":          {func(c *notary.Claim) { c.Tag = "unsigned" }, "", "no signature by this key among 0"},
		"other content":     {func(c *notary.Claim) { c.Labels = map[string]string{"content": "sha256:bb"} }, "", `its label content is "sha256:aa", not "sha256:bb"`},
		"fewer platforms":   {func(c *notary.Claim) { c.Platforms = []string{"linux/amd64"} }, "", "it is for [linux/amd64 linux/arm64], not for [linux/amd64]"},
		"another component": {func(c *notary.Claim) { c.Component = "gallery-service" }, "", "its provenance is that of user-service"},
		"another commit":    {func(c *notary.Claim) { c.Commit = "fedcba9" }, "", "it was built from " + commit},
		"unsigned, where the registry is trusted":      {func(c *notary.Claim) { c.Tag, c.By = "unsigned", nil }, plain.Digest, ""},
		"other content, where the registry is trusted": {func(c *notary.Claim) { c.By, c.Labels = nil, map[string]string{"content": ""} }, "", "its label content"},
	} {
		t.Run(what, func(t *testing.T) {
			claim := notary.Claim{
				Tag: commit, Component: component, Commit: commit,
				Platforms: []string{"linux/arm64", "linux/amd64"}, Labels: labels, By: ours,
			}
			test.change(&claim)
			image, err := repository.Earlier(t.Context(), claim)
			if test.why != "" {
				var unproven *notary.UnprovenError
				require.ErrorAs(t, err, &unproven)
				require.ErrorContains(t, err, test.why)
				return
			}
			require.NoError(t, err)
			if test.digest == "" {
				require.Nil(t, image)
				return
			}
			require.Equal(t, test.digest, image.Digest)
		})
	}
}

// TestFetchedIsPublishedTheSame: what is kept goes to another registry as it is.
func TestFetchedIsPublishedTheSame(t *testing.T) {
	p := publication(t, "linux/amd64")
	repositories := newWorld().repositories()
	pushed, err := repositories[0].Publish(t.Context(), p)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, registry.Fetch(t.Context(), repositories[0].At+"@"+pushed.Platforms["linux/amd64"], dir, repositories[0].Options...))
	fetched, err := registry.ReadImage(context.Background(), store{os.DirFS(dir)})
	require.NoError(t, err)
	p.Images = []registry.Image{fetched}
	again, err := repositories[1].Publish(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, pushed.Digest, again.Digest)
	require.ErrorContains(t, registry.Fetch(t.Context(), repositories[0].At+":"+commit, dir), "fetch")
}

// TestAdvice: only the refusal of a taken tag gets some.
func TestAdvice(t *testing.T) {
	taken, other := &registry.TakenError{Tag: "t", Holds: "a", Wanted: "b"}, errors.New("other")
	require.ErrorContains(t, notary.Advised(taken, nil, false), "with-signing, or say with --exclusive")
	require.ErrorContains(t, notary.Advised(taken, errors.New("signed by another"), true), "was not kept: signed by another")
	require.Equal(t, other, notary.Advised(other, nil, false))
	require.NoError(t, notary.Advised(nil, nil, true))
}

// TestLatestStaysWithTheNewest: what is delivered of an older commit gets its
// own tag, and leaves the one that moves.
func TestLatestStaysWithTheNewest(t *testing.T) {
	const created = "org.opencontainers.image.created"
	made := func(tag, at string) notary.Publication {
		labels := map[string]string{}
		if at != "" {
			labels[created] = at
		}
		return notary.Publication{Tags: []string{tag, "develop-latest"}, Images: []registry.Image{
			scanned(t, "linux/arm64", labels), scanned(t, "linux/amd64", labels),
		}}
	}
	r := newWorld().repositories()[0]
	latest := func() string {
		image, err := registry.Resolve(t.Context(), r.At+":develop-latest", r.Options...)
		require.NoError(t, err)
		return image.Digest
	}
	for i, step := range []struct {
		what, at string
		moves    bool
	}{
		{"the first", "2026-11-02T10:00:00Z", true},
		{"an older commit", "2026-11-01T10:00:00Z", false},
		{"a newer one, of another time zone", "2026-11-02T20:00:00+09:00", true},
		{"the same second", "2026-11-02T11:00:00Z", true},
		{"one that does not say its time", "", true},
		{"where the time is not known", "2026-11-01T10:00:00Z", true},
	} {
		p := made(strings.Repeat("a", 7)+strconv.Itoa(i), step.at)
		published, err := r.Publish(t.Context(), p)
		require.NoError(t, err, step.what)
		assert.Equal(t, step.moves, latest() == published.Digest, step.what)
		if step.moves {
			assert.Equal(t, p.Tags, published.Tags, step.what)
			assert.Empty(t, published.Stay, step.what)
		} else {
			assert.Equal(t, p.Tags[:1], published.Tags, step.what)
			assert.Equal(t, p.Tags[1:], published.Stay, step.what)
		}
	}
}
