// Package component finds the components of a monorepo and reads their
// settings, from files alone: a component needs no registration anywhere.
//
// Which directory is a component, and of which kind, the kinds' definitions
// say. Settings live where the ecosystem keeps them: the [tool.pingvas-ci] table
// of pyproject.toml, the "pingvas-ci" key of package.json.
package component

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/compose"
	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Component is one thing of the monorepo that becomes an image.
type Component struct {
	// Name is the image's name, and the name in the GitOps repository.
	Name string `json:"name"`
	// named tells that its settings say so.
	named bool
	// set are the keys of its settings.
	set  []string
	Kind Kind `json:"kind"`
	// Path is the component's directory, relative to the repository root.
	Path string `json:"path"`
	// Fault says why nothing can be done with it, and what to do; empty where all
	// that is said of it can be read. It stops no other component.
	Fault string `json:"fault,omitempty"`
	// Versions are those of its tools, in the order in which a person reads them.
	Versions []Version `json:"versions,omitempty"`
	// Tools are those that its own files show that it wants for its checks, each with
	// the version that it is locked to, or none.
	Tools []Tool `json:"tools,omitempty"`
	// Inferred are settings that nobody set, and that its files show.
	Inferred []Inferred `json:"inferred,omitempty"`
	// NoImage says why no image is made of it, and nothing of it delivered: its gates are
	// all that there is. Empty for every other one.
	NoImage string `json:"noImage,omitempty"`
	// ForAll tells of one without an image that its gates are for a whole workspace, of
	// which it is the root.
	ForAll bool `json:"-"`
	// StandsIn says that it is the repository's root, and its gates stand in place of those
	// that other components have none of their own for.
	StandsIn bool `json:"-"`
	// CheckedBy is the name of the component at the repository's root whose gates stand in
	// place of some of its own; empty for none.
	CheckedBy string `json:"checkedBy,omitempty"`
	// Unhashed says which of its packages no hash stands for, and ExtraIndex where a
	// second index for them is named; empty for none.
	Unhashed   string `json:"unhashed,omitempty"`
	ExtraIndex string `json:"extraIndex,omitempty"`
	// Workspace is the root of the pnpm or uv workspace that the component is a
	// package of, where the lock file is; empty for one that is alone.
	Workspace string `json:"workspace,omitempty"`
	// Libraries are the directories the component is built from besides its
	// own, those that a library names itself included.
	Libraries []Library `json:"libraries,omitempty"`
	// Settings are the effective ones: the component's own, defaults filled
	// in, with Dockerfile and Libraries relative to the repository root.
	Settings Settings `json:"settings"`
	// Services are those that its tests need, each after those that it needs itself.
	Services []compose.Service `json:"services,omitempty"`
	// SettingsFile is where they stand, or would.
	SettingsFile string `json:"settingsFile"`
	// Gates are those that its kind has or expects, each with whether it checks.
	Gates []Gate `json:"gates"`
	// Unheard says which tools that it installs for its checks no gate runs.
	Unheard []string `json:"unheard,omitempty"`
	// Lacks are those of them that say what its tests have elsewhere, and not here.
	Lacks []string `json:"lacks,omitempty"`
	// TagSuffix is what its images' tags end with.
	TagSuffix string `json:"tagSuffix,omitempty"`
	// Deployment is how a cluster runs it.
	Deployment Deployment `json:"deployment"`
	// Inputs are the parts of the repository that it is made of.
	Inputs inputs.Inputs `json:"inputs"`
	// Ignore is what its Dockerfile's context leaves out.
	Ignore dockerfile.Ignore `json:"ignore,omitzero"`
}

// Version is a tool's version and where it was read.
type Version struct {
	// Tool is the tool's name, such as python.
	Tool string `json:"tool"`
	// Value is as exact as its source: "3.12", "22" or "9.15.4".
	Value string `json:"value"`
	// Source is the file or field that said so, or DefaultSource.
	Source string `json:"source"`
	// Fault says why no release is meant by Value, and what to do; empty where
	// one is. It stops what needs the tool, and no other component.
	Fault string `json:"-"`
}

// DefaultSource is the source of a version that nothing in the repository names.
const DefaultSource = "default"

// Inferred is a setting with a value that the component's files show.
type Inferred struct {
	Setting string `json:"setting"`
	Value   string `json:"value"`
	Source  string `json:"source"`
}

// Infer notes a setting that was filled in.
func (c *Component) Infer(setting, value, source string) {
	c.Inferred = append(c.Inferred, Inferred{setting, value, source})
}

