package dockerfile

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// BuildKit's parser tells no columns, so what is to be replaced in the flags of
// an instruction is found by reading them again by its rules, and what comes out
// is compared with what it read.

// joined is an instruction's line as the parser reads it, without continuations
// and the comments between them.
type joined struct {
	text string
	at   []place // of each byte
}

// place is a byte of the file; lines and columns count from 0.
type place struct{ line, column int }

// word is a flag as the parser reads it, without quotes.
type word struct {
	text []byte
	at   []int // in the joined line, of each byte
}

var errUnread = errors.New("its flags cannot be told apart. Write the instruction with plain spaces and quotes")

var onbuild = regexp.MustCompile(`(?i)^\s*ONBUILD\s*`)

// runFlags are the flags of a RUN, be it one that a stage leaves to those that
// build on it, and the line that they stand in.
func (f *File) runFlags(s step) (line joined, flags []word, err error) {
	run, escape := s.node, f.escape
	later, isLater := s.instruction.(*instructions.OnbuildCommand)
	if isLater {
		result, err := parser.Parse(strings.NewReader(later.Expression))
		if err != nil || len(result.AST.Children) != 1 {
			return line, nil, nil // It is never run: docker build says why.
		}
		run, escape = result.AST.Children[0], result.EscapeToken
	}
	if !strings.EqualFold(run.Value, "RUN") {
		return line, nil, nil
	}
	if line, err = f.join(s.node); err != nil {
		return line, nil, err
	}
	begins := 0
	if isLater {
		begins = len(onbuild.FindString(line.text))
		if run.Original != line.text[begins:] || f.escape != escape && strings.ContainsAny(run.Original, "\\`") {
			return line, nil, errUnread
		}
	}
	flags, err = line.flags(run, begins, escape)
	return line, flags, err
}

// join reads an instruction's line.
func (f *File) join(node *parser.Node) (joined, error) {
	var j joined
	var text bytes.Buffer
	for i := node.StartLine - 1; i < min(node.EndLine, len(f.lines)); i++ {
		line, from := bytes.TrimRight(f.lines[i], "\r\n"), 0
		stripped := line
		if i == 0 {
			stripped = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		stripped = bytes.TrimLeftFunc(stripped, unicode.IsSpace)
		if i == node.StartLine-1 {
			from = len(line) - len(stripped)
		} else if len(stripped) == 0 || stripped[0] == '#' {
			continue
		}
		end, continues := f.continued(line[from:])
		for column := from; column < from+end; column++ {
			j.at = append(j.at, place{i, column})
		}
		text.Write(line[from : from+end])
		if !continues {
			break
		}
	}
	if j.text = text.String(); j.text != node.Original {
		return j, errUnread
	}
	return j, nil
}

// continuation is how a line ends that another one continues, by the escape
// character.
var continuation = map[rune]*regexp.Regexp{
	'\\': regexp.MustCompile(`(?:^|[^\\])(\\[ \t]*)$`),
	'`':  regexp.MustCompile("(?:^|[^`])(`[ \t]*)$"),
}

// continued is where a line's text ends, and whether the next line continues it.
func (f *File) continued(line []byte) (end int, continues bool) {
	if found := continuation[f.escape].FindSubmatchIndex(line); found != nil {
		return found[2], true
	}
	return len(line), false
}

// flags are those of an instruction that begins somewhere in the joined line.
func (j joined) flags(node *parser.Node, from int, escape rune) ([]word, error) {
	line := strings.TrimRightFunc(j.text, unicode.IsSpace)
	from = len(line) - len(strings.TrimLeftFunc(line[min(from, len(line)):], unicode.IsSpace))
	behind := strings.IndexAny(line[from:], " \t\v\f\r")
	if behind < 0 {
		return nil, nil
	}
	words, end := flagWords(line, from+behind, escape)
	if !slices.EqualFunc(words, node.Flags, func(w word, flag string) bool { return string(w.text) == flag }) {
		return nil, errUnread
	}
	// The engine's parser knows no other escape character here than the usual.
	if escape != parser.DefaultEscapeToken && strings.ContainsAny(line[from+behind:end], "\\`") {
		return nil, errUnread
	}
	return words, nil
}

// flagWords are the words with two dashes from a place in a line on, and where
// they end. A byte is a character to the parser.
func flagWords(line string, at int, escape rune) (words []word, end int) {
	for {
		for at < len(line) && unicode.IsSpace(rune(line[at])) {
			at++
		}
		if !strings.HasPrefix(line[at:], "--") {
			return words, at
		}
		var w word
		var quote byte
		quoted := false
		for ; at < len(line) && (quote != 0 || !unicode.IsSpace(rune(line[at]))); at++ {
			switch c := line[at]; {
			case quote != 0 && c == quote:
				quote = 0
			case quote == 0 && (c == '\'' || c == '"'):
				quote, quoted = c, true
			case rune(c) != escape:
				w.add(rune(c), at)
			case at+1 < len(line):
				at++
				w.add(rune(line[at]), at)
			}
		}
		if string(w.text) == "--" {
			return words, at
		}
		if quoted || len(w.text) > 0 {
			words = append(words, w)
		}
	}
}

// add adds a character that stands at a place of the line.
func (w *word) add(c rune, at int) {
	w.text = utf8.AppendRune(w.text, c)
	for range utf8.RuneLen(c) {
		w.at = append(w.at, at)
	}
}
