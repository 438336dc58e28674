package harness

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// Repository is an application repository that the module is called on.
type Repository struct {
	Files
	// Env is what calls have in their environment.
	Env []string
}

// NewRepository makes a repository of files, by their paths.
func NewRepository(t *testing.T, texts map[string]string) *Repository {
	t.Helper()
	return &Repository{Files: NewFiles(t, texts)}
}

// Example is a copy of parts of the example's repository.
func Example(t *testing.T, parts ...string) *Repository {
	t.Helper()
	r := NewRepository(t, nil)
	for _, part := range parts {
		r.Copy(part, filepath.Join(examples, "studio", part))
	}
	return r
}

// Shapes is a copy of services that were never written for this module.
func Shapes(t *testing.T, names ...string) *Repository {
	t.Helper()
	r := NewRepository(t, nil)
	for _, name := range names {
		r.Copy("services/"+name, "shapes/services/"+name)
	}
	return r
}

// Copied is a copy of the repository, with its history where it has one.
func (r *Repository) Copied(t *testing.T) *Repository {
	t.Helper()
	copied := NewRepository(t, nil)
	copied.Copy(".", r.Dir)
	copied.Env = r.Env
	return copied
}

// Call calls the module on the repository.
func (r *Repository) Call(args ...string) Result {
	return Call(r.t.Context(), append(Source(r.Dir), args...), r.Env...)
}

// Must is what the function returns, which must not fail.
func (r *Repository) Must(t *testing.T, args ...string) string {
	t.Helper()
	return r.Call(args...).Must(t)
}

// Image calls a function of a service's image.
func (r *Repository) Image(service, platform string, args ...string) Result {
	return r.Call(append([]string{"service", "--name", service, "image", "--platform", platform}, args...)...)
}

// Export writes an image, which arguments lead to, to a file, and reads it.
func (r *Repository) Export(t *testing.T, args ...string) Image {
	t.Helper()
	file := filepath.Join(t.TempDir(), "image.tar")
	r.Must(t, append(args, "as-tarball", "export", "--path", file)...)
	return ReadImage(t, file)
}

// Commit makes a commit of the files as they are, which it returns.
func (r *Repository) Commit(t *testing.T) string {
	t.Helper()
	require.NoError(t, lab.Commit(r.Dir, r.Dir, "Change"))
	return Head(t, r.Dir)
}

// LockWithPnpm has pnpm make the lock file of a directory.
func (r *Repository) LockWithPnpm(version, dir string) {
	r.t.Helper()
	runIn(r.t, r.At(dir), "", "npm", "exec", "--yes", "pnpm@"+version, "--", "install", "--lockfile-only")
}

// LockWithUv makes the uv.lock of a directory. It names the hosts of the index,
// so it is made where it is used.
func (r *Repository) LockWithUv(dir string) {
	r.t.Helper()
	Core(r.t, "container", "from", "--address", Pinned(r.t, "python:3.13-slim"),
		"with-exec", "--args", "pip,install,--quiet,uv==0.13.9",
		"with-directory", "--path", "/p", "--source", r.At(dir), "with-workdir", "--path", "/p",
		"with-exec", "--args", "uv,lock,--quiet", "file", "--path", "uv.lock", "export", "--path", r.At(dir+"/uv.lock"))
}
