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
		return parseIgnore(path.Clean(name), text)
	}
	return &Ignore{}, nil
}

func parseIgnore(name string, text []byte) (*Ignore, error) {
	patterns, err := ignorefile.ReadAll(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w. Write a pattern a line", name, err)
	}
	if _, err := patternmatcher.New(patterns); err != nil {
		return nil, fmt.Errorf("%s: %w. Correct the pattern", name, err)
	}
	return &Ignore{File: name, Patterns: patterns}, nil
}
