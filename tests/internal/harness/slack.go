package harness

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

// Slack takes messages as chat.postMessage is documented to.
type Slack struct {
	t     *testing.T
	token string
	url   string

	mu       sync.Mutex
	messages []SlackMessage
}

// SlackMessage is what a channel is shown.
type SlackMessage struct {
	Channel, Text string
	Blocks        []struct {
		Type string
		Text struct{ Type, Text string }
	}
}

// NewSlack starts it until the test ends, for a bot with the token.
func NewSlack(t *testing.T, token string) *Slack {
	t.Helper()
	s := &Slack{t: t, token: token}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// At are the arguments that have messages go there.
func (s *Slack) At() string {
	return "--api http://slack.test/api --service tcp://" + strings.TrimPrefix(s.url, "http://")
}

// Messages are those that came.
func (s *Slack) Messages() []SlackMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodPost || r.URL.Path != "/api/chat.postMessage" {
		_, _ = io.WriteString(w, `{"ok":false,"error":"unknown_method"}`)
		return
	}
	assert.Equal(s.t, "application/json; charset=utf-8", r.Header.Get("Content-Type"), "Slack warns of another one")
	if r.Header.Get("Authorization") != "Bearer "+s.token {
		_, _ = io.WriteString(w, `{"ok":false,"error":"invalid_auth"}`)
		return
	}
	var m SlackMessage
	assert.NoError(s.t, json.NewDecoder(r.Body).Decode(&m))
	assert.Regexp(s.t, `^C[A-Z0-9]{8,}$`, m.Channel)
	assert.NotEmpty(s.t, m.Text, "what a notification shows, and a screen reader says")
	assert.LessOrEqual(s.t, len(m.Blocks), 50)
	for _, block := range m.Blocks {
		assert.Equal(s.t, "section mrkdwn", block.Type+" "+block.Text.Type)
		assert.NotEmpty(s.t, block.Text.Text)
		assert.LessOrEqual(s.t, utf8.RuneCountInString(block.Text.Text), 3000)
	}
	s.messages = append(s.messages, m)
	_, _ = io.WriteString(w, `{"ok":true}`)
}
