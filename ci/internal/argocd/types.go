// Package argocd writes and checks what Argo CD is told: which applications to
// sync from where, and what a project may hold.
package argocd

// ApplicationSet makes Applications from a list.
type ApplicationSet struct {
	APIVersion string             `yaml:"apiVersion"`
	Kind       string             `yaml:"kind"`
	Metadata   Metadata           `yaml:"metadata"`
	Spec       ApplicationSetSpec `yaml:"spec"`
}

// Metadata names an object.
type Metadata struct {
	Name        string            `yaml:"name"`
	Namespace   string            `yaml:"namespace,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// ApplicationSetSpec is the list and the template.
type ApplicationSetSpec struct {
	GoTemplate bool        `yaml:"goTemplate,omitempty"`
	Generators []Generator `yaml:"generators"`
	Template   Template    `yaml:"template"`
}

// Generator is where the elements come from. Other kinds than a list are read,
// so that the validation can say that it does not know them.
type Generator struct {
	List  *List          `yaml:"list,omitempty"`
	Other map[string]any `yaml:",inline"`
}

// List holds elements, each a set of the template's parameters.
type List struct {
	Elements []map[string]string `yaml:"elements"`
}

// Template is what each element becomes.
type Template struct {
	Metadata Metadata        `yaml:"metadata"`
	Spec     ApplicationSpec `yaml:"spec"`
}

// ApplicationSpec is a source, a destination, and how the one is brought to
// the other.
type ApplicationSpec struct {
	Project     string      `yaml:"project"`
	Source      Source      `yaml:"source"`
	Destination Destination `yaml:"destination"`
	SyncPolicy  SyncPolicy  `yaml:"syncPolicy"`
}

// Source is a folder of a repository.
type Source struct {
	RepoURL        string `yaml:"repoURL"`
	TargetRevision string `yaml:"targetRevision"`
	Path           string `yaml:"path"`
}

// Destination is a namespace of a cluster.
type Destination struct {
	Namespace string `yaml:"namespace"`
	Server    string `yaml:"server"`
}

// SyncPolicy says when and how to sync. Without Automated a person does.
type SyncPolicy struct {
	Automated   *Automated `yaml:"automated,omitempty"`
	SyncOptions []string   `yaml:"syncOptions,omitempty"`
	Retry       *Retry     `yaml:"retry,omitempty"`
}

// Automated syncs each change at once.
type Automated struct {
	Prune      bool `yaml:"prune"`
	SelfHeal   bool `yaml:"selfHeal"`
	AllowEmpty bool `yaml:"allowEmpty"`
}

// Retry repeats a failed sync.
type Retry struct {
	Limit   int     `yaml:"limit"`
	Backoff Backoff `yaml:"backoff"`
}

// Backoff is how long to wait between the tries.
type Backoff struct {
	Duration    string `yaml:"duration"`
	Factor      int    `yaml:"factor"`
	MaxDuration string `yaml:"maxDuration"`
}

// Application is a single one, outside of a set.
type Application struct {
	APIVersion string          `yaml:"apiVersion"`
	Kind       string          `yaml:"kind"`
	Metadata   Metadata        `yaml:"metadata"`
	Spec       ApplicationSpec `yaml:"spec"`
}

// AppProject bounds what its applications may deploy, from where and where to.
type AppProject struct {
	APIVersion string         `yaml:"apiVersion"`
	Kind       string         `yaml:"kind"`
	Metadata   Metadata       `yaml:"metadata"`
	Spec       AppProjectSpec `yaml:"spec"`
}

// AppProjectSpec holds the bounds.
type AppProjectSpec struct {
	Description                string        `yaml:"description,omitempty"`
	SourceRepos                []string      `yaml:"sourceRepos"`
	Destinations               []Destination `yaml:"destinations"`
	ClusterResourceWhitelist   []GroupKind   `yaml:"clusterResourceWhitelist,omitempty"`
	NamespaceResourceWhitelist []GroupKind   `yaml:"namespaceResourceWhitelist,omitempty"`
	Roles                      []Role        `yaml:"roles,omitempty"`
}

// GroupKind names a kind of Kubernetes object.
type GroupKind struct {
	Group string `yaml:"group"`
	Kind  string `yaml:"kind"`
}

// Role is what a group of people may do.
type Role struct {
	Name        string   `yaml:"name"`
	Description string   `yaml:"description,omitempty"`
	Policies    []string `yaml:"policies"`
	Groups      []string `yaml:"groups,omitempty"`
}
