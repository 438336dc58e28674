package registryserver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// manifests are files dir/REPOSITORY/REFERENCE: the content type on the first
// line, then the manifest as it was pushed. A tag has its own copy, as the
// handler's memory has.
type manifests struct {
	dir string
	mu  sync.Mutex
}

// The grammar of names in the distribution specification. It also keeps a name
// from being a path out of the directory.
var (
	repositoryName = regexp.MustCompile(`^[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$`)
	referenceName  = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[a-f0-9]{64})$`)
)

// keep writes to disk what next accepted.
func (m *manifests) keep(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		repository, reference, ok := manifestPath(r.URL.Path)
		if !ok || r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		if !repositoryName.MatchString(repository) || !referenceName.MatchString(reference) {
			refuse(w, http.StatusBadRequest, "NAME_INVALID", "no valid name and reference: "+repository+":"+reference)
			return
		}
		var body bytes.Buffer
		if _, err := body.ReadFrom(r.Body); err != nil {
			refuse(w, http.StatusBadRequest, "MANIFEST_INVALID", "reading the manifest: "+err.Error())
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body.Bytes()))
		answer := httptest.NewRecorder()
		// Disk and memory see pushes to one tag in the same order.
		m.mu.Lock()
		defer m.mu.Unlock()
		next.ServeHTTP(answer, r)
		if err := m.record(r, answer.Code, repository, reference, body.Bytes()); err != nil {
			refuse(w, http.StatusInternalServerError, "UNKNOWN", err.Error())
			return
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		// The client that went away needs no answer.
		_, _ = w.Write(answer.Body.Bytes())
	})
}

func (m *manifests) record(r *http.Request, status int, repository, reference string, body []byte) error {
	switch {
	case r.Method == http.MethodPut && status == http.StatusCreated:
		return m.write(repository, reference, r.Header.Get("Content-Type"), body)
	case r.Method == http.MethodDelete && status == http.StatusAccepted:
		if err := os.Remove(m.file(repository, reference)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forget manifest %s:%s: %w", repository, reference, err)
		}
	}
	return nil
}

// write keeps the manifest under its digest and under the reference that it
// was pushed to.
func (m *manifests) write(repository, reference, contentType string, body []byte) error {
	digest, _, err := v1.SHA256(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("hash manifest %s:%s: %w", repository, reference, err)
	}
	content := append([]byte(contentType+"\n"), body...)
	for _, name := range []string{digest.String(), reference} {
		if err := writeFile(m.file(repository, name), content); err != nil {
			return fmt.Errorf("keep manifest %s:%s: %w", repository, name, err)
		}
	}
	return nil
}

// replay pushes every kept manifest into an empty registry: images first, then
// the indexes, each after the ones that it lists.
func (m *manifests) replay(into http.Handler) error {
	files, err := filepath.Glob(filepath.Join(m.dir, "*", "*"))
	if err != nil {
		return fmt.Errorf("list manifests: %w", err)
	}
	var indexes []string
	for _, file := range files {
		if contentType, _, err := read(file); err != nil {
			return err
		} else if types.MediaType(contentType).IsIndex() {
			indexes = append(indexes, file)
		} else if err := push(into, file); err != nil {
			return err
		}
	}
	return replayIndexes(into, indexes)
}

// replayIndexes goes round until all are in or a round brought nothing.
func replayIndexes(into http.Handler, files []string) error {
	for len(files) > 0 {
		var refused []string
		var failed error
		for _, file := range files {
			if err := push(into, file); err != nil {
				refused, failed = append(refused, file), errors.Join(failed, err)
			}
		}
		if len(refused) == len(files) {
			return failed
		}
		files = refused
	}
	return nil
}

func push(into http.Handler, file string) error {
	contentType, body, err := read(file)
	if err != nil {
		return err
	}
	repository, err := url.PathUnescape(filepath.Base(filepath.Dir(file)))
	if err != nil {
		return fmt.Errorf("replay manifest %s: %w", file, err)
	}
	path := "/v2/" + repository + "/manifests/" + filepath.Base(file)
	request := httptest.NewRequest(http.MethodPut, path, bytes.NewReader(body))
	request.Header.Set("Content-Type", contentType)
	answer := httptest.NewRecorder()
	into.ServeHTTP(answer, request)
	if answer.Code != http.StatusCreated {
		return fmt.Errorf("replay manifest %s: %s. Remove that file and push the image again", file, strings.TrimSpace(answer.Body.String()))
	}
	return nil
}

func (m *manifests) file(repository, reference string) string {
	return filepath.Join(m.dir, url.PathEscape(repository), reference)
}

func manifestPath(path string) (repository, reference string, ok bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/v2/"), "/")
	last := len(parts) - 1
	if last < 2 || parts[last-1] != "manifests" {
		return "", "", false
	}
	return strings.Join(parts[:last-1], "/"), parts[last], true
}

func read(file string) (contentType string, body []byte, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", nil, fmt.Errorf("read manifest: %w", err)
	}
	first, body, _ := bytes.Cut(content, []byte("\n"))
	return string(first), body, nil
}

// writeFile writes a whole file or none. An unfinished file lies one level
// above those that replay lists.
func writeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	partial, err := os.CreateTemp(filepath.Dir(filepath.Dir(path)), ".partial-")
	if err != nil {
		return err
	}
	_, err = partial.Write(content)
	if err = errors.Join(err, partial.Close()); err == nil {
		err = os.Rename(partial.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(partial.Name()))
	}
	return nil
}
