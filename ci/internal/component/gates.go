package component

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/shlex"
)

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
		if _, has := s.Gates[name]; has {
			names = append(names, name)
		}
	}
	for name := range s.Gates {
		if !slices.Contains(gateNames, name) {
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

func checkGate(name string, commands []string) error {
	if !gateName.MatchString(name) {
		return fmt.Errorf("gate %q: write a name of small letters, digits and '-'", name)
	}
	if len(commands) == 0 {
		return fmt.Errorf("gate %s has no command. Write %s = [\"a command\"], or take it out", name, name)
	}
	for _, command := range commands {
		if strings.ContainsAny(command, "\n\x00") {
			return fmt.Errorf("gate %s: a command is one line. Write several in the list", name)
		}
		if _, err := Words(command); err != nil {
			return fmt.Errorf("gate %s: command %q: %w", name, command, err)
		}
	}
	return nil
}
