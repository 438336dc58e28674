package ground

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// StepError says which component and step failed, with which command, and what
// the command printed around its first error.
type StepError struct {
	where string
	err   error
}

// Failed says where an error happened, once; nil of none.
func Failed(where string, err error) error {
	if err == nil {
		return nil
	}
	if said, is := err.(*StepError); is && said.where == where { //nolint:errorlint // A wrapped one is another error.
		return err
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

// Exit is the failure of a command that was let fail, so that what it left can be had.
type Exit struct {
	Command []string
	Code    int
	Printed string
}

func (e *Exit) Error() string {
	output, _ := plain.Shortened(plain.Text(e.Printed))
	return fmt.Sprintf("command %q failed with exit code %d:\n    %s",
		plain.Redacted(strings.Join(e.Command, " ")), e.Code, strings.ReplaceAll(plain.Inert(output), "\n", "\n    "))
}

// Exited is the failure of a command, however it was run; false for an error that is
// none of a command.
func Exited(err error) (*Exit, bool) {
	if exit, is := errors.AsType[*Exit](err); is {
		return exit, true
	}
	failed, is := errors.AsType[*dagger.ExecError](err)
	if !is {
		return nil, false
	}
	return &Exit{failed.Cmd, failed.ExitCode, failed.Stdout + "\n" + failed.Stderr}, true
}

// Printed is what a failed command printed; false for an error that is none of
// a command.
func Printed(err error) (string, bool) {
	exit, is := Exited(err)
	if !is {
		return "", false
	}
	return exit.Printed, true
}

// Whole is all that a failed command printed, where its error shows a part.
func Whole(err error) (output string, shortened bool) {
	printed, _ := Printed(err)
	_, whole := plain.Shortened(plain.Text(printed))
	return strings.TrimSpace(plain.Text(printed)), !whole
}

// told is why something failed, and all that it printed; nothing of no error.
func told(err error) (why, printed string) {
	if err == nil {
		return "", ""
	}
	why = reason(err)
	if printed, isExec := Printed(err); isExec {
		return why, plain.Text(printed)
	}
	return why, why
}

// unpulled is the engine's word on an image that is not to be had.
const unpulled = "failed to resolve image "

// advised says of an image that is not to be had what to do, where nobody has.
func advised(message string) string {
	const lock = "an image lock names another place for it"
	if !strings.Contains(message, unpulled) || strings.Contains(message, lock) {
		return message
	}
	return message + ". See that the engine reaches its registry and may pull from it; " + lock
}

// reason is an error in words: of a failed command, which one and what it printed
// around its first error. A command's arguments can have an address in them, and
// what it prints can have anything.
func reason(err error) string {
	if within, is := err.(*StepError); is { //nolint:errorlint // It says where, which of a wrapped one is said already.
		return within.Error()
	}
	if exit, is := Exited(err); is {
		return exit.Error()
	}
	return plain.Text(advised(plain.Engine(err.Error())))
}
