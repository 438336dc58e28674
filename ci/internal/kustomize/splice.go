package kustomize

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// splice replaces text[start:end].
type splice struct {
	start, end int
	text       string
}

type splices []splice

// apply carries the splices out. Those that start at one place keep the order
// in which they were planned, insertions before removals.
func (s splices) apply(text []byte) ([]byte, error) {
	sorted := slices.Clone(s)
	slices.SortStableFunc(sorted, func(a, b splice) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(min(a.end-a.start, 1), min(b.end-b.start, 1)))
	})
	var out bytes.Buffer
	at := 0
	for _, edit := range sorted {
		if edit.start < at || edit.end < edit.start {
			line := bytes.Count(text[:edit.start], []byte("\n")) + 1
			return nil, fmt.Errorf("line %d: two changes of one entry overlap. Write the entry in block style, one key a line", line)
		}
		out.Write(text[at:edit.start])
		out.WriteString(edit.text)
		at = edit.end
	}
	out.Write(text[at:])
	return out.Bytes(), nil
}

// token returns where the source text of a scalar starts and ends. The parser
// tells only the start, so the end is found by the scalar's own style; a scalar
// whose end isn't plain to see is refused.
func (d *document) token(n *yaml.Node) (start, end int, err error) {
	if start, err = d.offset(n); err != nil {
		return 0, 0, err
	}
	rest := d.text[start:]
	switch {
	case n.Kind != yaml.ScalarNode:
		return 0, 0, fmt.Errorf("line %d: a list or mapping stands where a plain value belongs. Write one value", n.Line)
	case n.Anchor != "" || n.Style&yaml.TaggedStyle != 0:
		return 0, 0, fmt.Errorf("line %d: the value %q carries a tag or an anchor. Write the value alone", n.Line, n.Value)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return 0, 0, fmt.Errorf("line %d: the value is a block scalar. Write it on one line", n.Line)
	case n.Style&yaml.DoubleQuotedStyle != 0:
		end = closingDouble(rest)
	case n.Style&yaml.SingleQuotedStyle != 0:
		end = closingSingle(rest)
	case n.Value == "" && start > 0 && d.text[start-1] == ':':
		end = 0
	case n.Value != "" && bytes.HasPrefix(rest, []byte(n.Value)):
		end = len(n.Value)
	default:
		end = -1
	}
	if end < 0 {
		return 0, 0, fmt.Errorf("line %d: the end of the value %q was not found. Write it on one line", n.Line, n.Value)
	}
	return start, start + end, nil
}

func closingDouble(token []byte) int {
	for i := 1; i < len(token); i++ {
		switch {
		case token[0] != '"':
			return -1
		case token[i] == '\\':
			i++
		case token[i] == '"':
			return i + 1
		}
	}
	return -1
}

func closingSingle(token []byte) int {
	for i := 1; i < len(token); i++ {
		switch {
		case token[0] != '\'':
			return -1
		case token[i] == '\'' && i+1 < len(token) && token[i+1] == '\'':
			i++
		case token[i] == '\'':
			return i + 1
		}
	}
	return -1
}

// offset turns the parser's line and column into a byte offset. The parser
// counts columns in runes.
func (d *document) offset(n *yaml.Node) (int, error) {
	if n.Line < 1 || n.Line > len(d.lines) {
		return 0, fmt.Errorf("line %d: the place of %q was not found", n.Line, n.Value)
	}
	at := d.lines[n.Line-1]
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(d.text[at:])
		if size == 0 {
			return 0, fmt.Errorf("line %d: the place of %q was not found", n.Line, n.Value)
		}
		at += size
	}
	return at, nil
}

// endOfLine goes from the end of a value over white space and a comment to the
// line's break, and refuses a line on which anything else follows.
func (d *document) endOfLine(at int) (int, error) {
	end := d.nextBreak(at)
	rest := strings.TrimLeft(string(d.text[at:end]), " \t")
	if rest == "" || (rest[0] == '#' && len(rest) < end-at) {
		return end, nil
	}
	line, _ := slices.BinarySearch(d.lines, at+1)
	return 0, fmt.Errorf("line %d: %q follows a value on its line. Write one key a line", line, rest)
}

func (d *document) nextBreak(at int) int {
	for at < len(d.text) && d.breakAt(at) == 0 {
		at++
	}
	return at
}

// breakAt is the length of the line break at an offset, or 0.
func (d *document) breakAt(at int) int { return breakLength(d.text[at:]) }

func (d *document) isLineStart(at int) bool {
	_, found := slices.BinarySearch(d.lines, at)
	return found
}

// splitLines finds where lines start and how the first of them ends, by the
// parser's notion of a line.
func splitLines(text []byte) (starts []int, eol string) {
	eol = "\n"
	starts = []int{0}
	for at := 0; at < len(text); {
		n := breakLength(text[at:])
		if n == 0 {
			at++
			continue
		}
		if len(starts) == 1 {
			eol = string(text[at : at+n])
		}
		at += n
		starts = append(starts, at)
	}
	return starts, eol
}

// breakLength knows the line breaks of YAML 1.1, which the parser follows: next
// line, line separator and paragraph separator are breaks as well.
func breakLength(text []byte) int {
	for _, lineBreak := range []string{"\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029"} {
		if bytes.HasPrefix(text, []byte(lineBreak)) {
			return len(lineBreak)
		}
	}
	return 0
}

func isBlank(text []byte) bool { return len(bytes.Trim(text, " \t\r\n")) == 0 }
