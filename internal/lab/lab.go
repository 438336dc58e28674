// Package lab runs what a delivery ends at, for the demonstration and the
// tests: a container registry and a git server, both real, on loopback, with
// authentication.
package lab

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/pingvas/pingvas-ci/internal/registryserver"
)

// Server is one of the two, listening.
type Server struct {
	// Address is host:port on loopback.
	Address string
	// Dir is where it keeps what it is given.
	Dir string
	// Username and Password are what it wants.
	Username, Password string

	http *http.Server
}

// Registry serves the registry kept in dir. A port of 0 takes a free one.
// Pushing wants credentials; pulling does not. Options come on top.
func Registry(dir string, port int, options ...registryserver.Option) (*Server, error) {
	s := &Server{Dir: dir, Username: "pingvas", Password: password()}
	options = append([]registryserver.Option{registryserver.WithBasicAuth(s.Username, s.Password, false)}, options...)
	handler, err := registryserver.New(dir, options...)
	if err != nil {
		return nil, err
	}
	return s, s.serve(port, handler)
}

// Git serves the bare repositories in dir over HTTP, by git's own backend.
// Both fetching and pushing want credentials.
func Git(dir string, port int) (*Server, error) {
	s := &Server{Dir: dir, Username: "x-access-token", Password: password()}
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	backend, err := gitBackend(root)
	if err != nil {
		return nil, err
	}
	return s, s.serve(port, s.authenticated(backend))
}

// Close ends the server, and the requests that it is at.
func (s *Server) Close() error { return s.http.Close() }

func (s *Server) serve(port int, handler http.Handler) error {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return fmt.Errorf("listen on loopback port %d: %w. Choose another port, or end what holds it", port, err)
	}
	s.Address = listener.Addr().String()
	s.http = &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			panic(err) // The listener is ours alone: nothing else can end it.
		}
	}()
	return nil
}

// authenticated lets in who knows the present username and password, whatever
// becomes of the fields later.
func (s *Server) authenticated(next http.Handler) http.Handler {
	username, secret := s.Username, s.Password
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != username || password != secret {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "credentials wanted", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func password() string {
	secret := make([]byte, 16)
	_, _ = rand.Read(secret) // Never fails: see crypto/rand.
	return hex.EncodeToString(secret)
}
