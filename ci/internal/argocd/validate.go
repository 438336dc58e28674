package argocd

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/gitopstree"
)

// Policy says what is promised of the environments, and what is known of the
// repository.
type Policy struct {
	// Manual lists the environments that a person syncs in Argo CD. One that
	// is approved by pull request before it is synced is not among them.
	Manual []string
	// Repository is the address that applications name the repository by; where it
	// is empty, it is the one whose paths are there.
	Repository string
	// Branch is the branch that is looked at; empty is a main one.
	Branch string
	// Environments are those whose overlays are looked at; all when there are none.
	Environments []string
}

// The rules.
const (
	RuleUnreadable  = "unreadable"
	RuleGenerator   = "unknown-generator"
	RuleParameter   = "unknown-parameter"
	RuleMissingPath = "missing-path"
	RuleSharedPath  = "shared-path"
	RuleSameName    = "same-name"
	RuleAutomated   = "automated-sync"
	RuleWideOpen    = "wide-open-project"
	RuleNoProject   = "no-project"
	RuleOutside     = "outside-of-project"
	RuleOutOfSync   = "out-of-sync-trigger"
	RuleNeverFires  = "trigger-never-fires"
	RuleNobody      = "trigger-without-subscriber"
	RuleNotDeployed = "not-deployed"
	// RuleNotJudged is of notes: what could not be judged, and why.
	RuleNotJudged = "not-judged"
)

type rule struct {
	Rule
	check func(v *validation)
}

// rules are all of them; none knows of another.
var rules = []rule{
	{Rule{RuleUnreadable, Error, "A file cannot be read, or is no YAML, or a link in the repository leads to nothing."}, (*validation).unreadable},
	{Rule{RuleGenerator, Error, "A set of applications has a generator that makes nothing."}, (*validation).generators},
	{Rule{RuleParameter, Error, "A set's template asks for a parameter that an element does not have."}, (*validation).parameters},
	{Rule{RuleMissingPath, Error, "An application deploys a folder of this repository that is not there, or in which nothing can be deployed."}, (*validation).missingPath},
	{Rule{RuleSharedPath, Error, "Two applications deploy the same to the same namespace, and would prune each other's objects."}, (*validation).sharedPath},
	{Rule{RuleSameName, Error, "Two applications that are applied together have one name."}, (*validation).sameName},
	{Rule{RuleAutomated, Error, "An environment that a person syncs is synced at every commit."}, (*validation).sync},
	{Rule{RuleNoProject, Error, "An application's project is not among those of the repository."}, (*validation).noProject},
	{Rule{RuleOutside, Error, "An application's project does not allow its repository or its destination."}, (*validation).outside},
	{Rule{RuleNotDeployed, Error, "An overlay is deployed by no application, where others of its environment are."}, (*validation).notDeployed},
	{Rule{RuleWideOpen, Warning, "A project allows every repository, destination or kind."}, (*validation).projects},
	{Rule{RuleOutOfSync, Warning, "A notification of a failed sync is sent for OutOfSync, which every commit causes."}, (*validation).outOfSync},
	{Rule{RuleNeverFires, Warning, "A notification's trigger asks for what Argo CD never says, or sends a template that is not there."}, (*validation).neverFires},
	{Rule{RuleNobody, Warning, "No application subscribes to a notification's trigger."}, (*validation).nobody},
}

// Rules are the rules of Argo CD's objects.
func Rules() (all []Rule) {
	for _, r := range rules {
		all = append(all, r.Rule)
	}
	return all
}

// Result is what was found.
type Result struct {
	Findings []Finding
	// Notes are what could not be judged, and why.
	Notes []Finding
}

// Validate checks every Argo CD object in the tree, and returns all findings
// in the order of the files. An error means that the tree could not be read.
func Validate(fsys fs.FS, policy Policy) ([]Finding, error) {
	tree, err := gitopstree.Read(fsys)
	if err != nil {
		return nil, fmt.Errorf("validate Argo CD objects: %w", err)
	}
	return Check(tree, Written(tree), policy).Findings, nil
}

// Check checks Argo CD's objects of a tree.
func Check(tree *gitopstree.Tree, all []Object, policy Policy) Result {
	v := newValidation(tree, all, policy)
	for _, r := range rules {
		v.rule = r.Name
		r.check(v)
	}
	Sort(v.findings)
	return Result{v.findings, v.notes}
}

