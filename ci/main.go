// Pingvas CI delivers a monorepo of Python services, a pnpm frontend and a
// CUDA worker: from a changed file to a change in the GitOps repository that
// Argo CD deploys from.
//
// `dagger call deliver report` plans, checks, builds, scans, publishes and
// updates the manifests, and needs no account anywhere: without a registry and
// a GitOps repository it works on embedded ones. `dagger call plan` tells what
// a change affects, `dagger call check` runs the gates, and `services`,
// `frontends` and `workers` lead to the functions of one component.
package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// PingvasCi is the delivery pipeline of one application repository.
type PingvasCi struct {
	// +private
	Source *dagger.Directory
	// +private
	ImageLock *dagger.File
	// +private
	Parallel int
	// +private
	Gate *GatePolicy
	// +private
	Scanners []Scanner
	// +private
	Vex []*dagger.File
	// +private
	CodeScanning *CodeScanning
	// +private
	Registries []*RegistryTarget
	// +private
	Signing *Signing
	// +private
	Repository *Gitops
	// +private
	BuildSecrets []*BuildSecret
	// +private
	NpmRegistries []*NpmRegistry
}

// New takes the application repository.
func New(
	// The application repository, with its .git directory where commits matter.
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
) *PingvasCi {
	return &PingvasCi{Source: source, ImageLock: imageLock, Parallel: parallel}
}

// WithRegistry says where images are published.
//
// Called again, it adds a registry; the manifests name the first.
func (m *PingvasCi) WithRegistry(
	// Host and optional path prefix that image names are put behind, such as
	// 123456789012.dkr.ecr.ap-northeast-2.amazonaws.com.
	address string,
	// The user name, for a registry that wants one.
	// +optional
	username string,
	// The password or token that goes with it.
	// +optional
	password *dagger.Secret,
	// The registry as a service, where the engine cannot reach its address by
	// itself: tcp://127.0.0.1:5000 for one on this machine.
	// +optional
	service *dagger.Service,
	// Nobody but this pipeline can push there: what is found under a commit's tag
	// is an earlier run's, even without a signature.
	// +optional
	exclusive bool,
) (*PingvasCi, error) {
	target, err := newRegistryTarget(address, username, password, service)
	if err != nil {
		return nil, err
	}
	target.Exclusive = exclusive
	return m.with(target)
}

// WithGitops says which GitOps repository is updated.
func (m *PingvasCi) WithGitops(
	// The repository's URL, without credentials: https://github.com/pingvas/pingvas-gitops.git.
	repository string,
	// The branch that Argo CD follows.
	// +default="main"
	branch string,
	// The user name for HTTP; any works with a GitHub token.
	// +default="x-access-token"
	username string,
	// The token or password for HTTP. It is sent in a header only.
	// +optional
	token *dagger.Secret,
	// The repository's server as a service, where the engine cannot reach it by
	// itself: tcp://127.0.0.1:3000 for one on this machine.
	// +optional
	service *dagger.Service,
) (*PingvasCi, error) {
	target, err := newGitops(repository, branch, username, token, service)
	if err != nil {
		return nil, err
	}
	with := *m
	with.Repository = target
	return &with, nil
}

// Gitops returns the GitOps repository given by with-gitops.
//
// With a directory it is that one instead.
// +cache="session"
func (m *PingvasCi) Gitops(
	// A checked-out GitOps repository to work on instead; changes come back as a
	// Changeset.
	// +optional
	directory *dagger.Directory,
) (*Gitops, error) {
	switch {
	case directory != nil:
		return (&Gitops{Directory: directory}).of(m), nil
	case m.Repository != nil:
		return m.Repository.of(m), nil
	}
	return nil, errors.New("no GitOps repository is known. Name one with with-gitops --repository, or give --directory")
}

// Services lists the Python services.
//
// `services summary` prints each in one line: its kind and directory, and its
// versions with where each was read.
func (m *PingvasCi) Services(ctx context.Context) ([]*PythonService, error) {
	return listed(ctx, m, component.Python, m.service)
}

// Service returns one Python service by its name.
func (m *PingvasCi) Service(ctx context.Context, name string) (*PythonService, error) {
	return named(ctx, m, component.Python, name, m.service)
}

// Frontends lists the pnpm frontends.
//
// `frontends summary` prints each in one line: its kind and directory, and its
// versions with where each was read.
func (m *PingvasCi) Frontends(ctx context.Context) ([]*Frontend, error) {
	return listed(ctx, m, component.Frontend, m.frontend)
}

// Frontend returns one frontend by its name.
func (m *PingvasCi) Frontend(
	ctx context.Context,
	// +default="frontend"
	name string,
) (*Frontend, error) {
	return named(ctx, m, component.Frontend, name, m.frontend)
}

// Workers lists the CUDA workers.
//
// `workers summary` prints each in one line: its kind and directory, and its
// versions with where each was read.
func (m *PingvasCi) Workers(ctx context.Context) ([]*CudaWorker, error) {
	return listed(ctx, m, component.CUDA, m.worker)
}

// Worker returns one CUDA worker by its name.
func (m *PingvasCi) Worker(ctx context.Context, name string) (*CudaWorker, error) {
	return named(ctx, m, component.CUDA, name, m.worker)
}

// Check runs every gate of every component.
//
// A few run at a time, and all failures are reported. `dagger check` runs the
// same, one check for each of gates.
func (m *PingvasCi) Check(
	ctx context.Context,
	// Only components affected since this commit, branch or tag.
	// +optional
	base string,
) error {
	plan, err := m.plan(ctx, base, "HEAD")
	if err != nil {
		return err
	}
	components, err := plan.components()
	if err != nil {
		return err
	}
	return m.check(ctx, newRun(m.Parallel), components)
}

func (m *PingvasCi) service(c component.Component) *PythonService {
	return &PythonService{
		Ci: m, Name: c.Name, Kind: string(c.Kind), Path: c.Path, Summary: c.Summary(),
		PythonVersion: c.Python.Value, PythonVersionSource: c.Python.Source,
	}
}

func (m *PingvasCi) frontend(c component.Component) *Frontend {
	return &Frontend{
		Ci: m, Name: c.Name, Kind: string(c.Kind), Path: c.Path, Summary: c.Summary(),
		NodeVersion: c.Node.Value, NodeVersionSource: c.Node.Source,
		PnpmVersion: c.Pnpm.Value, PnpmVersionSource: c.Pnpm.Source,
	}
}

func (m *PingvasCi) worker(c component.Component) *CudaWorker {
	return &CudaWorker{
		Ci: m, Name: c.Name, Kind: string(c.Kind), Path: c.Path, Summary: c.Summary(),
		PythonVersion: c.Python.Value, PythonVersionSource: c.Python.Source,
	}
}

// listed returns the components of one kind as the objects a caller sees.
func listed[T any](ctx context.Context, m *PingvasCi, kind component.Kind, object func(component.Component) *T) ([]*T, error) {
	found, err := m.discover(ctx)
	if err != nil {
		return nil, err
	}
	var objects []*T
	for _, c := range found {
		if c.Kind == kind {
			objects = append(objects, object(c))
		}
	}
	return objects, nil
}

// named returns the component of one kind and name as the object a caller sees.
func named[T any](ctx context.Context, m *PingvasCi, kind component.Kind, name string, object func(component.Component) *T) (*T, error) {
	c, err := m.find(ctx, name)
	if err != nil {
		return nil, err
	}
	if c.Kind != kind {
		return nil, fmt.Errorf("%s is a %s component, not a %s one. Call it as such", name, c.Kind, kind)
	}
	return object(c), nil
}
