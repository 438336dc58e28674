package argocd

import (
	"fmt"
	"slices"
)

// selected are the parameters that a generator's selector lets pass.
func selected(all []params, selector any) []params {
	if selector == nil {
		return all
	}
	return slices.DeleteFunc(all, func(p params) bool {
		flat := map[string]any{}
		for key, value := range p.values {
			flatten(flat, key, value)
		}
		for key, value := range mapping(selector, "matchLabels") {
			if has, known := flat[key]; (known || !p.partial) && fmt.Sprint(has) != fmt.Sprint(value) {
				return true
			}
		}
		for _, expression := range list(selector, "matchExpressions") {
			if has, known := flat[text(expression, "key")]; (known || !p.partial) && !passes(expression, has, known) {
				return true
			}
		}
		return false
	})
}

func passes(expression, value any, known bool) bool {
	in := known && slices.ContainsFunc(list(expression, "values"), func(v any) bool { return fmt.Sprint(v) == fmt.Sprint(value) })
	switch text(expression, "operator") {
	case "In":
		return in
	case "NotIn":
		return !in
	case "Exists":
		return known
	case "DoesNotExist":
		return !known
	}
	return true
}
