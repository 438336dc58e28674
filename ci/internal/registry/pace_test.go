package registry_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// index of no image, as a registry answers.
const noImages = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}`

// answering is a registry whose every manifest is what write writes.
func answering(t *testing.T, write func(w http.ResponseWriter, r *http.Request)) string {
	t.Helper()
	return start(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v2/" {
				w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
				write(w, r)
			}
		})
	})
}

// drip writes a few bytes at a time.
func drip(w http.ResponseWriter, r *http.Request, text string, each int, pause time.Duration) {
	for rest := []byte(text); len(rest) > 0; {
		n := min(each, len(rest))
		_, _ = w.Write(rest[:n])
		_ = http.NewResponseController(w).Flush()
		rest = rest[n:]
		select {
		case <-r.Context().Done():
			return
		case <-time.After(pause):
		}
	}
}

func TestGivesUpWhatDrips(t *testing.T) {
	at := answering(t, func(w http.ResponseWriter, r *http.Request) {
		drip(w, r, strings.Repeat(" ", 10_000), 1, 20*time.Millisecond)
	})
	for name, pace := range map[string]registry.Option{
		"by its rate": registry.Pace(time.Second, time.Second, time.Minute),
		"by the time": registry.Pace(time.Minute, time.Minute, time.Second),
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			_, err := registry.Resolve(t.Context(), at+"/a:tag", pace)
			require.ErrorContains(t, err, "the registry is too slow")
			assert.Less(t, time.Since(begin), 40*time.Second) // It drips for 200.
		})
	}
	t.Run("silence", func(t *testing.T) {
		silent := answering(t, func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})
		_, err := registry.Resolve(t.Context(), silent+"/a:tag", registry.Pace(time.Second, time.Second, time.Minute))
		require.ErrorContains(t, err, "the registry is too slow")
	})
}

func TestReadsWhatIsSlowAndGoesOn(t *testing.T) {
	at := answering(t, func(w http.ResponseWriter, r *http.Request) {
		drip(w, r, noImages+strings.Repeat(" ", 50_000), 1000, 100*time.Millisecond) // 10 KiB a second
	})
	_, err := registry.Resolve(t.Context(), at+"/a:tag", registry.Pace(2*time.Second, time.Second, time.Minute))
	require.NoError(t, err)
}

func TestRefusesALargeAnswer(t *testing.T) {
	at := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		block := bytes.Repeat([]byte(" "), 1<<20)
		for range 600 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	_, err := registry.Resolve(t.Context(), at+"/a:tag")
	require.ErrorContains(t, err, "more than 8 MiB")
}

// taking is a registry that reads each upload as read reads it.
func taking(t *testing.T, read func(body io.Reader, r *http.Request)) string {
	t.Helper()
	return start(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch {
				read(r.Body, r)
			}
			h.ServeHTTP(w, r)
		})
	})
}

func TestUploads(t *testing.T) {
	image := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("a", 64)}
	large := registry.Artifact{Type: "x/y", MediaType: "x/z", Content: bytes.Repeat([]byte("content "), 4<<20)}
	attach := func(at string, artifact registry.Artifact, pace registry.Option) error {
		tag, err := name.NewTag(at + "/a:tag")
		require.NoError(t, err)
		subject := index(t, "linux/amd64")
		require.NoError(t, remote.WriteIndex(tag, subject, remote.WithTransport(http.DefaultTransport)))
		image, err = subject.Digest()
		require.NoError(t, err)
		_, err = registry.Attach(t.Context(), at+"/a@"+image.String(), artifact, pace)
		return err
	}
	stuck := taking(t, func(_ io.Reader, r *http.Request) {
		if r.ContentLength > 1<<20 || r.ContentLength < 0 {
			select {
			case <-r.Context().Done():
			case <-time.After(5 * time.Second):
			}
		}
	})
	require.ErrorContains(t, attach(stuck, large, registry.Pace(time.Minute, time.Second, time.Minute)), "the registry is too slow")

	slow := taking(t, func(body io.Reader, _ *http.Request) {
		_, _ = io.CopyN(io.Discard, body, 0)
		time.Sleep(300 * time.Millisecond)
	})
	require.NoError(t, attach(slow, registry.Artifact{Type: "x/y", MediaType: "x/z", Content: []byte("content")},
		registry.Pace(time.Second, time.Second, time.Second)))
}

// One artifact that somebody attached and that cannot be read does not hide the
// others.
func TestOneMalformedArtifact(t *testing.T) {
	ctx, at := context.Background(), start(t, asIs)
	tag, err := name.NewTag(at + "/a:tag")
	require.NoError(t, err)
	subject := index(t, "linux/amd64")
	require.NoError(t, remote.WriteIndex(tag, subject))
	image := at + "/a@" + digestOf(t, subject)
	good := registry.Artifact{Type: "x/y", MediaType: "x/z", Content: []byte("content")}
	_, err = registry.Attach(ctx, image, good)
	require.NoError(t, err)

	size, err := subject.Size()
	require.NoError(t, err)
	layer := `{"mediaType":"x/z","size":7,"digest":"sha256:` + strings.Repeat("b", 64) + `"}`
	for _, layers := range []string{"[]", "[" + layer + "," + layer + "]", "[" + layer + "]", "[" + strings.Replace(layer, ":7", ":99999999999", 1) + "]"} {
		manifest := `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"x/y",` +
			`"config":{"mediaType":"x/y","size":2,"digest":"sha256:` + strings.Repeat("c", 64) + `"},"layers":` + layers + `,` +
			`"subject":{"mediaType":"application/vnd.oci.image.index.v1+json","size":` + strconv.FormatInt(size, 10) + `,"digest":"` + digestOf(t, subject) + `"}}`
		hash, _, err := v1.SHA256(strings.NewReader(manifest))
		require.NoError(t, err)
		request, err := http.NewRequest(http.MethodPut, "http://"+at+"/v2/a/manifests/"+hash.String(), strings.NewReader(manifest))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		_ = response.Body.Close()
		require.Equal(t, http.StatusCreated, response.StatusCode)
	}
	found, err := registry.Attached(ctx, image, "x/y", nil)
	require.NoError(t, err)
	var read, unreadable int
	for _, a := range found {
		if a.Unreadable != nil {
			unreadable++
			continue
		}
		read++
		assert.Equal(t, "content", string(a.Content))
	}
	assert.Equal(t, 1, read)
	assert.Equal(t, 4, unreadable)
}
