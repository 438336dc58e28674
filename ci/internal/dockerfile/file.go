// Package dockerfile tells what a Dockerfile takes from outside: the files of
// the build context that it reads and the images that it builds on. It reads
// them as BuildKit does, by BuildKit's own parser, and pins the images without
// touching anything else of the text.
package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// maxSize is more than any Dockerfile that people write.
const maxSize = 1 << 20

// File is a Dockerfile without syntax errors.
type File struct {
	name   string
	text   []byte
	lines  [][]byte // of the text, with their ends
	ast    *parser.Node
	escape rune
}

// Build is what a build of a Dockerfile is told. The zero value builds the
// last stage with the defaults of all arguments.
type Build struct {
	// Target is the stage to build; empty is the last one.
	Target string
	// Args are the build arguments given, which win over defaults.
	Args map[string]string
	// Platform is what is built for, such as linux/arm64, and Native what the
	// building machine is. From them come TARGETARCH, BUILDPLATFORM and their
	// like; what an unknown platform decides counts as everything it may be.
	Platform, Native string
	// CacheKey is what the ids of cache mounts begin with after Pin, so that only
	// builds of one key share them; empty leaves the Dockerfile's. It must not be
	// what a source says of itself.
	CacheKey string
}

// Parse reads a Dockerfile. The name is for messages: the file's path. An
// error names the line.
func Parse(name string, text []byte) (*File, error) {
	if len(text) > maxSize {
		return nil, fmt.Errorf("%s: it is %d bytes long. Write a Dockerfile of less than %d", name, len(text), maxSize)
	}
	f := &File{name: name, text: text, lines: bytes.SplitAfter(text, []byte("\n"))}
	result, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, f.syntax(err)
	}
	f.ast, f.escape = result.AST, result.EscapeToken
	steps, err := f.steps()
	if err != nil {
		return nil, err
	}
	for _, s := range steps {
		if _, begins := s.instruction.(*instructions.Stage); begins {
			return f, nil
		}
	}
	return nil, fmt.Errorf("%s: it has no FROM. Begin with FROM and the image to build on", name)
}

// step is an instruction and where it stands.
type step struct {
	instruction any
	node        *parser.Node
}

// steps reads the instructions, anew at each call, because expanding their
// variables changes them.
func (f *File) steps() ([]step, error) {
	var steps []step
	begun := false
	for _, node := range f.ast.Children {
		instruction, err := instructions.ParseInstruction(node)
		if err != nil {
			return nil, f.syntax(err)
		}
		switch instruction.(type) {
		case *instructions.Stage:
			begun = true
		case *instructions.ArgCommand:
		default:
			if !begun {
				return nil, f.fail(node.StartLine, "%s stands before the first FROM. Begin with FROM. Only ARG may come before it", strings.ToUpper(node.Value))
			}
		}
		steps = append(steps, step{instruction, node})
	}
	return steps, nil
}

// syntax names the line of an error of the parser.
func (f *File) syntax(err error) error {
	line := 0
	if at, ok := errors.AsType[*parser.LocationError](err); ok && len(at.Locations) > 0 && len(at.Locations[0]) > 0 {
		line = at.Locations[0][0].Start.Line
	}
	return f.fail(line, "%s. Correct the line; docker build refuses it too", strings.TrimRight(err.Error(), ". \n"))
}

// fail is an error at a line; 0 is none.
func (f *File) fail(line int, format string, args ...any) error {
	where := f.name
	if line > 0 {
		where = fmt.Sprintf("%s:%d", f.name, line)
	}
	return fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...))
}
