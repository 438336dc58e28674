// Package retry does again what may well succeed the next time:
//
//	token, err := retry.Do(ctx, policy, func() (string, error) {
//		answer, err := client.Do(request)
//		…
//	})
//
// An error is tried again unless it is Final. What must not be done twice says
// so of each of its errors that may come after it was done.
package retry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Policy says how patiently. Pauses are random, so that those who collided once
// don't collide again.
type Policy struct {
	// Tries is how often at most; 0 is as often as Limit allows.
	Tries uint
	// First is the first pause, on average. Each further one is twice as long, up
	// to Longest.
	First, Longest time.Duration
	// Limit is after what time no further try begins; 0 is never. A try that has
	// begun is not cut off: that is what a context is for.
	Limit time.Duration
}

// Do tries until there is no error, the error is final, or the policy or the
// context ends it. The error is then the last try's.
func Do[T any](ctx context.Context, policy Policy, try func() (T, error)) (T, error) {
	var last error
	result, err := backoff.Retry(ctx, func() (result T, err error) {
		result, err = try()
		last = err
		return result, err
	}, backoff.WithMaxTries(policy.Tries), backoff.WithMaxElapsedTime(policy.Limit), backoff.WithBackOff(policy.pauses()))
	if err == nil || errors.Is(last, err) {
		return result, last
	}
	// The context has ended, and the library says no more than that.
	return result, fmt.Errorf("%w; before that: %w", err, last)
}

func (p Policy) pauses() backoff.BackOff {
	return &backoff.ExponentialBackOff{InitialInterval: p.First, MaxInterval: p.Longest, Multiplier: 2, RandomizationFactor: 1}
}

// Final says of an error that trying again would not help, or would do harm.
func Final(err error) error { return backoff.Permanent(err) }

// After says of an error how long to wait before trying again.
func After(err error, pause time.Duration) error {
	return &later{err, &backoff.RetryAfterError{Duration: pause}}
}

// later reads as the error, and tells the library of the pause.
type later struct {
	error
	after *backoff.RetryAfterError
}

func (l *later) Unwrap() []error { return []error{l.error, l.after} }
