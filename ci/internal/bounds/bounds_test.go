package bounds_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// bomb is a document of which each level is nine times the one before.
func bomb(levels int) string {
	text := "a0: &a0 [l,l,l,l,l,l,l,l,l]\n"
	for level := 1; level < levels; level++ {
		text += fmt.Sprintf("a%d: &a%d [%s]\n", level, level, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", level-1), 9), ","))
	}
	return text
}

func TestYAMLRefuses(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"aliases of aliases":       {bomb(10), "line 1: with the aliases of this document"},
		"more than can be counted": {bomb(100), "Write the values out"},
		"in a second document":     {"a: 1\n---\n" + bomb(10), "line 2: with the aliases"},
		"in many documents":        {strings.Repeat(bomb(4)+"---\n", 20), "Write the values out"},
		"in many patches":          {strings.Repeat("- |-\n    "+strings.ReplaceAll(bomb(4), "\n", "\n    ")+"\n", 20), "Write the values out"},
		"in a patch":               {"patches:\n- patch: |-\n    " + strings.ReplaceAll(bomb(10), "\n", "\n    "), "the text that starts here is YAML"},
		"a long text many times":   {"a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Repeat("*a,", 9) + "*a]\n", "bytes are made"},
		"an alias within itself":   {"a: &a [1, *a]\n", "stands within what it names"},
		"depth":                    {strings.Repeat("[", 300) + strings.Repeat("]", 300), "more than 250 levels deep"},
		"depth by aliases":         {deep(30, 10), "more than 250 levels deep"},
		"size":                     {"a: " + strings.Repeat("x", bounds.MostBytes), "more than 8 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			var into any
			require.ErrorContains(t, bounds.YAML([]byte(test.text), &into), test.want)
			_, err := bounds.Documents([]byte(test.text))
			require.ErrorContains(t, err, test.want)
		})
	}
}

// deep nests a list as many levels deep by way of each alias.
func deep(aliases, levels int) string {
	text := "a0: &a0 [1]\n"
	for i := 1; i < aliases; i++ {
		text += fmt.Sprintf("a%d: &a%d %s*a%d%s\n", i, i, strings.Repeat("[", levels), i-1, strings.Repeat("]", levels))
	}
	return text
}

func TestYAMLReads(t *testing.T) {
	var resources struct {
		Jobs map[string]struct{ Image, CPU, Memory string }
	}
	text := `
limits: &limits {cpu: 500m, memory: 1Gi}
jobs:
  one: {<<: *limits, image: a}
  two:
    <<: [*limits]
    image: b
    memory: 2Gi
`
	require.NoError(t, bounds.YAML([]byte(text), &resources))
	assert.Equal(t, "500m", resources.Jobs["one"].CPU)
	assert.Equal(t, "2Gi", resources.Jobs["two"].Memory)

	var known struct{ Name string }
	require.NoError(t, bounds.KnownYAML([]byte("name: a"), &known))
	require.ErrorContains(t, bounds.KnownYAML([]byte("nam: a"), &known), "not found")
	require.NoError(t, bounds.YAML(nil, &known), "no document")

	documents, err := bounds.Documents([]byte("a: &x 1\n---\nb: 2\n---\nc: [\n"))
	require.Error(t, err)
	assert.Len(t, documents, 2, "those before the one that is none")
}

func TestYAMLOfOrdinarySize(t *testing.T) {
	size := 2 << 20
	if testing.Short() {
		size = 1 << 18
	}
	var crd, lock strings.Builder
	for crd.Len() < size {
		crd.WriteString("- name: field\n  schema:\n    type: object\n    description: What it is for, & what not (*).\n")
	}
	lock.WriteString("packages:\n")
	for i := 0; lock.Len() < size/2; i++ {
		fmt.Fprintf(&lock, "  '@scope/package@1.0.%d':\n    resolution: {integrity: sha512-%040d}\n    engines: {node: '>=18'}\n", i, i)
	}
	for _, text := range []string{crd.String(), lock.String()} {
		count, err := bounds.Values([]byte(text))
		require.NoError(t, err)
		assert.Greater(t, count, size/1024)
	}
	count, err := bounds.Values([]byte("a: [1, 2]\n---\nnot: [yaml\n"))
	require.NoError(t, err)
	assert.Equal(t, 6, count)
}

