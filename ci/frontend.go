package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/frontend/frontenddef"
)

// A pnpm frontend.
const ComponentKindFrontend = ComponentKind(frontenddef.Kind)

// Frontend is a pnpm frontend of the repository.
type Frontend struct {
	// +private
	Ci *PingvasCi
	// Name is the frontend's name, and its image's.
	Name string
	// Kind is what kind of component it is.
	Kind ComponentKind
	// Path is its directory in the repository.
	Path string
	// Summary says in one line what it is, where, and its versions with their sources.
	Summary string
	// NodeVersion is the version of Node.js it is built with, such as 22.
	NodeVersion string
	// NodeVersionSource is the file that the version comes from, or "default".
	NodeVersionSource string
	// PnpmVersion is the version of pnpm it is installed with.
	PnpmVersion string
	// PnpmVersionSource is the file that the version comes from, or "default".
	PnpmVersionSource string
}

// FrontendTests is what the tests of a frontend came to.
type FrontendTests struct {
	// Passed tells whether all of them did.
	Passed bool
	// Coverage says in one line how much of the frontend they ran.
	Coverage string
	// Lcov is the coverage in LCOV's format, as Codecov takes it; absent when
	// the tests broke off before it was written.
	Lcov *dagger.File
	// Summary is the coverage in the form of Istanbul's json-summary; absent
	// where there is no LCOV.
	Summary *dagger.File
	// Junit is each test and its outcome as JUnit's XML. Vitest writes it;
	// with another runner it is there when the script writes a junit.xml.
	Junit *dagger.File
}

// LintFormat is the form of a frontend's lint report.
type LintFormat string

const (
	// LintFormatEslint is eslint's own JSON.
	LintFormatEslint LintFormat = "ESLINT"
	// LintFormatSarif is SARIF, which GitHub's code scanning takes.
	LintFormatSarif LintFormat = "SARIF"
)

// Lint runs the frontend's script lint, and fails on any finding.
//
// Scripts of other common names count, too, such as lint:ci. One that mends what it
// finds fails where it would change a file.
func (f *Frontend) Lint(ctx context.Context) error {
	return f.Ci.gate(ctx, f.Name, "lint")
}

// Format runs the frontend's script format:check, and fails on any file of another form.
//
// Scripts of other common names count, too, such as check:format.
// A script that formats, such as format, fails where it would change a file.
func (f *Frontend) Format(ctx context.Context) error {
	return f.Ci.gate(ctx, f.Name, "format")
}

// Typecheck runs the frontend's script typecheck, and fails on any error.
//
// Scripts of other common names count, too, such as type-check, check-types and tsc.
func (f *Frontend) Typecheck(ctx context.Context) error {
	return f.Ci.gate(ctx, f.Name, "typecheck")
}

// Test runs the frontend's script test, and fails when a test does.
//
// Where a threshold of coverage is set it is test:coverage, and scripts of other common
// names count, too, such as test:unit. It fails when no test
// ran, and when fewer lines ran than the coverageThreshold setting asks for, in percent.
func (f *Frontend) Test(ctx context.Context) error {
	return f.Ci.gate(ctx, f.Name, "test")
}

// BuildStorybook runs the frontend's script build-storybook, and fails when it does.
//
// A frontend without that script passes.
func (f *Frontend) BuildStorybook(ctx context.Context) error {
	return f.Ci.gateIfAny(ctx, f.Name, "storybook")
}

// Check runs every gate of the frontend, and reports every failure.
// +cache="session"
func (f *Frontend) Check(ctx context.Context) error {
	return f.Ci.check(ctx, f.Name)
}

// LintReport returns eslint's findings, in eslint's JSON or in SARIF.
//
// Files are named as in the repository. It never fails for what is found: that
// is lint's.
func (f *Frontend) LintReport(
	ctx context.Context,
	// SARIF is what GitHub's code scanning takes.
	// +default="ESLINT"
	format LintFormat,
) (*dagger.File, error) {
	w, err := f.project(ctx)
	if err != nil {
		return nil, err
	}
	return w.LintReport(ctx, format == LintFormatSarif)
}

