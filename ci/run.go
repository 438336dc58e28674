package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// A run does the steps of one call: a few at a time, each timed and said on
// standard output, and every failure kept, not only the first.
type run struct {
	parallel int

	mu    sync.Mutex
	steps []*Step
}

// Step is one thing that a run did for one component.
type Step struct {
	// Component is the component's name, or empty for a step of the whole run.
	Component string
	// Name says what was done: lint, test, image linux/arm64, publish.
	Name string
	// Passed tells whether it succeeded.
	Passed bool
	// Seconds is how long it took, waiting for a free place excluded.
	Seconds float64
	// Detail is what came of it: a digest, a summary of a scan.
	Detail string
}

// job is work of which a run does several at a time.
type job func(ctx context.Context) error

func newRun(parallel int) *run {
	return &run{parallel: max(parallel, 1)}
}

// all does every job, at most run.parallel at a time, and returns all their
// errors. One failing does not stop the others: a person wants to see
// everything that is wrong after one run.
func (r *run) all(ctx context.Context, jobs []job) error {
	group := errgroup.Group{}
	group.SetLimit(r.parallel)
	failures := make([]error, len(jobs))
	for i, do := range jobs {
		group.Go(func() error {
			failures[i] = do(ctx)
			return nil
		})
	}
	_ = group.Wait() // The jobs' errors are in failures.
	return errors.Join(together(failures)...)
}

// together makes one error of those that say the same of several steps: an
// image that cannot be pulled fails every gate that needs it.
func together(failures []error) []error {
	var distinct []error
	byReason := map[string]*stepError{}
	for _, failure := range failures {
		step, isStep := failure.(*stepError) //nolint:errorlint // A wrapped one is another error.
		if !isStep {
			distinct = append(distinct, failure)
			continue
		}
		if earlier, said := byReason[step.reason()]; said {
			earlier.where += ", " + step.where
			continue
		}
		byReason[step.reason()] = step
		distinct = append(distinct, step)
	}
	return distinct
}

// step does one step, times it, says it, and wraps its error with where it
// happened.
func (r *run) step(component, name string, do func() (detail string, err error)) error {
	begin := time.Now()
	detail, err := do()
	s := &Step{
		Component: component,
		Name:      name,
		Passed:    err == nil,
		Seconds:   time.Since(begin).Seconds(),
		Detail:    detail,
	}
	r.mu.Lock()
	r.steps = append(r.steps, s)
	r.mu.Unlock()
	fmt.Println(s.line())
	if err != nil {
		return &stepError{where: strings.TrimSpace(component + " " + name), err: err}
	}
	return nil
}

// line is what a person sees of a step while the run goes on.
func (s *Step) line() string {
	mark := "✔"
	if !s.Passed {
		mark = "✘"
	}
	subject := s.Component
	if subject == "" {
		subject = "·"
	}
	line := fmt.Sprintf("%s %-20s %-22s %6.1fs  %s", mark, subject, s.Name, s.Seconds, s.Detail)
	return strings.TrimRight(line, " ")
}

// objectID is an object of the engine in a message of its: kilobytes that say
// nothing to a person.
var objectID = regexp.MustCompile(`\b([A-Z][A-Za-z]+)@[A-Za-z0-9+/=_-]{80,}`)

// stepError says which component and step failed, with which command, and the
// end of what the command printed.
type stepError struct {
	where string
	err   error
}

// Unwrap returns a list, of one: of an error that wraps one alone, a function
// of the module returns the engine's innermost, and where it was is lost.
func (e *stepError) Unwrap() []error { return []error{e.err} }

func (e *stepError) Error() string { return e.where + ": " + e.reason() }

func (e *stepError) reason() string { return reason(e.err) }

// explained is an error that says why another happened, and then what it was.
func explained(err error, format string, args ...any) error {
	return errors.New(fmt.Sprintf(format, args...) + "\n" + reason(err))
}

// reason is an error in words: of a failed command, which one and the end of
// what it printed.
func reason(err error) string {
	var failed *dagger.ExecError
	if !errors.As(err, &failed) {
		return objectID.ReplaceAllString(err.Error(), "$1")
	}
	output := strings.TrimSpace(failed.Stdout + "\n" + failed.Stderr)
	return fmt.Sprintf("command %q failed with exit code %d:\n%s",
		strings.Join(failed.Cmd, " "), failed.ExitCode, lastLines(output, 30))
}

// lastLines indents the last n lines of text, where tools say what is wrong.
func lastLines(text string, n int) string {
	lines := strings.Split(text, "\n")
	if len(lines) > n {
		lines = slices.Concat([]string{"…"}, lines[len(lines)-n:])
	}
	return "    " + strings.Join(lines, "\n    ")
}