// InferredFrom is where a setting was found that nobody set; false for one that was set.
func (c Component) InferredFrom(setting string) (source string, is bool) {
	at := slices.IndexFunc(c.Inferred, func(i Inferred) bool { return i.Setting == setting })
	if at < 0 {
		return "", false
	}
	return c.Inferred[at].Source, true
}

// Lack says what its tests have elsewhere, and not here.
func (c *Component) Lack(format string, args ...any) {
	said := plain.Line(fmt.Sprintf(format, args...))
	c.Unheard, c.Lacks = append(c.Unheard, said), append(c.Lacks, said)
}

// Tool is one that checks a component.
type Tool struct {
	// Name is the tool's name, such as ruff.
	Name string `json:"name"`
	// Gate is the gate that runs it, or build.
	Gate string `json:"gate"`
	// Version is the one that it is locked to; empty for one of ours.
	Version string `json:"version,omitempty"`
	// Source is the file that shows that it is wanted.
	Source string `json:"source"`
	// Arguments are what it is run with, besides what it is configured by.
	Arguments []string `json:"arguments,omitempty"`
	// Through is how Python runs it as a module, such as python -m; empty where it is started
	// as a program.
	Through []string `json:"through,omitempty"`
	// Packages are what is installed beside it, where a pre-commit hook runs it.
	Packages []string `json:"packages,omitempty"`
	// Before are the commands that run before it, and Mends says that it changes what it looks at.
	Before []string `json:"before,omitempty"`
	Mends  bool     `json:"mends,omitempty"`
	// Configured says of what measures coverage that nobody has it measured with the tests.
	Configured bool `json:"configured,omitempty"`
}

// Tool is one of the component's tools; of none, the zero one.
func (c Component) Tool(name string) (tool Tool, has bool) {
	for _, one := range c.Tools {
		if one.Name == name {
			return one, true
		}
	}
	return Tool{}, false
}

// Version is that of one of the component's tools.
func (c Component) Version(tool string) Version {
	at := slices.IndexFunc(c.Versions, func(v Version) bool { return v.Tool == tool })
	if at < 0 {
		return Version{Tool: tool}
	}
	return c.Versions[at]
}

// Delivered are those of a list that become images.
func Delivered(list []Component) []Component {
	return slices.DeleteFunc(slices.Clone(list), func(c Component) bool { return c.NoImage != "" })
}

// ofImages are the settings that speak of a component's image.
var ofImages = []string{
	"dockerfile", "context", "target", "buildArgs", "platforms", "entrypoint", "port", "healthPath", "imageEnvironment", "writable", "layerBudget", "output", "keepAssets", "headers",
}

// WantsImage tells whether its settings speak of an image.
func (c Component) WantsImage() bool {
	return slices.ContainsFunc(c.set, func(key string) bool { return slices.Contains(ofImages, key) })
}

// Sets tells whether its settings have a key, in camelCase.
func (c Component) Sets(key string) bool { return slices.Contains(c.set, key) }

// Alone are the names of those of a list that have gates and no image.
func Alone(list []Component) (names []string) {
	for _, c := range list {
		if c.NoImage != "" {
			names = append(names, c.Name)
		}
	}
	return names
}

// Library is a directory of the repository that a component is built from.
type Library struct {
	Path string `json:"path"`
	// Via is the library that names this one; empty when the component does.
	Via string `json:"via,omitempty"`
	// Called says why it is needed though nothing is built from it, such as a script
	// that runs one of its own; it may be a component besides.
	Called string `json:"called,omitempty"`
	// Import is where Python finds its modules; empty for other kinds.
	Import string `json:"import,omitempty"`
}

// Found is what a repository has.
type Found struct {
	// Components are sorted by their paths.
	Components []Component
	// PassedOver are directories that look like components and are none, each
	// with the reason.
	PassedOver []string
}

// Discover returns the components of the repository in fsys. What is wrong with one
// of them is its fault, and no other's; only what its root says of the whole
// repository fails for all. Where a directory could be of two kinds, it is of the one
// that is defined first. Called is what the repository is called, for a root whose
// files do not say; nil for one of which it is not known.
func Discover(fsys fs.FS, kinds []Definition, called func() string) (Found, error) {
	places, passed, err := search(fsys, kinds)
	if err != nil {
		return Found{}, fmt.Errorf("discover components: %w", err)
	}
	var components []Component
	for _, p := range places {
		components = append(components, read(fsys, p, kinds, called))
	}
	components = settleLibraries(fsys, components, places)
	settleRoot(fsys, components, places)
	checkNames(components)
	lackSubmodules(fsys, components)
	passed = slices.Concat(passed, untested(fsys, components), otherDockerfiles(fsys, components))
	return Found{Components: components, PassedOver: passed}, nil
}

