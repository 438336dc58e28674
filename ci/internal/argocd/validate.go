package argocd

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Policy says what is promised of the environments.
type Policy struct {
	// Manual lists the environments that a person syncs in Argo CD. One that
	// is approved by pull request before it is synced is not among them.
	Manual []string
}

// Finding is a mistake in a GitOps repository.
type Finding struct {
	// Rule is the rule's name.
	Rule string
	// File and Object are where it is broken.
	File   string
	Object string
	// Message says what is wrong and what to do.
	Message string
}

func (f Finding) Error() string {
	return plain.Text(fmt.Sprintf("%s: %s: %s (%s)", f.File, f.Object, f.Message, f.Rule))
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
	RuleRemovedAPI  = "removed-api"
	RuleOutOfSync   = "out-of-sync-trigger"
)

// Validate checks every Argo CD object in the tree, and returns all findings
// in the order of the files. An error means that the tree could not be read.
func Validate(fsys fs.FS, policy Policy) ([]Finding, error) {
	found, err := read(fsys)
	if err != nil {
		return nil, fmt.Errorf("validate Argo CD objects: %w", err)
	}
	v := validation{fsys: fsys, policy: policy, objects: found, findings: found.findings}
	v.applications()
	v.projects()
	v.others()
	slices.SortStableFunc(v.findings, func(a, b Finding) int { return strings.Compare(a.File, b.File) })
	return v.findings, nil
}

// Err joins findings into one error, nil when there are none.
func Err(findings []Finding) error {
	var failures []error
	for _, f := range findings {
		failures = append(failures, f)
	}
	return errors.Join(failures...)
}

type validation struct {
	fsys     fs.FS
	policy   Policy
	objects  objects
	findings []Finding
}

func (v *validation) find(rule, file, object, format string, args ...any) {
	v.findings = append(v.findings, Finding{rule, file, object, fmt.Sprintf(format, args...)})
}

// applications expands the sets and checks each application.
func (v *validation) applications() {
	all := slices.Clone(v.objects.applications)
	for _, set := range v.objects.sets {
		all = append(all, v.expand(set)...)
	}
	names, paths := map[string]bool{}, map[string]string{}
	for _, app := range all {
		name, spec := app.value.Metadata.Name, app.value.Spec
		object := "application " + name
		if names[name] {
			v.find(RuleSameName, app.file, object, "two applications have this name, and only one would live. Give it another")
		}
		names[name] = true
		target := spec.Source.RepoURL + "\n" + spec.Source.Path + "\n" + spec.Destination.Namespace
		if other, taken := paths[target]; taken {
			v.find(RuleSharedPath, app.file, object, "it deploys %s as %s does, and they would prune each other's objects. Make one of both", spec.Source.Path, other)
		}
		paths[target] = name
		v.path(app)
		v.sync(app)
		v.bounds(app)
	}
}

func (v *validation) path(app in[Application]) {
	dir := app.value.Spec.Source.Path
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		if _, err := fs.Stat(v.fsys, path.Join(dir, name)); err == nil && fs.ValidPath(dir) {
			return
		}
	}
	v.find(RuleMissingPath, app.file, "application "+app.value.Metadata.Name,
		"%s has no kustomization.yaml in this repository. Add it, or correct the path", dir)
}

func (v *validation) sync(app in[Application]) {
	spec := app.value.Spec
	for _, environment := range v.policy.Manual {
		of := strings.HasSuffix(spec.Destination.Namespace, "-"+environment) ||
			slices.Contains(strings.Split(spec.Source.Path, "/"), environment)
		if of && spec.SyncPolicy.Automated != nil {
			v.find(RuleAutomated, app.file, "application "+app.value.Metadata.Name,
				"%s promises a person's approval and syncs every commit at once. Remove syncPolicy.automated, or approve by pull request", environment)
		}
	}
}

// bounds checks that the application's project exists and lets it in.
func (v *validation) bounds(app in[Application]) {
	spec, object := app.value.Spec, "application "+app.value.Metadata.Name
	at := slices.IndexFunc(v.objects.projects, func(p in[AppProject]) bool { return p.value.Metadata.Name == spec.Project })
	if at < 0 {
		v.find(RuleNoProject, app.file, object, "its project %s is not in this repository. Add it", spec.Project)
		return
	}
	project := v.objects.projects[at].value.Spec
	if !slices.ContainsFunc(project.SourceRepos, func(allowed string) bool { return glob(allowed, spec.Source.RepoURL) }) {
		v.find(RuleOutside, app.file, object, "project %s does not allow the repository %s. Add it there", spec.Project, spec.Source.RepoURL)
	}
	if !slices.ContainsFunc(project.Destinations, func(d Destination) bool {
		return glob(d.Namespace, spec.Destination.Namespace) && glob(d.Server, spec.Destination.Server)
	}) {
		v.find(RuleOutside, app.file, object, "project %s does not allow the namespace %s. Add it there", spec.Project, spec.Destination.Namespace)
	}
}

func glob(pattern, value string) bool {
	quoted := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
	return regexp.MustCompile("^" + quoted + "$").MatchString(value)
}

// projects finds those that bound nothing.
func (v *validation) projects() {
	for _, p := range v.objects.projects {
		spec, object := p.value.Spec, "project "+p.value.Metadata.Name
		wide := func(what string) {
			v.find(RuleWideOpen, p.file, object, "%s allows everything. List what the applications need", what)
		}
		if slices.Contains(spec.SourceRepos, "*") {
			wide("sourceRepos")
		}
		if slices.ContainsFunc(spec.Destinations, func(d Destination) bool { return d.Namespace == "*" || d.Server == "*" }) {
			wide("destinations")
		}
		everything := GroupKind{"*", "*"}
		if slices.Contains(spec.ClusterResourceWhitelist, everything) {
			wide("clusterResourceWhitelist")
		}
		// Without this list a project allows every kind.
		if len(spec.NamespaceResourceWhitelist) == 0 || slices.Contains(spec.NamespaceResourceWhitelist, everything) {
			wide("namespaceResourceWhitelist")
		}
	}
}

// others checks what stands beside the applications.
func (v *validation) others() {
	for _, secret := range v.objects.secrets {
		if secret.value.APIVersion == "external-secrets.io/v1beta1" {
			v.find(RuleRemovedAPI, secret.file, "ExternalSecret "+secret.value.Metadata.Name,
				"its version v1beta1 is no longer served. Write external-secrets.io/v1")
		}
	}
	for _, config := range v.objects.notifications {
		if strings.Contains(config.value.Data["trigger.on-sync-failed"], "OutOfSync") {
			v.find(RuleOutOfSync, config.file, "ConfigMap "+config.value.Metadata.Name,
				"on-sync-failed fires on OutOfSync, which every commit causes. Ask for operationState.phase in ['Error', 'Failed']")
		}
	}
}
