// Package kinds is what can be done with a component: its gates, its fixes, its
// image. How, its kind decides, a folder each.
package kinds

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
	"github.com/pingvas/pingvas-ci/ci/internal/floor"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/source"
)

var dag = dagger.Connect()

// Kind is what a kind of component can do. Everything that depends on what kind
// a component is of is here or in its definition: a new kind is a folder with
// both, and a line where the kinds are registered.
type Kind interface {
	component.Definition
	// Gates are what a component must pass before it is pushed, in the order in
	// which a person reads them, by its settings.
	Gates(p Project) []Gate
	// Reports are the files that the component's tests have left as its gate, whether
	// they passed: what the engine keeps of that run, and no second one.
	Reports(ctx context.Context, p Project) ([]Report, error)
	// Fix is what the component's tools would change in its sources.
	Fix(ctx context.Context, p Project) (*dagger.Changeset, error)
	// Recipe makes the image of a component without a Dockerfile.
	Recipe(ctx context.Context, p Project, platform dagger.Platform) (*dagger.Container, error)
	// Inspect looks at an image that a Dockerfile made for what would only fail
	// where it runs.
	Inspect(ctx context.Context, p Project, image *dagger.Container, platform dagger.Platform) error
	// Guard looks at a finished image before it is scanned and pushed.
	Guard(ctx context.Context, p Project, image *dagger.Container) error
	// Warm fetches the packages that checks and image would wait for.
	Warm(ctx context.Context, p Project) error
	// Volumes are the cache volumes that the component uses.
	Volumes(p Project) []ground.Volume
	// BaseImages are what Recipe builds on, by their pinned references: first the
	// one that the image begins with.
	BaseImages(ctx context.Context, p Project) ([]string, error)
}

// Gate is one check that a component must pass.
type Gate struct {
	Name string
	Run  func(ctx context.Context) error
	// NewOnly says that what it finds counts in new lines alone.
	NewOnly bool
}

// Report is a file that tests have left.
type Report struct {
	// Format is what it is: junit or coverage. Suffix is what its name ends with.
	Format, Suffix string
	File           *dagger.File
}

// Registry is the kinds that there are. A directory that could be of two is of
// the first.
type Registry []Kind

// Definitions are the kinds as far as files tell.
func (r Registry) Definitions() []component.Definition {
	var all []component.Definition
	for _, kind := range r {
		all = append(all, kind)
	}
	return all
}

// Of is the kind of a name. One that nobody registered is an error: nothing is
// done by the rules of another.
func (r Registry) Of(name component.Kind) (Kind, error) {
	var known []string
	for _, kind := range r {
		if kind.Traits().Kind == name {
			return kind, nil
		}
		known = append(known, string(kind.Traits().Kind))
	}
	return nil, fmt.Errorf("there is no kind of component called %q. Use one of %s", name, strings.Join(known, ", "))
}

// Workshop is what is at hand for every component of a call: the repository, the
// kinds, and what the caller gave.
type Workshop struct {
	Source *source.Repository
	Kinds  Registry
	// Pinned are the images of somebody else's.
	Pinned ground.Images
	// BaseUpdates is the lock of updates of base images; nil where there are none.
	BaseUpdates *dagger.File
	// BuildSecrets are for Dockerfiles.
	BuildSecrets []BuildSecret
	// Entitlements are what the caller lets Dockerfiles reach.
	Entitlements []dockerfile.Entitlement
	// NpmRegistries are private registries of packages.
	NpmRegistries []NpmRegistry
	// PythonIndexes are private indexes of packages.
	PythonIndexes []PythonIndex
	// Parallel is how many steps run at a time.
	Parallel int
	// Began is when the run did: tests that failed before it are run anew.
	Began time.Time
	// Trust is how far the source is trusted.
	Trust ground.Trust
	// Policy is what the caller asks of every component.
	Policy floor.Policy
	// NewOnly is the commit since which a line has to have changed for what gates find
	// in it to count; empty where all counts.
	NewOnly string
}

// BuildSecret is a secret that Dockerfiles may mount by its name.
type BuildSecret struct {
	Name   string
	Secret *dagger.Secret
}

// NpmRegistry is a private npm registry and what it asks for.
type NpmRegistry struct {
	// Host is what its service is bound to.
	Host string
	// Credentials are the lines of an .npmrc that name Variable.
	Credentials string
	Variable    string
	Token       *dagger.Secret
	Service     *dagger.Service
}

// PythonIndex is a private index of Python packages and what it asks for.
type PythonIndex struct {
	// URL is what its credentials are for, by scheme, host, port and path, and Host
	// what its service is bound to.
	URL, Host string
	Username  string
	Token     *dagger.Secret
	Service   *dagger.Service
}

// Project is a component in the workshop.
type Project struct {
	*Workshop
	Spec component.Component
	Kind Kind
	// inGit has the sources of its checks lie in a repository of git.
	inGit bool
}

