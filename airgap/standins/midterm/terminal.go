// Package midterm keeps the lines that a program wrote to a terminal, for the
// CLI to show again.
//
// It stands in for a terminal emulator of the same name, which the module
// proxy refuses. Lost: colours and cursor movement of a program's output. What
// remains is its text, line by line, a carriage return going back to the start
// of the line.
package midterm

import (
	"io"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Terminal collects text written to it. It grows in both directions.
type Terminal struct {
	// AutoResizeX tells that lines grow instead of being wrapped.
	AutoResizeX bool
	// Content is the text, one slice a line.
	Content [][]rune
	// SearchMatches are the places that the last Search found.
	SearchMatches []Match

	parser *ansi.Parser
	column int
}

// Match is a place where a searched text was found.
type Match struct {
	Row int
	Col int
}

// Color would be a colour to render with; this package renders none.
type Color struct{}

// NewAutoResizingTerminal returns an empty terminal.
func NewAutoResizingTerminal() *Terminal {
	t := &Terminal{AutoResizeX: true, parser: new(ansi.Parser)}
	// There is a terminal for every step of a run: keep its buffers small.
	t.parser.SetParamsSize(32)
	t.parser.SetDataSize(256)
	t.parser.SetHandler(ansi.Handler{Print: t.print, Execute: t.execute})
	return t
}

// Write adds output of a program. Control sequences are dropped, even when
// they are split between writes.
func (t *Terminal) Write(p []byte) (int, error) {
	t.parser.Parse(p)
	return len(p), nil
}

// print puts a rune at the cursor, over what stands there.
func (t *Terminal) print(r rune) {
	if len(t.Content) == 0 {
		t.Content = append(t.Content, nil)
	}
	line := &t.Content[len(t.Content)-1]
	for len(*line) <= t.column {
		*line = append(*line, ' ')
	}
	(*line)[t.column] = r
	t.column++
}

// execute follows the control characters that move within text.
func (t *Terminal) execute(b byte) {
	switch b {
	case '\n':
		if len(t.Content) == 0 {
			t.Content = append(t.Content, nil)
		}
		t.Content = append(t.Content, nil)
		t.column = 0
	case '\r':
		t.column = 0
	case '\b':
		t.column = max(0, t.column-1)
	case '\t':
		for t.print(' '); t.column%8 != 0; {
			t.print(' ')
		}
	}
}

// UsedHeight returns the number of lines up to the last one with text.
func (t *Terminal) UsedHeight() int {
	if n := len(t.Content); n > 0 && len(t.Content[n-1]) == 0 {
		return n - 1
	}
	return len(t.Content)
}

// ResizeX does nothing: lines are kept as long as they were written.
func (t *Terminal) ResizeX(int) {}

// RenderLine writes one line, without its end.
func (t *Terminal) RenderLine(w io.Writer, row int) error {
	if row < 0 || row >= len(t.Content) {
		return nil
	}
	_, err := io.WriteString(w, string(t.Content[row]))
	return err
}

// RenderLineFgBg writes one line; the colours are not used.
func (t *Terminal) RenderLineFgBg(w io.Writer, row int, _, _ *Color) error {
	return t.RenderLine(w, row)
}

// Search notes every place of a text, ignoring case, and returns their number.
func (t *Terminal) Search(query string) int {
	t.SearchClear()
	query = strings.ToLower(query)
	if query == "" {
		return 0
	}
	for row, line := range t.Content {
		text := strings.ToLower(string(line))
		for col := strings.Index(text, query); col >= 0; {
			t.SearchMatches = append(t.SearchMatches, Match{Row: row, Col: col})
			next := strings.Index(text[col+len(query):], query)
			if next < 0 {
				break
			}
			col += len(query) + next
		}
	}
	return len(t.SearchMatches)
}

// SearchClear forgets the places found.
func (t *Terminal) SearchClear() {
	t.SearchMatches = nil
}

// SearchSetCurrent returns where the place of that number is, or -1 and -1
// when there is none.
func (t *Terminal) SearchSetCurrent(i int) (row, col int) {
	if i < 0 || i >= len(t.SearchMatches) {
		return -1, -1
	}
	return t.SearchMatches[i].Row, t.SearchMatches[i].Col
}

// SearchMatchRows returns the lines with a place found, each once.
func (t *Terminal) SearchMatchRows() []int {
	var rows []int
	for _, m := range t.SearchMatches {
		rows = append(rows, m.Row)
	}
	return slices.Compact(rows)
}

// Format is how text looks.
type Format struct{}

// Reset is the format of plain text.
var Reset Format

// Render returns the control sequence that switches to the format.
func (Format) Render() string {
	return "\x1b[0m"
}
