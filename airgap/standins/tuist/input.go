package tuist

import uv "github.com/charmbracelet/ultraviolet"

// TextInput is a line that a person types. Nothing can be typed here; a TUI
// that is to focus one says so.
type TextInput struct {
	Compo
	// Prompt stands before the text.
	Prompt string
	// OnSubmit is called with the text when a person is done.
	OnSubmit func(ctx Context, value string) bool
	// KeyInterceptor sees keys first.
	KeyInterceptor func(ctx Context, ev uv.KeyPressEvent) bool

	value string
}

// NewTextInput returns an empty input.
func NewTextInput(prompt string) *TextInput { return &TextInput{Prompt: prompt} }

// Value returns the text.
func (t *TextInput) Value() string { return t.value }

// SetValue replaces the text.
func (t *TextInput) SetValue(value string) { t.value = value }

// InsertRune adds to the text.
func (t *TextInput) InsertRune(r rune) { t.value += string(r) }

// Render draws nothing: a finished run has no prompt.
func (*TextInput) Render(Context) {}

// Completion is one way to go on with a text.
type Completion struct {
	Label  string
	Detail string
}

// CompletionResult lists the ways to go on from a place in the text.
type CompletionResult struct {
	Items       []Completion
	ReplaceFrom int
}

// CompletionMenu would show completions while a person types.
type CompletionMenu struct{}

// NewCompletionMenu returns a menu that stays closed.
func NewCompletionMenu(*TextInput, func(input string, cursor int) CompletionResult) *CompletionMenu {
	return &CompletionMenu{}
}

// HandleKeyPress reports that the menu did not use the key.
func (*CompletionMenu) HandleKeyPress(Context, uv.KeyPressEvent) bool { return false }
