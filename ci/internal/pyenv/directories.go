package pyenv

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// Directories are the projects of the repository that a project is installed with,
// besides itself.
func Directories(fsys fs.FS, p Project) ([]string, error) {
	switch {
	case p.Manager == UV && p.Lock != "":
		return lockedDirectories(fsys, p)
	case p.Manager == Pip:
		read, err := ReadRequirements(fsys, Requirement(p)...)
		return slices.DeleteFunc(read.Directories, func(dir string) bool { return dir == p.Path }), err
	}
	return append(p.sources(), p.members(fsys)...), nil
}

// MemberDirectories are those of the members that a root's checks install besides: it is
// built from none of them.
func (p Project) MemberDirectories(fsys fs.FS) ([]string, error) {
	if !p.Members {
		return nil, nil
	}
	dirs, err := Members(fsys, p.Root)
	return slices.DeleteFunc(dirs, func(dir string) bool { return dir == p.Path }), err
}

// readMembers tells of the root of a locked uv workspace whether its checks take the members
// as well: it is no project itself, or its automation installs all packages.
func (p *Project) readMembers(fsys fs.FS) {
	if p.Manager != UV || component.Lookup(p.document, "tool", "uv", "workspace")["members"] == nil || !exists(fsys, path.Join(p.Path, "uv.lock")) {
		return
	}
	p.Members = p.document["project"] == nil
	all := p.habits(fsys)
	installs := func(h habit) bool {
		return h.at == p.Path && slices.Contains(h.words, "--all-packages") && (slices.Contains(h.words, "sync") || slices.Contains(h.words, "run"))
	}
	if at := slices.IndexFunc(all, installs); !p.Members && at >= 0 {
		p.Members, p.Habits = true, append(p.Habits, all[at].file)
	}
}

// members are the members of a uv workspace without a lock that a project is built from,
// and those that these are built from.
func (p Project) members(fsys fs.FS) (dirs []string) {
	if p.Manager != UV || p.Workspace == "" {
		return nil
	}
	named, documents := map[string]string{}, map[string]map[string]any{p.Path: p.document}
	root, _ := readTOML(fsys, path.Join(p.Workspace, "pyproject.toml")) // It was read before.
	for _, pattern := range strings.Fields(plain(component.Lookup(root, "tool", "uv", "workspace")["members"])) {
		files, _ := fs.Glob(fsys, path.Join(p.Workspace, pattern, "pyproject.toml"))
		for _, file := range files {
			of, _ := readTOML(fsys, file) // uv says what is wrong with it.
			name, _ := component.Lookup(of, "project")["name"].(string)
			named[Normal(name)], documents[path.Dir(file)] = path.Dir(file), of
		}
	}
	shared := component.Lookup(root, "tool", "uv", "sources") // Of every member.
	seen, queue := map[string]bool{p.Path: true}, []string{p.Path}
	for len(queue) > 0 {
		of := documents[queue[0]]
		queue = queue[1:]
		for _, sources := range []map[string]any{component.Lookup(of, "tool", "uv", "sources"), shared} {
			for name, source := range sources {
				dir, is := named[Normal(name)]
				if is && table(source)["workspace"] == true && !seen[dir] && asksFor(of, name) {
					seen[dir] = true
					dirs, queue = append(dirs, dir), append(queue, dir)
				}
			}
		}
	}
	slices.Sort(dirs)
	return dirs
}

// asksFor tells whether a project depends on another one, in whatever list.
func asksFor(of map[string]any, name string) bool {
	lists := []any{component.Lookup(of, "project")["dependencies"]}
	for _, table := range []map[string]any{component.Lookup(of, "project", "optional-dependencies"), component.Lookup(of, "dependency-groups")} {
		for _, list := range table {
			lists = append(lists, list)
		}
	}
	return slices.ContainsFunc(lists, func(list any) bool {
		return slices.ContainsFunc(requirements(list), func(one string) bool { return Normal(one) == Normal(name) })
	})
}

// Requirement are the project's requirements files, as setup.py is none.
func Requirement(p Project) []string {
	return slices.DeleteFunc(slices.Concat(p.Image, p.Checks), func(file string) bool { return path.Ext(file) != ".txt" && path.Ext(file) != ".in" })
}

