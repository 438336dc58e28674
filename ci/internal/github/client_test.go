package github_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/github"
)

// flaky is GitHub's interface on a bad day: it answers with each handler once,
// and with the last for ever.
func flaky(t *testing.T, opts []github.Option, answers ...http.HandlerFunc) (repository github.Repository, asked func() int) {
	t.Helper()
	var mu sync.Mutex // A request whose answer is lost may still be in hand when the next one comes.
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		calls++
		answers[min(calls, len(answers))-1](w, r)
	}))
	t.Cleanup(server.Close)
	opts = append([]github.Option{github.WithBase(server.URL), github.WithPlainHTTP(), github.WithPause(time.Millisecond)}, opts...)
	repository, err := github.Open("pingvas/pingvas-gitops", token, opts...)
	require.NoError(t, err)
	return repository, func() int { return calls }
}

func answering(status int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "[]")
	}
}

func breakingOff(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestGitHubIsAskedAgain(t *testing.T) {
	later := []string{"Retry-After", "1"}
	for name, test := range map[string]struct {
		first http.HandlerFunc
		least time.Duration
	}{
		"overloaded":               {answering(http.StatusServiceUnavailable, later...), time.Second},
		"broken":                   {answering(http.StatusBadGateway), 0},
		"a limit":                  {answering(http.StatusTooManyRequests, later...), time.Second},
		"a secondary limit":        {answering(http.StatusForbidden, later...), time.Second},
		"an hour's limit, soon up": {answering(http.StatusForbidden, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "0"), time.Second},
		"a lost connection":        {breakingOff, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repository, asked := flaky(t, nil, test.first, answering(http.StatusOK))
			began := time.Now()
			_, err := repository.Open(t.Context(), "bump/prod", "main")
			require.NoError(t, err)
			assert.Equal(t, 2, asked())
			assert.GreaterOrEqual(t, time.Since(began), test.least)
		})
	}
}

func TestGitHubsRefusalsAreFinal(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"422 Unprocessable Entity": answering(http.StatusUnprocessableEntity),
		"403 Forbidden":            answering(http.StatusForbidden),
		"404 Not Found":            answering(http.StatusNotFound, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "0"),
		"429 Too Many Requests":    answering(http.StatusTooManyRequests, "Retry-After", "3600"), // longer than anybody waits
	} {
		repository, asked := flaky(t, nil, answer)
		_, err := repository.Open(t.Context(), "bump/prod", "main")
		require.ErrorContains(t, err, "GitHub answered "+name)
		assert.Equal(t, 1, asked(), name)
	}
}

func TestGitHubThatNeverAnswersIsGivenUp(t *testing.T) {
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	repository, _ := flaky(t, []github.Option{github.WithLimit(50 * time.Millisecond)}, silent)
	_, err := repository.Open(t.Context(), "bump/prod", "main")
	require.ErrorContains(t, err, "GitHub gave no answer within 50ms. Run again")

	repository, asked := flaky(t, []github.Option{github.WithPause(time.Minute)}, answering(http.StatusBadGateway))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = repository.Open(ctx, "bump/prod", "main")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "before that: GitHub answered 502 Bad Gateway")
	assert.Equal(t, 1, asked())
}

// The answer to the first request is lost, so that the second one is refused.
func TestAPullRequestIsOpenedOnce(t *testing.T) {
	h := &hub{}
	repository, _ := flaky(t, nil, h.ServeHTTP, func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(httptest.NewRecorder(), r)
		h.refuse, h.race = "A pull request already exists for pingvas:bump/prod.", func() {}
		breakingOff(w, r)
	}, h.ServeHTTP)
	url, err := repository.Ensure(t.Context(), bump)
	require.NoError(t, err)
	assert.Equal(t, "https://github.test/pull/1", url)
	assert.Len(t, h.pulls, 1)
}

// No further try would have the server believed.
func TestAServerThatIsNotBelievedIsAskedOnce(t *testing.T) {
	server := httptest.NewTLSServer(answering(http.StatusOK))
	t.Cleanup(server.Close)
	repository, err := github.Open("pingvas/pingvas-gitops", token, github.WithBase(server.URL), github.WithPause(time.Hour))
	require.NoError(t, err)
	_, err = repository.Open(t.Context(), "bump/prod", "main")
	require.ErrorContains(t, err, "certificate")
}
