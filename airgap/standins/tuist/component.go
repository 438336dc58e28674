// Package tuist lays out what the CLI reports, without drawing it while a
// command runs.
//
// It stands in for a terminal toolkit of the same name, which the module proxy
// refuses. Lost: the live view, its keys and its mouse, and the interactive
// shell's prompt. What remains: a report of the finished run, forms, and
// programs that take over the terminal. Commands that want to be watched use
// DAGGER_PROGRESS=plain, which does not pass here at all.
package tuist

import (
	"strings"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
)

// Component is a part of the report.
type Component interface {
	Render(Context)
}

// What a component may also be. A TUI calls OnMount and OnDismount; the others
// answer keys and the mouse, of which none arrive.
type (
	// Mounter wants to know when it becomes part of a started TUI.
	Mounter interface{ OnMount(Context) }
	// Dismounter wants to know when it is taken out.
	Dismounter interface{ OnDismount() }
	// Focusable wants to know when it gains or loses the focus.
	Focusable interface{ SetFocused(Context, bool) }
	// Interactive answers keys.
	Interactive interface {
		HandleKeyPress(Context, uv.KeyPressEvent) bool
	}
	// MouseEnabled answers the mouse.
	MouseEnabled interface {
		HandleMouse(Context, MouseEvent) bool
	}
	// Hoverable wants to know when the mouse is over it.
	Hoverable interface{ SetHovered(Context, bool) }
)

// MouseEvent is a mouse event at a place within a component.
type MouseEvent struct {
	uv.MouseEvent
	Row, Col int
}

// Context is where a component renders to.
type Context struct {
	// Width and Height are the columns and lines to fill; a height of 0 is unlimited.
	Width, Height int

	tui  *TUI
	sink *[]string
}

// Line adds a line.
func (c Context) Line(line string) { c.Lines(line) }

// Lines adds lines.
func (c Context) Lines(lines ...string) {
	if c.sink != nil {
		*c.sink = append(*c.sink, lines...)
	}
}

// Resize returns the context with another size.
func (c Context) Resize(width, height int) Context {
	c.Width, c.Height = width, height
	return c
}

// ScreenHeight returns the lines of the whole screen.
func (c Context) ScreenHeight() int {
	_, height := screenSize()
	return height
}

// SetFocus moves the focus.
func (c Context) SetFocus(to Component) {
	if c.tui != nil {
		c.tui.SetFocus(to)
	}
}

// Dispatch runs a function on the TUI's own goroutine, after what waits there.
func (c Context) Dispatch(fn func()) {
	if c.tui != nil {
		c.tui.Dispatch(fn)
	}
}

// Compo is embedded by components, for rendering others within them.
type Compo struct{}

// RenderResult is what a component rendered.
type RenderResult struct {
	Lines []string
}

// Update would schedule a redraw; a report is drawn once, when it is asked for.
func (*Compo) Update() {}

// RenderChild renders a component into the context.
func (c *Compo) RenderChild(ctx Context, child Component) {
	ctx.Lines(c.RenderChildResult(ctx, child).Lines...)
}

// RenderChildResult renders a component and returns its lines.
func (*Compo) RenderChildResult(ctx Context, child Component) RenderResult {
	var lines []string
	ctx.sink = &lines
	child.Render(ctx)
	return RenderResult{Lines: lines}
}

// RenderChildInline renders a component of one line, to stand within another.
func (c *Compo) RenderChildInline(ctx Context, child Component) string {
	return strings.Join(c.RenderChildResult(ctx, child).Lines, " ")
}

// Container renders components one below the other.
type Container struct {
	Compo
	Children []Component
}

// AddChild adds a component at the end.
func (c *Container) AddChild(child Component) {
	c.Children = append(c.Children, child)
}

// RemoveChild takes a component out.
func (c *Container) RemoveChild(child Component) {
	for i, has := range c.Children {
		if has == child {
			c.Children = append(c.Children[:i:i], c.Children[i+1:]...)
			return
		}
	}
}

// Render renders all components.
func (c *Container) Render(ctx Context) {
	for _, child := range c.Children {
		c.RenderChild(ctx, child)
	}
}

// Spinner marks what has not ended.
type Spinner struct {
	Compo
	// Epoch would be the start of the animation.
	Epoch time.Time
}

// NewSpinner returns a spinner.
func NewSpinner() *Spinner { return &Spinner{} }

// Render draws the mark, which stands still.
func (*Spinner) Render(ctx Context) { ctx.Line("◐") }
