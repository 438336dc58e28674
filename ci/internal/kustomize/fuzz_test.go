package kustomize

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// FuzzEdit checks, for each file that Edit accepts and by other means than Edit's
// own, that only the target's values differ.
func FuzzEdit(f *testing.F) {
	for _, c := range edits {
		f.Add([]byte(fill.Replace(c.src)), "user-service", "0123456", true)
	}
	for _, c := range refusals {
		f.Add([]byte(c.src), "a", "new", false)
	}
	f.Fuzz(func(t *testing.T, src []byte, name, tag string, withDigest bool) {
		image := Image{Name: name, NewTag: tag}
		if withDigest {
			image.Digest, image.NewName = digestB, "registry.example/"+name
		}
		out, err := Edit(src, []Image{image})
		if err != nil {
			return
		}
		require.Equal(t, image, pinIn(t, out, name))
		require.Equal(t, withoutPin(t, src, name), withoutPin(t, out, name))
		require.Equal(t, bytes.HasPrefix(src, []byte("\uFEFF")), bytes.HasPrefix(out, []byte("\uFEFF")))
		require.LessOrEqual(t, lost(src, out), len(pinKeys)+1, "lines lost")

		again, err := Edit(out, []Image{image})
		require.NoError(t, err)
		require.Equal(t, string(out), string(again))
	})
}

// pinIn reads an image's entry through the plain decoder.
func pinIn(t *testing.T, src []byte, name string) Image {
	var file struct {
		Images []map[string]any `yaml:"images"`
	}
	require.NoError(t, yaml.Unmarshal(src, &file))
	for _, e := range file.Images {
		if e["name"] == any(name) {
			text := func(key string) string { s, _ := e[key].(string); return s }
			return Image{Name: name, NewName: text("newName"), NewTag: text("newTag"), Digest: text("digest")}
		}
	}
	return Image{}
}

// withoutPin decodes a file to plain values and takes the image's pin out, and
// its entry too if nothing else is in it, since Edit may have added it.
func withoutPin(t *testing.T, src []byte, name string) map[any]any {
	var file map[any]any
	if err := yaml.Unmarshal(src, &file); err != nil {
		t.Skip("kustomize could not read this file either:", err)
	}
	list, _ := file["images"].([]any)
	var rest []any
	for _, element := range list {
		e, _ := element.(map[any]any)
		if e == nil {
			named, _ := element.(map[string]any)
			e = map[any]any{}
			for k, v := range named {
				e[k] = v
			}
		}
		if e["name"] == any(name) {
			for _, key := range pinKeys {
				delete(e, key)
			}
			if len(e) == 1 {
				continue
			}
		}
		rest = append(rest, e)
	}
	delete(file, "images")
	if len(rest) > 0 {
		file["images"] = rest
	}
	return file
}

// lost counts the lines of before that are not, in their order, lines of after.
func lost(before, after []byte) int {
	missing, rest := 0, strings.Split(string(after), "\n")
	for line := range strings.SplitSeq(string(before), "\n") {
		if i := slices.Index(rest, line); i >= 0 {
			rest = rest[i+1:]
		} else {
			missing++
		}
	}
	return missing
}

// FuzzElements checks that a set gets an element and nothing else, or an error: it can
// be read again, a second time there is nothing to add, and what was there is there.
func FuzzElements(f *testing.F) {
	for _, generators := range []string{
		"    - list:\n        elements:\n          - name: a\n            namespace: x # y\n", "  - list: {elements: [{app: a, values: {at: a-dev, of: [1]}}]}\n",
		"  - matrix:\n      generators:\n      - list:\n          elements:\n          - {path: \"apps/a\"} # a\n          - {path: 'apps/z'}\n      - git: {}\n", "  - list:\n      elements: [\n        {name: a},\n      ]\n",
	} {
		f.Add([]byte(setHead + generators))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 4<<10 {
			return
		}
		if out, err := AddElements(src, "a", []string{"new-one"}); err == nil {
			again, err := AddElements(out, "a", []string{"new-one"})
			require.NoError(t, err)
			require.Equal(t, out, again)
			require.GreaterOrEqual(t, len(out), len(src))
		}
		if out, err := CopyObject(src, "a", "new-one"); err == nil {
			var was, is any
			require.Equal(t, bounds.YAML(src, &was) == nil, bounds.YAML(out, &is) == nil)
		}
	})
}
