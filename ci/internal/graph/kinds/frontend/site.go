package frontend

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/images"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

const (
	siteRoot = "/usr/share/nginx/html"
	sitePort = 8080
)

// With is the frontend with build arguments besides those of its settings.
func (p Project) With(apiURL, wsURL string) Project {
	arguments := maps.Clone(p.Spec.Settings.BuildArgs)
	if arguments == nil {
		arguments = map[string]string{}
	}
	for name, value := range map[string]string{"VITE_API_URL": apiURL, "VITE_WS_URL": wsURL} {
		if value != "" {
			arguments[name] = value
		}
	}
	p.Spec.Settings.BuildArgs = arguments
	return p
}

// Config is the config.js of an environment.
func Config(apiURL, wsURL string) (*dagger.File, error) {
	text, err := frontend.Config(apiURL, wsURL)
	if err != nil {
		return nil, err
	}
	return ground.File("config.js", []byte(text)), nil
}

// Dist is the built site, with the build arguments in its environment, where
// Vite reads them. Nothing in it is of a platform: it is built once for all.
func (p Project) Dist(ctx context.Context) (*dagger.Directory, error) {
	command, err := p.building(ctx)
	if err != nil {
		return nil, err
	}
	before, err := p.workspace(ctx, p.siteSources())
	if err != nil {
		return nil, err
	}
	before = p.beforehand(ground.WithVariables(before, p.Spec.Settings.BuildArgs), "build")
	after, err := before.WithExec(command).Sync(ctx)
	if err != nil {
		return nil, p.explained(err)
	}
	output, err := p.output(ctx, before, after)
	if err != nil {
		return nil, err
	}
	return after.Directory(path.Join(kinds.Root, output)), nil
}

// building is the command that builds the site.
func (p Project) building(ctx context.Context) ([]string, error) {
	if tool, has := p.Spec.Tool("build"); has {
		return frontend.Run(tool.Arguments), nil
	}
	manifest, err := p.manifest(ctx)
	if err != nil {
		return nil, err
	}
	if err := manifest.Has("build"); err != nil {
		return nil, fmt.Errorf("%w, or where it is a program and no site, a Dockerfile in %s", err, p.Spec.Path)
	}
	return frontend.Run([]string{"build"}), nil
}

// output is the folder that the build wrote the site to, from the repository's root.
func (p Project) output(ctx context.Context, before, after *dagger.Container) (string, error) {
	if set := p.Spec.Settings.Output; set != "" {
		dir := path.Join(p.Spec.Path, set)
		if !fs.ValidPath(dir) {
			return "", fmt.Errorf("output %q lies outside of the repository. Write a path relative to %s", set, p.Spec.Path)
		}
		is, err := after.Directory(kinds.Root).Exists(ctx, dir, dagger.DirectoryExistsOpts{ExpectedType: dagger.ExistsTypeDirectoryType})
		if err == nil && !is {
			err = fmt.Errorf("the build has left no folder %s, which the output setting names. Correct it, or leave it out to have it looked for", dir)
		}
		return dir, err
	}
	built, err := p.built(ctx, before, after)
	if err != nil {
		return "", err
	}
	return built.Site()
}

// built is what a build has left.
func (p Project) built(ctx context.Context, before, after *dagger.Container) (frontend.Built, error) {
	b := frontend.Built{Dir: p.Spec.Path}
	for _, at := range []struct {
		of   *dagger.Container
		list *[]string
	}{{before, &b.Before}, {after, &b.After}} {
		// What Nx and Turborepo keep of builds is none.
		files, err := listed(ctx, at.of.Directory(kinds.Root), frontend.Marks, "**/node_modules", ".git", "**/.nx", "**/.turbo")
		if err != nil {
			return b, fmt.Errorf("%s: look for what the build has left: %w", p.Spec.Name, err)
		}
		*at.list = files
	}
	configured, err := listed(ctx, p.Directory(), []string{"react-router.config.*"})
	for _, name := range configured {
		if b.Router, err = p.Directory().File(name).Contents(ctx); err != nil {
			break
		}
	}
	return b, err
}

// listed are the files of a tree that match patterns.
func listed(ctx context.Context, tree *dagger.Directory, patterns []string, without ...string) ([]string, error) {
	files, err := tree.Filter(dagger.DirectoryFilterOpts{Include: patterns, Exclude: without}).Glob(ctx, "**")
	return slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "/") }), err
}

// siteSources are what the site is built from: of a frontend with a Dockerfile,
// whose image is made of other files, what its checks see.
func (p Project) siteSources() *dagger.Directory {
	if p.Spec.Settings.Dockerfile != "" {
		return p.Source.Checked(p.Spec)
	}
	return p.Source.Built(p.Spec)
}

// Recipe is the built-in recipe of a frontend: the site in a static server's
// image of the target platform, where nothing runs.
func (p Project) Recipe(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	dist, err := p.Dist(ctx)
	if err != nil {
		return nil, err
	}
	if dist, err = p.withKept(ctx, dist, platform); err != nil {
		return nil, err
	}
	site, err := p.survey(ctx, dist)
	if err != nil {
		return nil, err
	}
	server, err := p.server(ctx, site, platform)
	if err != nil {
		return nil, err
	}
	packed, err := p.packed(ctx, dist, site)
	if err != nil {
		return nil, err
	}
	return server.WithDirectory("/", packed), nil
}

