package component

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWordsAreThoseOfAShell(t *testing.T) {
	for command, want := range map[string][]string{
		"go test ./...":                  {"go", "test", "./..."},
		`sh -c 'a | b && c > d'`:         {"sh", "-c", "a | b && c > d"},
		`say "two words" three\ four`:    {"say", "two words", "three four"},
		"cargo test -- --test-threads=1": {"cargo", "test", "--", "--test-threads=1"},
	} {
		got, err := Words(command)
		require.NoError(t, err, command)
		assert.Equal(t, want, got)
	}
	for command, says := range map[string]string{
		"a | b": `no shell reads "|"`, "a && b": "Write two commands", "a; b": "sh -c", "a > b": `">"`, "a 2>&1": `"2>&1"`,
		"echo $HOME": `"$HOME"`, "say 'x": "Close the quote", "  ": "it is empty",
	} {
		_, err := Words(command)
		assert.ErrorContains(t, err, says, command)
	}
}

func TestGatesAreReadInOrder(t *testing.T) {
	s := Settings{Gates: map[string][]string{"vulncheck": nil, "test": nil, "audit": nil, "lint": nil}}
	assert.Equal(t, []string{"lint", "test", "audit", "vulncheck"}, s.NamedGates())
	assert.ErrorContains(t, checkGate("Lint it", []string{"x"}), "small letters")
	assert.ErrorContains(t, checkGate("lint", nil), "no command")
	assert.NoError(t, checkGate("lint", []string{"x"}))
}