// Project is a component to work on.
func (w *Workshop) Project(c component.Component) (Project, error) {
	kind, err := w.Kinds.Of(c.Kind)
	if err != nil {
		return Project{}, fmt.Errorf("%s: %w", c.Name, err)
	}
	return Project{Workshop: w, Spec: w.Policy.Raised(c, kind.Traits()), Kind: ofFault(kind, c.Fault)}, nil
}

// Projects are components to work on.
func (w *Workshop) Projects(components []component.Component) ([]Project, error) {
	var all []Project
	for _, c := range components {
		p, err := w.Project(c)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// Seconds is about how long a delivery takes of a component of its kind.
func (w *Workshop) Seconds(a affected.Affected) float64 {
	kind, err := w.Kinds.Of(a.Component.Kind)
	if err != nil {
		return 0 // Who works on it says so.
	}
	return kind.Traits().Seconds
}

// ForDelivery is the workshop of a delivery, which keeps what it keeps apart.
func (w *Workshop) ForDelivery() (*Workshop, error) {
	trust, err := w.Trust.ForDelivery()
	delivering := *w
	delivering.Trust = trust
	return &delivering, err
}

// Since is the workshop of a run that began earlier: what it has tested is not tested
// again.
func (w *Workshop) Since(began time.Time) *Workshop {
	of := *w
	of.Began = began
	return &of
}

// running is the workshop of a run that begins now, unless it has begun.
func (w *Workshop) running() *Workshop {
	if w.Began.IsZero() {
		return w.Since(time.Now())
	}
	return w
}

// Find is the component of a name, with which something can be done.
func (w *Workshop) Find(ctx context.Context, name string) (Project, error) {
	c, err := w.Source.Find(ctx, name)
	if err != nil {
		return Project{}, err
	}
	if c.Fault != "" {
		return Project{}, errors.New(c.Fault)
	}
	return w.Project(c)
}

// Gate runs one gate of one component.
func (w *Workshop) Gate(ctx context.Context, name, gate string) error {
	p, err := w.Find(ctx, name)
	if err != nil {
		return err
	}
	return p.Gate(ctx, gate)
}

// GateIfAny runs one gate of one component, where its settings make it one.
func (w *Workshop) GateIfAny(ctx context.Context, name, gate string) error {
	p, err := w.Find(ctx, name)
	if err != nil {
		return err
	}
	return p.GateIfAny(ctx, gate)
}

// Check runs every gate of one component.
func (w *Workshop) Check(ctx context.Context, name string) error {
	p, err := w.Find(ctx, name)
	if err != nil {
		return err
	}
	return p.Check(ctx)
}

// Image is the image of one component for a platform, its first when empty.
func (w *Workshop) Image(ctx context.Context, name string, platform dagger.Platform) (*dagger.Container, error) {
	p, err := w.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	return p.Image(ctx, platform)
}

// Images are the images of one component, one for each of its platforms.
func (w *Workshop) Images(ctx context.Context, name string) ([]*dagger.Container, error) {
	p, err := w.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	return p.Images(ctx)
}

// All are the repository's components.
func (w *Workshop) All(ctx context.Context) ([]Project, error) {
	components, err := w.Source.Components(ctx)
	if err != nil {
		return nil, err
	}
	return w.Projects(components)
}

// Directory is the component's own directory, as it is in the repository.
func (p Project) Directory() *dagger.Directory {
	return p.Source.Directory.Directory(p.Spec.Path)
}

// Platform is the one that is asked for, or the component's first.
func (p Project) Platform(wanted dagger.Platform) (dagger.Platform, error) {
	if wanted == "" {
		return dagger.Platform(p.Spec.Settings.Platforms[0]), nil
	}
	if !slices.Contains(p.Spec.Settings.Platforms, string(wanted)) {
		return "", fmt.Errorf("%s is not built for %s. Its platforms are %s", p.Spec.Name, wanted, strings.Join(p.Spec.Settings.Platforms, ", "))
	}
	return wanted, nil
}

// OwnVolumes are the cache volumes that the component's settings ask for, by their
// paths: none where what its code wrote may decide anything.
func (p Project) OwnVolumes() map[string]ground.Volume {
	volumes := map[string]ground.Volume{}
	if p.Trust.KeepsOfCode() {
		for _, at := range p.Spec.Settings.CacheVolumes {
			volumes[at] = p.Trust.Volume(p.Spec.Name + at)
		}
	}
	return volumes
}

// sayUnkept says that the settings ask for what this call does not keep.
func (p Project) sayUnkept() {
	if asked := p.Spec.Settings.CacheVolumes; len(asked) > 0 && !p.Trust.KeepsOfCode() {
		fmt.Printf("· %s: cache-volumes (%s) are not kept: a delivery keeps none, and a check where the caller says with-trust --repository\n",
			p.Spec.Name, strings.Join(asked, ", "))
	}
}

// WithOwn has what the component's settings give to tests and checks: variables
// and cache volumes.
func (p Project) WithOwn(c *dagger.Container) *dagger.Container {
	for at, volume := range p.OwnVolumes() {
		c = c.With(volume.At(at))
	}
	return ground.WithVariables(c, p.Spec.Settings.Environment)
}
