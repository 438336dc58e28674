package pyenv

import (
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// A uv workspace has one lock, and what it locks is not what each of its members installs:
// a tool may be the root's, for all of them, or that of another member alone.

// readShared takes the groups of the root of the workspace whose tools the member does not
// ask for itself: there people lock what they check all members with.
func (p *Project) readShared(fsys fs.FS) {
	if p.Manager != UV || p.Workspace == "" || p.Workspace == p.Path {
		return
	}
	root, _ := readTOML(fsys, path.Join(p.Workspace, "pyproject.toml")) // It was read before.
	groups := map[string][]string{}
	for name, list := range component.Lookup(root, "dependency-groups") {
		groups[name] = requirements(list)
	}
	if legacy := component.Lookup(root, "tool", "uv")["dev-dependencies"]; legacy != nil {
		groups[defaultGroup] = append(groups[defaultGroup], requirements(legacy)...)
	}
	for _, name := range chosen(groups) {
		if slices.ContainsFunc(groups[name], func(pkg string) bool { return slices.Contains(tools, Normal(pkg)) && !p.asks(Normal(pkg)) }) {
			p.Shared = append(p.Shared, name)
		}
	}
}

// defaultGroup is the one that uv installs by itself.
const defaultGroup = "dev"

// shared is the command that installs the root's groups beside the member: packages of
// indexes alone, as the root's own and those of other members are none of it.
func (p Project) shared(use Use, options ...string) [][]string {
	root, err := filepath.Rel(p.Path, p.Workspace)
	if use.Image || len(p.Shared) == 0 || err != nil {
		return nil
	}
	command := slices.Concat([]string{"uv", "sync", "--inexact", "--frozen", "--no-install-local", "--project", filepath.ToSlash(root)}, options, p.python())
	for _, name := range p.Shared {
		command = append(command, "--only-group="+name)
	}
	return [][]string{command}
}

// Installed tells of a package that is locked whether the checks of the project install it:
// one of a workspace may be another member's.
func (p Project) Installed(name string) bool {
	return p.reached == nil || p.reached[Normal(name)]
}

// InstallTool installs a tool that is locked for others of its workspace, in their version.
func (p Project) InstallTool(name string) []string {
	return []string{"uv", "pip", "install", "--quiet", "--no-build", name + "==" + p.Locked(name)}
}

// readReached follows the lock of a workspace from what the checks of a member install.
func (p *Project) readReached(fsys fs.FS) {
	if p.Manager != UV || p.Workspace == "" || p.Workspace == p.Path || p.Lock == "" {
		return
	}
	lock, err := readUvLock(fsys, p.Lock)
	if err != nil {
		return // Who installs it says so.
	}
	within, _ := inputs.Below(p.Root, p.Path)
	p.reached = lock.reached(within, append(slices.Clone(p.Groups), defaultGroup), p.Shared)
}

// reached are the names of the packages that a member's checks install: by groups of its
// own, and by some of the root's.
func (lock uvLock) reached(dir string, own, shared []string) map[string]bool {
	byName := map[string][]uvPackage{}
	var queue []uvDependency
	for _, name := range shared {
		queue = append(queue, lock.Manifest.Groups[name]...)
	}
	for _, pkg := range lock.Package {
		byName[pkg.Name] = append(byName[pkg.Name], pkg)
		at, local := localSource(pkg.Source)
		switch {
		case local && at == dir:
			queue = append(queue, uvDependency{pkg.Name})
			for _, name := range own {
				queue = append(queue, pkg.Dev[name]...)
			}
		case local && at == ".":
			for _, name := range shared {
				queue = append(queue, pkg.Dev[name]...)
			}
		}
	}
	found := map[string]bool{}
	for len(queue) > 0 {
		name := queue[0].Name
		if queue = queue[1:]; found[name] {
			continue
		}
		found[name] = true
		for _, pkg := range byName[name] {
			queue = append(queue, pkg.Dependencies...)
			for _, extra := range slices.Sorted(maps.Keys(pkg.Optional)) { // Which are asked for is not followed.
				queue = append(queue, pkg.Optional[extra]...)
			}
		}
	}
	return found
}