// sources are the directories that the project's manifest names itself: uv's
// sources, and Poetry's dependencies by their paths.
func (p Project) sources() []string {
	var found []string
	add := func(tables ...map[string]any) {
		for _, dependencies := range tables {
			for _, one := range dependencies {
				of, _ := one.(map[string]any)
				if at, is := of["path"].(string); is && fs.ValidPath(path.Join(p.Path, at)) {
					found = append(found, path.Join(p.Path, at))
				}
			}
		}
	}
	poetry := component.Lookup(p.document, "tool", "poetry")
	add(component.Lookup(p.document, "tool", "uv", "sources"), component.Lookup(poetry, "dependencies"), component.Lookup(poetry, "dev-dependencies"))
	for name := range component.Lookup(poetry, "group") {
		add(component.Lookup(poetry, "group", name, "dependencies"))
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// uvLock is what is read of a uv.lock: which projects of the repository a member is
// installed with, as a change of another's is none of its own.
type uvLock struct {
	Package  []uvPackage
	Manifest struct {
		Requirements []uvDependency
		Groups       map[string][]uvDependency `toml:"dependency-groups"`
	}
}

type uvPackage struct {
	Name         string
	Source       map[string]any
	Dependencies []uvDependency
	Optional     map[string][]uvDependency `toml:"optional-dependencies"`
	Dev          map[string][]uvDependency `toml:"dev-dependencies"`
}

type uvDependency struct{ Name string }

// Members are the directories of all projects that a uv.lock in a directory locks. To
// say whether it is up to date, uv reads the manifest of each.
func Members(fsys fs.FS, root string) ([]string, error) {
	lock, err := readUvLock(fsys, path.Join(root, "uv.lock"))
	var found []string
	for _, pkg := range lock.Package {
		if at, local := localSource(pkg.Source); local && fs.ValidPath(path.Join(root, at)) {
			found = append(found, path.Join(root, at))
		}
	}
	slices.Sort(found)
	return slices.Compact(found), err
}

func readUvLock(fsys fs.FS, file string) (lock uvLock, err error) {
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return lock, fmt.Errorf("read %s: %w", file, err)
	}
	if err := bounds.TOML(raw, &lock); err != nil {
		return lock, fmt.Errorf("%s: %w. Make it anew with: uv lock", file, err)
	}
	return lock, nil
}

func lockedDirectories(fsys fs.FS, p Project) ([]string, error) {
	lock, err := readUvLock(fsys, p.Lock)
	if err != nil {
		return nil, err
	}
	within, _ := inputs.Below(p.Root, p.Path)
	var found []string
	for _, dir := range lock.localTo(within) {
		found = append(found, path.Join(p.Root, dir))
	}
	return found, nil
}

// localTo are the directories that the project in dir depends on, relative to the lock.
func (lock uvLock) localTo(dir string) []string {
	byName := map[string][]uvPackage{}
	var queue []uvDependency
	for _, pkg := range lock.Package {
		byName[pkg.Name] = append(byName[pkg.Name], pkg)
		if at, local := localSource(pkg.Source); local && at == dir {
			queue = append(queue, uvDependency{pkg.Name})
		}
	}
	var found []string
	seen := map[string]bool{}
	for len(queue) > 0 {
		next := queue[0].Name
		queue = queue[1:]
		if seen[next] {
			continue
		}
		seen[next] = true
		for _, pkg := range byName[next] {
			if at, local := localSource(pkg.Source); local && at != dir {
				found = append(found, at)
			}
			queue = append(queue, pkg.Dependencies...)
			for _, of := range []map[string][]uvDependency{pkg.Optional, pkg.Dev} {
				for _, list := range of {
					queue = append(queue, list...)
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// localSource is the directory that a package of a uv.lock is made from, relative to
// the lock; of another package there is none.
func localSource(source map[string]any) (dir string, is bool) {
	for _, kind := range []string{"virtual", "editable", "directory"} {
		if dir, is := source[kind].(string); is {
			return path.Clean(dir), true
		}
	}
	return "", false
}
