package pylock

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// uvRequirement is what a uv.lock says that a project of its workspace asked
// for when the lock was made.
type uvRequirement struct {
	Name, Specifier, Marker             string
	Extras                              []string
	Git, URL, Path, Directory, Editable string
	Virtual                             string
}

// uvStale says that a uv.lock was made from another pyproject.toml: another
// dependency, extra or version is asked for. Markers are not compared, as uv
// rewrites them.
func uvStale(locked uvPackage, doc map[string]any, p Policy) error {
	was, is := map[string]bool{}, map[string]bool{}
	for _, r := range locked.Metadata.RequiresDist {
		was[r.text()] = true
	}
	for group, requirements := range locked.Metadata.RequiresDev {
		for _, r := range requirements {
			was[normal(group)+": "+r.text()] = true
		}
	}
	elsewhere := map[string]bool{} // what the lock takes from no index, by name
	for _, r := range locked.requirements() {
		elsewhere[normal(r.Name)] = elsewhere[normal(r.Name)] || r.elsewhere()
	}
	add := func(group string, listed any) {
		list, _ := listed.([]any)
		for _, one := range list {
			if text, isText := one.(string); isText {
				is[group+asked(text, elsewhere)] = true
			}
		}
	}
	project := table(doc, "project")
	add("", project["dependencies"])
	for _, list := range table(project, "optional-dependencies") {
		add("", list)
	}
	groups := table(doc, "dependency-groups")
	for group := range groups {
		add(normal(group)+": ", included(groups, group, 0))
	}
	add("dev: ", table(doc, "tool", "uv")["dev-dependencies"]) // as before there were groups
	var changes []string
	for _, text := range slices.Sorted(maps.Keys(is)) {
		if !was[text] {
			changes = append(changes, text+" is not locked")
		}
	}
	for _, text := range slices.Sorted(maps.Keys(was)) {
		if !is[text] {
			changes = append(changes, text+" is locked, and not asked for")
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return fmt.Errorf("%s is out of date with %s/pyproject.toml: %s. Run `uv lock` in %s and commit uv.lock",
		p.lockFile(), p.Path, strings.Join(changes, "; "), p.Path)
}

// included are a dependency group's requirements with those of the groups that
// it includes.
func included(groups map[string]any, name string, depth int) []any {
	var all []any
	list, _ := groups[name].([]any)
	for _, one := range list {
		other, isTable := one.(map[string]any)
		if !isTable {
			all = append(all, one)
			continue
		}
		wanted, _ := other["include-group"].(string)
		for group := range groups {
			if normal(group) == normal(wanted) && depth < 10 {
				all = append(all, included(groups, group, depth+1)...)
			}
		}
	}
	return all
}

func (r uvRequirement) elsewhere() bool {
	return r.Git+r.URL+r.Path+r.Directory+r.Editable+r.Virtual != ""
}

// text is the requirement in one form, to be compared.
func (r uvRequirement) text() string {
	specifier := r.Specifier
	if r.elsewhere() {
		specifier = ""
	}
	return requirementText(r.Name, r.Extras, specifier)
}

var requirementParts = regexp.MustCompile(`^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^]]*)\])?\s*\(?([^;@)]*)`)

// asked is a requirement of pyproject.toml in the same form. What comes from no
// index has no version to compare.
func asked(text string, elsewhere map[string]bool) string {
	m := requirementParts.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	if elsewhere[normal(m[1])] {
		m[3] = ""
	}
	return requirementText(m[1], strings.Split(m[2], ","), m[3])
}

func requirementText(name string, extras []string, specifier string) string {
	text := normal(name)
	var wanted []string
	for _, extra := range extras {
		if extra = strings.TrimSpace(extra); extra != "" {
			wanted = append(wanted, normal(extra))
		}
	}
	if len(wanted) > 0 {
		text += "[" + strings.Join(slices.Sorted(slices.Values(wanted)), ",") + "]"
	}
	var clauses []string
	for clause := range strings.SplitSeq(specifier, ",") {
		if clause = strings.Join(strings.Fields(clause), ""); clause != "" && clause != "*" {
			clauses = append(clauses, normalVersion(clause))
		}
	}
	return text + strings.Join(slices.Sorted(slices.Values(clauses)), ",")
}

var preRelease = regexp.MustCompile(`[-_.]?(alpha|beta|a|b|c|rc|pre|preview|post|rev|r|dev)[-_.]?(\d*)`)

// normalVersion is a clause with its version spelled as PEP 440 wants it.
func normalVersion(clause string) string {
	operator := clause[:len(clause)-len(strings.TrimLeft(clause, "=~!<>"))]
	version := strings.TrimPrefix(strings.ToLower(clause[len(operator):]), "v")
	spelled := map[string]string{"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc", "post": ".post", "rev": ".post", "r": ".post", "dev": ".dev"}
	return operator + preRelease.ReplaceAllStringFunc(version, func(part string) string {
		m := preRelease.FindStringSubmatch(part)
		kind := m[1]
		if other, short := spelled[kind]; short {
			kind = other
		}
		if m[2] == "" {
			m[2] = "0"
		}
		return kind + m[2]
	})
}
