package harness

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Run runs a program, and returns what it prints.
func Run(t *testing.T, name string, args ...string) string {
	t.Helper()
	return runIn(t, "", "", name, args...)
}

// runIn runs a program in a directory, with an input.
func runIn(t *testing.T, dir, input, name string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir, command.Stdin = dir, strings.NewReader(input)
	var said strings.Builder
	command.Stderr = &said
	output, err := command.Output()
	require.NoError(t, err, "%s %q: %s", name, args, &said)
	return strings.TrimSpace(string(output))
}

// Advisories is a directory with a vulnerability database that finds about what a
// scan finds elsewhere.
func Advisories(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	runIn(t, "..", "", "go", "run", "./airgap", "advisories", dir)
	return dir
}

// Head is the commit that a git repository is at.
func Head(t *testing.T, repository string) string {
	t.Helper()
	return Run(t, "git", "-C", repository, "rev-parse", "HEAD")
}

// NewKey makes a key that signs images.
func NewKey(t *testing.T) string {
	t.Helper()
	return Run(t, "openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout")
}

// PublicHalf writes the public half of such a key to a file.
func PublicHalf(t *testing.T, key string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "pingvas.pub")
	runIn(t, "", key, "openssl", "ec", "-pubout", "-out", file)
	return file
}
