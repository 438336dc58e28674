package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestChromatic: no token and a fork are skipped with the reason; with a token
// the command runs, in a checkout with history, until it needs the network.
// Where Chromatic can be reached, it refuses this token.
func TestChromatic(t *testing.T) {
	long(t, "ci/internal/workflow")
	t.Parallel()
	const token = "chpt_0123456789ab"
	p := newSmall(t, nil)
	head := p.Commit(t)
	p.Env = []string{"TOKEN=" + token, "EMPTY="}

	said := p.Batch(t,
		words("frontend chromatic"),
		words("frontend chromatic --token env:EMPTY"),
		words("frontend chromatic --token env:TOKEN --fork"),
		words("frontend chromatic --token env:TOKEN --branch main --timeout 15"),
	)
	assert.Equal(t, "skipped: there is no Chromatic project token. Give it with --token", said[0].Must(t))
	assert.Contains(t, said[1].Must(t), "skipped: the Chromatic project token is empty")
	assert.Contains(t, said[2].Must(t), "skipped: a fork's pull request")
	said[3].Refused(t,
		`small chromatic: command "timeout --kill-after 10 15 chromatic --storybook-build-dir storybook-static --ci --no-interactive --branch-name main" failed`,
		"Chromatic CLI v18.14.3", "Authenticating with Chromatic")
	assert.NotContains(t, said[3].Output, token)

	p.Write(".git/shallow", head+"\n")
	p.Call("frontend", "chromatic", "--token", "env:TOKEN").Refused(t, "git history is shallow", "fetch-depth: 0")
}
