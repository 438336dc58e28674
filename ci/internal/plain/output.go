package plain

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	// begins is how a line begins that says what is wrong, and mentions how one
	// names it somewhere. Of both, the first line that begins so is better.
	begins = regexp.MustCompile(`^\s*(?:\[?(?i:error|fatal|panic)\b|E   |Traceback \(|npm ERR!|[\w.]+(?:Error|Exception): |[^\s:]+:\d+(?::\d+)?:? (?i:error)\b|\S+\s+(?:FATAL|ERROR)\b|.{0,12}ERR_)`)
	// Said of nothing, as in "0 errors", it is no error.
	mentions = regexp.MustCompile(`(?i)\b(?:errors?|fatal|exception|failed|failure|cannot|could not|unable to|denied|not found)\b`)
	nothing  = regexp.MustCompile(`(?i)\b(?:0|no) (?:\w+ )?(?:errors?|failures?|failed)\b`)
)

// Of a long output these many lines are shown: before the first error, from it on,
// and at the end, where tools sum up.
const (
	before = 3
	after  = 14
	end    = 13
	// widest is how much of a line is shown.
	widest = 400
)

// Shortened is a failed tool's output around its first error, and its end; whole
// tells that it is all of it.
func Shortened(output string) (text string, whole bool) {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	whole = true
	for i, line := range lines {
		if utf8.RuneCountInString(line) > widest {
			lines[i], whole = string([]rune(line)[:widest])+"…", false
		}
	}
	first := firstError(lines)
	shown, last := []string{}, 0
	for i, line := range lines {
		if around := i >= first-before && i < first+after; !around && i < len(lines)-end {
			continue
		}
		if i > last {
			shown, whole = append(shown, fmt.Sprintf("… %d lines …", i-last)), false
		}
		shown, last = append(shown, line), i+1
	}
	return strings.Join(shown, "\n"), whole
}

// firstError is the line of the first error; of an output that names none, where
// its last lines begin.
func firstError(lines []string) int {
	mentioned := -1
	for i, line := range lines {
		if begins.MatchString(line) {
			return i
		}
		if mentioned < 0 && mentions.MatchString(line) && !nothing.MatchString(line) {
			mentioned = i
		}
	}
	if mentioned < 0 {
		return max(0, len(lines)-end)
	}
	return mentioned
}

var (
	// object is an object of the engine in a message of its: kilobytes that say
	// nothing to a person.
	object = regexp.MustCompile(`\b([A-Z][A-Za-z]+)@[A-Za-z0-9+/=_-]{80,}`)
	// way is how the engine came to what failed, and by which of its own numbers it
	// goes.
	way = regexp.MustCompile(`failed to (?:load container from converted ID|clone built container state): |` +
		`(?:load|select|resolve|evaluate) (?:[A-Za-z]+@[A-Za-z0-9+/=_-]+|xxh3:[0-9a-f]+)(?:\.[A-Za-z]+)?: |inputs: | ?\[traceparent:[^\]]*\]|` +
		` ?\(?\bxxh3:[0-9a-f]+\)?|(?:rpc error: code = \w+ desc = )`)
	session = regexp.MustCompile(`\b(session)(?: id| for)*:? [a-z0-9]{25}\b`)
)

// Engine is a message of the engine in words for people.
func Engine(message string) string {
	message = object.ReplaceAllString(way.ReplaceAllString(message, ""), "$1")
	return session.ReplaceAllString(message, "$1")
}
