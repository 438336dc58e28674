package argocd

import (
	"slices"
	"strings"
)

// limits are what a project allows.
type limits struct {
	object
	repositories []string
	destinations []destination
}

func readProject(o object) limits {
	b := limits{object: o}
	for _, pattern := range list(o.values, "spec", "sourceRepos") {
		b.repositories = append(b.repositories, text(pattern))
	}
	for _, d := range list(o.values, "spec", "destinations") {
		b.destinations = append(b.destinations, destination{text(d, "name"), text(d, "server"), text(d, "namespace")})
	}
	return b
}

// A pattern that begins with an exclamation mark denies what it matches: that
// outweighs whatever allows it, and in its place is a pattern that allows the
// rest.
func denies(pattern string) bool { return strings.HasPrefix(pattern, "!") }

// allowsRepository tells whether applications of a project may come from a
// repository. In its patterns * ends at a slash.
func (b limits) allowsRepository(address string) bool {
	allowed := false
	for _, pattern := range b.repositories {
		matches := pattern == "*" || glob(addressed(strings.TrimPrefix(pattern, "!")), addressed(address), true)
		if denies(pattern) && matches {
			return false
		}
		allowed = allowed || denies(pattern) != matches
	}
	return allowed
}

// allowsDestination tells the same of where it goes. The name of a cluster whose
// address is given, or the other way round, is known to Argo CD alone, and could
// be any.
func (b limits) allowsDestination(to destination) bool {
	allowed := false
	for _, d := range b.destinations {
		server, name, namespace := matched(d.server, to.server), matched(d.name, to.name), matched(d.namespace, to.namespace)
		switch {
		case (server == yes || name == yes || server == maybe || name == maybe) && namespace != no:
			allowed = true
		case denies(d.server) && server == no || denies(d.name) && name == no || denies(d.namespace) && namespace == no:
			return false
		}
	}
	return allowed
}

type answer int

const (
	no answer = iota
	maybe
	yes
)

func matched(pattern, value string) answer {
	switch {
	case pattern == "" && value == "":
		return no
	case value == "" || !judged(value):
		if pattern == "" {
			return no
		}
		return maybe
	case glob(strings.TrimPrefix(pattern, "!"), value, false) != denies(pattern):
		return yes
	}
	return no
}

// project is an application's, nil where it is none of the repository's.
func (v *validation) project(a app) *limits {
	for _, o := range v.objects.projects {
		if o.name() == a.project {
			b := readProject(o)
			return &b
		}
	}
	return nil
}

// defaultProject is there without being written, and allows everything.
const defaultProject = "default"

func (v *validation) noProject() {
	if len(v.objects.projects) == 0 { // They are somewhere else.
		if len(v.apps) > 0 {
			v.note(v.apps[0].file, "projects", "the repository has no project, so that what they allow is not judged")
		}
		return
	}
	for _, a := range v.apps {
		switch {
		case a.project == defaultProject || !judged(a.project) || v.project(a) != nil:
		case v.deploysElse() != "":
			v.note(a.file, a.title(), "no project that is written out is %s; %s may make it", a.project, v.deploysElse())
		default:
			v.find(a.file, a.title(), "its project %s is not in this repository. Add it", a.project)
		}
	}
}

func (v *validation) outside() {
	for _, a := range v.apps {
		project := v.project(a)
		if project == nil {
			continue
		}
		for _, s := range a.sources {
			if judged(s.repository) && !project.allowsRepository(s.repository) {
				v.find(a.file, a.title(), "project %s does not allow the repository %s. Add it there", a.project, s.repository)
			}
		}
		if !project.allowsDestination(a.destination) {
			v.find(a.file, a.title(), "project %s does not allow the namespace %s. Add it there", a.project, a.destination.namespace)
		}
	}
}

// projects finds those that bound nothing.
func (v *validation) projects() {
	for _, o := range v.objects.projects {
		spec := dig(o.values, "spec")
		wide := func(what string) {
			v.find(o.file, "project "+o.name(), "%s allows everything. List what the applications need", what)
		}
		b := readProject(o)
		if slices.Contains(b.repositories, "*") && !slices.ContainsFunc(b.repositories, denies) {
			wide("sourceRepos")
		}
		denied := slices.ContainsFunc(b.destinations, func(d destination) bool { return denies(d.server) || denies(d.name) || denies(d.namespace) })
		if !denied && slices.ContainsFunc(b.destinations, func(d destination) bool { return d.namespace == "*" || d.server == "*" }) {
			wide("destinations")
		}
		if everyKind(list(spec, "clusterResourceWhitelist")) {
			wide("clusterResourceWhitelist")
		}
		// Without this list a project allows every kind that no other list denies.
		kinds := list(spec, "namespaceResourceWhitelist")
		if everyKind(kinds) || len(kinds)+len(list(spec, "namespaceResourceBlacklist")) == 0 {
			wide("namespaceResourceWhitelist")
		}
	}
}

func everyKind(kinds []any) bool {
	return slices.ContainsFunc(kinds, func(k any) bool { return text(k, "group") == "*" && text(k, "kind") == "*" && text(k, "name") == "" })
}
