package ground

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// StepError says which component and step failed, with which command, and the
// end of what the command printed.
type StepError struct {
	where string
	err   error
}

// Failed says where an error happened; nil of none.
func Failed(where string, err error) error {
	if err == nil {
		return nil
	}
	return &StepError{where: where, err: err}
}

// Unwrap returns a list, of one: of an error that wraps one alone, a function
// of the module returns the engine's innermost, and where it was is lost.
func (e *StepError) Unwrap() []error { return []error{e.err} }

func (e *StepError) Error() string { return e.where + ": " + e.reason() }

func (e *StepError) reason() string { return reason(e.err) }

// Explained is an error that says why another happened, and then what it was.
func Explained(err error, format string, args ...any) error {
	return errors.New(plain.Text(fmt.Sprintf(format, args...)) + "\n" + reason(err))
}

// Printed is what a failed command printed; false for an error that is none of
// a command.
func Printed(err error) (string, bool) {
	failed, isExec := errors.AsType[*dagger.ExecError](err)
	if !isExec {
		return "", false
	}
	return failed.Stdout + "\n" + failed.Stderr, true
}

// objectID is an object of the engine in a message of its: kilobytes that say
// nothing to a person.
var objectID = regexp.MustCompile(`\b([A-Z][A-Za-z]+)@[A-Za-z0-9+/=_-]{80,}`)

// reason is an error in words: of a failed command, which one and the end of
// what it printed. A command's arguments can have an address in them, and what it
// prints can have anything.
func reason(err error) string {
	failed, isExec := errors.AsType[*dagger.ExecError](err)
	if !isExec {
		return plain.Text(objectID.ReplaceAllString(err.Error(), "$1"))
	}
	output := strings.TrimSpace(plain.Text(failed.Stdout + "\n" + failed.Stderr))
	return fmt.Sprintf("command %q failed with exit code %d:\n%s",
		plain.Redacted(strings.Join(failed.Cmd, " ")), failed.ExitCode, lastLines(output, 30))
}

// lastLines indents the last n lines of text, where tools say what is wrong.
func lastLines(text string, n int) string {
	lines := strings.Split(text, "\n")
	if len(lines) > n {
		lines = slices.Concat([]string{"…"}, lines[len(lines)-n:])
	}
	return "    " + strings.Join(lines, "\n    ")
}
