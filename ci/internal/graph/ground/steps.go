package ground

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Steps does the steps of one call: a few at a time, each timed and said on
// standard output, and every failure kept, not only the first.
type Steps struct {
	parallel int

	mu   sync.Mutex
	done []Step
}

// Step is one thing that was done for one component.
type Step struct {
	// Component is the component's name, or empty for a step of the whole call.
	Component string
	// Name says what was done: lint, test, image linux/arm64, publish.
	Name    string
	Passed  bool
	Seconds float64
	// Detail is what came of it: a digest, a summary of a scan.
	Detail string
}

// Job is work of which several are done at a time.
type Job func(ctx context.Context) error

// NewSteps does at most the given number of jobs at a time.
func NewSteps(parallel int) *Steps {
	return &Steps{parallel: max(parallel, 1)}
}

// All does every job and returns all their errors. One failing does not stop
// the others: a person wants to see everything that is wrong after one run.
func (s *Steps) All(ctx context.Context, jobs []Job) error {
	group := errgroup.Group{}
	group.SetLimit(s.parallel)
	failures := make([]error, len(jobs))
	for i, do := range jobs {
		group.Go(func() error {
			failures[i] = do(ctx)
			return nil
		})
	}
	_ = group.Wait() // The jobs' errors are in failures.
	return Together(failures)
}

// Do does one step, times it, waiting for a free place excluded, says it, and
// wraps its error with where it happened.
func (s *Steps) Do(component, name string, do func() (detail string, err error)) error {
	begin := time.Now()
	detail, err := do()
	step := Step{
		Component: component,
		Name:      name,
		Passed:    err == nil,
		Seconds:   time.Since(begin).Seconds(),
		Detail:    detail,
	}
	s.mu.Lock()
	s.done = append(s.done, step)
	s.mu.Unlock()
	fmt.Println(step.line())
	return Failed(strings.TrimSpace(component+" "+name), err)
}

// Done are the steps so far, in the order in which they ended.
func (s *Steps) Done() []Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Step(nil), s.done...)
}

// line is what a person sees of a step while the call goes on.
func (s Step) line() string {
	mark := "✔"
	if !s.Passed {
		mark = "✘"
	}
	subject := s.Component
	if subject == "" {
		subject = "·"
	}
	line := fmt.Sprintf("%s %-20s %-22s %6.1fs  %s", mark, subject, s.Name, s.Seconds, plain.Text(s.Detail))
	return strings.TrimRight(line, " ")
}

// Together is every error, where those that say the same of several steps are
// one: an image that cannot be pulled fails every gate that needs it.
func Together(failures []error) error {
	var distinct []error
	byReason := map[string]*StepError{}
	for _, failure := range failures {
		step, isStep := failure.(*StepError) //nolint:errorlint // A wrapped one is another error.
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
	return errors.Join(distinct...)
}
