package pylock

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/pelletier/go-toml/v2"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// uvLock is what is read of a uv.lock.
type uvLock struct {
	Package []uvPackage
}

type uvPackage struct {
	Name, Version string
	Source        map[string]any
	Dependencies  []uvDependency
	Optional      map[string][]uvDependency `toml:"optional-dependencies"`
	Dev           map[string][]uvDependency `toml:"dev-dependencies"`
	Metadata      struct {
		RequiresDist []uvRequirement            `toml:"requires-dist"`
		RequiresDev  map[string][]uvRequirement `toml:"requires-dev"`
	}
}

type uvDependency struct {
	Name  string
	Extra []string
}

// of are the packages that the project in dir, relative to the lock, is made
// with: itself first, and what its groups and the extras ask for included.
func (lock uvLock) of(dir string, extras ...string) []uvPackage {
	byName := map[string][]uvPackage{}
	var queue []uvDependency
	for _, pkg := range lock.Package {
		byName[pkg.Name] = append(byName[pkg.Name], pkg)
		if at, local := localSource(pkg.Source); local && at == dir {
			queue = append(queue, uvDependency{Name: pkg.Name, Extra: extras})
			for _, group := range pkg.Dev {
				queue = append(queue, group...)
			}
		}
	}
	var all []uvPackage
	seen := map[string]bool{}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		for _, pkg := range byName[next.Name] {
			for _, extra := range next.Extra {
				if key := next.Name + "[" + extra; !seen[key] {
					seen[key] = true
					queue = append(queue, pkg.Optional[extra]...)
				}
			}
			if key := pkg.Name + "==" + pkg.Version; !seen[key] {
				seen[key] = true
				all = append(all, pkg)
				queue = append(queue, pkg.Dependencies...)
			}
		}
	}
	return all
}

// UvDirectories are the directories that the project in dir is made from
// besides its own, by a uv.lock; all are relative to the lock.
func UvDirectories(raw []byte, dir string) ([]string, error) {
	var lock uvLock
	if err := bounds.TOML(raw, &lock); err != nil {
		return nil, fmt.Errorf("uv.lock: %w. Make it anew with: uv lock", err)
	}
	var found []string
	for _, pkg := range lock.of(path.Clean(dir)) {
		if at, local := localSource(pkg.Source); local && at != path.Clean(dir) && !slices.Contains(found, at) {
			found = append(found, at)
		}
	}
	return found, nil
}

func (pkg uvPackage) requirements() []uvRequirement {
	all := slices.Clone(pkg.Metadata.RequiresDist)
	for _, group := range pkg.Metadata.RequiresDev {
		all = append(all, group...)
	}
	return all
}

// readUv reads a uv.lock, the component's own or its workspace's. It names an
// index, an address and a hash for each file, so uv only has to bring it into
// the form that it installs.
func (l *Lock) readUv(fsys fs.FS, p Policy) error {
	raw, err := fs.ReadFile(fsys, "uv.lock")
	if err != nil {
		return fmt.Errorf("read %s: %w", p.lockFile(), err)
	}
	var lock uvLock
	if err := bounds.TOML(raw, &lock); err != nil {
		return fmt.Errorf("%s: %w. Make it anew with: uv lock", p.lockFile(), err)
	}
	var findings []string
	extras := lock.extras(p)
	for _, pkg := range lock.of(path.Join(".", p.Member), extras...) {
		l.packages[normal(pkg.Name)] = pkg.Version
		from, isSource := unhashable(pkg.Source)
		if isSource && !p.AllowUnhashed {
			findings = append(findings, fmt.Sprintf("%s: %s comes from %s, which no hash can stand for", p.lockFile(), pkg.Name, from))
		}
	}
	if len(findings) > 0 {
		return refused(findings, "Take it from an index. Or accept it: allow-unhashed = true in [tool.pingvas-ci] of pyproject.toml")
	}
	l.Source = "uv.lock"
	l.Files["uv.lock"] = string(raw)
	export := []string{"uv", "export", "--quiet", "--frozen", "--format", "pylock.toml", "--no-header", "--no-emit-local"}
	own, err := l.uvProject(fsys, "pyproject.toml", p)
	if err != nil {
		return err
	}
	if p.Member != "" {
		if own, err = l.uvProject(fsys, path.Join(p.Member, "pyproject.toml"), p); err != nil {
			return err
		}
		name, _ := table(own, "project")["name"].(string)
		export = append(export, "--package", name)
	}
	if err := lock.fresh(own, p); err != nil {
		return err
	}
	l.Image, l.Checks = []string{"pylock.toml"}, []string{"pylock.checks.toml"}
	l.Export = [][]string{
		slices.Concat(export, []string{"--no-dev", "--output-file", l.Image[0]}),
		slices.Concat(export, []string{"--output-file", l.Checks[0]}),
	}
	for _, extra := range extras {
		l.Export[1] = append(l.Export[1], "--extra", extra)
	}
	return nil
}

// extras are the project's extras that the checks install.
func (lock uvLock) extras(p Policy) []string {
	own := lock.of(path.Join(".", p.Member))
	if !p.CPU || len(own) == 0 || own[0].Optional[cpuExtra] == nil {
		return nil
	}
	return []string{cpuExtra}
}

// fresh compares what a project asks for with what the lock was made from.
func (lock uvLock) fresh(project map[string]any, p Policy) error {
	name, _ := table(project, "project")["name"].(string)
	if name == "" {
		return nil // The root of a workspace that is no project.
	}
	own := lock.of(path.Join(".", p.Member))
	if len(own) == 0 || normal(own[0].Name) != normal(name) {
		return fmt.Errorf("%s does not have the project %s of %s/pyproject.toml. Run `uv lock` in %s and commit uv.lock", p.lockFile(), name, p.Path, p.Path)
	}
	return uvStale(own[0], project, p)
}

// localSource is the directory that a package of a uv.lock is made from,
// relative to the lock; of another package there is none.
func localSource(source map[string]any) (dir string, is bool) {
	for _, kind := range []string{"virtual", "editable", "directory"} {
		if dir, is := source[kind].(string); is {
			return path.Clean(dir), true
		}
	}
	return "", false
}

// unhashable says where a package comes from that has no hash. A directory of
// the repository is no package: its files are the component's sources.
func unhashable(source map[string]any) (from string, is bool) {
	for _, kind := range slices.Sorted(maps.Keys(source)) {
		if kind == "git" || kind == "path" {
			return kind + " " + fmt.Sprint(source[kind]), true
		}
	}
	return "", false
}

// uvProject keeps the part of a pyproject.toml that a lock depends on, so that
// the settings of a tool can change and nothing is installed anew.
func (l *Lock) uvProject(fsys fs.FS, file string, p Policy) (map[string]any, error) {
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, absent(err, "%s has a uv.lock and no pyproject.toml. Add the project's, or delete the lock", p.Path)
	}
	var doc map[string]any
	if err := bounds.TOML(raw, &doc); err != nil {
		return nil, fmt.Errorf("%s/pyproject.toml: %w. Correct the TOML", p.Path, err)
	}
	kept := chosenKeys(doc, "project", "dependency-groups")
	if uv := table(doc, "tool")["uv"]; uv != nil {
		kept["tool"] = map[string]any{"uv": uv}
	}
	narrow, err := toml.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("narrow %s/pyproject.toml: %w", p.Path, err)
	}
	l.Files[file] = string(narrow)
	return doc, nil
}
