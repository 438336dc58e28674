// Package containerdef says what a container is: a directory outside of every
// other component with a Dockerfile, and with the manifest of a language or
// settings of its own.
package containerdef

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
)

// Kind is the kind's name.
const Kind component.Kind = "container"

// Definition is that of the containers.
type Definition struct{}

// manifests are the files by which a directory is a project of some language, as
// patterns. A Dockerfile alone may be anything: a tool's, a base image's.
var manifests = []string{
	"go.mod", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts", "build.sbt", "*.csproj", "*.fsproj", "*.vbproj", "*.sln",
	"Gemfile", "composer.json", "mix.exs", "rebar.config", "Package.swift", "pubspec.yaml", "deno.json", "deno.jsonc", "stack.yaml", "*.cabal",
	"dune-project", "project.clj", "deps.edn", "build.zig", "CMakeLists.txt", "meson.build",
}

// reads are files above a component that no tool of another kind reads.
var reads = []string{"go.mod", "go.sum", "go.work", "go.work.sum", ".golangci.y*ml", "Gemfile*", "composer.json", "composer.lock", "pom.xml", "*.gradle", "*.gradle.kts"}

// unread are the settings of checks and recipes that other kinds have.
var unread = []string{
	"systemPackages", "buildPackages", "testPackages", "entrypoint", "coverageThreshold", "layerBudget", "testPaths", "imageEnvironment", "allowUnhashed",
	"allowExtraIndex", "allowEmulation", "output", "keepAssets", "headers", "browsers", "writable",
}

// Traits are those of every container.
func (Definition) Traits() component.Traits {
	return component.Traits{
		Kind: Kind, Article: "a container", FoundBy: "a Dockerfile", Dockerfile: "Dockerfile",
		Platforms:  []string{component.ARM64, component.AMD64},
		Deployment: component.Deployment{User: 65532, Secret: true},
		Outside:    true, GatesInDockerfile: true, Gates: []string{"lint", "test"},
		Seconds: 30,
		Reads:   reads, Unread: unread,
	}
}

// Is tells a container by its Dockerfile, and by what says that it is a project.
func (Definition) Is(fsys fs.FS, dir string) (bool, error) {
	own, err := component.ReadOwn(fsys, dir)
	if err != nil {
		return false, err
	}
	if !component.Exists(fsys, path.Join(dir, "Dockerfile")) {
		return own.Settings.Dockerfile != "", nil
	}
	return own.Configured() || dir != "." && component.Exists(fsys, own.File) || described(fsys, dir) || runsOnNode(fsys, dir), nil
}

// runsOnNode tells a program for Node.js, which needs packages when it runs or is started
// by a script, from a package.json that only has tools. Those that pnpm locks are
// frontends.
func runsOnNode(fsys fs.FS, dir string) bool {
	locks := func(name string) bool { return component.Exists(fsys, path.Join(dir, name)) }
	if locks("pnpm-lock.yaml") || dir == "." && !slices.ContainsFunc([]string{"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "bun.lock", "bun.lockb"}, locks) {
		return false // At the root there may be scripts for all that lies below.
	}
	m, err := component.ReadPackageJSON(fsys, dir)
	return err == nil && (len(component.Lookup(m.Document, "dependencies")) > 0 || component.Lookup(m.Document, "scripts")["start"] != nil)
}

// described tells whether a directory has the manifest of a language.
func described(fsys fs.FS, dir string) bool {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return false
	}
	for _, entry := range entries {
		for _, pattern := range manifests {
			if is, _ := path.Match(pattern, entry.Name()); is && !entry.IsDir() {
				return true
			}
		}
	}
	return false
}

// Alike are directories with a Dockerfile and nothing that says what it is of, or
// with settings and no Dockerfile.
func (d Definition) Alike(fsys fs.FS, dir string) string {
	if is, err := d.Is(fsys, dir); is || err != nil {
		return ""
	}
	if component.Exists(fsys, path.Join(dir, "Dockerfile")) {
		return "it has a Dockerfile, and no manifest of a language that is known; to include it, add a pingvas-ci.toml, even an empty one"
	}
	if own, err := component.ReadOwn(fsys, dir); err == nil && own.Configured() {
		return "it has a pingvas-ci.toml and no Dockerfile; to include it, add one"
	}
	return ""
}

// Manifest says what a Go module, a crate or a program for Node.js is called, as the
// root of a repository has no name of a directory. All else of a language's manifest the Dockerfile's
// tools read.
func (Definition) Manifest(fsys fs.FS, dir string) (component.Manifest, error) {
	m := component.Manifest{File: path.Join(dir, "go.mod")}
	if text, err := fs.ReadFile(fsys, m.File); err == nil {
		m.Name = modfile.ModulePath(text)
		if prefix, _, ok := module.SplitPathVersion(m.Name); ok {
			m.Name = prefix // Less the /v2 of a major version.
		}
		m.Name = path.Base(m.Name)
		return m, nil
	}
	crate, err := component.ReadTOML(fsys, path.Join(dir, "Cargo.toml"))
	if errors.Is(err, fs.ErrNotExist) {
		node, _ := component.ReadPackageJSON(fsys, dir) // Its own tools say what is wrong with it.
		m.Name = node.Name
		return m, nil
	}
	m.Name, _ = component.Lookup(crate, "package")["name"].(string)
	return m, err
}

// Complete reads the Dockerfile: where it is, which stage the gates run in, and
// where the container listens.
func (Definition) Complete(fsys fs.FS, c *component.Component, _ component.Manifest) error {
	if c.Settings.Dockerfile == "" {
		return fmt.Errorf("a container is built by its Dockerfile. Add one in %s", c.Path)
	}
	file, err := c.ReadDockerfile(fsys)
	if err != nil {
		return err
	}
	if err := settleGates(&c.Settings, file); err != nil {
		return err
	}
	if c.Settings.Port == 0 {
		if c.Settings.Port, err = file.Port(dockerfile.Build{Target: c.Settings.Target, Args: c.Settings.BuildArgs}); err != nil {
			return err
		}
	}
	if c.Settings.HealthPath != "" && c.Settings.Port == 0 {
		return fmt.Errorf("health path %q: it is asked for on a port. Write the port setting, or EXPOSE in %s", c.Settings.HealthPath, c.Settings.Dockerfile)
	}
	if c.Settings.Port != 0 {
		c.Deployment.Route = component.API
	}
	return nil
}

// settleGates decides the stage that the gates run in.
func settleGates(s *component.Settings, file *dockerfile.File) error {
	if len(s.NamedGates()) == 0 {
		if s.GatesTarget != "" {
			return errors.New("gates-target names a stage, and there are no gates. Write gates = {test = [\"a command\"]}, or remove it")
		}
		return nil
	}
	stages, err := file.Stages()
	if err != nil {
		return err
	}
	if len(stages) == 1 && s.GatesTarget == "" {
		return nil // The last one, which the engine finds without a name.
	}
	for _, stage := range stages {
		if strings.EqualFold(stage, s.GatesTarget) {
			s.GatesTarget = stage
			return nil
		}
	}
	return fmt.Errorf("gates run in a stage of %s that has the tools. Write gates-target = \"…\", one of %s", s.Dockerfile, strings.Join(stages, ", "))
}
