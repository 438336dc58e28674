package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// Frontend is a pnpm frontend of the repository.
type Frontend struct {
	// +private
	Ci *PingvasCi
	// Name is the frontend's name, and its image's.
	Name string
	// Path is its directory in the repository.
	Path string
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
// +check
func (f *Frontend) Lint(ctx context.Context) error {
	return f.Ci.gateOf(ctx, f.Name, "lint")
}

// Typecheck runs `pnpm typecheck`, and fails on any error.
// +check
func (f *Frontend) Typecheck(ctx context.Context) error {
	return f.Ci.gateOf(ctx, f.Name, "typecheck")
}

// Test runs `pnpm test:coverage`, and fails when a test does.
// +check
func (f *Frontend) Test(ctx context.Context) error {
	return f.Ci.gateOf(ctx, f.Name, "test")
}

// BuildStorybook runs `pnpm build-storybook`, and fails when it does. A
// frontend without that script passes.
// +check
func (f *Frontend) BuildStorybook(ctx context.Context) error {
	return f.Ci.gateOf(ctx, f.Name, "storybook")
}

// Check runs every gate of the frontend, and reports every failure.
func (f *Frontend) Check(ctx context.Context) error {
	return f.Ci.checkOne(ctx, f.Name)
}

// Coverage returns the tests' coverage in LCOV's format.
func (f *Frontend) Coverage(ctx context.Context) (*dagger.File, error) {
	w, err := f.Ci.web(ctx, f.Name)
	if err != nil {
		return nil, err
	}
	tested, err := w.script(ctx, "test:coverage")
	if err != nil {
		return nil, err
	}
	return tested.File("coverage/lcov.info"), nil
}

// Storybook returns the built Storybook, static files that any server serves.
func (f *Frontend) Storybook(ctx context.Context) (*dagger.Directory, error) {
	w, err := f.Ci.web(ctx, f.Name)
	if err != nil {
		return nil, err
	}
	return w.storybook(ctx)
}

// Dist returns the built site.
func (f *Frontend) Dist(ctx context.Context) (*dagger.Directory, error) {
	w, err := f.Ci.web(ctx, f.Name)
	if err != nil {
		return nil, err
	}
	return w.dist(ctx)
}

// Image returns the frontend's image for one platform. The site is built once,
// on the native platform: its files are the same for all.
func (f *Frontend) Image(
	ctx context.Context,
	// linux/arm64 or linux/amd64; the first platform of the frontend when absent.
	// +optional
	platform dagger.Platform,
) (*dagger.Container, error) {
	return f.Ci.imageOf(ctx, f.Name, platform)
}

// Images returns the frontend's images, one for each of its platforms.
func (f *Frontend) Images(ctx context.Context) ([]*dagger.Container, error) {
	return f.Ci.imagesOf(ctx, f.Name)
}

// Scan scans the frontend's images, one scan for each platform.
func (f *Frontend) Scan(ctx context.Context) (*Scan, error) {
	return f.Ci.scanOf(ctx, f.Name)
}

// Publish checks, builds and scans the frontend, then pushes it to the
// registry given by with-registry, and returns what was pushed.
// +cache="never"
func (f *Frontend) Publish(
	ctx context.Context,
	// The commit that the image is tagged with; the source's HEAD when absent.
	// +optional
	commit string,
) (*Delivered, error) {
	return f.Ci.publishOf(ctx, f.Name, commit)
}

// Serve runs the frontend's image on port 8080.
func (f *Frontend) Serve(ctx context.Context) (*dagger.Service, error) {
	native, err := dag.DefaultPlatform(ctx)
	if err != nil {
		return nil, err
	}
	image, err := f.Ci.imageOf(ctx, f.Name, native)
	if err != nil {
		return nil, err
	}
	return image.WithExposedPort(8080).AsService(dagger.ContainerAsServiceOpts{UseEntrypoint: true}), nil
}
