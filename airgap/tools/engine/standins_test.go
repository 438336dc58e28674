// Package engine pins the engine, the CLI and all that they are made of. It
// has no code: go.mod is the list, and these tests hold what the stand-ins
// promise and what go.mod takes over from dagger.
package engine

import (
	"bytes"
	"context"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/dagger/dagger/engine"
	"github.com/dagger/dagger/engine/distconsts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vito/dang/v2/pkg/dang"
	"github.com/vito/midterm"
	"github.com/vito/tuist"
)

func TestDangSaysThatItIsNotIncluded(t *testing.T) {
	ctx := context.Background()
	for name, call := range map[string]func() error{
		"RunDir":                  func() error { _, err := dang.RunDir(ctx, t.TempDir(), false); return err },
		"DeclareDir":              func() error { _, err := dang.DeclareDir(ctx, t.TempDir(), false); return err },
		"EvalNode":                func() error { _, err := dang.EvalNode(ctx, nil, nil); return err },
		"EvaluateFormsWithPhases": func() error { _, err := dang.EvaluateFormsWithPhases(ctx, nil, nil); return err },
	} {
		t.Run(name, func(t *testing.T) {
			assert.EqualError(t, call(), "the Dang SDK is not part of this engine")
		})
	}
}

func TestTheSocketIsTheOneThatTheEngineListensOn(t *testing.T) {
	assert.Equal(t, distconsts.DefaultEngineSockAddr, engine.DefaultEngineSockAddr)
	assert.Equal(t, "unix:///run/dagger/engine.sock", engine.DefaultEngineSockAddr)
}

func TestTerminalKeepsText(t *testing.T) {
	tests := []struct {
		name   string
		writes []string
		want   []string
	}{
		{"lines", []string{"one\ntwo\n"}, []string{"one", "two"}},
		{"a line in pieces", []string{"o", "ne", "\n", "two"}, []string{"one", "two"}},
		{"an empty line between", []string{"one\n\ntwo\n"}, []string{"one", "", "two"}},
		{"colours are dropped", []string{"\x1b[31mred\x1b[0m\n"}, []string{"red"}},
		{"a sequence split between writes", []string{"\x1b[3", "1mred\n"}, []string{"red"}},
		{"a progress bar", []string{"10%\r100%\n"}, []string{"100%"}},
		{"a tab", []string{"a\tb\n"}, []string{"a       b"}},
		{"letters of several bytes", []string{"확", "인\n"}, []string{"확인"}},
		{"nothing", nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			term := midterm.NewAutoResizingTerminal()
			for _, text := range test.writes {
				n, err := term.Write([]byte(text))
				require.NoError(t, err)
				assert.Equal(t, len(text), n)
			}
			var got []string
			for row := range term.UsedHeight() {
				var line bytes.Buffer
				require.NoError(t, term.RenderLine(&line, row))
				got = append(got, line.String())
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestTerminalFindsText(t *testing.T) {
	term := midterm.NewAutoResizingTerminal()
	_, err := term.Write([]byte("FAILED test failed\nok\nfailed\n"))
	require.NoError(t, err)

	assert.Equal(t, 3, term.Search("failed"))
	assert.Equal(t, []int{0, 2}, term.SearchMatchRows())
	row, col := term.SearchSetCurrent(1)
	assert.Equal(t, []int{0, 12}, []int{row, col})

	term.SearchClear()
	assert.Empty(t, term.SearchMatchRows())
}

func TestResetEndsAllFormatting(t *testing.T) {
	assert.Equal(t, "\x1b[0m", midterm.Reset.Render())
}

func TestTUIReportsWhatItsComponentsRender(t *testing.T) {
	tui := tuist.New(tuist.NewStdTerminal())
	step := &component{text: "build ok"}
	gone := &component{text: "keys: q quit"}
	tui.AddChild(step)
	tui.AddChild(gone)
	tui.Start()
	tui.Dispatch(func() { tui.SetFocus(step) })
	tui.Dispatch(func() { tui.RemoveChild(gone) })
	tui.Dispatch(func() { step.text += ", 3 s" })
	tui.Stop()

	assert.Equal(t, []string{"build ok, 3 s"}, tui.RenderLines())
	assert.Equal(t, []string{"mounted", "focused"}, step.events)
	assert.Equal(t, []string{"mounted", "dismounted"}, gone.events)
}

type component struct {
	tuist.Compo
	text   string
	events []string
}

func (c *component) Render(ctx tuist.Context) { ctx.Line(c.text) }
func (c *component) OnMount(tuist.Context)    { c.events = append(c.events, "mounted") }
func (c *component) OnDismount()              { c.events = append(c.events, "dismounted") }
func (c *component) SetFocused(_ tuist.Context, focused bool) {
	if focused {
		c.events = append(c.events, "focused")
	}
}

func TestCompletionMenuLeavesKeysToOthers(t *testing.T) {
	menu := tuist.NewCompletionMenu(tuist.NewTextInput("> "), nil)
	assert.False(t, menu.HandleKeyPress(tuist.Context{}, uv.KeyPressEvent{}))
}
