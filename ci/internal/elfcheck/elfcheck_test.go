package elfcheck_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/elfcheck"
)

func TestAssert(t *testing.T) {
	const both = "62\ta/_x.cpython-313-x86_64-linux-gnu.so\n183\tb/liby.so.1\n"
	for name, test := range map[string]struct {
		listing, platform string
		count             int
		err               string
	}{
		"nothing":          {"", "linux/arm64", 0, ""},
		"of the platform":  {"183\ta.so\n183\tb.so.2\n", "linux/arm64", 2, ""},
		"of another":       {both, "linux/arm64", 2, "a/_x.cpython-313-x86_64-linux-gnu.so is for amd64"},
		"the other way":    {both, "linux/amd64", 2, "b/liby.so.1 is for arm64"},
		"rarer":            {"243\tr.so\n", "linux/amd64", 1, "r.so is for EM_RISCV"},
		"unknown platform": {"", "windows/amd64", 0, "Name linux/amd64 or linux/arm64"},
		"broken listing":   {"Traceback\n", "linux/amd64", 0, "is no line of the listing"},
		"a wheel of it":    {"wheel\tmanylinux_2_17_aarch64.manylinux2014_aarch64\ta.dist-info/WHEEL\n", "linux/arm64", 0, ""},
		"one of everyone":  {"wheel\tany\ta.dist-info/WHEEL\n", "linux/arm64", 0, ""},
		"one of another":   {"wheel\tmanylinux_2_17_x86_64 linux_x86_64\ta.dist-info/WHEEL\n", "linux/arm64", 0, "a.dist-info/WHEEL is a package for manylinux_2_17_x86_64 linux_x86_64"},
		"many":             {"62\ta.so\n62\tb.so\n62\tc.so\n62\td.so\n62\te.so\n62\tf.so\n62\tg.so\n", "linux/arm64", 7, "and 2 more"},
	} {
		t.Run(name, func(t *testing.T) {
			count, err := elfcheck.Assert(test.listing, test.platform)
			assert.Equal(t, test.count, count)
			if test.err == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.err)
		})
	}
}

// TestScript runs the script on files with heads as ELF has them.
func TestScript(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no Python on this machine; the images have one")
	}
	dir := t.TempDir()
	head := func(machine byte) []byte {
		h := make([]byte, 64)
		copy(h, "\x7fELF\x02\x01\x01")
		h[18] = machine
		return h
	}
	for name, content := range map[string][]byte{
		"pkg/_arm.cpython-313-aarch64-linux-gnu.so": head(183), "pkg/lib/libz.so.1.2": head(62),
		"pkg/script.so": []byte("INPUT(libc.so.6)"), "pkg/program": head(62), "pkg/short.so": []byte("\x7f"),
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o644))
	}
	listing, err := exec.Command(python, "-c", elfcheck.Script, dir).Output()
	require.NoError(t, err)
	count, err := elfcheck.Assert(string(listing), "linux/arm64")
	assert.Equal(t, 2, count)
	require.ErrorContains(t, err, "pkg/lib/libz.so.1.2 is for amd64")
	assert.NotContains(t, err.Error(), "program")
}

// TestScriptOnPackages: of an installed package, what Python would load counts, and
// what its wheel is for; no helper that it brings for machines of every kind.
func TestScriptOnPackages(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no Python on this machine; the images have one")
	}
	object := func(text string) string {
		return "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 11) + "\x3e" + strings.Repeat("\x00", 45) + text
	}
	for name, test := range map[string]struct{ file, text, says string }{
		"a helper":               {"debugger/attach_linux_amd64.so", object(""), ""},
		"a library":              {"numeric.libs/libz.so.1", object(""), ""},
		"a module, by its name":  {"fast.cpython-313-x86_64-linux-gnu.so", object(""), "fast.cpython-313-x86_64-linux-gnu.so is for amd64"},
		"a module, by its entry": {"slow.so", object("PyInit_slow"), "slow.so is for amd64"},
		"a wheel":                {"fast-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: cp313-cp313-linux_x86_64\n", "is a package for linux_x86_64"},
		"a wheel of everyone":    {"pure-1.dist-info/WHEEL", "Tag: py3-none-any\n", ""},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, "lib/python3.13/site-packages", test.file)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(test.text), 0o644))
		listing, err := exec.Command(python, "-c", elfcheck.Script, dir).Output()
		require.NoError(t, err, name)
		_, err = elfcheck.Assert(string(listing), "linux/arm64")
		if test.says == "" {
			require.NoError(t, err, name)
		} else {
			require.ErrorContains(t, err, test.says, name)
		}
	}
}

func TestExecutable(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "run.sh")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\n"), 0o600))
	require.NoError(t, elfcheck.Executable(script, "/run.sh", "linux/arm64"), "a script is of every platform")

	source := filepath.Join(dir, "main.go")
	require.NoError(t, os.WriteFile(source, []byte("package main\nfunc main() {}\n"), 0o600))
	program := filepath.Join(dir, "server")
	build := exec.Command("go", "build", "-o", program, source)
	build.Env = append(os.Environ(), "GOARCH=arm64", "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))
	require.NoError(t, elfcheck.Executable(program, "/server", "linux/arm64"))
	require.EqualError(t, elfcheck.Executable(program, "/server", "linux/amd64"),
		"/server, which the image for linux/amd64 runs, is for arm64. Compile for the target: ARG TARGETARCH in the stage, and GOARCH=$TARGETARCH or the like")
	require.ErrorContains(t, elfcheck.Executable(filepath.Join(dir, "none"), "/none", "linux/amd64"), "look at /none")
}
