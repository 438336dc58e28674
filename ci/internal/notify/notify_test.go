package notify_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/notify"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
)

const token = "xoxb-token"

func slack(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL + "/api"
}

const channel = "C0123456789"

var (
	run     = notify.Run{Repository: "pingvas/pingvas-studio", Workflow: "Backend CI", Ref: "refs/heads/main", Actor: "octocat"}
	message = run.Failure(channel)
)

func TestPayloadIsTheGuides(t *testing.T) {
	raw, err := json.Marshal(message)
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"channel": "C0123456789",
		"text": "CI Failed: pingvas/pingvas-studio",
		"blocks": [{"type": "section", "text": {"type": "mrkdwn",
			"text": "*Workflow:* Backend CI\n*Branch:* refs/heads/main\n*Author:* octocat"}}]
	}`, string(raw))
	loud := notify.Run{Repository: "r", Workflow: "w", Ref: "refs/heads/<!channel>", Actor: "a&b", URL: "javascript:<!here>"}.Failure(channel)
	assert.Contains(t, loud.Blocks[0].Text.Text, "refs/heads/&lt;!channel&gt;\n*Author:* a&amp;b\n*Run:* open javascript:&lt;!here&gt;")
}

// TestLinks: a message leads to the run, and to what failed in it or came of it.
func TestLinks(t *testing.T) {
	linked := run
	linked.URL = "https://github.com/pingvas/pingvas-studio/actions/runs/7"
	linked.Delivery = record.Delivery{
		Commit:   "abc",
		Affected: []affected.Record{{Name: "user-service", Path: "services/user service"}},
		Steps: []record.Step{
			{Component: "user-service", Name: "lint", State: record.Failed}, {Component: "user-service", Name: "format", State: record.Passed},
			{Name: "plan", State: record.Failed}, {Component: "user-service", Name: "test", State: record.Failed}, {Component: "web", Name: "test", State: record.Failed},
		},
		Components: []*record.Image{{Component: "user-service", Tags: []string{"abc", "develop-latest"}}},
		Change:     &record.Change{PullRequest: "https://github.com/pingvas/pingvas-gitops/pull/1"},
	}
	failure := linked.Failure(channel)
	assert.Contains(t, failure.Blocks[0].Text.Text, "*Run:* <https://github.com/pingvas/pingvas-studio/actions/runs/7|open>")
	assert.Equal(t, "<https://github.com/pingvas/pingvas-studio/tree/abc/services/user%20service|user-service>: lint, test\n"+
		"The run itself: plan\n*web*: test", failure.Blocks[1].Text.Text)
	success := linked.Success(channel)
	assert.Equal(t, "CI Passed: pingvas/pingvas-studio", success.Text)
	assert.Contains(t, success.Blocks[1].Text.Text, "|user-service>: abc, develop-latest\nWaits for its review: <https://github.com/pingvas/pingvas-gitops/pull/1|pull request>")
	for range 500 {
		linked.Delivery.Components = append(linked.Delivery.Components, linked.Delivery.Components[0])
	}
	long := linked.Success(channel).Blocks[1].Text.Text
	assert.Less(t, len([]rune(long)), 3000)
	assert.Regexp(t, `… and \d+ more$`, long)
}

func TestSend(t *testing.T) {
	base := slack(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/api/chat.postMessage", r.URL.Path)
		assert.Equal(t, "Bearer "+token, r.Header.Get("Authorization"))
		var got notify.Payload
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&got))
		assert.Equal(t, message, got)
		_, _ = io.WriteString(w, `{"ok":true}`)
	})
	require.NoError(t, notify.Send(context.Background(), base, token, message))
}

func TestSendFailures(t *testing.T) {
	for name, test := range map[string]struct {
		status     int
		body, want string
	}{
		"refused with 200": {http.StatusOK, `{"ok":false,"error":"not_in_channel"}`, `it refused with "not_in_channel". Invite the bot to the channel`},
		"unknown refusal":  {http.StatusOK, `{"ok":false,"error":"odd"}`, `it refused with "odd". Look the code up`},
		"empty object":     {http.StatusOK, `{}`, "it refused"},
		"no JSON":          {http.StatusOK, `<html>`, "read the answer"},
		"server error":     {http.StatusBadGateway, ``, "it answered 502"},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			base := slack(t, func(w http.ResponseWriter, _ *http.Request) {
				calls++
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			err := notify.Send(context.Background(), base, token, message)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, "tell Slack channel C0123456789")
			assert.NotContains(t, err.Error(), token)
			assert.Equal(t, 1, calls, "nobody is told twice")
		})
	}
	require.ErrorContains(t, notify.Send(context.Background(), notify.Slack, "", message), "there is no token")
	require.ErrorContains(t, notify.Send(context.Background(), notify.Slack, token, notify.Payload{Channel: "#general"}), "it is no channel's id")
}

func TestSendWaitsWhenAskedTo(t *testing.T) {
	calls := 0
	base := slack(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = io.WriteString(w, `{"ok":true}`)
	})
	require.NoError(t, notify.Send(context.Background(), base, token, message))
	assert.Equal(t, 2, calls)
}

func TestShardsAreOneRun(t *testing.T) {
	step := func(of string) []record.Step { return []record.Step{{Component: of, Name: "test"}} }
	parts := []record.Delivery{{Shard: "1/2", Commit: "abc", Steps: step("a")}, {Shard: "2/2", Commit: "abc", Steps: step("b")}}
	whole := notify.Whole(parts)
	assert.Equal(t, "abc", whole.Commit)
	assert.Equal(t, append(step("a"), step("b")...), whole.Steps)
	committed := record.Delivery{Commit: "abc", Steps: append(step("a"), step("b")...)}
	assert.Equal(t, committed, notify.Whole(append(parts, committed)))
	assert.Equal(t, record.Delivery{}, notify.Whole(nil))
}
