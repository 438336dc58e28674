package registryserver

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
)

// Observe calls see with every request, before anything is done with it.
func Observe(see func(*http.Request)) Option {
	return func(s *settings) { s.see = see }
}

// WithTrouble makes every nth request that changes the registry fail, as a
// registry behind a busy network does: by turns the connection is dropped
// before the request is read, or after it was carried out, or the answer is
// 429 (too many requests), or 500.
func WithTrouble(every int) Option {
	var count atomic.Int64
	return func(s *settings) {
		s.trouble = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n := int64(0)
				if changes(r) {
					n = count.Add(1)
				}
				if n == 0 || n%int64(every) != 0 {
					next.ServeHTTP(w, r)
					return
				}
				switch n / int64(every) % 4 {
				case 0:
					panic(http.ErrAbortHandler) // The server drops the connection.
				case 1:
					w.Header().Set("Retry-After", "1")
					refuse(w, http.StatusTooManyRequests, "TOOMANYREQUESTS", "slow down")
				case 2:
					refuse(w, http.StatusInternalServerError, "UNKNOWN", "out of order")
				default:
					next.ServeHTTP(httptest.NewRecorder(), r)
					panic(http.ErrAbortHandler)
				}
			})
		}
	}
}

// Immutable refuses to move a tag, as repositories of Amazon's do: with status
// 400 and the code TAG_INVALID.
func Immutable() Option {
	return func(s *settings) { s.immutable = true }
}

// fixed lets a tag be written once, and again only with the same manifest.
func fixed(next http.Handler) http.Handler {
	var mu sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, reference, isManifest := manifestPath(r.URL.Path)
		if r.Method != http.MethodPut || !isManifest || strings.HasPrefix(reference, "sha256:") {
			next.ServeHTTP(w, r)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		var body bytes.Buffer
		if _, err := body.ReadFrom(r.Body); err != nil {
			refuse(w, http.StatusBadRequest, "MANIFEST_INVALID", "reading the manifest: "+err.Error())
			return
		}
		sum := sha256.Sum256(body.Bytes())
		held := httptest.NewRecorder()
		next.ServeHTTP(held, authorized(r, httptest.NewRequest(http.MethodHead, r.URL.Path, nil)))
		digest := held.Header().Get("Docker-Content-Digest")
		if held.Code == http.StatusOK && digest != "sha256:"+hex.EncodeToString(sum[:]) {
			refuse(w, http.StatusBadRequest, "TAG_INVALID", "the tag "+reference+" exists and is immutable")
			return
		}
		r.Body = io.NopCloser(&body)
		next.ServeHTTP(w, r)
	})
}

func authorized(from, to *http.Request) *http.Request {
	to.Header.Set("Authorization", from.Header.Get("Authorization"))
	return to
}

// WithTokens asks for a bearer token, which a client gets for user and
// password, and which ends after so many requests: in the midst of a push.
func WithTokens(user, password string, uses int) Option {
	return func(s *settings) {
		s.tokens = &tokens{user: user, password: password, uses: uses, left: map[string]int{}}
	}
}

type tokens struct {
	user, password string
	uses           int

	mu   sync.Mutex
	left map[string]int
}

func (t *tokens) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			t.give(w, r)
			return
		}
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !t.use(token) {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="registry"`, r.Host))
			refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "a token is needed, and yours has ended")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (t *tokens) give(w http.ResponseWriter, r *http.Request) {
	if user, password, _ := r.BasicAuth(); user != t.user || password != t.password {
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "user and password needed")
		return
	}
	token := rand.Text()
	t.mu.Lock()
	t.left[token] = t.uses
	t.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"token":%q}`+"\n", token)
}

func (t *tokens) use(token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left[token] == 0 {
		return false
	}
	t.left[token]--
	return true
}
