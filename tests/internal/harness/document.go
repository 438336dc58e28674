package harness

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Section is a part of a document below a heading, up to the next.
type Section struct {
	Heading string
	// Commands are its indented blocks, one for each command that goes over
	// several lines by backslashes.
	Commands []string
	// Prints are the lines of its text blocks.
	Prints []string
}

// Document reads the sections of a document of the project.
func Document(t *testing.T, file string) (sections []Section) {
	t.Helper()
	raw, err := os.ReadFile("../" + file)
	require.NoError(t, err)
	sections = []Section{{}}
	block, continued := "", false
	for line := range strings.SplitSeq(string(raw), "\n") {
		at := &sections[len(sections)-1]
		switch {
		case strings.HasPrefix(line, "```"):
			if block == "" {
				block = strings.TrimPrefix(line, "```") + " "
			} else {
				block = ""
			}
		case block == "text ":
			at.Prints = append(at.Prints, line)
		case block != "": // What a file says, and no command.
		case strings.HasPrefix(line, "#"):
			sections = append(sections, Section{Heading: strings.TrimSpace(strings.TrimLeft(line, "#"))})
		case strings.HasPrefix(line, "    "):
			command := strings.TrimSpace(line)
			if continued {
				at.Commands[len(at.Commands)-1] += "\n" + command
			} else {
				at.Commands = append(at.Commands, command)
			}
			continued = strings.HasSuffix(command, `\`)
		}
	}
	return sections
}

// Reader runs what documents print, in a directory, as somebody would who types
// it: but for what no document can know.
type Reader struct {
	Dir string
	Env []string
	// Instead has by what texts are replaced.
	Instead []Substitution
}

// Substitution is a text of a document, and what stands for it here.
type Substitution struct{ Printed, Here, Why string }

// Run runs a command by the shell.
func (r Reader) Run(t *testing.T, printed string) Result {
	t.Helper()
	for _, s := range r.Instead {
		printed = strings.ReplaceAll(printed, s.Printed, s.Here)
	}
	command := exec.CommandContext(t.Context(), "bash", "-c", printed)
	command.Dir = r.Dir
	command.Env = append(os.Environ(), append(r.Env, "NO_COLOR=1")...)
	var stdout, stderr strings.Builder
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	return Result{Stdout: stdout.String(), Output: stdout.String() + stderr.String(), Err: err, stderr: stderr.String()}
}
