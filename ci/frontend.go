package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// Frontend is a pnpm frontend of the repository.
type Frontend struct {
	// +private
	Ci *PingvasCi
	// Name is the frontend's name, and its image's.
	Name string
	// Kind is what kind of component it is: frontend.
	Kind string
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

// Lint runs `pnpm lint`, and fails on any finding.
func (f *Frontend) Lint(ctx context.Context) error {
	return f.Ci.gateOf(ctx, f.Name, "lint")
}

// Typecheck runs `pnpm typecheck`, and fails on any error.
func (f *Frontend) Typecheck(ctx context.Context) error {
	return f.Ci.gateOf(ctx, f.Name, "typecheck")
}

// Test runs `pnpm test:coverage`, and fails when a test does.
//
// It fails, too, when fewer lines ran than the coverageThreshold setting asks
// for, in percent.
func (f *Frontend) Test(ctx context.Context) error {
	return f.Ci.gateOf(ctx, f.Name, "test")
}

// BuildStorybook runs `pnpm build-storybook`, and fails when it does.
//
// A frontend without that script passes.
func (f *Frontend) BuildStorybook(ctx context.Context) error {
	return f.Ci.gateOf(ctx, f.Name, "storybook")
}

// Check runs every gate of the frontend, and reports every failure.
func (f *Frontend) Check(ctx context.Context) error {
	return f.Ci.checkOne(ctx, f.Name)
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
	w, err := f.Ci.web(ctx, f.Name)
	if err != nil {
		return nil, err
	}
	return w.lintReport(ctx, format)
}

// Fixed returns what `eslint --fix` would change.
func (f *Frontend) Fixed(ctx context.Context) (*dagger.Changeset, error) {
	return of(ctx, f.Ci.web, f.Name, web.fixed)
}

// TestReport returns the tests' coverage and outcome as files.
//
// It never fails because a test does: that is test's.
// +cache="session"
func (f *Frontend) TestReport(ctx context.Context) (*FrontendTests, error) {
	return of(ctx, f.Ci.web, f.Name, web.tests)
}

// Coverage returns the tests' coverage in LCOV's format.
func (f *Frontend) Coverage(ctx context.Context) (*dagger.File, error) {
	return of(ctx, f.Ci.web, f.Name, web.coverage)
}

// Storybook returns the built Storybook, static files that any server serves.
func (f *Frontend) Storybook(ctx context.Context) (*dagger.Directory, error) {
	return of(ctx, f.Ci.web, f.Name, web.storybook)
}

// ServeStorybook runs the Storybook on port 8080.
func (f *Frontend) ServeStorybook(ctx context.Context) (*dagger.Service, error) {
	return of(ctx, f.Ci.web, f.Name, web.serveStorybook)
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
	w, err := f.Ci.web(ctx, f.Name)
	if err != nil {
		return "", err
	}
	return w.chromatic(ctx, token, branch, fork, timeout)
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
	w, err := f.Ci.web(ctx, f.Name)
	if err != nil {
		return nil, err
	}
	return w.with(apiURL, wsURL).dist(ctx)
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
	text, err := frontend.Config(apiURL, wsURL)
	if err != nil {
		return nil, err
	}
	return fileOf("config.js", []byte(text)), nil
}

// Image returns the frontend's image for one platform.
//
// The site is built once, on the native platform: its files are the same for
// all. The frontend's own Dockerfile is used when it has one; else the files
// are in nginx's unprivileged image, with cache headers, compression, and the
// page for each path that is no file. Its health check, of /healthz, is
// Docker's: Kubernetes ignores it and has probes in the manifests. Its labels
// say of which commit it is, where nothing of the source is uncommitted.
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
	w, err := f.Ci.web(ctx, f.Name)
	if err != nil {
		return nil, err
	}
	if platform == "" {
		platform = dagger.Platform(w.spec.Settings.Platforms[0])
	}
	return f.Ci.build(ctx, w.with(apiURL, wsURL).spec, platform)
}

// Images returns the frontend's images, one for each of its platforms.
func (f *Frontend) Images(ctx context.Context) ([]*dagger.Container, error) {
	return f.Ci.imagesOf(ctx, f.Name)
}

// Scan scans the frontend's images, one scan for each platform.
//
// It is made anew in each session: the database of yesterday knows less.
// +cache="session"
func (f *Frontend) Scan(ctx context.Context) (*Scan, error) {
	return f.Ci.scanOf(ctx, f.Name)
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
	return f.Ci.publishOf(ctx, f.Name, commit)
}

// Serve runs the frontend's image on port 8080, as an environment would.
func (f *Frontend) Serve(
	ctx context.Context,
	// The environment's config.js, in place of the image's: a file of yours, or
	// what the function config makes.
	// +optional
	config *dagger.File,
) (*dagger.Service, error) {
	w, err := f.Ci.web(ctx, f.Name)
	if err != nil {
		return nil, err
	}
	return w.serve(ctx, config)
}
