package kustomize

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
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

// FuzzAddElements checks, by the plain decoder, that a set has the new elements and
// differs in nothing else.
func FuzzAddElements(f *testing.F) {
	for _, test := range []string{
		"    - list:\n        elements:\n          - name: a\n            namespace: pingvas-prod # 운영\n\n  template: {}\n",
		"  - list:\n      elements:\n      -   name: 'a'\n          path: \"apps/overlays/prod/a\"\n",
		"  - list: {elements: [{name: a, namespace: x}]}\n",
		"    - list:\n        elements:\n          - app: a\n  template: {spec: {source: {path: 'x/{{app}}'}}}\n",
		"    - list:\n        elements:\n          - {dir: apps/a} # one\n  template: {spec: {source: {path: '{{ .dir }}'}}}\n",
	} {
		f.Add([]byte(setHead+test), "a", "b")
		f.Add([]byte(strings.ReplaceAll(setHead+test, "\n", "\r\n")), "a", "a-much-longer-name")
	}
	f.Fuzz(func(t *testing.T, src []byte, like, name string) {
		if names.Component(name) != nil || names.Component(like) != nil {
			return // The scaffold names no others.
		}
		out, err := AddElements(src, like, []string{name})
		if err != nil {
			return
		}
		again, err := AddElements(out, like, []string{name})
		require.NoError(t, err)
		require.Equal(t, string(out), string(again))
		var was, is any
		if yaml.Unmarshal(src, &was) != nil {
			t.Skip("Argo CD could not read this file either")
		}
		require.NoError(t, yaml.Unmarshal(out, &is))
		if string(out) == string(src) {
			return
		}
		require.LessOrEqual(t, lost(src, out), 1, "lines lost: that of a list in one line")
		require.Contains(t, fmt.Sprint(is), name)
	})
}

// FuzzQuoted checks what stands between the file and kustomize: numbers become the
// same text, and nothing else changes.
func FuzzQuoted(f *testing.F) {
	for _, tag := range []string{"1.10", "20241128", "1e5", "0123", "0x1F", "~", "null", "y", "2024-11-28", "1_000", "0o17", ".5", "+1", "v1"} {
		f.Add([]byte("images:\n- {name: a, newTag: " + tag + "}\n- name: b\n  newTag: " + tag + " # why\n"))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		out, notes, err := quoted("kustomization.yaml", src)
		if err != nil {
			return
		}
		before, err := parse(src)
		require.NoError(t, err)
		after, err := parse(out)
		if err != nil {
			t.Skip("a value that no tag can be") // Edit refuses what comes of it.
		}
		require.Len(t, after.images.entries, len(before.images.entries))
		require.Empty(t, after.images.numbers())
		require.Len(t, notes, len(before.images.numbers()))
		for i, e := range before.images.entries {
			require.Equal(t, e.image(), after.images.entries[i].image())
		}
	})
}

// FuzzCopyObject checks that what can be read can be read with an object more, and a
// list stays where it was.
func FuzzCopyObject(f *testing.F) {
	for _, generators := range []string{
		"    - list:\n        elements:\n          - name: a\n            namespace: x # y\n", "  - list: {elements: [{app: a, values: {at: a-dev, of: [1]}}]}\n",
	} {
		f.Add([]byte(setHead + generators))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 4<<10 {
			return
		}
		if out, err := CopyObject(src, "a", "new-one"); err == nil {
			var was, is any
			require.Equal(t, bounds.YAML(src, &was) == nil, bounds.YAML(out, &is) == nil)
		}
	})
}
