// Package registryserver is an OCI registry that keeps everything in one
// directory. It serves as the mirror of the airgap kit, as the registry of the
// demo, and as the real thing in tests:
//
//	handler, err := registryserver.New(dir, registryserver.WithBasicAuth("ci", password, false))
//	server := httptest.NewServer(handler)
//
// The protocol is go-containerregistry's; this package adds what that handler
// leaves to memory or to others: manifests that survive a restart, passwords,
// and a mode in which nothing can be changed. Referrers are always listed.
// A blob that is uploaded in chunks is held in memory until it is complete.
package registryserver

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/registry"
)

// Option changes how a registry answers.
type Option func(*settings)

type settings struct {
	user, password string
	pullToo        bool
	readOnly       bool
	immutable      bool
	see            func(*http.Request)
	trouble        func(http.Handler) http.Handler
	tokens         *tokens
}

// WithBasicAuth asks for user and password before a push, and before a pull as
// well when pullToo is true.
func WithBasicAuth(user, password string, pullToo bool) Option {
	return func(s *settings) { s.user, s.password, s.pullToo = user, password, pullToo }
}

// ReadOnly refuses every request that would change the registry with status
// 405 (method not allowed).
func ReadOnly() Option {
	return func(s *settings) { s.readOnly = true }
}

// New returns a registry over dir, which it creates when missing. What an
// earlier registry kept in dir is there again.
func New(dir string, opts ...Option) (http.Handler, error) {
	var s settings
	for _, opt := range opts {
		opt(&s)
	}
	blobs := filepath.Join(dir, "blobs")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return nil, fmt.Errorf("open registry %s: %w", dir, err)
	}
	inner := registry.New(
		registry.WithBlobHandler(registry.NewDiskBlobHandler(blobs)),
		registry.WithReferrersSupport(true),
		registry.Logger(log.New(io.Discard, "", 0)),
	)
	kept := &manifests{dir: filepath.Join(dir, "manifests")}
	if err := kept.replay(inner); err != nil {
		return nil, fmt.Errorf("open registry %s: %w", dir, err)
	}
	return s.around(kept.keep(inner)), nil
}

// around is the registry with all that the settings put before it.
func (s settings) around(handler http.Handler) http.Handler {
	if s.immutable {
		handler = fixed(handler)
	}
	handler = s.guard(handler)
	if s.tokens != nil {
		handler = s.tokens.guard(handler)
	}
	if s.trouble != nil {
		handler = s.trouble(handler)
	}
	if s.see == nil {
		return handler
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.see(r)
		handler.ServeHTTP(w, r)
	})
}

func changes(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

// guard lets through what the settings allow.
func (s settings) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case changes(r) && s.readOnly:
			refuse(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "this registry is read-only")
		case !s.admits(r, changes(r)):
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "user and password needed")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// admits asks for the password on the base path too when only pushes need
// one: clients learn there, before the first push, that there is one.
func (s settings) admits(r *http.Request, changes bool) bool {
	if s.user == "" {
		return true
	}
	user, password, given := r.BasicAuth()
	if !given && !changes && !s.pullToo {
		return r.URL.Path != "/v2/"
	}
	return subtle.ConstantTimeCompare([]byte(user), []byte(s.user))&
		subtle.ConstantTimeCompare([]byte(password), []byte(s.password)) == 1
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client that went away needs no answer.
	_, _ = fmt.Fprintf(w, `{"errors":[{"code":%q,"message":%q}]}`+"\n", code, message)
}
