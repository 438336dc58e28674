package component

import (
	"encoding/json"
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
	s := Settings{Gates: GateSettings{"vulncheck": {}, "test": {}, "audit": {}, "lint": {}, "typecheck": {None: "Go's compiler does"}}}
	assert.Equal(t, []string{"lint", "test", "audit", "vulncheck"}, s.NamedGates())
	assert.ErrorContains(t, GateSetting{Commands: []string{"x"}}.check("Lint it"), "small letters")
	assert.ErrorContains(t, GateSetting{}.check("lint"), "no command")
	assert.NoError(t, GateSetting{Commands: []string{"x"}}.check("lint"))
	assert.NoError(t, GateSetting{None: "why"}.check("lint"))
}

// TestAGateIsCommandsOrADecision, whatever file it is written in.
func TestAGateIsCommandsOrADecision(t *testing.T) {
	var s GateSettings
	require.NoError(t, json.Unmarshal([]byte(`{"lint": ["go vet ./..."], "test": {"none": " it is a\nfixture "}}`), &s))
	assert.Equal(t, GateSettings{"lint": {Commands: []string{"go vet ./..."}}, "test": {None: `it is a\x0afixture`}}, s)
	for text, says := range map[string]string{
		`{"test": {"none": ""}}`:                `gate "test": none stands without a reason. Write {none = "why there is none"}`,
		`{"test": {"none": "x", "until": "y"}}`: `gate "test": its value is no decision`,
		`{"test": {"skip": "x"}}`:               "no decision", `{"test": "none"}`: "no decision", `{"test": {"none": true}}`: "no decision",
		`{"test": {}}`: "no decision", `{"test": false}`: "no decision", `["test"]`: "gates is no table",
	} {
		assert.ErrorContains(t, json.Unmarshal([]byte(text), &s), says, text)
	}
}

func TestIdleCommands(t *testing.T) {
	for command, why := range map[string]string{
		"true": `"true" does nothing`, "/bin/true": "does nothing", ":": "does nothing", "echo ok": "does nothing", "exit 0": "does nothing",
		"echo none && exit 0": "does nothing", "sh -c 'exit 0'": "does nothing", "true; echo ok": "does nothing",
		"eslint . || true": "passes whatever is found", "eslint .; true": "passes whatever is found", "tsc --noEmit || exit 0": "passes whatever is found",
		"sh -c 'go vet ./... || :'": "passes whatever is found", "eslint . ; echo done": "passes whatever is found",
		"eslint .": "", "eslint . && echo ok": "", "echo start; eslint .": "", "eslint . || exit 1": "", "eslint . || exit": "", "test -z \"$NPM_TOKEN\"": "",
		"go test ./... -run true": "", "tsc": "", "": "", "say 'x": "", "eslint .;": "",
	} {
		got := Idle(command)
		assert.Equal(t, why == "", got == "", command)
		assert.Contains(t, got, why, command)
	}
}
