package tests

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// sampled are those that make test runs, too.
var sampled = []string{"groups.txtar", "frontend-workspace.txtar"}

// TestAgreement runs each gate of repositories as others write them, and the
// developer's own command beside it, in a plain container on the same files: they
// must come to the same verdict, the one that the repository's first lines name.
func TestAgreement(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("agreement/*.txtar")
	require.NoError(t, err)
	require.Greater(t, len(files), 10)
	for _, file := range files {
		name := filepath.Base(file)
		if testing.Short() && !slices.Contains(sampled, name) {
			continue
		}
		t.Run(strings.TrimSuffix(name, ".txtar"), func(t *testing.T) {
			t.Parallel()
			readAgreement(t, file).hold(t)
		})
	}
}

// agreement is a repository, and what is to be said of it by both.
type agreement struct {
	*harness.Repository
	component            []string // what calls it
	pnpm, prepare, setUp string
	gates                []verdict
}

// verdict is of one gate, and of the command by hand.
type verdict struct {
	gate   string
	passes bool
	byHand string
}

// readAgreement reads a repository and the lines before its files:
//
//	service: NAME, or frontend: NAME
//	pnpm: VERSION, of a frontend by hand
//	prepare: a command that makes locks, at the repository's root
//	set up: a command by hand, once
//	GATE passes: a command by hand
//	GATE fails: a command by hand
func readAgreement(t *testing.T, file string) agreement {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	archive := txtar.Parse(raw)
	texts := map[string]string{}
	for _, f := range archive.Files {
		texts[f.Name] = string(f.Data)
	}
	a := agreement{Repository: harness.NewRepository(t, texts)}
	for line := range strings.Lines(string(archive.Comment)) {
		key, value, is := strings.Cut(strings.TrimSpace(line), ": ")
		gate, passes := strings.CutSuffix(key, " passes")
		failing, fails := strings.CutSuffix(key, " fails")
		switch {
		case !is:
		case key == "service", key == "frontend":
			a.component = []string{key, "--name", value}
		case key == "pnpm":
			a.pnpm = value
		case key == "prepare":
			a.prepare = value
		case key == "set up":
			a.setUp = value
		case passes:
			a.gates = append(a.gates, verdict{gate, true, value})
		case fails:
			a.gates = append(a.gates, verdict{failing, false, value})
		default:
			t.Fatalf("%s: nobody knows %q", file, key)
		}
	}
	return a
}

// lock makes its locks.
func (a agreement) lock(t *testing.T) {
	t.Helper()
	if a.prepare != "" {
		harness.Core(t, a.inContainer(t, a.prepare, "directory", "--path", "/src", "export", "--path", a.Dir)...)
	}
}

// hold runs both sides.
func (a agreement) hold(t *testing.T) {
	t.Helper()
	a.lock(t)
	script := "( " + a.setUp + " ) > /tmp/log 2>&1\n"
	if a.setUp == "" {
		script = ""
	}
	var calls [][]string
	for _, v := range a.gates {
		script += "if ( " + v.byHand + " ) > /tmp/log 2>&1; then echo passes; else echo fails; tail -3 /tmp/log >&2; fi >> /tmp/verdicts\n"
		calls = append(calls, append(slices.Clone(a.component), v.gate))
	}
	file := filepath.Join(t.TempDir(), "verdicts")
	harness.Core(t, a.inContainer(t, script, "file", "--path", "/tmp/verdicts", "export", "--path", file)...)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	byHand := strings.Fields(string(text))
	require.Len(t, byHand, len(a.gates))
	for i, result := range a.Batch(t, calls...) {
		said := map[bool]string{true: "passes", false: "fails"}
		want := said[a.gates[i].passes]
		assert.Equal(t, want, byHand[i], "%s by hand", a.gates[i].gate)
		if !assert.Equal(t, want, said[result.Err == nil], "%s, the gate", a.gates[i].gate) {
			t.Log(result.Output[max(0, len(result.Output)-1500):])
		}
	}
}

// inContainer are the arguments of a call that runs a script in the image of Python or
// of Node.js, with the repository at /src and uv or pnpm on the path.
func (a agreement) inContainer(t *testing.T, script string, then ...string) []string {
	t.Helper()
	at := filepath.Join(t.TempDir(), "script")
	require.NoError(t, os.WriteFile(at, []byte("set -e\ncd /src\n"+script), 0o600))
	image, manager := "python:3.13-slim", "pip,install,--quiet,uv==0.13.9"
	if a.pnpm != "" {
		image, manager = "node:22-slim", "npm,install,--global,--no-fund,--no-audit,pnpm@"+a.pnpm
	}
	args := []string{
		"container", "from", "--address", harness.Pinned(t, image), "with-exec", "--args", manager,
		"with-directory", "--path", "/src", "--source", a.Dir, "with-file", "--path", "/tmp/script", "--source", at,
		"with-exec", "--args", "sh,/tmp/script",
	}
	return append(args, then...)
}
