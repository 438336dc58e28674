// Package notify tells people in Slack what became of a run.
package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Payload is a message in the form that Slack's chat.postMessage takes.
type Payload struct {
	Channel string  `json:"channel"`
	Text    string  `json:"text"`
	Blocks  []Block `json:"blocks,omitempty"`
}

// Block is a section of a message.
type Block struct {
	Type string `json:"type"`
	Text Text   `json:"text"`
}

// Text is a block's text, in Slack's mark-up.
type Text struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// SlackFailure is the message about a failed workflow: whose, on which branch
// and by whom. The channel is an id such as C0123456789.
func SlackFailure(repository, workflow, ref, actor, channel string) Payload {
	text := fmt.Sprintf("*Workflow:* %s\n*Branch:* %s\n*Author:* %s", escape(workflow), escape(ref), escape(actor))
	return Payload{
		Channel: channel,
		Text:    "CI Failed: " + escape(repository),
		Blocks:  []Block{{Type: "section", Text: Text{Type: "mrkdwn", Text: text}}},
	}
}

// Option changes how Slack is spoken to.
type Option func(*client)

type client struct {
	base string
	http *http.Client
}

// WithBase sets another address than https://slack.com/api.
func WithBase(url string) Option { return func(c *client) { c.base = strings.TrimSuffix(url, "/") } }

// WithClient sets the HTTP client.
func WithClient(h *http.Client) Option { return func(c *client) { c.http = h } }

// attempts is how often a message is sent while Slack asks to wait.
const attempts = 3

// Send posts the message with a bot's token. Slack answers most failures with
// 200 and ok:false, which are errors here; no message holds the token.
func Send(ctx context.Context, token string, message Payload, opts ...Option) error {
	c := client{base: "https://slack.com/api", http: &http.Client{Timeout: 30 * time.Second}}
	for _, set := range opts {
		set(&c)
	}
	err := check(token, message)
	for try := 1; err == nil; try++ {
		var wait time.Duration
		wait, err = c.post(ctx, token, message)
		if err == nil {
			return nil
		}
		if wait == 0 || try == attempts {
			break
		}
		err = sleep(ctx, wait)
	}
	return fmt.Errorf("tell Slack channel %s: %w", message.Channel, err)
}

var channelID = regexp.MustCompile(`^[CGD][A-Z0-9]{8,}$`)

func check(token string, message Payload) error {
	if token == "" {
		return errors.New("there is no token; pass SLACK_BOT_TOKEN as a secret")
	}
	if !channelID.MatchString(message.Channel) {
		return errors.New("it is no channel's id; copy the id, such as C0123456789, from the channel's details")
	}
	return nil
}

// post sends once. A wait is how long Slack asks to wait before another try.
func (c client) post(ctx context.Context, token string, message Payload) (wait time.Duration, err error) {
	body, err := json.Marshal(message)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/chat.postMessage", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	response, err := c.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.StatusCode == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return max(time.Second, time.Duration(min(seconds, 60))*time.Second), errors.New("it is asked too often; try again later")
	case response.StatusCode != http.StatusOK:
		return 0, fmt.Errorf("it answered %s; try again later", response.Status)
	}
	return 0, read(response.Body)
}

func read(body io.Reader) error {
	var answer struct {
		OK    bool
		Error string
	}
	if err := json.NewDecoder(io.LimitReader(body, 1<<20)).Decode(&answer); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if answer.OK {
		return nil
	}
	hint := map[string]string{
		"not_in_channel":    "invite the bot to the channel",
		"channel_not_found": "correct the channel's id, or invite the bot to the private channel",
		"invalid_auth":      "replace the token",
		"token_revoked":     "replace the token",
		"missing_scope":     "give the bot the scope chat:write",
	}[answer.Error]
	if hint == "" {
		hint = "look the code up in Slack's documentation of chat.postMessage"
	}
	return fmt.Errorf("it refused with %q; %s", answer.Error, hint)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// escape keeps a branch's or a person's name from being read as mark-up, such
// as a mention of everybody.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
