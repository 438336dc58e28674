// Package teav1 runs a bubbletea program, such as a form, in the middle of a
// run.
//
// It stands in for a part of the terminal toolkit of which package tuist tells
// more. As nothing else draws, the program gets the whole terminal.
package teav1

import (
	"fmt"
	"os"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/vito/tuist"
)

// Wrap is a component that runs a model from when it is mounted until it quits.
type Wrap struct {
	tuist.Compo
	model  tea.Model
	onQuit func()
}

// New returns a component for a model.
func New(model tea.Model) *Wrap {
	return &Wrap{model: model, onQuit: func() {}}
}

// OnQuit has a function called, on the TUI's goroutine, when the model has quit.
func (w *Wrap) OnQuit(fn func()) { w.onQuit = fn }

// OnMount starts the model.
func (w *Wrap) OnMount(ctx tuist.Context) {
	go func() {
		if _, err := tea.NewProgram(w.model, tea.WithOutput(os.Stderr)).Run(); err != nil {
			fmt.Fprintln(os.Stderr, "run the form:", err)
		}
		ctx.Dispatch(w.onQuit)
	}()
}

// Render draws nothing: the model drew itself.
func (*Wrap) Render(tuist.Context) {}