// withKept is a site with the files of earlier releases that are named by their
// content: a page that a browser has open asks for those of its own release.
func (p Project) withKept(ctx context.Context, dist *dagger.Directory, platform dagger.Platform) (*dagger.Directory, error) {
	all := dag.Directory()
	for _, reference := range p.Spec.Settings.KeepAssets {
		earlier := kinds.Pulled(reference, platform).Rootfs().Directory(siteRoot)
		files, err := listed(ctx, earlier, []string{"**"}, ".br", ".gz")
		if err != nil {
			return nil, fmt.Errorf("keep the assets of %s: %w", reference, err)
		}
		named := ground.Each(frontend.Survey(files, nil, "").Files, inputs.Literal)
		if len(named) > 0 {
			all = all.WithDirectory("/", earlier, dagger.DirectoryWithDirectoryOpts{Include: named})
		}
	}
	return all.WithDirectory("/", dist), nil
}

// survey looks at a built site.
func (p Project) survey(ctx context.Context, dist *dagger.Directory) (frontend.Site, error) {
	files, err := listed(ctx, dist, []string{"**"})
	if err != nil {
		return frontend.Site{}, fmt.Errorf("list the built site: %w", err)
	}
	var copied []string
	for from, to := range frontend.Copied {
		names, err := listed(ctx, p.Directory(), []string{from + "/**"})
		if err != nil {
			return frontend.Site{}, fmt.Errorf("list %s: %w", from, err)
		}
		for _, name := range names {
			copied = append(copied, path.Join(to, strings.TrimPrefix(name, from+"/")))
		}
	}
	page := ""
	for _, name := range []string{"200.html", "index.html"} {
		if slices.Contains(files, name) {
			if page, err = dist.File(name).Contents(ctx); err != nil {
				return frontend.Site{}, fmt.Errorf("read %s of the built site: %w", name, err)
			}
		}
	}
	return frontend.Survey(files, copied, page), nil
}

// packed is a site as the server wants it, at its place: compressed, and with times
// that are made from what is in the files.
func (p Project) packed(ctx context.Context, dist *dagger.Directory, site frontend.Site) (*dagger.Directory, error) {
	node, err := p.node(ctx)
	if err != nil {
		return nil, err
	}
	return node.
		WithMountedDirectory("/site", dist).
		WithNewFile("/pack/pack.mjs", frontend.Pack).
		WithNewFile("/pack/named", strings.Join(site.Files, "\n")).
		WithExec([]string{"node", "/pack/pack.mjs", "/site", "/packed", siteRoot, "/pack/named", strconv.Itoa(frontend.Named)}).
		Directory("/packed"), nil
}

// server is the static server for one platform, without a site.
func (p Project) server(ctx context.Context, site frontend.Site, platform dagger.Platform) (*dagger.Container, error) {
	image, err := p.Pinned.Container(ctx, images.WebServer, platform)
	if err != nil {
		return nil, err
	}
	files, err := frontend.ServerFiles(site, p.Spec.Settings.Headers)
	if err != nil {
		return nil, err
	}
	tree := dag.Directory()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		tree = tree.WithNewFile(name, files[name])
	}
	return ground.WithVariables(ground.WithoutBaseLabels(image), p.Spec.Settings.ImageEnvironment).
		With(ground.Layer("/", tree)).
		WithEntrypoint([]string{"sh", frontend.Start}).
		WithExposedPort(sitePort).
		WithDockerHealthcheck([]string{frontend.Health}, dagger.ContainerWithDockerHealthcheckOpts{
			Shell: true, Interval: "30s", Timeout: "3s", StartPeriod: "5s", Retries: 3,
		}), nil
}

// Serve runs the frontend's image, with another config.js when one is given.
func (p Project) Serve(ctx context.Context, config *dagger.File) (*dagger.Service, error) {
	native, err := ground.Native(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(p.Spec.Settings.Platforms, string(native)) {
		native = dagger.Platform(p.Spec.Settings.Platforms[0])
	}
	image, err := p.Image(ctx, native)
	if err != nil {
		return nil, err
	}
	if config != nil {
		image = image.WithFile(siteRoot+"/config.js", config, dagger.ContainerWithFileOpts{Permissions: 0o644})
	}
	return served(image), nil
}

// Storybook is the built Storybook.
func (p Project) Storybook(ctx context.Context) (*dagger.Directory, error) {
	manifest, err := p.manifest(ctx)
	if err != nil {
		return nil, err
	}
	script, _ := p.storybookScript()
	if err := manifest.Has(script); err != nil {
		return nil, err
	}
	built, err := p.exec(ctx, []string{"pnpm", "run", script})
	if err != nil {
		return nil, err
	}
	found, err := p.built(ctx, built, built)
	if err != nil {
		return nil, err
	}
	dir, err := found.Storybook()
	if err != nil {
		return nil, fmt.Errorf("pnpm run %s: %w", script, err)
	}
	return built.Directory(path.Join(kinds.Root, dir)), nil
}

// ServeStorybook runs the Storybook as a service.
func (p Project) ServeStorybook(ctx context.Context) (*dagger.Service, error) {
	storybook, err := p.Storybook(ctx)
	if err != nil {
		return nil, err
	}
	server, err := p.server(ctx, frontend.Site{}, "")
	if err != nil {
		return nil, fmt.Errorf("%s: serve the Storybook: %w", p.Spec.Name, err)
	}
	return served(server.WithDirectory(siteRoot, storybook)), nil
}

func served(image *dagger.Container) *dagger.Service {
	return image.WithExposedPort(sitePort).AsService(dagger.ContainerAsServiceOpts{UseEntrypoint: true})
}
