package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// call is a command of the project's automation: its options, each with its value, and
// the files and directories that it names.
type call struct {
	file    string
	options [][]string
	targets []string
	// with are the variables that it runs with, and task what its line is called.
	with given
	task string
	// through is how Python runs the command as a module, and workers are the options by which
	// tests run side by side.
	through, workers []string
	// measured says that what they cover is, and measure how pytest-cov is told.
	measured bool
	measure  []string
	// fromAbove says that it runs at the repository's root, and so is none to be run here.
	fromAbove bool
}

// joinedShort is an option of one letter with its value, or with others.
var joinedShort = regexp.MustCompile(`^-[a-zA-Z][^-=].*$`)

// apart are the options of one letter in a word, up to one that takes what follows.
func (g grammar) apart(word string) (all []string) {
	for at, letter := range word[1:] {
		option := "-" + string(letter)
		all = append(all, option)
		if rest := word[at+2:]; rest != "" && slices.Contains(append(g.valued, "-r"), option) {
			return append(all, rest)
		}
	}
	return all
}

// number is the value of an option, also of one that is not known: there is nothing else
// that it could be.
var number = regexp.MustCompile(`^\d+(\.\d+)?$`)

// call reads a command's words. Behind an option that may take a value, a word is that: it
// may be what is left out.
func (p Project) call(fsys fs.FS, file, command string, words []string) call {
	c := call{file: file}
	known, has := grammars[command]
	for at := 0; at < len(words); at++ {
		word := words[at]
		name, _, joined := strings.Cut(word, "=")
		option := []string{word}
		switch {
		case command == "pytest" && joinedShort.MatchString(word): // -mslow, -n4, -sv
			words = slices.Concat(words[:at], known.apart(word), words[at+1:])
			at--
			continue
		case !strings.HasPrefix(word, "-"):
			if p.isTarget(fsys, word) {
				c.targets = append(c.targets, path.Clean(word))
			}
			continue
		case joined:
		case has && slices.Contains(known.valued, word), !has && !slices.Contains(flags, word), at+1 < len(words) && number.MatchString(words[at+1]), command == "pytest" && p.takes(fsys, words[at:]):
			if at+1 < len(words) && !strings.HasPrefix(words[at+1], "-") {
				at++
				option = append(option, words[at])
			}
		}
		if len(known.kept) > 0 && slices.Contains(known.kept, name) || len(known.unless) > 0 && !slices.Contains(known.unless, name) {
			c.options = append(c.options, option)
		}
	}
	return c
}

// takes tells of an option of pytest's that is not known that the word behind it is its
// value: it names no file, and pytest runs on nothing else.
func (p Project) takes(fsys fs.FS, words []string) bool {
	return len(words) > 1 && strings.HasPrefix(words[0], "--") && !slices.Contains(flags, words[0]) && !strings.Contains(words[1], "::") && !p.isTarget(fsys, words[1])
}

// names tells whether a call says what it is about.
func (c call) names() bool { return len(c.targets) > 0 || c.has(modules...) }

// has tells whether a call has one of some options.
func (c call) has(names ...string) bool {
	return slices.ContainsFunc(c.options, func(option []string) bool { return slices.Contains(names, optionName(option)) })
}

func optionName(option []string) string {
	name, _, _ := strings.Cut(option[0], "=")
	return name
}

// join adds what another call names; false where its options are others, or where it names
// files and the call modules.
func (c *call) join(other call) bool {
	if c.file == "" {
		*c = other
		return true
	}
	if !c.judgesAs(other) || !other.judgesAs(*c) || c.has(modules...) != other.has(modules...) {
		return false
	}
	for _, option := range other.options {
		if !c.given(option) {
			c.options = append(c.options, option)
		}
	}
	for _, target := range other.targets {
		if !slices.Contains(c.targets, target) {
			c.targets = append(c.targets, target)
		}
	}
	c.file = other.file
	return true
}

// widest is the first call that is about all that the others are; none where none is.
func widest(calls []call) call {
	for _, c := range calls {
		if !slices.ContainsFunc(calls, func(other call) bool { return len(minus(other.about(), c.about())) > 0 }) {
			return c
		}
	}
	return call{}
}

// about is what a call names: files, directories and modules.
func (c call) about() []string {
	about := slices.Clone(c.targets)
	for _, option := range c.options {
		if slices.Contains(modules, optionName(option)) {
			about = append(about, strings.Join(option, " "))
		}
	}
	return about
}

func minus(all, less []string) []string {
	return slices.DeleteFunc(all, func(one string) bool { return slices.Contains(less, one) })
}

// judgesAs tells whether a call has all options of another one, but for what that is about.
func (c call) judgesAs(other call) bool {
	return !slices.ContainsFunc(other.options, func(option []string) bool {
		return !slices.Contains(modules, optionName(option)) && !c.given(option)
	})
}

// given tells whether a call has an option with this value.
func (c call) given(option []string) bool {
	return slices.ContainsFunc(c.options, func(own []string) bool { return slices.Equal(own, option) })
}

func (c call) words() []string { return append(slices.Concat(c.options...), c.targets...) }

// narrowing are pytest's options that leave tests out.
var narrowing = []string{"-m", "-k", "--ignore", "--ignore-glob", "--deselect"}

// covers tells whether a call runs the tests of another one, with all of its options.
func (c call) covers(other call) bool {
	if !slices.Equal(c.targets, other.targets) {
		return false
	}
	lacks := slices.ContainsFunc(other.options, func(option []string) bool { return !c.given(option) })
	narrows := slices.ContainsFunc(c.options, func(option []string) bool {
		return slices.Contains(narrowing, optionName(option)) && !other.given(option)
	})
	return !lacks && !narrows
}