// Formatted returns what `eslint --fix` would change.
func (f *Frontend) Formatted(ctx context.Context) (*dagger.Changeset, error) {
	return of(ctx, f.project, frontend.Project.Fix)
}

// Fixed returns what `eslint --fix` would change.
//
// Deprecated: use formatted.
// +deprecated="use formatted"
// +cache="session"
func (f *Frontend) Fixed(ctx context.Context) (*dagger.Changeset, error) {
	ground.Deprecated("frontend fixed", "frontend formatted")
	return f.Formatted(ctx)
}

// TestReport returns the tests' coverage and outcome as files.
//
// It never fails because a test does: that is test's.
// +cache="session"
func (f *Frontend) TestReport(ctx context.Context) (*FrontendTests, error) {
	tests, err := of(ctx, f.project, frontend.Project.Tests)
	return (*FrontendTests)(tests), err
}

// Coverage returns the tests' coverage in LCOV's format.
func (f *Frontend) Coverage(ctx context.Context) (*dagger.File, error) {
	return of(ctx, f.project, frontend.Project.Coverage)
}

// Storybook returns the built Storybook, static files that any server serves.
func (f *Frontend) Storybook(ctx context.Context) (*dagger.Directory, error) {
	return of(ctx, f.project, frontend.Project.Storybook)
}

// ServeStorybook runs the Storybook on port 8080.
func (f *Frontend) ServeStorybook(ctx context.Context) (*dagger.Service, error) {
	return of(ctx, f.project, frontend.Project.ServeStorybook)
}

// Chromatic publishes the Storybook to Chromatic, and returns what that says.
//
// Chromatic compares how it looks with an earlier commit. It fails when
// something looks different and nobody has accepted it.
//
// Without a token, without a Storybook, or for a fork's pull request it does
// nothing and returns "skipped: " and the reason. The source must have its git
// history, all of it.
// +cache="never"
func (f *Frontend) Chromatic(
	ctx context.Context,
	// The Chromatic project's token. Only the command that publishes sees it.
	// +optional
	token *dagger.Secret,
	// The branch, where the checkout is of a commit and not of a branch.
	// +optional
	branch string,
	// Whether this is for a pull request from a fork.
	// +optional
	fork bool,
	// How many seconds Chromatic may take.
	// +default=900
	timeout int,
) (string, error) {
	w, err := f.project(ctx)
	if err != nil {
		return "", err
	}
	return w.Chromatic(ctx, token, branch, fork, timeout)
}

// Dist returns the built site.
//
// Where the site finds its services is decided in one of two ways. Without the
// arguments here, and without buildArgs in the "pingvas-ci" settings of
// package.json, nothing is built in: one site, and one image, is for every
// environment, and the page reads /config.js when it starts (see config). With
// them the URLs become part of the files, as VITE_API_URL and VITE_WS_URL,
// and the result is for one environment only. What config.js says wins.
func (f *Frontend) Dist(
	ctx context.Context,
	// VITE_API_URL: the URL to build in, such as https://api.pingvas.studio.
	// +optional
	apiURL string,
	// VITE_WS_URL: the URL to build in, such as wss://api.pingvas.studio.
	// +optional
	wsURL string,
) (*dagger.Directory, error) {
	w, err := f.project(ctx)
	if err != nil {
		return nil, err
	}
	return w.With(apiURL, wsURL).Dist(ctx)
}

// Config returns the config.js of an environment.
//
// The page loads it before anything else, in place of the one in the image. A
// deployment mounts it at /usr/share/nginx/html/config.js, on Kubernetes from a
// ConfigMap, and serve takes it.
func (f *Frontend) Config(
	// Where the page finds the API, such as https://api.dev.pingvas.studio.
	// +optional
	apiURL string,
	// Where the page opens its web socket, such as wss://api.dev.pingvas.studio.
	// +optional
	wsURL string,
) (*dagger.File, error) {
	return frontend.Config(apiURL, wsURL)
}

