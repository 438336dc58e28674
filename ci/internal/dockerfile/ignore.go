package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// Ignore is which files of a build context docker leaves out.
type Ignore struct {
	// File is where the patterns come from; empty where there is no such file.
	File string
	// Patterns are in the order of the file, of which the last match decides.
	Patterns []string

	matcher *patternmatcher.PatternMatcher
}

// ReadIgnore reads the ignore file of a Dockerfile as docker does: the one
// beside it that has its name and .dockerignore, or else the .dockerignore at
// the context's root. Both paths are relative to the tree.
func ReadIgnore(tree fs.FS, dockerfile, context string) (*Ignore, error) {
	for _, name := range []string{dockerfile + ".dockerignore", path.Join(context, ".dockerignore")} {
		text, err := fs.ReadFile(tree, path.Clean(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w. Make it a readable file, or remove it", name, err)
		}
		return ParseIgnore(path.Clean(name), text)
	}
	return &Ignore{}, nil
}

// ParseIgnore reads an ignore file's text.
func ParseIgnore(name string, text []byte) (*Ignore, error) {
	patterns, err := ignorefile.ReadAll(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w. Write a pattern a line", name, err)
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, fmt.Errorf("%s: %w. Correct the pattern", name, err)
	}
	return &Ignore{File: name, Patterns: patterns, matcher: matcher}, nil
}

// Ignored tells whether a file, by its path in the context, is left out.
func (i *Ignore) Ignored(file string) (bool, error) {
	if i.matcher == nil {
		return false, nil
	}
	ignored, err := i.matcher.MatchesOrParentMatches(file)
	if err != nil {
		return false, fmt.Errorf("%s: %w. Correct the pattern", i.File, err)
	}
	return ignored, nil
}