// All are the components. Where everything that looks like one was passed over
// it is an error: what does nothing, having been given the wrong repository or
// one that is not read, must not look like success.
func (f Found) All() ([]Component, error) {
	if n := len(f.PassedOver); n > 0 && len(f.Components) == 0 {
		return nil, fmt.Errorf("the source has no components: what looks like one was passed over (%s). Say with --source which repository it is, or include what was passed over; components lists it", f.PassedOver[0])
	}
	return f.Components, nil
}

// Find returns the component called name. For an unknown one the error lists
// those that exist.
func Find(list []Component, name string) (Component, error) {
	known := make([]string, 0, len(list))
	for _, c := range list {
		if c.Name == name {
			return c, nil
		}
		known = append(known, c.Name)
	}
	if len(known) == 0 {
		return Component{}, fmt.Errorf("component %q: the repository has no components. Give a source that has some", name)
	}
	slices.Sort(known)
	return Component{}, fmt.Errorf("component %q is unknown. Name one of: %s", name, strings.Join(known, ", "))
}

// FindOf returns the component called name, which must be of the kind; where there is
// no name the only one of the kind, or the only one of which an image is made.
func FindOf(list []Component, kind Kind, name string) (Component, error) {
	if name != "" {
		c, err := Find(list, name)
		if err == nil && c.Kind != kind {
			err = fmt.Errorf("%s is of kind %s, not %s. Call it by the function of its kind: service, frontend, worker or container", name, c.Kind, kind)
		}
		return c, err
	}
	var called []string
	of := Of(list, kind)
	if delivered := Delivered(of); len(delivered) == 1 {
		of = delivered
	}
	for _, c := range of {
		called = append(called, c.Name)
	}
	switch len(of) {
	case 1:
		return of[0], nil
	case 0:
		return Component{}, fmt.Errorf("the repository has no component of kind %s. List what it has with components", kind)
	}
	return Component{}, fmt.Errorf("the repository has %d components of kind %s. Name one of: %s", len(of), kind, strings.Join(called, ", "))
}

// Of returns the components of the kind.
func Of(list []Component, kind Kind) []Component {
	var chosen []Component
	for _, c := range list {
		if c.Kind == kind {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

// read makes the component of a place. Of one that cannot be read it is what is known.
func read(fsys fs.FS, p place, kinds []Definition, called func() string) Component {
	c := Component{Kind: p.kind.Traits().Kind, Path: p.path, StandsIn: p.standsIn}
	err := p.fault
	if err == nil {
		err = c.read(fsys, p, kinds, called)
	}
	if err != nil {
		return c.faulty(p, kinds, err)
	}
	return c
}

// read reads the settings first, since they may decide the name and the files, then
// what only its kind knows.
func (c *Component) read(fsys fs.FS, p place, kinds []Definition, called func() string) error {
	m, err := manifestOf(fsys, p.path, p.kind)
	if err != nil {
		return err
	}
	traits := p.kind.Traits()
	c.Settings, c.SettingsFile, c.set = m.Settings, m.settingsFile(), m.set
	c.TagSuffix, c.Deployment = traits.TagSuffix, traits.Deployment
	if err := c.call(fsys, p, m, called); err != nil {
		return err
	}
	if err := m.checkRead(traits); err != nil {
		return err
	}
	if err := c.settle(fsys, traits); err != nil {
		return err
	}
	if err := c.readTestNeeds(fsys); err != nil {
		return err
	}
	if c.Libraries, err = libraries(fsys, c.Path, c.Settings.Libraries, kinds); err != nil {
		return err
	}
	if c.Gates, err = c.settledGates(traits); err != nil {
		return err
	}
	if err := p.kind.Complete(fsys, c, m); err != nil {
		return err
	}
	if p.configured && c.ForAll && !c.named {
		c.Name = workspaceName(c.Path)
		c.Inferred = slices.DeleteFunc(c.Inferred, func(i Inferred) bool { return i.Setting == "name" })
	}
	c.Deployment.Port = cmp.Or(c.Settings.Port, c.Deployment.Port)
	c.Deployment.HealthPath = cmp.Or(c.Settings.HealthPath, c.Deployment.HealthPath)
	c.ofStages(fsys)
	return c.assemble(fsys, p.kind, kinds)
}
