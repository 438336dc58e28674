// Package frontenddef says what a frontend is: a directory with a package.json and a
// pnpm-lock.yaml, and a package of a pnpm workspace that builds and that no other
// package needs.
package frontenddef

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
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

// Traits are those of every frontend.
func (Definition) Traits() component.Traits {
	return component.Traits{
		Kind: Kind, Article: "a frontend", FoundBy: "a package.json with a pnpm-lock.yaml", Dockerfile: "Dockerfile",
		Platforms:        []string{component.ARM64, component.AMD64},
		Deployment:       component.Deployment{Port: 8080, HealthPath: "/healthz", User: 101, Route: component.Page},
		Manifests:        []string{"package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", ".nvmrc", ".node-version", "mise.toml", ".mise.toml", ".tool-versions"},
		LooksAtAll:       true,
		RecipeReadsAbove: true,
		Beside:           true,
		Seconds:          45,
		Reads:            reads,
		Gates:            append(slices.Clone(frontend.Gates), "coverage"),
		Optional:         []string{"format"},
		GateCommands:     true,
		Unread:           []string{"gatesTarget", "entrypoint", "writable", "layerBudget", "allowUnhashed", "allowExtraIndex", "allowEmulation"},
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
	p, err := readPackage(fsys, dir, readNx(fsys, dir))
	workspace := component.Exists(fsys, path.Join(dir, "pnpm-workspace.yaml"))
	return err == nil && p.builds && (!workspace || !p.published)
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
	if (c.Settings.Port != 0 || c.Settings.HealthPath != "") && c.Settings.Dockerfile == "" {
		return fmt.Errorf("the server of the built-in recipe listens on %d and answers %s: port and healthPath are for an image by a Dockerfile. Take them out of %s",
			c.Deployment.Port, c.Deployment.HealthPath, m.File)
	}
	for _, tool := range []string{"node", "pnpm"} {
		v, err := versionOf[tool](fsys, c.Path, m)
		if err != nil {
			return err
		}
		c.Versions = append(c.Versions, v)
	}
	w, err := workspaceFor(fsys, c.Path)
	if err != nil {
		return err
	}
	switch {
	case w.checksOnly(c):
		c.Settings.Dockerfile, c.ForAll = "", true
		c.NoImage = "it is the root of a workspace, and the gates there are for all of it. Ask for one of its packages"
		if len(w.packages) == 0 {
			c.NoImage = "its package.json has no script \"build\". Add one, or where it is a program and no site, a Dockerfile"
			if w.root.scripts["build"] != "" {
				c.NoImage = "its script \"build\" has others built. For an image of a site that they write, name its folder: \"output\" in \"pingvas-ci\" of package.json"
			}
		}
	case w.libraryOnly(c):
		c.NoImage = "it is for others to import, as its package.json says, and neither a site nor a server. To have an image made of it, add a Dockerfile, or name what its build writes: \"output\" in \"pingvas-ci\" of package.json"
	case w.compilesOnly(c):
		c.NoImage = "its script \"build\" compiles modules for others to import, and writes neither a site nor a server. To have an image made of it, add a Dockerfile, or name what its build writes: \"output\" in \"pingvas-ci\" of package.json"
	}
	if c.NoImage == "" && w.testsOnly(fsys, c) {
		c.NoImage = "its package.json has no script that builds or starts anything. For an image, add a script \"build\", or a Dockerfile"
	}
	w.readGates(fsys, c, m)
	if len(w.packages) == 0 {
		w.lend(fsys, c)
	} else if !c.ForAll {
		if err := w.join(fsys, c); err != nil {
			return err
		}
	}
	w.lendContext(fsys, c)
	if err := w.install(fsys, c); err != nil {
		return err
	}
	named := append(w.named(fsys, c), w.pages(fsys, c)...)
	c.Inputs.Check = slices.Concat(c.Inputs.Locks, c.Inputs.Manifests, w.everyManifest(), w.nx.projects(), named)
	c.Inputs.Image = append(recipe(fsys, *c), named...)
	return nil
}

// readGates notes the scripts that stand for gates, or the tasks of Nx, and says of each
// gate without one, or of which the script checks nothing, that it is off.
func (w *workspace) readGates(fsys fs.FS, c *component.Component, m component.Manifest) {
	scripts := scriptsOf(m.Document)
	ending := w.ending(scripts)
	for _, gate := range frontend.Gates {
		script, why := standing(fsys, c, ending, gate)
		if script == "" && c.ForAll {
			script, why = w.rootScript(gate)
		}
		if script != "" && c.ForAll {
			if why = w.leaves(script, gate); why != "" {
				c.SwitchOff(gate, why, m.File)
				continue
			}
		}
		if script != "" {
			w.noteScript(fsys, c, m, gate, script)
			c.SwitchOff(gate, component.Idle(scripts[script]), m.File)
			continue
		}
		if !w.task(fsys, c, m, gate) {
			if c.Path == w.path {
				why += w.besides(gate, w.behind(gate))
			}
			c.SwitchOff(gate, why, m.File)
		}
	}
	if scripts["build"] == "" {
		w.task(fsys, c, m, "build")
	} else if first, _ := w.before(fsys, c.Path, "build", scripts); len(first) > 0 {
		w.noteScript(fsys, c, m, "build", "build")
	}
}

// noteScript notes the script that stands for a gate, or builds, with what runs before it.
func (w *workspace) noteScript(fsys fs.FS, c *component.Component, m component.Manifest, gate, script string) {
	tool := component.Tool{Name: gate, Gate: gate, Source: m.File, Arguments: []string{script}}
	if c.Path == w.path {
		tool.Mends = w.mends(script)
	}
	first, file := w.before(fsys, c.Path, script, scriptsOf(m.Document))
	for _, name := range first {
		tool.Before = append(tool.Before, "pnpm run "+name)
	}
	if len(first) > 0 && !c.ForAll {
		c.Infer(gate, strings.Join(append(slices.Clone(tool.Before), "pnpm run "+script), " && "), "as in "+file)
	} else {
		tool.Before = nil
	}
	c.Tools = append(c.Tools, tool)
}

// task notes the task of Nx that stands for a gate, where there is one.
func (w *workspace) task(fsys fs.FS, c *component.Component, m component.Manifest, gate string) bool {
	command, source := w.nx.task(fsys, c.Path, m.Document, gate)
	if command != nil {
		c.Tools = append(c.Tools, component.Tool{Name: gate, Gate: gate, Source: source, Arguments: command})
	}
	return command != nil
}

func scriptsOf(manifest map[string]any) map[string]string {
	scripts := map[string]string{}
	for name, value := range component.Lookup(manifest, "scripts") {
		scripts[name], _ = value.(string)
	}
	return scripts
}

// elsewhere are files at the repository's root that no site is made of: what other
// pipelines, services and editors read.
var elsewhere = []string{
	".github/workflows", ".github/dependabot.y*ml", ".gitlab-ci.yml", ".circleci", ".travis.yml", "renovate.json*", ".renovaterc*",
	".gitattributes", ".mailmap", ".vscode", ".idea", ".devcontainer",
}

// recipe is what the built-in recipe builds the site from, besides what lies above the
// component. Of its own directory that is all: a README.md may be a page.
func recipe(fsys fs.FS, c component.Component) []inputs.Part {
	own := inputs.Part{Dir: c.Path, Exclude: []string{"Dockerfile*", "*.dockerignore"}, Why: "in the component's directory"}
	if c.Path == "." {
		own.Exclude = append(own.Exclude, elsewhere...)
	}
	parts := []inputs.Part{own}
	for _, l := range c.Libraries {
		parts = append(parts, inputs.Part{Dir: l.Path, Exclude: component.ForReaders(fsys, l.Path), Why: "in the library " + l.Path})
	}
	return slices.Concat(parts, c.Inputs.Locks, c.Inputs.Manifests)
}
