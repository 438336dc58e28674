package notary_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	handler "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/notary"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// world is two registries without a network between them and the client: a
// request is a call, which can be cut off.
type world struct {
	mu         sync.Mutex
	hosts      map[string]http.Handler
	requests   int
	sent       int // requests that change something
	accepted   map[string]map[string]bool
	cutAt      int
	carriedOut bool
	cut        context.CancelFunc
}

func newWorld() *world {
	w := &world{hosts: map[string]http.Handler{}, accepted: map[string]map[string]bool{}}
	for _, host := range []string{"one", "two"} {
		w.hosts[host+".localhost"] = handler.New(handler.WithReferrersSupport(true), handler.Logger(log.New(io.Discard, "", 0)))
		w.accepted[host] = map[string]bool{}
	}
	return w
}

func (w *world) repositories() []notary.Repository {
	var all []notary.Repository
	for _, host := range []string{"one", "two"} {
		all = append(all, notary.Repository{
			At: host + ".localhost/" + component, Name: host + ".example/" + component,
			Options: []registry.Option{registry.Plain(), registry.WithTransport(w)},
		})
	}
	return all
}

// cutOff has nothing pass from a request on. That one may be carried out still,
// but its answer is lost.
func (w *world) cutOff(at int, carriedOut bool, cut context.CancelFunc) {
	w.cutAt, w.carriedOut, w.cut = at, carriedOut, cut
}

func (w *world) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cutAt = 0
}

// RoundTrip answers one request at a time.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
	if w.cutAt > 0 && w.requests >= w.cutAt {
		w.cut()
		if w.requests == w.cutAt && w.carriedOut {
			if _, err := w.carryOut(r); err != nil {
				return nil, err
			}
		}
		return nil, context.Canceled
	}
	return w.carryOut(r)
}

func (w *world) carryOut(r *http.Request) (*http.Response, error) {
	host, known := w.hosts[r.URL.Host]
	if !known {
		return nil, errors.New("no such host: " + r.URL.Host)
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	answer := httptest.NewRecorder()
	request := httptest.NewRequest(r.Method, r.URL.String(), bytes.NewReader(body))
	request.Header = r.Header
	host.ServeHTTP(answer, request)
	if r.Method == http.MethodPut || r.Method == http.MethodPost || r.Method == http.MethodPatch {
		w.sent++
	}
	if name, _, _ := strings.Cut(r.URL.Host, "."); r.Method == http.MethodPut && answer.Code == http.StatusCreated {
		w.accepted[name][answer.Header().Get("Docker-Content-Digest")] = true
	}
	response := answer.Result()
	response.Request = r
	return response, nil
}

// state is all that the registries hold.
type state struct {
	held      map[string][]string          // digests of manifests and blobs
	tags      map[string]map[string]string // and what they name
	referrers map[string][]string          // those of the index
}

func (w *world) state(t *testing.T) state {
	t.Helper()
	s := state{map[string][]string{}, map[string]map[string]string{}, map[string][]string{}}
	for name, accepted := range w.accepted {
		s.held[name] = slices.Sorted(maps.Keys(accepted))
		s.tags[name] = w.tags(t, name)
		var index v1.IndexManifest
		w.get(t, name, "/referrers/"+s.tags[name][commit], &index)
		for _, m := range index.Manifests {
			s.referrers[name] = append(s.referrers[name], m.Digest.String())
		}
		slices.Sort(s.referrers[name])
	}
	return s
}

func (w *world) tags(t *testing.T, name string) map[string]string {
	t.Helper()
	var list struct{ Tags []string }
	w.get(t, name, "/tags/list", &list)
	tags := map[string]string{}
	for _, tag := range list.Tags {
		tags[tag] = w.get(t, name, "/manifests/"+tag, nil).Get("Docker-Content-Digest")
	}
	return tags
}

// assertTagsComeLast: where the commit's tag is, all that is said of the image
// is there as well.
func (w *world) assertTagsComeLast(t *testing.T, want state) {
	t.Helper()
	for name, accepted := range w.accepted {
		if _, tagged := w.tags(t, name)[commit]; tagged {
			require.Equal(t, want.held[name], slices.Sorted(maps.Keys(accepted)), "the tag came before the rest")
		}
	}
}

func (w *world) get(t *testing.T, name, path string, into any) http.Header {
	t.Helper()
	answer := httptest.NewRecorder()
	w.hosts[name+".localhost"].ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/v2/"+component+path, nil))
	if into != nil && answer.Code == http.StatusOK {
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), into))
	}
	return answer.Header()
}
