package argocd

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/gitopstree"
)

// generation makes the parameters of a set.
type generation struct {
	tree *gitopstree.Tree
	// ours tells whether an address is that of the tree.
	ours func(repository string) bool
	// claimed is told of the paths that a repository is said to have.
	claimed    func(repository, path string)
	goTemplate bool
	strict     bool
	made       int
	looked     int      // how often a path was compared
	mistakes   []string // of who wrote the set
	unjudged   []string // why parameters are not known
}

// How many applications a set may make, how deep its generators may be, of which
// Argo CD itself takes two levels, and how often they may look at a path.
const (
	mostMade   = 5_000
	mostLevel  = 4
	mostLooked = 5_000_000
)

// elsewhere are the generators whose parameters only a cluster or a server knows.
var elsewhere = []string{"clusters", "clusterDecisionResource", "scmProvider", "pullRequest", "plugin"}

// generate makes the parameters of one generator.
func (g *generation) generate(generator any, level int) []params {
	if level > mostLevel {
		g.unjudged = append(g.unjudged, "its generators stand too deep within each other")
		return []params{{partial: true}}
	}
	var made []params
	kind := kindOf(generator)
	of := dig(generator, kind)
	switch {
	case kind == "list":
		made = g.list(of)
	case kind == "git":
		made = g.git(of)
	case kind == "matrix":
		made = g.matrix(list(of, "generators"), level)
	case kind == "merge":
		made = g.merge(of, level)
	case slices.Contains(elsewhere, kind):
		g.unjudged = append(g.unjudged, "what its generator of kind "+kind+" finds is known elsewhere only")
		made = []params{{partial: true}}
	default:
		g.mistakes = append(g.mistakes, fmt.Sprintf("it has a generator of no kind that Argo CD knows: %s. Use list, git, matrix, merge, %s",
			strings.Join(slices.Sorted(maps.Keys(mapping(generator))), ", "), strings.Join(elsewhere, ", ")))
	}
	for i := range made {
		made[i] = g.withValues(made[i], mapping(of, "values"))
	}
	if g.made += len(made); g.made > mostMade {
		g.unjudged = append(g.unjudged, fmt.Sprintf("it makes more than %d applications", mostMade))
		return nil
	}
	return selected(made, dig(generator, "selector"))
}

// kindOf is the key that says what a generator is.
func kindOf(generator any) string {
	for _, key := range slices.Sorted(maps.Keys(mapping(generator))) {
		if key != "selector" && key != "template" {
			return key
		}
	}
	return ""
}

// withValues adds the values of a generator, which may name its parameters.
func (g *generation) withValues(p params, of map[string]any) params {
	if len(of) == 0 {
		return p
	}
	filled := mapping((&filling{params: p, goTemplate: g.goTemplate}).fill(of))
	return params{mapping(merged(p.values, g.named(map[string]any{"values": filled}))), p.partial}
}

// named are parameters as a set's language names them: in Go's they are within
// each other, in the other they have one name, such as values.size.
func (g *generation) named(nested map[string]any) map[string]any {
	if g.goTemplate {
		return nested
	}
	flat := map[string]any{}
	for key, value := range nested {
		flatten(flat, key, value)
	}
	return flat
}

func flatten(into map[string]any, name string, value any) {
	inner, is := value.(map[string]any)
	if !is {
		into[name] = value
		return
	}
	for key, value := range inner {
		flatten(into, name+"."+key, value)
	}
}

func (g *generation) list(of any) []params {
	elements := list(of, "elements")
	if yamlText := text(of, "elementsYaml"); yamlText != "" {
		var more []any
		if strings.Contains(yamlText, "{{") || bounds.YAML([]byte(yamlText), &more) != nil {
			g.unjudged = append(g.unjudged, "its elementsYaml is made of other parameters")
			return []params{{partial: true}}
		}
		elements = append(slices.Clone(elements), more...)
	}
	var made []params
	for _, element := range elements {
		if values, is := plainly(element).(map[string]any); is {
			made = append(made, params{values: g.named(values)})
		}
	}
	return made
}

func (g *generation) git(of any) []params {
	repo := text(of, "repoURL")
	directories, files := list(of, "directories"), list(of, "files")
	if len(directories)+len(files) == 0 {
		g.mistakes = append(g.mistakes, "its git generator names neither directories nor files, so it makes nothing. Name some")
		return nil
	}
	if !judged(repo) || !g.ours(repo) {
		g.unjudged = append(g.unjudged, "its git generator looks into "+strings.ReplaceAll(repo, unknown, "…")+", which is another repository")
		return []params{{partial: true}}
	}
	prefix := text(of, "pathParamPrefix")
	var made []params
	g.looked += len(directories)*len(g.tree.Folders) + len(files)*len(g.tree.Names)
	if g.looked > mostLooked {
		g.unjudged = append(g.unjudged, "its git generators look for too much")
		return []params{{partial: true}}
	}
	for _, name := range chosen(g.tree.Folders, directories, func(pattern string) func(string) bool {
		return func(name string) bool {
			matches, err := path.Match(pattern, name)
			return err == nil && matches
		}
	}) {
		g.claimed(repo, name)
		made = append(made, params{values: g.pathParams(prefix, name, "")})
	}
	for _, name := range chosen(g.tree.Names, files, func(pattern string) func(string) bool { return globbing(pattern, true) }) {
		g.claimed(repo, name)
		made = append(made, g.file(prefix, name)...)
	}
	return made
}