func TestTOML(t *testing.T) {
	var into map[string]any
	for _, text := range []string{
		"a = " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		"a = [\"]\", '''\n]''', # ]\n" + strings.Repeat("[\"]]]]\\\"]\",", 5000),
		"a = [\"\"\"]\"\"\"\"\", " + strings.Repeat("[", 5000),
		strings.Repeat("a.", 5000) + "a = 1",
		"[" + strings.Repeat("a . ", 5000) + "a]",
		"a = " + strings.Repeat("{a = ", 5000) + "1",
	} {
		require.ErrorContains(t, bounds.TOML([]byte(text), &into), "levels deep", "%.40s", text)
	}
	require.ErrorContains(t, bounds.TOML([]byte("#"+strings.Repeat("x", bounds.MostBytes)), &into), "8 MiB")

	text := "[tool.ruff]\nselect = [\"[[[\", '{{{', \"\"\"[[[\n\"\"\"] # [[[\nnumbers = [" + strings.Repeat("1.5, ", 1000) + "1.5]\n# the end"
	require.NoError(t, bounds.TOML([]byte(text), &into))
	assert.Contains(t, into["tool"], "ruff")
}

func TestJSON(t *testing.T) {
	var into any
	require.Error(t, bounds.JSON([]byte(strings.Repeat("[", 1<<20)), &into))
	require.ErrorContains(t, bounds.JSON([]byte(strings.Repeat(" ", bounds.MostBytes+1)), &into), "8 MiB")
	require.NoError(t, bounds.JSON([]byte(`{"a": 1}`), &into))
}

func TestIn(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(outside, []byte("token"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "below"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "below", "file"), []byte("text"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "large"), make([]byte, bounds.MostBytes+1), 0o600))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	for link, target := range map[string]string{
		"inner": "below/file", "outer": outside, "up": "../../../../../../../../proc/self/environ", "folder": "below", "away": filepath.Dir(outside),
	} {
		require.NoError(t, os.Symlink(target, filepath.Join(dir, link)))
	}
	require.NoError(t, bounds.In(dir, func(tree fs.FS) error {
		for _, name := range []string{"below/file", "inner", "folder/file"} {
			text, err := fs.ReadFile(tree, name)
			require.NoError(t, err)
			assert.Equal(t, "text", string(text))
		}
		for name, want := range map[string]string{
			"outer": "outer is a link, or lies behind one, that leads out of", "up": "Replace the link by what it leads to",
			"away/secret": "away/secret is a link, or lies behind one", "large": "large has more than 8 MiB",
			"pipe": "pipe is no regular file", "below": "below is a directory",
		} {
			_, err := fs.ReadFile(tree, name)
			require.ErrorContains(t, err, want)
		}
		_, err := fs.ReadFile(tree, "absent")
		require.ErrorIs(t, err, fs.ErrNotExist)
		_, err = fs.Stat(tree, "outer")
		require.ErrorContains(t, err, "leads out of")
		target, err := fs.ReadLink(tree, "inner")
		require.NoError(t, err)
		assert.Equal(t, "below/file", target)
		seen := 0
		require.NoError(t, fs.WalkDir(tree, ".", func(string, fs.DirEntry, error) error { seen++; return nil }))
		assert.Equal(t, 10, seen, "links are named and not followed")
		return nil
	}))
	_, err := bounds.ReadIn(dir, "up")
	require.ErrorContains(t, err, "leads out of")
	text, err := bounds.ReadIn(dir, "inner")
	require.NoError(t, err)
	assert.Equal(t, "text", string(text))
}

// Hostile text is worked on in time that goes with its size.
// TestTime: what is long takes its length in time, and not the square of it.
func TestTime(t *testing.T) {
	size := 1 << 17
	if testing.Short() {
		size = 1 << 14
	}
	for name, text := range map[string]string{
		"flow":    "[" + strings.Repeat("a,", size) + "a]",
		"keys":    strings.Repeat("? a\n", size/2),
		"mapping": "{" + strings.Repeat("a: a, ", size/2) + "}",
		"anchors": strings.Repeat("- &a *a\n", size),
		"indents": strings.Repeat("- ", size),
		"quotes":  "\"" + strings.Repeat("\\x41", size/2) + "\"",
		"block":   "|\n" + strings.Repeat(" \n", size),
		"colons":  strings.Repeat("a:", size),
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			var node yaml.Node
			_ = bounds.YAML([]byte(text), &node) // Whether it is YAML is not asked here.
			assert.Less(t, time.Since(begin), time.Minute)
		})
	}
}
