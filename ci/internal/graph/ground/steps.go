package ground

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
)

// Steps does the steps of one call: a few at a time, each timed and said on
// standard output, and every failure kept, not only the first.
type Steps struct {
	parallel int

	mu   sync.Mutex
	done []record.Step
}

// ErrGivenUp is the cause of a context whose steps are of no use any more. They are
// neither told nor failures.
var ErrGivenUp = errors.New("given up")

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
			if err := do(ctx); !errors.Is(err, ErrGivenUp) {
				failures[i] = err
			}
			return nil
		})
	}
	_ = group.Wait() // The jobs' errors are in failures.
	return Together(failures)
}

// Do does one step, times it, waiting for a free place excluded, says it, and
// wraps its error with where it happened. The step is a span, which the CLI's
// progress shows, and what the engine does for it is below that one.
func (s *Steps) Do(ctx context.Context, component, name string, do func(ctx context.Context) (detail string, err error)) error {
	begin := time.Now()
	step := record.Step{Component: component, Name: name, Started: begin.UTC().Truncate(time.Millisecond)}
	ctx, span := started(ctx, step)
	detail, err := do(ctx)
	if err != nil && context.Cause(ctx) == ErrGivenUp { //nolint:errorlint // It is the cause itself.
		span.End()
		return ErrGivenUp
	}
	step = step.Done(detail, time.Since(begin), err)
	step.Failure, step.Printed = told(err)
	ended(span, step, err)
	s.mu.Lock()
	s.done = append(s.done, step)
	s.mu.Unlock()
	fmt.Println(step.Line())
	if output, shortened := Whole(err); shortened {
		fmt.Printf("· %s printed:\n%s\n", step.Where(), plain.Inert(output))
	}
	return Failed(step.Where(), err)
}

// Done are the steps so far, in the order in which they ended.
func (s *Steps) Done() []record.Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]record.Step(nil), s.done...)
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