// chosen are the names that a generator's patterns include and do not exclude.
func chosen(names []string, patterns []any, matching func(pattern string) func(name string) bool) []string {
	var in, out []func(string) bool
	for _, p := range patterns {
		if matches := matching(folder(text(p, "path"))); dig(p, "exclude") == true {
			out = append(out, matches)
		} else {
			in = append(in, matches)
		}
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		is := func(matches func(string) bool) bool { return matches(name) }
		return !slices.ContainsFunc(in, is) || slices.ContainsFunc(out, is)
	})
}

// pathParams are what a set is told of a folder, or of a file in it.
func (g *generation) pathParams(prefix, folder, file string) map[string]any {
	segments := strings.Split(folder, "/")
	if g.goTemplate {
		of := map[string]any{"path": folder, "basename": path.Base(folder), "basenameNormalized": normalized(path.Base(folder)), "segments": anyOf(segments)}
		if file != "" {
			of["filename"], of["filenameNormalized"] = file, normalized(file)
		}
		values := map[string]any{"path": of}
		if prefix != "" {
			values = map[string]any{prefix: values}
		}
		return values
	}
	name := strings.TrimPrefix(prefix+".path", ".")
	values := map[string]any{name: folder, name + ".basename": path.Base(folder), name + ".basenameNormalized": normalized(path.Base(folder))}
	for i, segment := range segments {
		values[fmt.Sprintf("%s[%d]", name, i)] = segment
	}
	if file != "" {
		values[name+".filename"], values[name+".filenameNormalized"] = file, normalized(file)
	}
	return values
}

func anyOf(texts []string) []any {
	var all []any
	for _, text := range texts {
		all = append(all, text)
	}
	return all
}

// file are the parameters that a file has, one set of them or a list.
func (g *generation) file(prefix, name string) []params {
	raw, err := bounds.ReadFile(g.tree.FS, name)
	var value any
	if err == nil {
		if err = json.Unmarshal(raw, &value); err != nil {
			err = bounds.YAML(raw, &value)
		}
	}
	if err != nil {
		g.unjudged = append(g.unjudged, name+", which its git generator names, cannot be read")
		return []params{{values: g.pathParams(prefix, path.Dir(name), path.Base(name)), partial: true}}
	}
	elements, is := plainly(value).([]any)
	if !is {
		elements = []any{plainly(value)}
	}
	var made []params
	for _, element := range elements {
		values, _ := element.(map[string]any)
		made = append(made, params{values: mapping(merged(g.named(values), g.pathParams(prefix, path.Dir(name), path.Base(name))))})
	}
	return made
}

// matrix combines each of one generator with each of the next, which may name
// parameters of those before.
func (g *generation) matrix(generators []any, level int) []params {
	made := []params{{values: map[string]any{}}}
	for _, generator := range generators {
		var combined []params
		for _, p := range made {
			filled := (&filling{params: params{p.values, true}, goTemplate: g.goTemplate}).fillGenerator(generator)
			for _, q := range g.generate(filled, level+1) {
				if len(combined) >= mostMade {
					break
				}
				combined = append(combined, params{mapping(merged(p.values, q.values)), p.partial || q.partial})
			}
		}
		made = combined
	}
	if len(generators) == 0 {
		return nil
	}
	return made
}

// fillGenerator fills in what stands in a generator but its template and its
// values, which are filled in with its own parameters.
func (f *filling) fillGenerator(generator any) any {
	filled := map[string]any{}
	for kind, of := range mapping(generator) {
		inner, is := of.(map[string]any)
		if !is || kind == "template" || kind == "selector" {
			filled[kind] = of
			continue
		}
		parts := map[string]any{}
		for key, value := range inner {
			if key == "template" || key == "values" {
				parts[key] = value
			} else {
				parts[key] = f.fill(value)
			}
		}
		filled[kind] = parts
	}
	return filled
}

// merge adds to the parameters of the first generator those of the others that
// agree with them in the keys.
func (g *generation) merge(of any, level int) []params {
	var keys []string
	for _, key := range list(of, "mergeKeys") {
		keys = append(keys, fmt.Sprint(key))
	}
	var made []params
	for i, generator := range list(of, "generators") {
		next := g.generate(generator, level+1)
		if i == 0 {
			made = next
			continue
		}
		found := map[string][]params{}
		for _, q := range next {
			key := g.keysOf(q, keys)
			found[key] = append(found[key], q)
		}
		unsure := slices.ContainsFunc(next, func(q params) bool { return q.partial })
		for j := range made {
			for _, q := range found[g.keysOf(made[j], keys)] {
				made[j].values = mapping(merged(made[j].values, q.values))
			}
			made[j].partial = made[j].partial || unsure
		}
	}
	return made
}

func (g *generation) keysOf(p params, keys []string) string {
	var all []string
	for _, key := range keys {
		value, known := p.values[key]
		if !known {
			value = dig(p.values, strings.Split(key, ".")...)
		}
		all = append(all, written(value))
	}
	return strings.Join(all, "\n")
}

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
