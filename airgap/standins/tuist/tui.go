package tuist

import (
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"golang.org/x/term"
)

// TUI runs the functions dispatched to it one after the other, and renders its
// components when asked.
type TUI struct {
	Container

	mu      sync.Mutex
	queue   []func()
	wake    chan struct{}
	stop    chan struct{}
	stopped chan struct{}

	started bool
	focused Component
}

// Terminal is where a TUI would draw.
type Terminal struct{}

// NewStdTerminal returns the terminal of the process.
func NewStdTerminal() Terminal { return Terminal{} }

// New returns a TUI without components.
func New(Terminal) *TUI {
	return &TUI{
		wake:    make(chan struct{}, 1),
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
}

// Start mounts the components and begins to run what is dispatched.
func (t *TUI) Start() {
	t.Dispatch(func() {
		t.started = true
		for _, child := range slices.Clone(t.Children) {
			t.mount(child)
		}
	})
	go t.loop()
}

// Stop runs what was dispatched before it, and ends.
func (t *TUI) Stop() {
	close(t.stop)
	<-t.stopped
}

func (t *TUI) loop() {
	defer close(t.stopped)
	for {
		select {
		case <-t.wake:
			t.drain()
		case <-t.stop:
			t.drain()
			return
		}
	}
}

func (t *TUI) drain() {
	for {
		t.mu.Lock()
		due := t.queue
		t.queue = nil
		t.mu.Unlock()
		if len(due) == 0 {
			return
		}
		for _, fn := range due {
			fn()
		}
	}
}

// Dispatch has a function run on the TUI's goroutine, in the order of calls.
func (t *TUI) Dispatch(fn func()) {
	t.mu.Lock()
	t.queue = append(t.queue, fn)
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Exec lends the terminal to a program and returns its error.
func (t *TUI) Exec(fn func(in io.Reader, out io.Writer, errOut io.Writer) error) error {
	return fn(os.Stdin, os.Stdout, os.Stderr)
}

// AddChild adds a component at the end and mounts it if the TUI has started.
func (t *TUI) AddChild(child Component) {
	t.Container.AddChild(child)
	if t.started {
		t.mount(child)
	}
}

func (t *TUI) mount(child Component) {
	if m, ok := child.(Mounter); ok {
		m.OnMount(t.context())
	}
}

// RemoveChild takes a component out.
func (t *TUI) RemoveChild(child Component) {
	t.Container.RemoveChild(child)
	if d, ok := child.(Dismounter); ok {
		d.OnDismount()
	}
}

// SetFocus tells the component that had the focus, and the one that gets it.
func (t *TUI) SetFocus(to Component) {
	if t.focused == to {
		return
	}
	if f, ok := t.focused.(Focusable); ok {
		f.SetFocused(t.context(), false)
	}
	t.focused = to
	if f, ok := to.(Focusable); ok {
		f.SetFocused(t.context(), true)
	}
	if _, ok := to.(*TextInput); ok {
		fmt.Fprintln(os.Stderr, "the interactive prompt is not part of this CLI; give commands with --command or on standard input")
	}
}

// RenderLines renders all components.
func (t *TUI) RenderLines() []string {
	return t.RenderChildResult(t.context(), &t.Container).Lines
}

// SetDebugWriter does nothing: it concerns drawing, of which there is none.
func (*TUI) SetDebugWriter(io.Writer) {}

// SetShowHardwareCursor does nothing; see SetDebugWriter.
func (*TUI) SetShowHardwareCursor(bool) {}

// RequestRender does nothing; see SetDebugWriter.
func (*TUI) RequestRender(bool) {}

func (t *TUI) context() Context {
	width, _ := screenSize()
	return Context{Width: width, tui: t}
}

// screenSize returns the size of the terminal that the report goes to, or one
// that suits a log file.
func screenSize() (width, height int) {
	width, height, err := term.GetSize(int(os.Stderr.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 120, 40
	}
	return width, height
}
