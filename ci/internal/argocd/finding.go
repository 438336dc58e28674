package argocd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Severity is how bad a finding is.
type Severity string

// The severities, the worst first.
const (
	// Error is what does not deploy, or not what it says.
	Error Severity = "ERROR"
	// Warning is what is without effect, or open to more than it need be.
	Warning Severity = "WARNING"
	// Note is what could not be judged.
	Note Severity = "NOTE"
)

// AtLeast tells whether a severity is another one, or worse.
func (s Severity) AtLeast(least Severity) bool {
	order := []Severity{Note, Warning, Error}
	return slices.Index(order, s) >= slices.Index(order, least)
}

// Rule is what a finding is of.
type Rule struct {
	// Name is what it is known by, and switched off.
	Name string
	// Severity is how bad its findings are.
	Severity Severity
	// Doc says what it finds.
	Doc string
}

// Finding is a mistake in a GitOps repository.
type Finding struct {
	// Rule is the rule's name.
	Rule string
	// File and Object are where it is broken.
	File   string
	Object string
	// Message says what is wrong and what to do.
	Message string
}

func (f Finding) Error() string {
	return plain.Text(fmt.Sprintf("%s: %s: %s (%s)", f.File, f.Object, f.Message, f.Rule))
}

// Err joins findings into one error, nil when there are none.
func Err(findings []Finding) error {
	var failures []error
	for _, f := range findings {
		failures = append(failures, f)
	}
	return errors.Join(failures...)
}

// Sort orders findings by their files, as they were found.
func Sort(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int { return strings.Compare(a.File, b.File) })
}
