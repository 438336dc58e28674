package argocd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

var errNoTemplate = errors.New("the template makes no application")

// expand makes a set's applications, as Argo CD does.
func (g *generation) expand(set object) (apps []app) {
	spec := dig(set.values, "spec")
	g.goTemplate = dig(spec, "goTemplate") == true
	g.strict = slices.Contains(list(spec, "goTemplateOptions"), any("missingkey=error"))
	for _, generator := range list(spec, "generators") {
		template := merged(dig(spec, "template"), dig(generator, kindOf(generator), "template"))
		for _, p := range g.generate(generator, 0) {
			if a, ok := g.app(set, template, text(spec, "templatePatch"), p); ok {
				apps = append(apps, a)
			}
		}
	}
	return apps
}

// app is one application; not ok where parameters are missing, which is a mistake.
func (g *generation) app(set object, template any, patch string, p params) (app, bool) {
	f := filling{params: p, goTemplate: g.goTemplate, strict: g.strict}
	made, is := f.fill(template).(map[string]any)
	if !is {
		f.failed = errNoTemplate
	}
	if patch != "" {
		var over map[string]any
		if filled := f.text(patch); f.failed == nil && judged(filled) && bounds.YAML([]byte(filled), &over) == nil {
			made = mapping(merged(made, plainly(over)))
		} else {
			g.unjudged = append(g.unjudged, "its templatePatch cannot be evaluated here")
		}
	}
	if len(f.missing) > 0 {
		g.mistakes = append(g.mistakes, fmt.Sprintf("the element %s has no %s, which the template asks for. Add it", shown(p.values), strings.Join(f.missing, ", ")))
		return app{}, false
	}
	if f.failed != nil {
		g.unjudged = append(g.unjudged, fmt.Sprintf("its template cannot be evaluated here: %v", f.failed))
	}
	return readApp(object{file: set.file, scope: set.scope, values: made, node: set.node}, set.name()), true
}

// shown is a set of parameters for people, not endlessly.
func shown(values map[string]any) string {
	text := fmt.Sprint(values)
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return text
}
