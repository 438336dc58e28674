package report

import (
	"regexp"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

var (
	// marks are what has a meaning within a line of Markdown as GitHub reads it.
	marks = strings.NewReplacer(
		`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `~`, `\~`, `|`, `\|`, `#`, `\#`, `!`, `\!`, `$`, `\$`,
		`<`, "&lt;", `>`, "&gt;", `&`, "&amp;", `@`, "&#64;", "://", `&#58;//`, "www.", "www&#46;",
	)
	// quiet is what has a meaning within HTML in Markdown, should it be read as such.
	quiet = strings.NewReplacer("[", "&#91;", "`", "&#96;", "*", "&#42;", "_", "&#95;")
	// starts is what has one at the beginning of a line.
	starts = regexp.MustCompile(`^(\s*)([-+=]|\d+[.)])`)
)

// text is a line of Markdown that says what it says.
func text(of string) string {
	line := strings.Join(strings.Fields(plain.Line(plain.Text(strings.ReplaceAll(of, "\n", " ")))), " ")
	return starts.ReplaceAllString(marks.Replace(line), `$1\$2`)
}

// code is a line in the letters of a machine. Within it nothing is mark-up but its
// end, and in a table the end of a cell.
func code(of string) string {
	line := strings.Join(strings.Fields(plain.Line(strings.ReplaceAll(of, "\n", " "))), " ")
	if line == "" {
		return ""
	}
	fence := strings.Repeat("`", longest(line)+1)
	if fence != "`" || line[0] == '`' || line[len(line)-1] == '`' {
		line = " " + line + " "
	}
	return fence + strings.ReplaceAll(plain.Inert(line), "|", `\|`) + fence
}

// linked is a text that leads somewhere; where there is no address, the text alone.
func linked(label, address string) string {
	if address = link(address); address == "" {
		return label
	}
	return "[" + label + "](<" + strings.NewReplacer("<", "%3C", ">", "%3E", `\`, "%5C", "|", "%7C", "\n", "").Replace(address) + ">)"
}

// fenceOf is a fence that a text does not end.
func fenceOf(of string) string { return strings.Repeat("`", max(3, longest(of)+1)) }

// longest is how many backticks follow each other at most.
func longest(of string) (most int) {
	n := 0
	for _, r := range of {
		if n++; r != '`' {
			n = 0
		}
		most = max(most, n)
	}
	return most
}