// Image returns the frontend's image for one platform.
//
// The site is built once, on the native platform: its files are the same for
// all. The frontend's own Dockerfile is used when it has one; else the files
// are in nginx's unprivileged image, with cache headers, compression, and the
// page for each path that is no file. Its health check, of /healthz, is
// Docker's: Kubernetes ignores it and has probes in the manifests. Its labels
// name the commit, where nothing of the source is uncommitted.
//
// Without the URLs the image is for every environment, configured at start by
// /config.js; with them it is for one environment only. See dist.
func (f *Frontend) Image(
	ctx context.Context,
	// linux/arm64 or linux/amd64; the first platform of the frontend when absent.
	// +optional
	platform dagger.Platform,
	// VITE_API_URL: the URL to build in.
	// +optional
	apiURL string,
	// VITE_WS_URL: the URL to build in.
	// +optional
	wsURL string,
) (*dagger.Container, error) {
	w, err := f.project(ctx)
	if err != nil {
		return nil, err
	}
	return w.With(apiURL, wsURL).Image(ctx, platform)
}

// Images returns the frontend's images, one for each of its platforms.
func (f *Frontend) Images(ctx context.Context) ([]*dagger.Container, error) {
	return f.Ci.images(ctx, f.Name)
}

// Scan scans the frontend's images, one scan for each platform.
//
// It is made anew in each session: the database of yesterday knows less.
// +cache="session"
func (f *Frontend) Scan(ctx context.Context) (*Scan, error) {
	return f.Ci.scan(ctx, f.Name)
}

// Inputs returns the files that the frontend is made of, at their places.
//
// Its checks and its image read nothing else of the repository: a change of
// another file does not affect it.
func (f *Frontend) Inputs(ctx context.Context) (*dagger.Directory, error) {
	return f.Ci.inputs(ctx, f.Name)
}

// Publish checks, builds and scans the frontend, then pushes it.
//
// It goes to the registry given by with-registry. What was pushed is returned.
// +cache="never"
func (f *Frontend) Publish(
	ctx context.Context,
	// The commit that the image is tagged with; the source's HEAD when absent.
	// +optional
	commit string,
) (*Delivered, error) {
	return f.Ci.publish(ctx, f.Name, commit)
}

// Serve runs the frontend's image on port 8080, as an environment would.
func (f *Frontend) Serve(
	ctx context.Context,
	// The environment's config.js, in place of the image's: a file of yours, or
	// what the function config makes.
	// +optional
	config *dagger.File,
) (*dagger.Service, error) {
	w, err := f.project(ctx)
	if err != nil {
		return nil, err
	}
	return w.Serve(ctx, config)
}

// Frontends lists the pnpm frontends.
//
// `frontends summary` prints each in one line: its kind and directory, and its
// versions with where each was read.
func (m *PingvasCi) Frontends(ctx context.Context) ([]*Frontend, error) {
	found, err := m.source().Of(ctx, frontenddef.Kind)
	return ground.Each(found, m.frontendOf), err
}

// Frontend returns one frontend by its name.
//
// Without a name it is the only one that there is.
func (m *PingvasCi) Frontend(
	ctx context.Context,
	// The frontend's name, which may be left out where there is one alone.
	// +optional
	name string,
) (*Frontend, error) {
	found, err := m.source().FindOf(ctx, frontenddef.Kind, name)
	return m.frontendOf(found), err
}

func (m *PingvasCi) frontendOf(c component.Component) *Frontend {
	node, pnpm := c.Version("node"), c.Version("pnpm")
	return &Frontend{
		Ci: m, Name: c.Name, Kind: ComponentKind(c.Kind), Path: c.Path, Summary: c.Summary(),
		NodeVersion: node.Value, NodeVersionSource: node.Source,
		PnpmVersion: pnpm.Value, PnpmVersionSource: pnpm.Source,
	}
}

// project is the frontend for pnpm.
func (f *Frontend) project(ctx context.Context) (frontend.Project, error) {
	found, err := f.Ci.workshop().Find(ctx, f.Name)
	return frontend.Of(found), err
}
