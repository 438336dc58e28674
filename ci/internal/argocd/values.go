package argocd

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// unknown stands for the part of a value that only a cluster or a server knows.
const unknown = "\ue000"

// judged tells whether all of a value is known.
func judged(texts ...string) bool {
	return !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, unknown) })
}

// values is a document as plain values, whose mappings have texts as keys.
func values(n *yaml.Node) any {
	var value any
	if n.Decode(&value) != nil { // Such as a key twice, which a rule of its own says.
		return nil
	}
	return plainly(value)
}

func plainly(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			value[key] = plainly(inner)
		}
		return value
	case map[any]any:
		texts := map[string]any{}
		for key, inner := range value {
			texts[fmt.Sprint(key)] = plainly(inner)
		}
		return texts
	case []any:
		for i, inner := range value {
			value[i] = plainly(inner)
		}
	}
	return value
}

// dig is the value below the keys, or nil.
func dig(value any, keys ...string) any {
	for _, key := range keys {
		mapping, is := value.(map[string]any)
		if !is {
			return nil
		}
		value = mapping[key]
	}
	return value
}

// text is the text below the keys; a number is one as well.
func text(value any, keys ...string) string {
	switch found := dig(value, keys...).(type) {
	case string:
		return found
	case bool, int, int64, uint64, float64:
		return fmt.Sprint(found)
	}
	return ""
}

func list(value any, keys ...string) []any {
	found, _ := dig(value, keys...).([]any)
	return found
}

func mapping(value any, keys ...string) map[string]any {
	found, _ := dig(value, keys...).(map[string]any)
	return found
}

// merged is a value with another one written over it.
func merged(below, above any) any {
	lower, isBelow := below.(map[string]any)
	upper, isAbove := above.(map[string]any)
	switch {
	case above == nil:
		return below
	case !isBelow || !isAbove:
		return above
	}
	both := map[string]any{}
	maps.Copy(both, lower)
	for key, value := range upper {
		both[key] = merged(lower[key], value)
	}
	return both
}

// written is a value in one way, for comparing.
func written(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value) // Such as a number that JSON has no word for.
	}
	return string(text)
}

// folder is a path as it is asked for in the tree.
func folder(name string) string { return path.Clean(name) }
