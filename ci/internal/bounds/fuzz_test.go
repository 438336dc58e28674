package bounds

import (
	"reflect"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/stretchr/testify/require"
)

// FuzzYAML checks that what is accepted is no larger than was counted before it was
// made, and that no more than the aliases may add came to what is written.
func FuzzYAML(f *testing.F) {
	for _, text := range []string{
		"a: &a [1, 2]\nb: *a\nc: {<<: {d: *a}, e: *a}\n", "- |\n  a: &a [1]\n  b: *a\n", "a: &a [1, *a]\n", "? [a]\n: b\n--- x\n...\n",
		"a0: &a0 [l,l,l,l,l,l,l,l,l]\na1: &a1 [*a0,*a0,*a0,*a0,*a0,*a0,*a0,*a0,*a0]\na2: &a2 [*a1,*a1,*a1,*a1,*a1,*a1,*a1,*a1,*a1]\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var doc any
		if YAML(text, &doc) != nil {
			return
		}
		counted, err := Values(text)
		require.NoError(t, err)
		made := extentOf(reflect.ValueOf(doc))
		require.LessOrEqual(t, made, counted)
		require.LessOrEqual(t, made, len(text)+mostAdded+1)
	})
}

// extentOf counts the values that a document became.
func extentOf(v reflect.Value) int {
	count := 1
	switch v.Kind() {
	case reflect.Invalid:
		return 0
	case reflect.Interface:
		return extentOf(v.Elem())
	case reflect.Map:
		for _, key := range v.MapKeys() {
			count += extentOf(key) + extentOf(v.MapIndex(key))
		}
	case reflect.Slice:
		for i := range v.Len() {
			count += extentOf(v.Index(i))
		}
	}
	return count
}

// FuzzTOML checks that no string or comment hides how deep the lists of a document
// are nested: once by its headings, and once in a value.
func FuzzTOML(f *testing.F) {
	for _, text := range []string{
		"[tool.ruff]\nselect = [\"[[[\", '{{{', \"\"\"[[[\n\"\"\"] # [[[\n", "a = [[[1], ['''\n]'''], [\"]\\\"]\"]]]\n[[b.c]]\nd = {e = [[{f = []}]]}\n", "a = [\"\"\"]\"\"\"\"\", [[]]]", "'a.b'.\"c\" = 1\r\n#x",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var doc map[string]any
		if len(text) > 4<<10 || toml.Unmarshal(text, &doc) != nil {
			return
		}
		require.LessOrEqual(t, lists(doc), 2*depthOfTOML(text))
	})
}

// lists is how deep lists are nested in a value.
func lists(value any) int {
	deepest := 0
	switch value := value.(type) {
	case map[string]any:
		for _, inner := range value {
			deepest = max(deepest, lists(inner))
		}
	case []any:
		for _, inner := range value {
			deepest = max(deepest, lists(inner))
		}
		deepest++
	}
	return deepest
}
