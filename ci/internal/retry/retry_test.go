package retry_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/retry"
)

var errBusy = errors.New("busy")

func TestDo(t *testing.T) {
	policy := retry.Policy{Tries: 3, First: time.Millisecond, Longest: time.Millisecond}
	for name, test := range map[string]struct {
		err   func(try int) error
		tries int
		want  error
	}{
		"at once":          {func(int) error { return nil }, 1, nil},
		"the second time":  {func(try int) error { return map[int]error{1: errBusy}[try] }, 2, nil},
		"never":            {func(int) error { return errBusy }, 3, errBusy},
		"a refusal":        {func(int) error { return retry.Final(errBusy) }, 1, errBusy},
		"after a pause":    {func(try int) error { return map[int]error{1: retry.After(errBusy, time.Millisecond)}[try] }, 2, nil},
		"pauses to no end": {func(int) error { return retry.After(errBusy, time.Millisecond) }, 3, errBusy},
	} {
		t.Run(name, func(t *testing.T) {
			tries := 0
			result, err := retry.Do(t.Context(), policy, func() (int, error) {
				tries++
				return tries, test.err(tries)
			})
			assert.Equal(t, test.tries, tries)
			assert.Equal(t, tries, result)
			if test.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, test.want)
			require.EqualError(t, err, "busy", "as it was said")
		})
	}
}

func TestDoEnds(t *testing.T) {
	busy := func() (int, error) { return 0, retry.After(errBusy, time.Minute) }
	_, err := retry.Do(t.Context(), retry.Policy{Limit: time.Second}, busy)
	require.ErrorIs(t, err, errBusy, "it is not worth the wait")

	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = retry.Do(ctx, retry.Policy{}, busy)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, errBusy)
}
