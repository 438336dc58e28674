package harness

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// The one service that most tests are about, and what dev runs.
const (
	UserService = "services/user-service"
	Manifests   = "apps/overlays/dev/kustomization.yaml"
)

// World is one application repository, one registry and one GitOps repository.
type World struct {
	// Repository is the application, in a git repository.
	*Repository
	// Bare is the GitOps repository on the server.
	Bare     string
	Registry Registry
	Git      *lab.Server

	mark string // ends the names of the variables that its secrets are in
}

// Report is what is read of a delivery's JSON.
type Report struct {
	Commit   string
	Affected []struct {
		Name    string
		Reasons []string
	}
	Components []struct {
		Component, Repository, Digest, Scan     string
		Findings, BaseFindings, UnfixedFindings int
		Tags                                    []string
	}
	Steps []struct {
		Component, Name, State string
	}
	Held   []string
	Change *Change
}

// Change is what a call did to the GitOps repository.
type Change struct {
	Commit, PullRequest, Diff string
	Files, Kept, Notes        []string
}

// NewServiceWorld has the user service alone, for one platform.
func NewServiceWorld(t *testing.T) *World {
	t.Helper()
	w := NewWorld(t, UserService)
	w.BuiltFor(UserService, devPlatform)
	w.Commit(t)
	return w
}

// NewWorld copies the named parts of the example, or all of it.
func NewWorld(t *testing.T, parts ...string) *World {
	t.Helper()
	if len(parts) == 0 {
		parts = []string{"."}
	}
	w := &World{Repository: Example(t, parts...), Registry: NewRegistry(t), Bare: filepath.Join(t.TempDir(), "pingvas-gitops.git"), mark: rand.Text()}
	require.NoError(t, lab.Publish(w.Bare, examples+"/gitops"))
	var err error
	w.Git, err = lab.Git(filepath.Dir(w.Bare), 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.Git.Close() })
	w.Commit(t)
	return w
}

// Call calls the module on the application repository.
func (w *World) Call(args ...string) Result {
	return Call(w.t.Context(), append(Source(w.Dir), args...), w.Environment()...)
}

// Batch makes calls on it in one session.
func (w *World) Batch(t *testing.T, calls ...[]string) []Result {
	t.Helper()
	return batch(t, nil, w.Environment(), w.On(calls...))
}

// DebuggedBatch does so, with everything printed that there is.
func (w *World) DebuggedBatch(t *testing.T, calls ...[]string) []Result {
	t.Helper()
	return batch(t, []string{"--debug"}, w.Environment(), w.On(calls...))
}

// Debugged does so, with everything printed that there is.
func (w *World) Debugged(args ...string) Result {
	return Dagger(w.t.Context(), slices.Concat([]string{"--debug", "--mod", module, "call"}, Source(w.Dir), args), w.Environment()...)
}

// Environment is what Ends needs, under names of this world's own.
func (w *World) Environment() []string {
	return append(slices.Clone(w.Env), "REGISTRY_PASSWORD_"+w.mark+"="+w.Registry.Password, "GIT_PASSWORD_"+w.mark+"="+w.Git.Password)
}

// Must is what the function returns, which must not fail.
func (w *World) Must(t *testing.T, args ...string) string {
	t.Helper()
	return w.Call(args...).Must(t)
}

// Ends are the arguments for where a delivery ends.
func (w *World) Ends() []string { return append(w.WithRegistry(), w.WithGitops()...) }

// WithRegistry are the arguments for the registry.
func (w *World) WithRegistry() []string { return w.Registry.with("REGISTRY_PASSWORD_" + w.mark) }

// WithGitops are the arguments for the GitOps repository.
func (w *World) WithGitops() []string {
	return []string{
		"with-gitops", "--repository", "http://" + w.Git.Address + "/pingvas-gitops.git", "--service", "tcp://" + w.Git.Address,
		"--username", w.Git.Username, "--token", "env:GIT_PASSWORD_" + w.mark,
	}
}

// Deliver commits the application's files and delivers them to dev, with
// arguments on top.
func (w *World) Deliver(more ...string) Result {
	w.t.Helper()
	w.Commit(w.t)
	return w.Call(w.Delivery(more...)...)
}

// Delivery are the arguments of a delivery to dev, with others on top.
func (w *World) Delivery(more ...string) []string {
	return slices.Concat(w.Ends(), more, []string{"deliver", "json"})
}

// Gitops runs git in the GitOps repository on the server.
func (w *World) Gitops(args ...string) string {
	w.t.Helper()
	command := exec.Command("git", append([]string{"-C", w.Bare}, args...)...)
	output, err := command.CombinedOutput()
	require.NoError(w.t, err, string(output))
	return strings.TrimSpace(string(output))
}

// Commits is how many commits the GitOps repository has.
func (w *World) Commits() int {
	return len(strings.Split(w.Gitops("rev-list", "main"), "\n"))
}

// Hook has the git server run a script.
func (w *World) Hook(name, script string) {
	w.t.Helper()
	require.NoError(w.t, os.WriteFile(filepath.Join(w.Bare, "hooks", name), []byte(script), 0o755))
}

// PinsOnlyUserService has the environments pin nothing else.
func (w *World) PinsOnlyUserService() {
	w.t.Helper()
	tree := NewFiles(w.t, nil)
	tree.Copy(".", examples+"/gitops")
	for _, overlay := range []string{Manifests, strings.Replace(Manifests, "/dev/", "/prod/", 1)} {
		text := tree.Read(overlay)
		begin, end := strings.Index(text, "  - name: generation-service"), strings.Index(text, "\npatches:")
		require.Less(w.t, begin, end)
		tree.Write(overlay, text[:begin]+text[end:])
	}
	w.PublishManifests(tree)
}

// PublishManifests has the GitOps repository hold a tree, in its first commit.
func (w *World) PublishManifests(tree Files) {
	w.t.Helper()
	require.NoError(w.t, os.RemoveAll(w.Bare))
	require.NoError(w.t, lab.Publish(w.Bare, tree.Dir))
}
