package harness

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Flags without a value, and flags whose value is a file or directory here.
var (
	switches = []string{
		"--accept-findings", "--direct", "--dry-run", "--exclusive", "--fixable-only", "--force", "--fork", "--hashed", "--hold", "--keep-failure", "--keyless", "--no-code-scanning",
		"--no-emulation", "--no-extra-index", "--pinned", "--slack-success", "--tokenless", "--unfixed", "--untrusted", "--use-entrypoint",
	}
	paths = []string{"--config", "--directory", "--document", "--gitops", "--ignore", "--image-lock", "--lifecycle", "--lock-file", "--public-key", "--records", "--report", "--signing-config", "--source", "--trusted-root"}
)

// Batch makes calls one after the other in one session of the CLI, by its
// shell: most of what a short call takes is the loading of the module. What is
// printed beside their results, the errors, is the output of each of the calls.
func Batch(t *testing.T, env []string, calls ...[]string) []Result {
	t.Helper()
	return batch(t, nil, env, calls)
}

// batch makes calls in one session, with flags of the CLI's own.
func batch(t *testing.T, flags, env []string, calls [][]string) []Result {
	t.Helper()
	mark := "=== " + rand.Text()
	var script strings.Builder
	for _, args := range calls {
		fmt.Fprintf(&script, "%s && _echo '%s ok' || _echo '%s failed'\n", pipeline(t, args), mark, mark)
	}
	file := NewFiles(t, map[string]string{"batch.dsh": script.String()}).At("batch.dsh")
	all := Dagger(t.Context(), append(flags, "--mod", module, "shell", file), env...)
	all.Must(t)
	return results(t, all, mark, len(calls))
}

// results takes apart what the calls of a batch returned.
func results(t *testing.T, all Result, mark string, calls int) (results []Result) {
	t.Helper()
	rest, is := all.Stdout, false
	for range calls {
		r := Result{stderr: all.stderr}
		r.Stdout, rest, is = strings.Cut(rest, mark)
		r.Output = r.Stdout + r.stderr
		require.True(t, is, "a call of the batch has no end:\n%s", all.end())
		var status string
		status, rest, _ = strings.Cut(rest, "\n")
		if status != " ok" {
			r.Err = errors.New("one of a batch")
		}
		results = append(results, r)
	}
	return results
}

// pipeline writes a call's arguments as the shell wants them: each function is
// a command of its own.
func pipeline(t *testing.T, args []string) string {
	t.Helper()
	stages := [][]string{{"."}}
	for i := 0; i < len(args); i++ {
		last := len(stages) - 1
		switch arg := args[i]; {
		case !strings.HasPrefix(arg, "--"):
			stages = append(stages, []string{arg})
		case slices.Contains(switches, arg):
			stages[last] = append(stages[last], arg)
		default:
			i++
			require.Less(t, i, len(args), "%s has no value: is it one of the switches?", arg)
			value := args[i]
			if slices.Contains(paths, arg) {
				value = upwards(t, value)
			}
			stages[last] = append(stages[last], arg, quoted(value))
		}
	}
	var commands []string
	for _, stage := range stages {
		commands = append(commands, strings.Join(stage, " "))
	}
	return strings.Join(commands, " | ")
}

// upwards is how the shell takes a path outside of the module: any other that
// begins at the root is one of the module's.
func upwards(t *testing.T, path string) string {
	t.Helper()
	here, err := os.Getwd()
	require.NoError(t, err)
	full, err := filepath.Abs(path)
	require.NoError(t, err)
	relative, err := filepath.Rel(here, full)
	require.NoError(t, err)
	return relative
}

// quoted is a value as one word of a POSIX shell.
func quoted(value string) string { return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'" }

// Batch makes calls on the repository in one session.
func (r *Repository) Batch(t *testing.T, calls ...[]string) []Result {
	t.Helper()
	return batch(t, nil, r.Env, r.On(calls...))
}

// On are the calls with the repository as their source, for a batch that is
// about several.
func (r *Repository) On(calls ...[]string) (all [][]string) {
	for _, call := range calls {
		all = append(all, append(Source(r.Dir), call...))
	}
	return all
}
