// Package plain makes text of somebody else's fit to be shown: a file's name, a
// server's answer or a tool's output can have characters in it that move a
// terminal's cursor, hide what stands there or turn its order around, and an
// address can have a password in it.
package plain

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	// sequence is a colour, a title or another command to a terminal.
	sequence = regexp.MustCompile(`(?:\x1b\[|\x{9b})[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x{9d})[^\x07\x1b\x{9c}\n]*(?:\x07|\x1b\\|\x{9c})|\x1b[@-Z\\^_]|\x1b[ -/]+[0-~]`)
	// login is what stands before the host of an address. Of ssh's, a user alone is
	// no secret.
	login = regexp.MustCompile(`(?i)\b(https?://)[^\s/?#"'<>]+@|\b([a-z][a-z0-9+.-]*://[^\s/?#"'<>:@]*:)[^\s/?#"'<>]+@`)
)

// Text is text of several lines: line breaks and tabs stay, commands to a
// terminal go, and any other character that is not for reading is written out,
// as \x07 or \u202e.
func Text(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(sequence.ReplaceAllString(text, ""))
	return written(Redacted(text), "\n\t")
}

// Line is text of one line, such as a file's name: line breaks and tabs are
// written out, too.
func Line(text string) string { return written(Redacted(sequence.ReplaceAllString(text, "")), "") }

// Redacted is text without the passwords of the addresses in it.
func Redacted(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	return login.ReplaceAllString(text, "${1}${2}***@")
}

// A runner of GitHub takes for a command what begins a line by two colons, whatever white
// space of Unicode is before them, and what has ##[ anywhere. It compares by a language's
// rules, for which signs that are not seen, and marks, are not there. Commands to a
// terminal may be taken out of the text later. A line ends at \r, too; a reader may take
// more for its end.
var (
	unseen    = `(?:[\x00-\x08\x0e-\x1f\x7f-\x9f\p{Cf}\p{M}]|` + sequence.String() + `)`
	command   = regexp.MustCompile(`((?:^|[\n\r\v\f\x{85}\x{2028}\x{2029}])(?:[\s\v\x{85}\p{Z}]|` + unseen + `)*:` + unseen + `*)(:)`)
	bracketed = regexp.MustCompile(`(#` + unseen + `*)(#` + unseen + `*\[)`)
)

// Inert is text in which no line is a command to a runner of GitHub, which obeys what
// is printed: such a line is shown with a backslash in it.
func Inert(text string) string {
	return bracketed.ReplaceAllString(command.ReplaceAllString(text, `${1}\${2}`), `${1}\${2}`)
}

// written writes out what is not for reading, but for some characters.
func written(text, kept string) string {
	var out strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&out, `\x%02x`, text[0])
		case !hidden(r) || strings.ContainsRune(kept, r):
			out.WriteString(text[:n])
		case r <= unicode.MaxLatin1:
			fmt.Fprintf(&out, `\x%02x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		text = text[n:]
	}
	return out.String()
}

// hidden tells of a character that a terminal obeys instead of showing it. Those
// that join letters and emoji are none: many scripts need them.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == '\ufeff'
}

// Error is an error that reads as Text; nil of none.
func Error(err error) error {
	if err == nil {
		return nil
	}
	text := Text(err.Error())
	if text == err.Error() {
		return err
	}
	return &shown{text, err}
}

type shown struct {
	text string
	err  error
}

func (s *shown) Error() string { return s.text }

// Unwrap returns a list, of one: of an error that wraps one alone, a function of
// the module returns the engine's innermost.
func (s *shown) Unwrap() []error { return []error{s.err} }
