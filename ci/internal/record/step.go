package record

import (
	"fmt"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Step is one thing that was done for one component.
type Step struct {
	// Component is the component's name, or empty for a step of the whole call.
	Component string `json:"component"`
	// Name says what was done: lint, test, image linux/arm64, publish.
	Name string `json:"name"`
	// State is how it ended.
	State State `json:"state"`
	// Passed says so in the way of earlier versions. The next one has it no more.
	Passed bool `json:"passed"`
	// Started is when it began, and Seconds how long it took, waiting for a free place
	// excluded.
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	// Detail is what came of it: a digest, a summary of a scan.
	Detail string `json:"detail"`
	// Failure is why it failed; empty where it did not.
	Failure string `json:"failure"`
	// Shard is the part of the delivery that did it, where a report is of several; empty
	// of what the call did itself.
	Shard string `json:"shard"`
	// Printed is all that a failed step printed, for who reads places in it.
	Printed string `json:"-"`
}

// State is how a step ended.
type State string

// The states. What is not done is no step.
const (
	Passed State = "PASSED"
	Failed State = "FAILED"
)

// Done is the step when it has taken some time, and failed if there is an error.
func (s Step) Done(detail string, took time.Duration, err error) Step {
	s.State, s.Passed, s.Seconds, s.Detail = Passed, true, took.Seconds(), detail
	if err != nil {
		s.State, s.Passed = Failed, false
	}
	return s
}

// Where says which step of which component it is.
func (s Step) Where() string { return strings.TrimSpace(s.Component + " " + s.Name) }

// Line is what a person sees of a step while the call goes on.
func (s Step) Line() string {
	mark := "✔"
	if s.State == Failed {
		mark = "✘"
	}
	subject := s.Component
	if subject == "" {
		subject = "·"
	}
	line := fmt.Sprintf("%s %-20s %-22s %6.1fs  %s", mark, subject, s.Name, s.Seconds, plain.Text(s.Detail))
	return strings.TrimRight(line, " ")
}
