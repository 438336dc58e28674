// Package gittest is a real git server over HTTP for tests: git's own
// http-backend behind password authentication, on a loopback port.
//
// Serve starts one for a test; New gives the http.Handler alone.
package gittest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Serve runs a server until the test is over.
func Serve(t testing.TB) *Server {
	t.Helper()
	server, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	server.URL = listener.URL
	return server
}

// Server serves the repositories below its folder to its users.
type Server struct {
	// URL is the address of the server, without a final slash.
	URL string

	root    string
	backend string
	mutex   sync.Mutex
	users   map[string]user
}

type user struct {
	password string
	mayPush  bool
}

// New returns a server of the folder root that listens nowhere yet.
func New(root string) (*Server, error) {
	libexec, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return nil, fmt.Errorf("find git's programs: %w. Install git", err)
	}
	backend := filepath.Join(strings.TrimSpace(string(libexec)), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		return nil, fmt.Errorf("find git's HTTP server: %w. Install all of git", err)
	}
	return &Server{root: root, backend: backend, users: map[string]user{}}, nil
}

// AddUser lets a user in, to read and perhaps to push. A server without users
// is open to everybody.
func (s *Server) AddUser(name, password string, mayPush bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.users[name] = user{password, mayPush}
}

// AddRepository makes a repository whose main branch has one commit with the
// given files. Its name must end in ".git".
func (s *Server) AddRepository(name string, files map[string]string) (*Repository, error) {
	r := &Repository{Dir: filepath.Join(s.root, name), URL: s.URL + "/" + name}
	if err := run("", nil, "init", "--quiet", "--bare", "--initial-branch=main", r.Dir); err != nil {
		return nil, err
	}
	return r, r.Commit("main", "first", files)
}

// ServeHTTP checks the user and hands the request to git's own server.
func (s *Server) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	name, status := s.admit(request)
	if status != 0 {
		w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
		http.Error(w, http.StatusText(status), status)
		return
	}
	// CGI has no chunked requests, in which git sends large packs.
	body, err := io.ReadAll(request.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	request.Body, request.ContentLength, request.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	handler := cgi.Handler{
		Path:   s.backend,
		Stderr: io.Discard,
		Env:    append(isolated(), "GIT_PROJECT_ROOT="+s.root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER="+name),
	}
	handler.ServeHTTP(w, request)
}

// admit returns the user of a request, or the status with which it is refused.
func (s *Server) admit(request *http.Request) (string, int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.users) == 0 {
		return "anonymous", 0
	}
	name, password, _ := request.BasicAuth()
	u, known := s.users[name]
	if !known || u.password != password {
		return "", http.StatusUnauthorized
	}
	pushes := strings.HasSuffix(request.URL.Path, "/git-receive-pack") || request.URL.Query().Get("service") == "git-receive-pack"
	if pushes && !u.mayPush {
		return "", http.StatusForbidden
	}
	return name, 0
}
