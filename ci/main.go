// Pingvas CI delivers a monorepo of Python services, pnpm frontends, CUDA
// workers and containers in any other language: from a changed file to a change in
// the GitOps repository that Argo CD deploys from.
//
// `dagger call deliver report` plans, checks, builds, scans, publishes and
// updates the manifests, and needs no account anywhere: without a registry and
// a GitOps repository it works on embedded ones. `dagger call plan` tells what
// a change affects, `dagger call check` runs the gates, and `service`, `frontend`,
// `worker` and `container` lead to the functions of one component.
package main

import (
	"context"
	"runtime/debug"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/delivery"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/container"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/cuda"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/source"
)

// The process of a call lives for seconds: its collector waits until there is five times
// what is in use, where else it takes a third of the time.
var _ = debug.SetGCPercent(400)

// registered are the kinds of components that there are. A directory that could
// be of two is of the first.
var registered = kinds.Registry{
	cuda.Kind{},
	python.Kind{},
	frontend.Kind{},
	container.Kind{},
}

// PingvasCi is the delivery pipeline of one application repository.
type PingvasCi struct {
	// +private
	Source *dagger.Directory
	// +private
	ImageLock *dagger.File
	// +private
	BaseUpdates *dagger.File
	// +private
	Parallel int
	// +private
	Untrusted bool
	// +private
	TrustedAs string
	// +private
	Gate *GatePolicy
	// +private
	FindingKinds []FindingKind
	// +private
	Vex []*dagger.File
	// +private
	TrivyDatabases *dagger.Directory
	// +private
	CodeScanning *CodeScanning
	// +private
	Registries []*RegistryTarget
	// +private
	Identities []*JobIdentity
	// +private
	AwsKeys *AwsKeys
	// +private
	Signing *Signing
	// +private
	Repository *Gitops
	// +private
	BuildSecrets []*BuildSecret
	// +private
	DockerfileEntitlements []DockerfileEntitlement
	// +private
	NpmRegistries []*NpmRegistry
	// +private
	PythonIndexes []*PythonIndex
	// +private
	Policy *Policy
}

// New takes the application repository.
func New(
	// The application repository, with its .git directory where commits matter:
	// the one that the call is made in. A module that is called by -m and its
	// address would take its own: say --source .
	// +defaultPath="/"
	// +ignore=["**/node_modules", "**/.venv", "**/__pycache__", "**/.mypy_cache", "**/.ruff_cache", "**/.pytest_cache", "**/dist", "**/coverage", "**/storybook-static"]
	source *dagger.Directory,
	// A JSON file of image name to reference@digest, which replaces entries of
	// the module's table of images: {"version":1,"images":{"node:22-slim":"mirror.example/node:22@sha256:..."}}.
	// +optional
	imageLock *dagger.File,
	// How many steps run at a time. The default fits a runner of two cores.
	// +default=2
	parallel int,
	// The source is code that nobody has reviewed, such as a pull request's: it is
	// never published. Checks and images outside of a delivery are taken for such
	// anyway, unless with-trust says otherwise.
	// +optional
	untrusted bool,
) *PingvasCi {
	return &PingvasCi{Source: source, ImageLock: imageLock, Parallel: parallel, Untrusted: untrusted}
}

// Components lists every component of the repository.
//
// Its name, kind and directory, its versions and where each was read, and what
// its image is built by.
func (m *PingvasCi) Components(ctx context.Context) (string, error) {
	return m.source().Table(ctx)
}

// Check runs every gate of every component.
//
// A few run at a time, and all failures are reported. `dagger check` runs the
// same, one check for each of gates.
// +cache="session"
func (m *PingvasCi) Check(
	ctx context.Context,
	// Only components affected since this commit, branch or tag.
	// +optional
	base string,
) error {
	return m.workshop().CheckAffected(ctx, base)
}

// source is the application repository.
func (m *PingvasCi) source() *source.Repository {
	return source.New(m.Source, registered.Definitions())
}

// workshop is what is at hand for every component.
func (m *PingvasCi) workshop() *kinds.Workshop {
	return &kinds.Workshop{
		Source: m.source(), Kinds: registered, Pinned: m.pinned(), BaseUpdates: m.BaseUpdates, Parallel: m.Parallel, Trust: m.trust(), Policy: m.Policy.floor(), NewOnly: m.Policy.newOnly(),
		Entitlements:  ground.Each(m.DockerfileEntitlements, func(e DockerfileEntitlement) dockerfile.Entitlement { return dockerfile.Entitlement(e) }),
		BuildSecrets:  ground.Each(m.BuildSecrets, func(s *BuildSecret) kinds.BuildSecret { return kinds.BuildSecret(*s) }),
		NpmRegistries: ground.Each(m.NpmRegistries, func(r *NpmRegistry) kinds.NpmRegistry { return kinds.NpmRegistry(*r) }),
		PythonIndexes: ground.Each(m.PythonIndexes, func(i *PythonIndex) kinds.PythonIndex { return kinds.PythonIndex(*i) }),
	}
}

// caller is what was given for every delivery.
func (m *PingvasCi) caller() delivery.Caller {
	return delivery.Caller{
		Workshop: m.workshop(), Scanner: m.scanner(), CodeScanning: m.codeScanning(),
		Targets: m.targets(), Signing: m.signing(), Gitops: m.gitops(nil).repository(),
	}
}

func (m *PingvasCi) gate(ctx context.Context, name, gate string) error {
	return m.workshop().Gate(ctx, name, gate)
}

func (m *PingvasCi) gateIfAny(ctx context.Context, name, gate string) error {
	return m.workshop().GateIfAny(ctx, name, gate)
}

func (m *PingvasCi) check(ctx context.Context, name string) error {
	return m.workshop().Check(ctx, name)
}

func (m *PingvasCi) image(ctx context.Context, name string, platform dagger.Platform) (*dagger.Container, error) {
	return m.workshop().Image(ctx, name, platform)
}

func (m *PingvasCi) images(ctx context.Context, name string) ([]*dagger.Container, error) {
	return m.workshop().Images(ctx, name)
}

func (m *PingvasCi) inputs(ctx context.Context, name string) (*dagger.Directory, error) {
	return m.source().InputsOf(ctx, name)
}

func (m *PingvasCi) scan(ctx context.Context, name string) (*Scan, error) {
	found, err := delivery.Scan(ctx, m.caller(), name)
	return m.scanOfComponent(name, found), err
}

func (m *PingvasCi) publish(ctx context.Context, name, commit string) (*Delivered, error) {
	published, err := delivery.Publish(ctx, m.caller(), name, commit)
	return deliveredOf(published), err
}

// of does something with what find finds.
func of[T, R any](ctx context.Context, find func(context.Context) (T, error), do func(T, context.Context) (R, error)) (R, error) {
	found, err := find(ctx)
	if err != nil {
		var none R
		return none, err
	}
	return do(found, ctx)
}
