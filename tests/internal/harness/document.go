package harness

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/documents"
)

// Document reads the sections of a document of the project.
func Document(t *testing.T, file string) []documents.Section {
	t.Helper()
	sections, err := documents.Read("..", file)
	require.NoError(t, err)
	return sections
}

// Reader runs what documents print, in a directory, as somebody would who types
// it: but for what no document can know.
type Reader struct {
	Dir string
	Env []string
	// Instead has by what texts are replaced.
	Instead []Substitution
}

// Substitution is a text of a document, and what stands for it here.
type Substitution struct{ Printed, Here, Why string }

// Run runs a command by the shell.
func (r Reader) Run(t *testing.T, printed string) Result {
	t.Helper()
	for _, s := range r.Instead {
		printed = strings.ReplaceAll(printed, s.Printed, s.Here)
	}
	command := exec.CommandContext(t.Context(), "bash", "-c", printed)
	command.Dir = r.Dir
	command.Env = append(os.Environ(), append(r.Env, "NO_COLOR=1")...)
	var stdout, stderr strings.Builder
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	return Result{Stdout: stdout.String(), Output: stdout.String() + stderr.String(), Err: err, stderr: stderr.String()}
}
