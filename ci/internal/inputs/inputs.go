// Package inputs is the one definition of what a component is made of: parts of
// the repository, for its checks and for its image. What a change affects, the
// tree that a check sees, the context that an image is built from and the hash
// of an image's files all come from it, so they cannot differ.
package inputs

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
)

// Inputs are the parts that a component is made of. Its checks and its image may
// be of different ones; a change of either affects it.
type Inputs struct {
	// Locks are what fetching its packages reads, and Manifests what installing
	// them reads besides: parts of what its checks see.
	Locks     []Part `json:"locks,omitempty"`
	Manifests []Part `json:"manifests,omitempty"`
	// Check is what its checks see.
	Check []Part `json:"check,omitempty"`
	// Image is what its image is made from.
	Image []Part `json:"image,omitempty"`
}

// Part is files of one directory. Its patterns are those of a .dockerignore,
// which are the engine's as well, and relative to the directory.
type Part struct {
	// Dir is the directory, from the repository's root; "." is the root.
	Dir string `json:"dir"`
	// Include chooses files; all when empty.
	Include []string `json:"include,omitempty"`
	// Exclude leaves files out.
	Exclude []string `json:"exclude,omitempty"`
	// Shallow leaves out whatever lies in a directory below.
	Shallow bool `json:"shallow,omitempty"`
	// Why says what the files are to the component, for a plan's reasons.
	Why string `json:"why"`
}

// All are the parts of checks and image, each once.
func (i Inputs) All() []Part {
	var all []Part
	for _, part := range slices.Concat(i.Check, i.Image, i.Locks, i.Manifests) {
		if !slices.ContainsFunc(all, part.same) {
			all = append(all, part)
		}
	}
	return all
}

// Narrow are of the parts only the files that match one of the patterns; a part that
// chooses its files already stays as it is.
func Narrow(parts []Part, patterns ...string) []Part {
	var narrow []Part
	for _, part := range parts {
		if len(part.Include) == 0 {
			part.Include = patterns
			if part.Shallow {
				part.Include = slices.DeleteFunc(slices.Clone(patterns), func(p string) bool { return strings.Contains(p, "/") })
			}
			part.Shallow = false
		}
		narrow = append(narrow, part)
	}
	return narrow
}

// same tells whether another part has the same files.
func (p Part) same(other Part) bool {
	return p.Dir == other.Dir && p.Shallow == other.Shallow && slices.Equal(p.Include, other.Include) && slices.Equal(p.Exclude, other.Exclude)
}

// Matcher tells of many files whether they are of the inputs.
type Matcher struct{ parts []matcher }

type matcher struct {
	Part
	include, exclude *patternmatcher.PatternMatcher
}

// Matcher reads the patterns once.
func (i Inputs) Matcher() (Matcher, error) {
	var m Matcher
	for _, part := range i.All() {
		include, wrong := patternmatcher.New(part.Include)
		exclude, err := patternmatcher.New(part.Exclude)
		if err := errors.Join(wrong, err); err != nil {
			return m, fmt.Errorf("the files of %s (%s): %w", part.Dir, part.Why, err)
		}
		m.parts = append(m.parts, matcher{part, include, exclude})
	}
	return m, nil
}

// Why says why a change of the file affects the component; empty when it does
// not. The file's name is relative to the repository's root.
func (m Matcher) Why(file string) (string, error) {
	for _, part := range m.parts {
		has, err := part.has(path.Clean(file))
		if err != nil {
			return "", fmt.Errorf("%s and the files of %s: %w", file, part.Dir, err)
		}
		if has {
			return part.Why, nil
		}
	}
	return "", nil
}

func (m matcher) has(file string) (bool, error) {
	within, below := Below(m.Dir, file)
	if !below || git(within) || m.Shallow && strings.Contains(within, "/") {
		return false, nil
	}
	if len(m.Include) > 0 {
		if included, err := m.include.MatchesOrParentMatches(within); err != nil || !included {
			return false, err
		}
	}
	excluded, err := m.exclude.MatchesOrParentMatches(within)
	return !excluded, err
}

// git says whether a path is the repository's own history, which is no part of
// anything that is made of it.
func git(file string) bool { return file == ".git" || strings.HasPrefix(file, ".git/") }

// Below returns a path as seen from a directory that it lies in, "." for the
// directory itself.
func Below(dir, file string) (within string, below bool) {
	switch {
	case dir == ".":
		return file, true
	case file == dir:
		return ".", true
	}
	return strings.CutPrefix(file, dir+"/")
}

// Literal is a name as a pattern that matches it alone.
func Literal(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}