type validation struct {
	tree    *gitopstree.Tree
	policy  Policy
	objects objects
	apps    []app
	sets    []expanded
	origin  origin

	rule     string
	findings []Finding
	notes    []Finding
}

// expanded is a set with what it makes.
type expanded struct {
	object
	generation generation
	apps       []app
}

func newValidation(tree *gitopstree.Tree, all []Object, policy Policy) *validation {
	v := &validation{tree: tree, policy: policy, objects: read(all)}
	// What is this repository follows from where its paths are, and what a set
	// makes follows from what this repository is.
	v.expand(func(string) bool { return true })
	v.origin = v.findOrigin()
	v.expand(v.origin.ours)
	for _, set := range v.sets {
		for _, why := range slices.Compact(set.generation.unjudged) {
			v.note(set.file, "set "+set.name(), "%s, so that its applications are judged as far as they are known", why)
		}
	}
	return v
}

func (v *validation) expand(ours func(string) bool) {
	v.apps, v.sets = nil, nil
	for _, o := range v.objects.applications {
		v.apps = append(v.apps, readApp(o, ""))
	}
	for _, o := range v.objects.sets {
		set := expanded{object: o}
		set.generation = generation{tree: v.tree, ours: ours, claimed: v.origin.claim}
		set.apps = set.generation.expand(o)
		v.apps = append(v.apps, set.apps...)
		v.sets = append(v.sets, set)
	}
}

func (v *validation) find(file, object, format string, args ...any) {
	v.findings = append(v.findings, Finding{v.rule, file, object, fmt.Sprintf(format, args...)})
}

func (v *validation) note(file, object, format string, args ...any) {
	v.notes = append(v.notes, Finding{RuleNotJudged, file, object, fmt.Sprintf(format, args...)})
}

func (v *validation) unreadable() {
	for _, file := range v.tree.Of(gitopstree.Unreadable) {
		v.find(file.Path, "YAML", "%v. Correct the file", file.Err)
	}
	for _, file := range v.tree.Of(gitopstree.Template) {
		v.note(file.Path, "template", "it is no YAML before something is filled in, so its objects are not judged")
	}
}

func (v *validation) generators() {
	for _, set := range v.sets {
		for _, mistake := range set.generation.mistakes {
			if !strings.HasPrefix(mistake, "the element ") {
				v.find(set.file, "set "+set.name(), "%s", mistake)
			}
		}
	}
}

func (v *validation) parameters() {
	for _, set := range v.sets {
		for _, mistake := range set.generation.mistakes {
			if strings.HasPrefix(mistake, "the element ") {
				v.find(set.file, "set "+set.name(), "%s", mistake)
			}
		}
	}
}

func (a app) title() string { return "application " + strings.ReplaceAll(a.name(), unknown, "…") }

// folders are the folders of this repository that an application deploys, as far
// as they are known.
func (v *validation) folders(a app) []source {
	var found []source
	for _, s := range a.sources {
		if s.deploysFolder() && judged(s.repository, s.path, s.revision) && v.origin.ours(s.repository) {
			found = append(found, s)
		}
	}
	return found
}

func (v *validation) missingPath() {
	for _, a := range v.apps {
		for _, s := range v.folders(a) {
			if v.origin.branch(s.revision) && !v.deployable(s) {
				v.find(a.file, a.title(), "%s has no kustomization.yaml in this repository. Add it, or correct the path", s.path)
			}
		}
	}
}

// deployable tells whether Argo CD finds something in a folder: a kustomization,
// a chart, or manifests; what a plugin finds is not known.
func (v *validation) deployable(s source) bool {
	at := folder(s.path)
	if s.path == "" || path.IsAbs(s.path) || !v.tree.Folder(at) {
		return false
	}
	if v.tree.KustomizationIn(at) != nil || v.tree.Chart(at) || dig(s.values, "plugin") != nil {
		return true
	}
	below := dig(s.values, "directory", "recurse") == true
	return slices.ContainsFunc(v.tree.Names, func(name string) bool {
		within := path.Dir(name) == at || below && strings.HasPrefix(path.Dir(name)+"/", at+"/") || below && at == "."
		return within && slices.Contains([]string{".yaml", ".yml", ".json", ".jsonnet"}, path.Ext(name))
	})
}

