package dockerfile

import (
	"path"
	"strconv"
	"strings"

	"github.com/moby/patternmatcher"
)

// everything is the path of the whole build context.
const everything = "."

// Source is something of the build context that a Dockerfile reads.
type Source struct {
	// Path is a file, a directory or a pattern, relative to the context, with
	// slashes; "." is all of it.
	Path string
	// Instruction is what reads it: COPY, ADD or RUN --mount.
	Instruction string
	// Line is where that stands.
	Line int
}

// Sources are what a Dockerfile reads of its build context, in its order.
type Sources []Source

// Sources returns what a build reads of the context. It is never less than is
// read: a source that depends on what the Dockerfile does not tell, such as a
// variable of the base image, is everything, and --exclude takes nothing away.
func (f *File) Sources(b Build) (Sources, error) {
	stages, err := f.needed(b)
	if err != nil {
		return nil, err
	}
	var all Sources
	for _, s := range stages {
		all = append(all, s.sources...)
	}
	return all, nil
}

// Broad tells whether the whole context is read.
func (s Sources) Broad() bool {
	for _, source := range s {
		if source.Path == everything {
			return true
		}
	}
	return false
}

// Reads returns the first source that reads a file of the context.
func (s Sources) Reads(file string) (Source, bool) {
	for _, source := range s {
		if source.Reads(file) {
			return source, true
		}
	}
	return Source{}, false
}

// Reads tells whether the source is the file, a directory over it, or a
// pattern that matches one of these.
func (s Source) Reads(file string) bool {
	file = clean(file)
	if s.Path == everything || file == s.Path || strings.HasPrefix(file, s.Path+"/") {
		return true
	}
	if strings.Contains(s.Path, "**") {
		matches, err := patternmatcher.MatchesOrParentMatches(file, []string{s.Path})
		return matches || err != nil
	}
	if !s.Pattern() {
		return false
	}
	// A pattern's star ends at a slash, so it matches only paths as long as itself.
	parts := strings.Split(file, "/")
	length := min(strings.Count(s.Path, "/")+1, len(parts))
	matches, err := path.Match(s.Path, strings.Join(parts[:length], "/"))
	return matches || err != nil
}

// Pattern tells whether the path has wildcards.
func (s Source) Pattern() bool { return strings.ContainsAny(s.Path, `*?[\`) }

// reads notes the sources of a COPY or an ADD.
func (s *stage) reads(instruction string, words []string, line int) error {
	for _, word := range words {
		value, err := s.env.expand(word)
		if err != nil {
			return err
		}
		// An address stays one, whatever the variables in it are.
		if instruction == "ADD" && (remote(value) || remote(word)) {
			continue
		}
		s.sources = append(s.sources, Source{clean(value), instruction, line})
	}
	return nil
}

// clean makes a path relative to the context's root. Docker lets no path leave
// the context: what climbs above the root stays at it.
func clean(source string) string {
	if strings.Contains(source, unknown) {
		return everything
	}
	cleaned := strings.TrimPrefix(path.Clean("/"+source), "/")
	if cleaned == "" || cleaned == "*" || cleaned == "**" {
		return everything
	}
	return cleaned
}

// String is PATH@LINE.
func (s Source) String() string { return s.Path + "@" + strconv.Itoa(s.Line) }
