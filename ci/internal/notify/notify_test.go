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

	"github.com/pingvas/pingvas-ci/ci/internal/notify"
)

const token = "xoxb-token"

func slack(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL + "/api"
}

var message = notify.SlackFailure("pingvas/pingvas-studio", "Backend CI", "refs/heads/main", "octocat", "C0123456789")

func TestPayloadIsTheGuides(t *testing.T) {
	raw, err := json.Marshal(message)
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"channel": "C0123456789",
		"text": "CI Failed: pingvas/pingvas-studio",
		"blocks": [{"type": "section", "text": {"type": "mrkdwn",
			"text": "*Workflow:* Backend CI\n*Branch:* refs/heads/main\n*Author:* octocat"}}]
	}`, string(raw))
	loud := notify.SlackFailure("r", "w", "refs/heads/<!channel>", "a&b", "C0123456789")
	assert.Contains(t, loud.Blocks[0].Text.Text, "refs/heads/&lt;!channel&gt;\n*Author:* a&amp;b")
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
