package component

import "io/fs"

// Kind says which toolchain a component is built with.
type Kind string

// Definition is what a kind of component is, as far as files tell. Nothing
// outside of a kind's own folder asks which kind a component is of: what depends
// on it is here, or is in the component that Complete has filled in.
type Definition interface {
	// Traits are the same for every component of the kind.
	Traits() Traits
	// Is tells whether a directory is such a component by its own files.
	Is(fsys fs.FS, dir string) (bool, error)
	// Manifest reads the file in which the kind's ecosystem keeps a project's
	// name and settings; nothing where there is none.
	Manifest(fsys fs.FS, dir string) (Manifest, error)
	// Complete fills in the tools' versions, the libraries besides those that
	// the settings name, and what of the inputs only the kind knows: what of its
	// workspace its checks read, and what its built-in recipe reads.
	Complete(fsys fs.FS, c *Component, m Manifest) error
}

// Traits are what is the same for every component of a kind.
type Traits struct {
	// Kind is the kind's name.
	Kind Kind
	// Article is how a sentence names one: "a CUDA worker".
	Article string
	// FoundBy is what makes a directory one: "a pyproject.toml".
	FoundBy string
	// Dockerfile is the name of a component's own.
	Dockerfile string
	// Dockerfiles are other names of it, which count where the first is not there.
	Dockerfiles []string
	// Platforms are those that its image can be for, and is unless the settings
	// name fewer.
	Platforms []string
	// TagSuffix is what its images' tags end with.
	TagSuffix string
	// Defaults are what its settings are where they say nothing.
	Defaults Settings
	// Deployment is how a cluster runs it, unless Complete knows better.
	Deployment Deployment
	// Outside says that a directory is one only outside of every component of
	// another kind.
	Outside bool
	// Like is the kind that it is one of, with an image of its own; nil for none.
	Like Definition
	// Beside says that a component of it may lie in one of another kind, as a site in
	// the directory of the service that it belongs to.
	Beside bool
	// Gates are the names of its gates; of one whose gates are commands of its
	// settings, those that it is expected to have.
	Gates []string
	// Optional are those of its gates that many of its projects do not have: a policy
	// that asks for one leaves out a component without it.
	Optional []string
	// GateCommands says that commands of its settings may stand for its gates, and
	// for more of them, and run where its tools do.
	GateCommands bool
	// GatesInDockerfile says that its gates are commands of its settings that run
	// in a stage of its Dockerfile, and see what that copies.
	GatesInDockerfile bool
	// Unread are the settings that do nothing for it, by their keys in camelCase:
	// one that says something is an error.
	Unread []string
	// Manifests are the names of the files that Is, Manifest and Complete read.
	Manifests []string
	// Reads are patterns of the files above a component that tools of its kind
	// read, and no other kind's unless it says so as well.
	Reads []string
	// LooksAtAll says that its tools look at whatever lies in its directory, at the
	// repository's root at the files of other pipelines as well: a formatter of JSON,
	// YAML and Markdown does.
	LooksAtAll bool
	// RecipeReadsAbove says that the built-in recipe, too, looks for configuration
	// above the component, as what builds a site does.
	RecipeReadsAbove bool
	// Seconds is about how long one takes from its gates to its published image,
	// where no earlier run says.
	Seconds float64
	// Workflow is the guide's workflow of the kind, of which a change runs it.
	Workflow string
	// Folder is the directory of which the only component of this kind below has
	// the directory's name; empty for none.
	Folder string
}

// Deployment is how a cluster runs a component.
type Deployment struct {
	// Port is where it listens; 0 for nowhere.
	Port int `json:"port,omitempty"`
	// HealthPath is asked whether it lives; empty for the port alone.
	HealthPath string `json:"healthPath,omitempty"`
	// User is the number that its image runs as.
	User int `json:"user,omitempty"`
	// GPU asks for a node with one.
	GPU bool `json:"gpu,omitempty"`
	// Secret says that it reads the environment's secrets.
	Secret bool `json:"secret,omitempty"`
	// Route is how requests from outside reach it.
	Route Route `json:"route,omitempty"`
}

// Route is how requests from outside reach a component.
type Route string

// The routes that there are; empty is none.
const (
	// Page is the site's root.
	Page Route = "page"
	// API is a path of the API's host that has the component's name.
	API Route = "api"
)

// Alike is a definition that knows directories which look like one of its
// components and are none, unless the repository's settings name them.
type Alike interface {
	Definition
	// Alike says why a directory looks like one and is none; empty for one that
	// does not look so.
	Alike(fsys fs.FS, dir string) (why string)
}

// Others is a definition that knows projects of its ecosystem which it does not build.
type Others interface {
	Definition
	// Other says why a directory's project is none of its components, and what it would
	// take for that; empty for a directory without such a project.
	Other(fsys fs.FS, dir string) (why string)
}

// Builds is a definition that tells of a directory whether something is built there,
// or whether its files only configure what lies below.
type Builds interface {
	Definition
	Builds(fsys fs.FS, dir string) bool
}

// ChecksRoot is a definition that knows of gates at the repository's root which are for
// all of it, though nothing is built there.
type ChecksRoot interface {
	Definition
	ChecksRoot(fsys fs.FS) bool
}

// Scripts is a definition that takes a repository for a component which has nothing
// but a program at its root.
type Scripts interface {
	Definition
	Scripts(fsys fs.FS) bool
}

// Workspaces is a definition of which one lock may serve several components.
type Workspaces interface {
	Definition
	// Workspaces finds them; skip says where not to look.
	Workspaces(fsys fs.FS, skip func(dir string) bool) ([]Workspace, error)
}

// Workspace is a root with packages, some of which are components.
type Workspace interface {
	// Components are the directories of the packages that become images.
	Components(fsys fs.FS) []string
	// Holds tells whether a directory is the root or a package of it.
	Holds(dir string) bool
}

// Checks is a workspace of which the root may have gates for all of it.
type Checks interface {
	Workspace
	// Checks is the root's directory, where it has gates that run tools of its own.
	Checks() (root string, has bool)
}
