package dockerfile

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// unknown stands in an expanded word for the value of a variable that the
// Dockerfile does not tell. No word of a Dockerfile has the character in it.
const unknown = "\x00"

// maxValue bounds what a variable holds: a few lines of ARG B=$A$A would
// otherwise fill any memory. A longer value counts as unknown.
const maxValue = 4096

// substitution is ${A/x/y}. With more variables in x or y, it multiplies what
// they hold, so such a word counts as unknown too.
var substitution = regexp.MustCompile(`\$\{\w+/`)

// environment is the variables at one point of a Dockerfile.
type environment struct {
	values map[string]string
	// open says that the base image may have set more of them.
	open   bool
	escape rune
	// used counts how often each name was asked for.
	used map[string]int
}

// Get returns a variable's value; BuildKit's lexer asks for it.
func (e *environment) Get(name string) (string, bool) {
	if e.used != nil {
		e.used[name]++
	}
	value, set := e.values[name]
	if !set && e.open {
		return unknown, true
	}
	return value, set
}

// Keys lists the variables.
func (e *environment) Keys() []string { return slices.Sorted(maps.Keys(e.values)) }

func (e *environment) set(name, value string) {
	if len(value) > maxValue || strings.Contains(value, unknown) {
		value = unknown
	}
	e.values[name] = value
}

// expand replaces the variables of a word. What depends on an unknown one has
// the mark of it: ${X:-default} of an unknown X, too, since X may be set.
func (e *environment) expand(word string) (string, error) {
	if !strings.Contains(word, "$") {
		value, _, err := shell.NewLex(e.escape).ProcessWord(word, e)
		return value, err
	}
	if len(word) > maxValue || strings.Count(word, "$") > 1 && substitution.MatchString(word) {
		return unknown, nil
	}
	value, used, err := e.expandUsing(word)
	for _, name := range used {
		if held, _ := e.Get(name); held == unknown {
			return unknown, nil
		}
	}
	return value, err
}

// expandUsing also tells which variables were asked for.
func (e *environment) expandUsing(word string) (string, []string, error) {
	asked := &environment{values: e.values, open: e.open, used: map[string]int{}}
	value, _, err := shell.NewLex(e.escape).ProcessWord(word, asked)
	return value, slices.Collect(maps.Keys(asked.used)), err
}

// inherit is the environment of a stage that begins with this one's result.
func (e *environment) inherit() *environment {
	return &environment{values: maps.Clone(e.values), open: e.open, escape: e.escape}
}

// env carries out an ENV instruction. All of its values see the variables as
// they were before it.
func (e *environment) env(c *instructions.EnvCommand) error {
	before := e.inherit()
	for _, pair := range c.Env {
		name, err := before.expand(pair.Key)
		if err != nil {
			return err
		}
		value, err := before.expand(pair.Value)
		if err != nil {
			return err
		}
		e.set(name, value)
	}
	return nil
}

// arg carries out an ARG instruction: a given argument wins over the default,
// and one without default is the global argument of that name.
func (e *environment) arg(c *instructions.ArgCommand, given map[string]string, global *environment) error {
	for _, pair := range c.Args {
		value, isGiven := given[pair.Key]
		switch {
		case isGiven:
			e.set(pair.Key, value)
		case pair.Value != nil:
			value, err := e.expand(*pair.Value)
			if err != nil {
				return err
			}
			e.set(pair.Key, value)
		case global != nil:
			if value, isGlobal := global.values[pair.Key]; isGlobal {
				e.set(pair.Key, value)
			}
		}
	}
	return nil
}

// globals are the variables that every Dockerfile may use in FROM.
func (b Build) globals(escape rune) *environment {
	e := &environment{values: map[string]string{}, escape: escape}
	for prefix, platform := range map[string]string{"TARGET": b.Platform, "BUILD": b.Native} {
		system, rest, _ := strings.Cut(platform, "/")
		architecture, variant, _ := strings.Cut(rest, "/")
		for name, value := range map[string]string{
			"PLATFORM": platform, "OS": system, "ARCH": architecture, "VARIANT": variant,
		} {
			if platform == "" {
				value = unknown
			}
			e.set(prefix+name, value)
		}
	}
	for name := range e.values {
		if value, given := b.Args[name]; given {
			e.set(name, value)
		}
	}
	return e
}
