package component

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/shlex"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// GateSettings are what the settings say of gates, by their names.
type GateSettings map[string]GateSetting

// GateSetting is what the settings say of one gate: what a container runs for it,
// or why there is none.
type GateSetting struct {
	Commands []string
	None     string
}

// UnmarshalJSON reads a list of commands, or {"none": "why"}, for each gate.
func (s *GateSettings) UnmarshalJSON(raw []byte) error {
	var said map[string]json.RawMessage
	if json.Unmarshal(raw, &said) != nil {
		return errors.New("gates is no table. Write the gates' names in it")
	}
	*s = GateSettings{}
	for name, value := range said {
		var gate GateSetting
		var decision map[string]string
		if json.Unmarshal(value, &gate.Commands) != nil {
			why, has := "", false
			if json.Unmarshal(value, &decision) == nil {
				why, has = decision["none"]
			}
			if !has || len(decision) > 1 {
				return fmt.Errorf(`gate %q: its value is no decision. Write {none = "why there is none"}, or the list of a container's commands`, name)
			}
			if gate.None = strings.TrimSpace(plain.Line(why)); gate.None == "" {
				return fmt.Errorf(`gate %q: none stands without a reason. Write {none = "why there is none"}`, name)
			}
		}
		(*s)[name] = gate
	}
	return nil
}

// gateNames are the gates that every kind knows, in the order in which a person
// reads them. A container may have others.
var gateNames = []string{"lint", "format", "typecheck", "test"}

var gateName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// operators are words that a shell alone understands.
var operators = regexp.MustCompile(`^(\||\|\||&|&&|;|[0-9]?[<>].*)$|^\$|;$`)

// NamedGates are the names of the gates that the settings give commands for: the
// known ones first, in their order.
func (s Settings) NamedGates() []string {
	var names, others []string
	for _, name := range gateNames {
		if gate, has := s.Gates[name]; has && gate.None == "" {
			names = append(names, name)
		}
	}
	for name, gate := range s.Gates {
		if gate.None == "" && !slices.Contains(gateNames, name) {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	return append(names, others...)
}

// Words are the words of a command, quoted as for a shell. No shell reads them.
func Words(command string) ([]string, error) {
	words, err := shlex.Split(command)
	if err != nil {
		return nil, fmt.Errorf("%w. Close the quote", err)
	}
	if len(words) == 0 {
		return nil, errors.New("it is empty. Write a command, such as go test ./")
	}
	if at := slices.IndexFunc(words, operators.MatchString); at >= 0 {
		return nil, fmt.Errorf("no shell reads %q. Write two commands, or sh -c '...' where the stage has a shell", words[at])
	}
	return words, nil
}

func (g GateSetting) check(name string) error {
	if !gateName.MatchString(name) {
		return fmt.Errorf("gate %q: write a name of small letters, digits and '-'", name)
	}
	if len(g.Commands) == 0 && g.None == "" {
		return fmt.Errorf("gate %s has no command. Write %s = [\"a command\"], or take it out", name, name)
	}
	for _, command := range g.Commands {
		if strings.ContainsAny(command, "\n\x00") {
			return fmt.Errorf("gate %s: a command is one line. Write several in the list", name)
		}
		if _, err := Words(command); err != nil {
			return fmt.Errorf("gate %s: command %q: %w", name, command, err)
		}
	}
	return nil
}
