// Package frontenddef says what a frontend is: a directory with a package.json and a
// pnpm-lock.yaml, and a package of a pnpm workspace that builds and that no other
// package needs.
package frontenddef

import (
	"cmp"
	"io/fs"
	"path"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// Kind is the kind's name.
const Kind component.Kind = "frontend"

// Definition is that of the pnpm frontends.
type Definition struct{}

// reads are the files that tools of JavaScript alone read upwards.
var reads = []string{
	"package.json", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "yarn.lock", ".yarnrc*", "bun.lock*",
	".npmrc", ".nvmrc", ".node-version", ".pnpmfile.cjs", "pnpmfile.cjs", "*.js", "*.cjs", "*.mjs", "*.ts", "*.cts", "*.mts", "*.jsx", "*.tsx",
	"tsconfig*.json", "jsconfig*.json", ".eslintrc*", ".eslintignore", ".prettierrc*", ".prettierignore", "biome.json*", ".oxlintrc*",
	".browserslistrc", ".swcrc", ".babelrc*", ".postcssrc*", ".stylelintrc*", ".stylelintignore", ".lintstagedrc*", "turbo.json*", "nx.json", "lerna.json",
	"vercel.json", "netlify.toml", "components.json", ".storybook", ".changeset", ".husky", "cypress.json",
}

// lockFiles are what installing packages reads besides manifests.
var lockFiles = []string{"pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", ".pnpmfile.cjs", "patches"}

// Traits are those of every frontend.
func (Definition) Traits() component.Traits {
	return component.Traits{
		Kind: Kind, Article: "a frontend", FoundBy: "a package.json with a pnpm-lock.yaml", Dockerfile: "Dockerfile",
		Platforms:        []string{component.ARM64, component.AMD64},
		Deployment:       component.Deployment{Port: 8080, HealthPath: "/healthz", User: 101, Route: component.Page},
		Manifests:        []string{"package.json", "pnpm-workspace.yaml", ".nvmrc", ".node-version", "mise.toml", ".mise.toml", ".tool-versions"},
		RecipeReadsAbove: true,
		Beside:           true,
		Reads:            reads,
		Gates:            []string{"lint", "typecheck", "test", "storybook", "coverage"},
		Unread:           []string{"gatesTarget"},
		Workflow:         ".github/workflows/ci-frontend.yml", Folder: "frontend",
	}
}

// Is tells a frontend that has a lock of its own.
func (Definition) Is(fsys fs.FS, dir string) (bool, error) {
	return component.Exists(fsys, path.Join(dir, "package.json")) && component.Exists(fsys, path.Join(dir, "pnpm-lock.yaml")), nil
}

// Builds tells a site from a root that has packages for the tools of a repository, or
// for the packages of a workspace.
func (Definition) Builds(fsys fs.FS, dir string) bool {
	m, err := component.ReadPackageJSON(fsys, dir)
	script, _ := component.Lookup(m.Document, "scripts")["build"].(string)
	return err == nil && script != "" && !component.Exists(fsys, path.Join(dir, "pnpm-workspace.yaml"))
}

// Manifest is package.json.
func (Definition) Manifest(fsys fs.FS, dir string) (component.Manifest, error) {
	return component.ReadPackageJSON(fsys, dir)
}

// Workspaces are pnpm's.
func (Definition) Workspaces(fsys fs.FS, skip func(dir string) bool) ([]component.Workspace, error) {
	return searchWorkspaces(fsys, skip)
}

// Complete reads the tools' versions, and what the workspace adds.
func (Definition) Complete(fsys fs.FS, c *component.Component, m component.Manifest) error {
	for _, tool := range []string{"node", "pnpm"} {
		v, err := versionOf[tool](fsys, c.Path, m)
		if err != nil {
			return err
		}
		c.Versions = append(c.Versions, v)
	}
	readScripts(c, m)
	if own, err := readWorkspace(fsys, c.Path); err != nil || own != nil && own.fault != nil {
		return cmp.Or(err, own.fault)
	}
	w, err := workspaceOf(fsys, c.Path)
	if err != nil {
		return err
	}
	root := c.Path
	if w != nil {
		if err := w.join(fsys, c); err != nil {
			return err
		}
		root = w.path
	}
	c.Inputs.Locks = []inputs.Part{{Dir: root, Include: lockFiles, Why: "the lock of its packages, or what their install reads"}}
	c.Inputs.Manifests = manifests(*c, root)
	if w != nil {
		c.Inputs.Check = slices.Concat(c.Inputs.Locks, []inputs.Part{{
			Dir: root, Include: w.manifests(), Exclude: []string{"**/node_modules"}, Why: "a manifest of its pnpm workspace",
		}})
	}
	c.Inputs.Image = recipe(*c)
	return nil
}

// readScripts says of gates of which the scripts check nothing that they are off.
func readScripts(c *component.Component, m component.Manifest) {
	script := func(name string) string {
		text, _ := component.Lookup(m.Document, "scripts")[name].(string)
		return text
	}
	for _, name := range []string{"lint", "typecheck"} {
		c.SwitchOff(name, component.Idle(script(name)), m.File)
	}
	c.SwitchOff("test", component.Idle(cmp.Or(script("test:coverage"), script("test"))), m.File)
	if script("build-storybook") == "" {
		c.SwitchOff("storybook", "there is no script build-storybook", m.File)
	}
}

// manifests are those of what is installed: the component's, its libraries' and
// that of its workspace's root.
func manifests(c component.Component, root string) []inputs.Part {
	var parts []inputs.Part
	places := []string{root, c.Path}
	for _, l := range c.Libraries {
		places = append(places, l.Path)
	}
	for _, dir := range slices.Compact(places) {
		parts = append(parts, inputs.Part{Dir: dir, Include: []string{"package.json"}, Why: "a manifest of its pnpm workspace"})
	}
	return parts
}

// recipe is what the built-in recipe builds the site from, besides what lies
// above the component.
func recipe(c component.Component) []inputs.Part {
	parts := []inputs.Part{{Dir: c.Path, Exclude: []string{"Dockerfile*", "*.dockerignore", "*.md"}, Why: "in the component's directory"}}
	for _, l := range c.Libraries {
		parts = append(parts, inputs.Part{Dir: l.Path, Exclude: []string{"*.md"}, Why: "in the library " + l.Path})
	}
	return slices.Concat(parts, c.Inputs.Locks, c.Inputs.Manifests)
}
