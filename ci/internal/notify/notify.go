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
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pingvas/pingvas-ci/ci/internal/record"
	"github.com/pingvas/pingvas-ci/ci/internal/retry"
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

// Run is what a message is about.
type Run struct {
	Repository, Workflow, Ref, Actor string
	// URL is the run's page; empty where it has none.
	URL string
	// Delivery is what it left behind, as far as it came.
	Delivery record.Delivery
}

// Whole is what several reports of one run say together. The one of the call that
// commits has all that the shards did; where it was not reached, they are all there is.
func Whole(parts []record.Delivery) (whole record.Delivery) {
	for _, part := range parts {
		if part.Shard == "" {
			return part
		}
		whole.Commit = part.Commit
		whole.Affected, whole.Steps, whole.Components = append(whole.Affected, part.Affected...), append(whole.Steps, part.Steps...), append(whole.Components, part.Components...)
	}
	return whole
}

// Failure is the message about a failed run: whose, on which branch and by whom, with
// the way to its page, and what failed. The channel is an id such as C0123456789.
func (r Run) Failure(channel string) Payload {
	return r.message(channel, "CI Failed: ", r.failed())
}

// Success is the message about one that came through.
func (r Run) Success(channel string) Payload {
	return r.message(channel, "CI Passed: ", r.delivered())
}

func (r Run) message(channel, title string, details []string) Payload {
	text := fmt.Sprintf("*Workflow:* %s\n*Branch:* %s\n*Author:* %s", escape(r.Workflow), escape(r.Ref), escape(r.Actor))
	if r.URL != "" {
		text += "\n*Run:* " + link(r.URL, "open")
	}
	p := Payload{Channel: channel, Text: title + escape(r.Repository), Blocks: []Block{section(text)}}
	if len(details) > 0 {
		p.Blocks = append(p.Blocks, section(limited(details)))
	}
	return p
}

// failed are the steps that failed, by their components.
func (r Run) failed() (lines []string) {
	steps, order := map[string][]string{}, []string{}
	for _, s := range r.Delivery.Steps {
		if s.State != record.Failed {
			continue
		}
		if steps[s.Component] == nil {
			order = append(order, s.Component)
		}
		steps[s.Component] = append(steps[s.Component], s.Name)
	}
	for _, component := range order {
		slices.Sort(steps[component]) // They ran side by side.
		lines = append(lines, r.subject(component)+": "+escape(strings.Join(steps[component], ", ")))
	}
	return lines
}

// delivered are the images, and where their change waits or went.
func (r Run) delivered() (lines []string) {
	for _, image := range r.Delivery.Components {
		lines = append(lines, r.subject(image.Component)+": "+escape(strings.Join(image.Tags, ", ")))
	}
	if c := r.Delivery.Change; c != nil && c.PullRequest != "" {
		lines = append(lines, "Waits for its review: "+link(c.PullRequest, "pull request"))
	}
	return lines
}

// subject is a component, which leads to its directory at the commit.
func (r Run) subject(component string) string {
	if component == "" {
		return "The run itself"
	}
	repository, _, is := strings.Cut(r.URL, "/actions/runs/")
	for _, a := range r.Delivery.Affected {
		if is && a.Name == component && r.Delivery.Commit != "" {
			return link(repository+"/tree/"+url.PathEscape(r.Delivery.Commit)+"/"+(&url.URL{Path: a.Path}).EscapedPath(), component)
		}
	}
	return "*" + escape(component) + "*"
}

func section(text string) Block {
	return Block{Type: "section", Text: Text{Type: "mrkdwn", Text: text}}
}

// longest is what Slack takes in the text of a block.
const longest = 3000

// limited are as many lines as a block takes, and how many more there are.
func limited(lines []string) string {
	text := ""
	for i, line := range lines {
		more := fmt.Sprintf("\n… and %d more", len(lines)-i)
		if utf8.RuneCountInString(text+line+more) >= longest {
			return strings.TrimPrefix(text+more, "\n")
		}
		text = strings.TrimPrefix(text+"\n"+line, "\n")
	}
	return text
}

// link leads somewhere on the web; what is no address of it is text.
func link(address, text string) string {
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" || strings.ContainsAny(address, "|<> \n") {
		return escape(text) + " " + escape(address)
	}
	return "<" + escape(address) + "|" + escape(text) + ">"
}

// Slack is where Slack is spoken to.
const Slack = "https://slack.com/api"

// Send posts the message to Slack with a bot's token. Slack answers most
// failures with 200 and ok:false, which are errors here; no message holds the
// token.
func Send(ctx context.Context, slack, token string, message Payload) error {
	if err := check(token, message); err != nil {
		return fmt.Errorf("tell Slack channel %s: %w", message.Channel, err)
	}
	policy := retry.Policy{Tries: 3, First: time.Second, Longest: 10 * time.Second, Limit: 2 * time.Minute}
	if _, err := retry.Do(ctx, policy, func() (struct{}, error) { return struct{}{}, post(ctx, slack, token, message) }); err != nil {
		return fmt.Errorf("tell Slack channel %s: %w", message.Channel, err)
	}
	return nil
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

// post sends once. People would read it twice if it were sent again after Slack
// took it, so only what Slack says not to have taken is.
func post(ctx context.Context, slack, token string, message Payload) error {
	body, err := json.Marshal(message)
	if err != nil {
		return retry.Final(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, slack+"/chat.postMessage", bytes.NewReader(body))
	if err != nil {
		return retry.Final(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	response, err := (&http.Client{Timeout: 30 * time.Second}).Do(request)
	if err != nil {
		return retry.Final(err)
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.StatusCode == http.StatusTooManyRequests:
		return retry.Refused(response, errors.New("it is asked too often. Try again later"))
	case response.StatusCode != http.StatusOK:
		return retry.Final(fmt.Errorf("it answered %s. Try again later", response.Status))
	}
	return retry.Final(read(response.Body))
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
		"not_in_channel":    "Invite the bot to the channel",
		"channel_not_found": "Correct the channel's id, or invite the bot to the private channel",
		"invalid_auth":      "Replace the token",
		"token_revoked":     "Replace the token",
		"missing_scope":     "Give the bot the scope chat:write",
	}[answer.Error]
	if hint == "" {
		hint = "Look the code up in Slack's documentation of chat.postMessage"
	}
	return fmt.Errorf("it refused with %q. %s", answer.Error, hint)
}

// escape keeps a branch's or a person's name from being read as mark-up, such
// as a mention of everybody.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
