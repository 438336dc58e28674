package argocd

import (
	"fmt"
	"maps"
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
	for _, kind := range slices.Sorted(maps.Keys(mapping(generator))) {
		of := mapping(generator)[kind]
		inner, is := of.(map[string]any)
		if !is || kind == "template" || kind == "selector" {
			filled[kind] = of
			continue
		}
		parts := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(inner)) {
			if parts[key] = inner[key]; key != "template" && key != "values" {
				parts[key] = f.fill(inner[key])
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
