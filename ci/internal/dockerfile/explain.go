package dockerfile

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/patternmatcher"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Failure is a build that the engine gave up.
type Failure struct {
	Build Build
	// Pinned is the text that was built.
	Pinned []byte
	// Context is the directory that was given to it, less what Ignore says.
	Context string
	Ignore  Ignore
	// Message is what the engine said.
	Message string
}

var (
	notConverted = regexp.MustCompile(`failed to convert Dockerfile to LLB: (\S+): (.+)`)
	notParsed    = regexp.MustCompile(`failed to convert Dockerfile to LLB: dockerfile parse error on line (\d+): (.+)`)
	notCopied    = regexp.MustCompile(`dockerfile copy: .*?\b(?:lstat|stat|open) (?:/tmp/dagger-mount\d+)?(/.+): no such file or directory`)
	notGiven     = regexp.MustCompile(`secret "([^"]+)" is required`)
	notMounted   = regexp.MustCompile(`dockerfile bind mount at "([^"]+)": .*not found`)
)

// Explain says why a build failed in the words of the Dockerfile: the line, what
// stands there, and what to do.
func (f *File) Explain(failed Failure) error {
	message := plain.Engine(failed.Message)
	if m := notParsed.FindStringSubmatch(message); m != nil {
		line, _ := strconv.Atoi(m[1])
		return f.at(line, "%s. The engine reads it so. Write it otherwise", m[2])
	}
	if m := notConverted.FindStringSubmatch(message); m != nil {
		if line := failed.named(f.name, m[1]); line > 0 {
			return f.Unpulled(line, m[2])
		}
	}
	for _, missing := range []*regexp.Regexp{notCopied, notMounted} {
		if m := missing.FindStringSubmatch(message); m != nil {
			return f.missing(failed, clean(m[1]))
		}
	}
	if m := notGiven.FindStringSubmatch(message); m != nil {
		return f.fail(0, "it mounts the secret %[1]s, which nobody gave. Give it by with-build-secret --name %[1]s", m[1])
	}
	downloads, _ := f.Downloads(failed.Build)
	for _, d := range downloads {
		if strings.Contains(message, `"`+d.Address+`"`) {
			return f.at(d.Line, "%s. Correct the address, or see that the engine reaches it", message)
		}
	}
	return f.fail(0, "%s", message)
}

// Ran is the place of the RUN that a failed command is of: the file, the line and
// what stands there. Where none can be told, it is the file.
func (f *File) Ran(command []string) string {
	run := strings.Join(command, " ")
	all, _ := f.steps()
	for _, s := range all {
		c, runs := s.instruction.(*instructions.RunCommand)
		if !runs || len(c.CmdLine) == 0 {
			continue
		}
		if line := strings.Join(c.CmdLine, " "); len(c.Files) == 0 && strings.HasSuffix(run, line) {
			return f.place(s.node.StartLine)
		}
	}
	return f.name
}

// Unpulled says that the image of a line is not to be had.
func (f *File) Unpulled(line int, message string) error {
	return f.at(line, "%s. Correct the image's name, or see that the engine reaches its registry and may pull from it; an image lock names another place for it", plain.Engine(message))
}

// named is the line that names an image in the text that was built, which has the
// Dockerfile's lines.
func (failed Failure) named(name, reference string) int {
	pinned, err := Parse(name, failed.Pinned)
	if err != nil {
		return 0
	}
	images, _ := pinned.Images(failed.Build)
	for _, image := range images {
		if image.Reference == reference {
			return image.Line
		}
	}
	return 0
}

// missing says which instruction reads a file that isn't there, and what took it
// away.
func (f *File) missing(failed Failure, file string) error {
	sources, _ := f.Sources(failed.Build)
	for _, source := range sources {
		if source.Path != file {
			continue
		}
		where := "the build context " + failed.Context
		if path.Clean(failed.Context) == "." {
			where = "the build context, which is the repository's root"
		}
		if ignored, err := patternmatcher.MatchesOrParentMatches(file, failed.Ignore.Patterns); ignored && err == nil {
			return f.at(source.Line, "%s leaves %s out of %s. Take it in again by a line !%s there", failed.Ignore.File, file, where, file)
		}
		return f.at(source.Line, "there is no %s in %s. Correct the path, or name another directory by the setting context", file, where)
	}
	all, _ := f.steps()
	for _, s := range all {
		c, copies := s.instruction.(*instructions.CopyCommand)
		if copies && c.From != "" && slices.ContainsFunc(c.SourcePaths, func(source string) bool { return clean(source) == file }) {
			return f.at(s.node.StartLine, "there is no /%s in %s. Correct the path, or see that it is made there", file, c.From)
		}
	}
	return f.fail(0, "there is no %s in %s, or in what it copies from. Correct the path", file, failed.Context)
}

// at is an error at a line, with what stands there.
func (f *File) at(line int, format string, args ...any) error {
	return f.fail(line, "%s: %s", f.stands(line), fmt.Sprintf(format, args...))
}

// place is a line of the file, with what stands there.
func (f *File) place(line int) string { return fmt.Sprintf("%s:%d: %s", f.name, line, f.stands(line)) }

// stands is the beginning of the instruction that is at a line.
func (f *File) stands(line int) string {
	const most = 100
	text := ""
	for _, node := range f.ast.Children {
		if node.StartLine <= line && line <= node.EndLine {
			text = strings.Join(strings.Fields(node.Original), " ")
		}
	}
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}
