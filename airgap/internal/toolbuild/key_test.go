package toolbuild

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKeyFollowsItsInputs(t *testing.T) {
	tool := Tool{Name: "engine", Module: "tools/engine", Local: []string{"standins"}, Package: "p", Tags: []string{"a"}}
	const toolchain = "go1.26.8 linux amd64"
	tests := []struct {
		name   string
		change func(t *testing.T, repo string, tool *Tool, toolchain *string)
		same   bool
	}{
		{name: "nothing", change: func(*testing.T, string, *Tool, *string) {}, same: true},
		{name: "a file of another module", change: func(t *testing.T, repo string, _ *Tool, _ *string) {
			write(t, repo, "tools/cni/go.mod", "module cni")
		}, same: true},
		{name: "go.mod", change: func(t *testing.T, repo string, _ *Tool, _ *string) {
			write(t, repo, "tools/engine/go.mod", "module engine // v2")
		}},
		{name: "go.sum", change: func(t *testing.T, repo string, _ *Tool, _ *string) {
			write(t, repo, "tools/engine/go.sum", "other sum")
		}},
		{name: "a stand-in", change: func(t *testing.T, repo string, _ *Tool, _ *string) {
			write(t, repo, "standins/a/a.go", "package a // changed")
		}},
		{name: "a new stand-in", change: func(t *testing.T, repo string, _ *Tool, _ *string) {
			write(t, repo, "standins/b/b.go", "package b")
		}},
		{name: "a renamed stand-in", change: func(t *testing.T, repo string, _ *Tool, _ *string) {
			require.NoError(t, os.Rename(filepath.Join(repo, "standins/a/a.go"), filepath.Join(repo, "standins/a/z.go")))
		}},
		{name: "a tag", change: func(_ *testing.T, _ string, tool *Tool, _ *string) { tool.Tags = []string{"b"} }},
		{name: "a linker flag", change: func(_ *testing.T, _ string, tool *Tool, _ *string) { tool.LDFlags = []string{"-s"} }},
		{name: "the build mode", change: func(_ *testing.T, _ string, tool *Tool, _ *string) { tool.BuildMode = "pie" }},
		{name: "C", change: func(_ *testing.T, _ string, tool *Tool, _ *string) { tool.CGO = true }},
		{name: "the package", change: func(_ *testing.T, _ string, tool *Tool, _ *string) { tool.Package = "q" }},
		{name: "the toolchain", change: func(_ *testing.T, _ string, _ *Tool, toolchain *string) { *toolchain = "go1.27.0 linux amd64" }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			repo := t.TempDir()
			write(t, repo, "tools/engine/go.mod", "module engine")
			write(t, repo, "tools/engine/go.sum", "sum")
			write(t, repo, "standins/a/a.go", "package a")
			before, err := tool.key(repo, toolchain)
			require.NoError(t, err)

			changed, with := tool, toolchain
			test.change(t, repo, &changed, &with)
			after, err := changed.key(repo, with)
			require.NoError(t, err)

			assert.Equal(t, test.same, before == after)
		})
	}
}

func TestKeyNeedsTheModule(t *testing.T) {
	_, err := Tool{Module: "tools/engine"}.key(t.TempDir(), "go1.26.8")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestIsFresh(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		fresh bool
	}{
		{"made from the same", map[string]string{"runc": "binary", "runc.key": "k1\n"}, true},
		{"made from something else", map[string]string{"runc": "binary", "runc.key": "k0\n"}, false},
		{"never finished", map[string]string{"runc": "binary"}, false},
		{"removed", map[string]string{"runc.key": "k1\n"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out := t.TempDir()
			for name, content := range test.files {
				write(t, out, name, content)
			}
			assert.Equal(t, test.fresh, isFresh(out, "runc", "k1"))
		})
	}
}
