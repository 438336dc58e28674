package kustomize

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Renamed is a text with a name in the place of another one, where that is a word
// of its own, such as in old-dev or apps/old.
func Renamed(text, old, name string) string {
	if old == "" {
		return text
	}
	var out strings.Builder
	for at := 0; ; {
		next := strings.Index(text[at:], old)
		if next < 0 {
			out.WriteString(text[at:])
			return out.String()
		}
		start, end := at+next, at+next+len(old)
		out.WriteString(text[at:start])
		if start > 0 && inWord(text[start-1]) || end < len(text) && inWord(text[end]) {
			out.WriteString(old)
		} else {
			out.WriteString(name)
		}
		at = end
	}
}

func inWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// elsewhere are the keys whose values are of something else, even when a
// component's name is among them.
var elsewhere = []string{"apiVersion", "kind", "repoURL", "targetRevision", "chart", "project", "server"}

// CopyObject returns a file with one object as it is for another component: with
// its name in the place of the old one, and every other byte as it was.
func CopyObject(src []byte, old, name string) ([]byte, error) {
	doc, err := parse(src)
	if err != nil {
		return nil, err
	}
	var edits splices
	var rename func(n *yaml.Node) error
	rename = func(n *yaml.Node) error {
		if n.Kind == yaml.ScalarNode {
			if Renamed(n.Value, old, name) == n.Value {
				return nil
			}
			start, end, err := doc.token(n)
			if err != nil {
				return err
			}
			edits = append(edits, splice{start, end, Renamed(string(doc.text[start:end]), old, name)})
			return nil
		}
		for i, child := range n.Content {
			if n.Kind == yaml.MappingNode && (i%2 == 0 || slices.Contains(elsewhere, n.Content[i-1].Value)) {
				continue
			}
			if err := rename(child); err != nil {
				return err
			}
		}
		return nil
	}
	if err := rename(doc.root); err != nil {
		return nil, err
	}
	text, err := edits.apply(doc.text)
	return slices.Concat(doc.bom, text), err
}