// sharedPath goes by all that tells two applications' objects apart. A chart's
// have the application's name.
func (v *validation) sharedPath() {
	taken := map[string]string{}
	for _, a := range v.apps {
		for _, s := range a.sources {
			at := folder(s.path)
			if !s.deploysFolder() || s.path == "" || v.tree.Chart(at) || dig(s.values, "helm") != nil ||
				!judged(s.repository, s.path, s.revision, a.destination.server, a.destination.name, a.destination.namespace) {
				continue
			}
			key := strings.Join([]string{a.scope, repository(s.repository), s.revision, at, a.destination.String(),
				written(dig(s.values, "kustomize")), written(dig(s.values, "directory")), written(dig(s.values, "plugin"))}, "\n")
			if other, is := taken[key]; is {
				v.find(a.file, a.title(), "it deploys %s as %s does, and they would prune each other's objects. Make one of both", s.path, other)
			}
			taken[key] = a.name()
		}
	}
}

func (v *validation) sameName() {
	taken := map[string]bool{}
	for _, a := range v.apps {
		key := a.scope + "\n" + text(a.values, "metadata", "namespace") + "\n" + a.name()
		if judged(key) && a.name() != "" && taken[key] {
			v.find(a.file, a.title(), "two applications have this name, and only one would live. Give it another")
		}
		taken[key] = true
	}
}

func (v *validation) sync() {
	for _, a := range v.apps {
		for _, environment := range v.policy.Manual {
			of := strings.HasSuffix(a.destination.namespace, "-"+environment) || slices.ContainsFunc(a.sources, func(s source) bool {
				return slices.Contains(strings.Split(s.path, "/"), environment)
			})
			if of && a.automated() {
				v.find(a.file, a.title(), "%s promises a person's approval and syncs every commit at once. Remove syncPolicy.automated, or approve by pull request", environment)
			}
		}
	}
}

// origin is what is known of where the repository is.
type origin struct {
	address string         // in one form; "" where it is not known
	there   map[string]int // how many of an address' paths are in the tree
	near    map[string]int // and how many are not, in a folder that is
	main    []string       // branches
}

func (o origin) ours(address string) bool {
	return address != "" && o.address != "" && repository(address) == o.address
}

func (o origin) branch(revision string) bool { return slices.Contains(o.main, revision) }

func (o *origin) claim(address, _ string) {
	if o.there == nil {
		o.there = map[string]int{}
	}
	o.there[repository(address)]++
}

// findOrigin takes the address whose paths are there most often for that of the
// tree; where no path is, the one whose paths would be in folders that are there.
func (v *validation) findOrigin() origin {
	o := v.origin
	o.main = []string{"", "HEAD", "main", "master", v.policy.Branch}
	o.near = map[string]int{}
	given := repository(v.policy.Repository)
	for _, a := range v.apps {
		for _, s := range a.sources {
			if repository(s.repository) == given {
				o.address = given
			}
			if !s.deploysFolder() || s.path == "" || !judged(s.repository) {
				continue
			}
			known, _, partly := strings.Cut(s.path, unknown)
			switch at := folder(s.path); {
			case partly: // What is known of it are the folders above.
				if v.deep(path.Dir(known)) {
					o.near[repository(s.repository)]++
				}
			case at == ".": // That is in every repository.
			case v.tree.Folder(at):
				o.claim(s.repository, s.path)
				if v.policy.Branch == "" {
					o.main = append(o.main, s.revision)
				}
			case v.deep(path.Dir(at)):
				o.near[repository(s.repository)]++
			}
		}
	}
	// A mirror, or another name of the server, is no application's.
	o.address = cmp.Or(o.address, most(o.there), most(o.near))
	return o
}

// deep tells whether a folder is there, and is not one such as apps that any other
// repository has as well.
func (v *validation) deep(name string) bool {
	return strings.Contains(folder(name), "/") && v.tree.Folder(folder(name))
}

// most is what was counted most often; of several the first by name.
func most(counted map[string]int) string {
	found := ""
	for name, count := range counted {
		if found == "" || count > counted[found] || count == counted[found] && name < found {
			found = name
		}
	}
	return found
}
