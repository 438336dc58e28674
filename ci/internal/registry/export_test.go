package registry

import "time"

// Pace is the usual one with other times, for tests that cannot wait.
func Pace(receiving, sending, answer time.Duration) Option {
	return func(o *options) {
		o.pace.receiving, o.pace.sending, o.pace.answer = receiving, sending, answer
	}
}
