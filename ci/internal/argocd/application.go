package argocd

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// object is one of Argo CD's, or one that is read with them.
type object struct {
	file string
	// scope is what is applied together with it.
	scope  string
	values any
	node   *yaml.Node
}

func (o object) name() string { return text(o.values, "metadata", "name") }

// app is an application, written out or made by a set.
type app struct {
	object
	set         string // the set that makes it
	project     string
	sources     []source
	destination destination
}

type source struct {
	repository, path, revision, chart, ref string
	values                                 any
}

type destination struct{ name, server, namespace string }

func readApp(o object, set string) app {
	spec := dig(o.values, "spec")
	a := app{object: o, set: set, project: text(spec, "project")}
	if a.project == "" {
		a.project = "default"
	}
	all := list(spec, "sources")
	if one := dig(spec, "source"); one != nil && len(all) == 0 {
		all = []any{one}
	}
	if dry := dig(spec, "sourceHydrator", "drySource"); dry != nil {
		all = append(all, dry)
	}
	for _, s := range all {
		a.sources = append(a.sources, source{
			repository: text(s, "repoURL"), path: text(s, "path"), revision: text(s, "targetRevision"),
			chart: text(s, "chart"), ref: text(s, "ref"), values: s,
		})
	}
	to := dig(spec, "destination")
	a.destination = destination{text(to, "name"), text(to, "server"), text(to, "namespace")}.resolved()
	return a
}

// The cluster that Argo CD itself runs in has both a name and an address.
const inCluster = "in-cluster"

func (d destination) resolved() destination {
	switch {
	case d.name == inCluster && d.server == "":
		d.server = cluster
	case d.server == cluster && d.name == "":
		d.name = inCluster
	}
	return d
}

func (d destination) String() string {
	to := d.server
	if to == "" {
		to = d.name
	}
	return strings.TrimPrefix(to+"/"+d.namespace, "/")
}

// automated tells whether every commit is synced at once.
func (a app) automated() bool {
	policy, set := dig(a.values, "spec", "syncPolicy").(map[string]any)
	if !set {
		return false
	}
	automated, is := policy["automated"]
	return is && automated != nil && dig(automated, "enabled") != false
}

// valuesOnly tells whether a source is only there for others to read values of.
func (s source) valuesOnly() bool { return s.ref != "" && s.path == "" && s.chart == "" }

// deploysFolder tells whether a source is a folder of a Git repository.
func (s source) deploysFolder() bool { return s.chart == "" && !s.valuesOnly() }

// addressed is an address of a Git repository as Argo CD compares it: whether a
// project allows it depends on the way it is reached.
func addressed(address string) string {
	address = strings.ToLower(strings.TrimSpace(address))
	if parts := scp.FindStringSubmatch(address); parts != nil {
		address = "ssh://" + parts[1] + "/" + parts[2]
	}
	return strings.TrimSuffix(strings.TrimSuffix(address, "/"), ".git")
}

var scp = regexp.MustCompile(`^([^/@:]+@[^/:]+):([^/].*)$`)

// repository is an address in one form, whichever way it is reached.
func repository(address string) string {
	address = addressed(address)
	if _, rest, hasScheme := strings.Cut(address, "://"); hasScheme {
		address = rest
	}
	if user, host, hasUser := strings.Cut(address, "@"); hasUser && !strings.Contains(user, "/") {
		address = host
	}
	return address
}
