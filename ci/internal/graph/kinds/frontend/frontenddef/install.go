package frontenddef

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// Why the files are there that installing packages reads.
const (
	lockWhy     = "the lock of its packages, or what their install reads"
	manifestWhy = "a manifest of its pnpm workspace"
)

// install fills in what installing the component's packages reads. What fetching them
// reads is the locks: the lock file, patches, and packages that lie in the repository.
// The manifests are those of every project of the workspace, since one lock is of them
// all, with the files that an install links or runs.
func (w *workspace) install(fsys fs.FS, c *component.Component) error {
	said, err := readSettings(fsys, w.path)
	if err != nil {
		return err
	}
	root, err := component.ReadPackageJSON(fsys, w.path)
	if err != nil {
		return err
	}
	own := component.Lookup(root.Document, "pnpm")["patchedDependencies"]
	c.Inputs.Locks = []inputs.Part{{Dir: w.path, Include: []string{"pnpm-workspace.yaml", ".npmrc"}, Why: lockWhy}}
	for _, file := range slices.Concat(textsOf(own), said.texts("patchedDependencies")) {
		c.Inputs.Locks = append(c.Inputs.Locks, w.file(fsys, path.Join(w.path, file), lockWhy)...)
	}
	dirs := []string{w.path}
	if w.ownLocks {
		dirs = append(dirs, slices.Sorted(maps.Keys(w.packages))...)
	}
	for _, dir := range dirs {
		parts, err := w.lock(fsys, dir)
		if err != nil {
			return err
		}
		c.Inputs.Locks = append(c.Inputs.Locks, parts...)
	}
	c.Inputs.Manifests = []inputs.Part{{Dir: w.path, Include: w.projects(), Why: manifestWhy}}
	for _, file := range slices.Concat(w.hooks(fsys, said), w.programs(fsys, c)) {
		c.Inputs.Manifests = append(c.Inputs.Manifests, w.file(fsys, file, lockWhy)...)
	}
	return nil
}

// lock are the lock file of a directory and what it names in the repository; none where
// there is no such file.
func (w *workspace) lock(fsys fs.FS, dir string) ([]inputs.Part, error) {
	parts := w.file(fsys, path.Join(dir, lockFile), lockWhy)
	lock, err := readLock(fsys, dir, w.path)
	for _, file := range slices.Concat(lock.Patches, lock.Archives) {
		parts = append(parts, w.file(fsys, path.Join(dir, file), lockWhy)...)
	}
	for _, named := range lock.Directories {
		if at := path.Join(dir, named); at != "." && component.Exists(fsys, at) {
			parts = append(parts, inputs.Part{Dir: at, Exclude: []string{"**/node_modules"}, Why: lockWhy})
		}
	}
	return parts, err
}

var ownLock = regexp.MustCompile(`(?m)^\s*shared-workspace-lockfile\s*=\s*false\s*$`)

// ownLocks tells a workspace of which each package has a lock file of its own.
func ownLocks(fsys fs.FS, dir string, said settings) bool {
	npmrc, err := fs.ReadFile(fsys, path.Join(dir, ".npmrc"))
	return said["sharedWorkspaceLockfile"] == false || err == nil && ownLock.Match(npmrc)
}

// file is a part of one file; none where it is not there, which pnpm says.
func (w *workspace) file(fsys fs.FS, name, why string) []inputs.Part {
	if info, err := fs.Stat(fsys, name); err != nil || info.IsDir() {
		return nil
	}
	return []inputs.Part{{Dir: path.Dir(name), Include: []string{inputs.Literal(path.Base(name))}, Why: why}}
}

// projects are the manifests of the root and of every package, from the root.
func (w *workspace) projects() []string {
	all := []string{"package.json"}
	for _, dir := range slices.Sorted(maps.Keys(w.packages)) {
		below, _ := inputs.Below(w.path, dir)
		all = append(all, inputs.Literal(path.Join(below, "package.json")))
	}
	return all
}

// everyManifest are those of the root and of all packages that there may be, as patterns:
// one more of them changes what the lock file is held against.
func (w *workspace) everyManifest() []inputs.Part {
	if len(w.packages) == 0 {
		return nil
	}
	part := inputs.Part{Dir: w.path, Include: []string{"package.json"}, Exclude: []string{"**/node_modules"}, Why: manifestWhy}
	for _, pattern := range w.patterns {
		if !strings.HasPrefix(pattern, "!") {
			part.Include = append(part.Include, path.Join(pattern, "package.json"))
		}
	}
	return []inputs.Part{part}
}

var pnpmfile = regexp.MustCompile(`(?m)^\s*pnpmfile\s*=\s*(\S+)\s*$`)

// hooks are the files with hooks of pnpm's: those that it looks for, and those that its
// settings name.
func (w *workspace) hooks(fsys fs.FS, said settings) []string {
	names := append([]string{".pnpmfile.cjs", ".pnpmfile.mjs"}, said.texts("pnpmfile")...)
	if npmrc, err := fs.ReadFile(fsys, path.Join(w.path, ".npmrc")); err == nil {
		if set := pnpmfile.FindSubmatch(npmrc); set != nil {
			names = append(names, strings.Trim(string(set[1]), `"'`))
		}
	}
	for i, name := range names {
		names[i] = path.Join(w.path, name)
	}
	return names
}

// programs are the files that the manifests of the component, of packages in it and of
// what it is built from name as programs: an install links those that are there.
func (w *workspace) programs(fsys fs.FS, c *component.Component) []string {
	var files []string
	places := []string{w.path, c.Path}
	for _, l := range c.Libraries {
		places = append(places, l.Path)
	}
	for _, dir := range slices.Sorted(maps.Keys(w.packages)) {
		if within(c.Path, dir) && dir != c.Path {
			places = append(places, dir)
		}
	}
	for _, dir := range slices.Compact(places) {
		m, err := component.ReadPackageJSON(fsys, dir)
		if err != nil {
			continue // It says itself what is wrong.
		}
		for _, file := range textsOf(m.Document["bin"]) {
			files = append(files, path.Join(dir, file))
		}
	}
	return files
}
