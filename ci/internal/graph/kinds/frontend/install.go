package frontend

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// pnpmStore is where pnpm keeps packages, so that all of its calls name one.
const pnpmStore = "/pnpm-store"

// sameRelease has pnpm not replace itself by the release that a manifest names: that
// one comes from where the repository says, and would run with the store, and with
// the tokens, at hand. The first is for pnpm 10, the second for what is newer; each
// passes over the other.
const sameRelease = "--config.manage-package-manager-versions=false --config.pm-on-fail=ignore"

// everyTime has pnpm run the scripts of projects in an install that finds all packages in
// place: pnpm 11 leaves them out, and here a first install has linked the packages already.
const everyTime = "--config.optimistic-repeat-install=false"

// pnpm is a command of it with a store.
func pnpm(command string) []string {
	return strings.Fields("pnpm " + sameRelease + " " + command + " --store-dir " + pnpmStore)
}

// installed is the workspace as `pnpm install --frozen-lockfile` makes it, with the
// sources in place.
//
// It is installed from what pnpm reads of the repository, without the sources and
// without the scripts of its projects, so that an edit of either installs nothing anew.
// Where projects have scripts for it, it is then installed again as they are.
func (p Project) installed(ctx context.Context, sources *dagger.Directory) (*dagger.Container, error) {
	read, err := p.manifests(ctx)
	if err != nil {
		return nil, err
	}
	linked, store, err := p.linked(ctx, read)
	if err != nil {
		return nil, err
	}
	ready := linked.WithDirectory(kinds.Root, sources)
	if !read.runs {
		return ready, nil
	}
	done, err := p.install(ready.WithDirectory(kinds.Root, read.installing), store).Sync(ctx)
	if err != nil {
		return nil, installError{p.without(read.others, p.refusedInstall(err)), err}
	}
	return done.WithDirectory(kinds.Root, p.Source.Tree(p.Spec.Inputs.Manifests)), nil
}

// linked has every package of the lock file installed, and the scripts of packages run.
// It returns the store besides, of which nothing is kept in it.
func (p Project) linked(ctx context.Context, read manifests) (*dagger.Container, *dagger.Directory, error) {
	ready, err := p.withPnpm(ctx)
	if err != nil {
		return nil, nil, err
	}
	store, err := p.fetched(ctx, ready)
	if err != nil {
		return nil, nil, err
	}
	ready = ready.
		WithDirectory(kinds.Root, p.Source.Tree(p.Spec.Inputs.Locks)).
		WithDirectory(kinds.Root, read.quiet)
	done, err := p.install(ready, store).Sync(ctx)
	if err != nil {
		return nil, nil, installError{p.refusedInstall(err), err}
	}
	done, err = p.withBrowsers(ctx, done)
	return done, store, err
}

// install runs pnpm's own install, which alone has the store at hand. Scripts see the
// environment of the checks, which may have them fetch nothing; what is left has it no
// more, as a build is given another one.
func (p Project) install(ready *dagger.Container, store *dagger.Directory) *dagger.Container {
	environment := maps.Clone(p.Spec.Settings.Environment)
	delete(environment, "NODE_ENV") // By which pnpm leaves out what development needs.
	done := ground.WithVariables(ready, environment).
		WithMountedDirectory(pnpmStore, store).
		WithWorkdir(path.Join(kinds.Root, p.lockRoot())).
		WithExec(append(pnpm("install"), everyTime, "--frozen-lockfile", "--prefer-offline", "--package-import-method", "copy")).
		WithoutMount(pnpmStore)
	for variable := range environment {
		done = done.WithoutEnvVariable(variable)
	}
	return done
}

// fetchRoot is where the lock files lie for the fetch.
const fetchRoot = "/fetch"

// fetched is a store with the packages of the lock files. Where the tokens of private
// registries are, no code of a package or of the repository runs, and of what is left
// there the store alone is taken: what is linked besides, in the one way that is
// possible without manifests, counts for nothing.
func (p Project) fetched(ctx context.Context, ready *dagger.Container) (*dagger.Directory, error) {
	locks, err := p.locks(ctx)
	if err != nil {
		return nil, err
	}
	done := p.withNpmRegistries(ready.WithDirectory(fetchRoot, locks))
	for _, dir := range p.lockDirs() {
		at := path.Join(fetchRoot, dir)
		done = done.WithWorkdir(at).
			WithExec(append(pnpm("fetch"), "--ignore-scripts", "--ignore-pnpmfile", "--config.node-linker=isolated", "--lockfile-dir", at))
	}
	if done, err = done.Sync(ctx); err != nil {
		return nil, p.refusedInstall(err)
	}
	return done.Directory(pnpmStore), nil
}

// locks are what the fetch reads. Where tokens are given, the repository's .npmrc
// is reduced to the registries that it names: a line with a variable could send a
// token anywhere.
func (p Project) locks(ctx context.Context) (*dagger.Directory, error) {
	locks := p.Source.Tree(p.Spec.Inputs.Locks)
	if len(p.NpmRegistries) == 0 {
		return locks, nil
	}
	file := path.Join(p.lockRoot(), ".npmrc")
	found, err := locks.Glob(ctx, file)
	if err != nil || len(found) == 0 {
		return locks, err
	}
	text, err := locks.File(file).Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: read %s: %w", p.Spec.Name, file, err)
	}
	return locks.WithNewFile(file, frontend.Registries(text)), nil
}

// manifests are the files that an install reads, in two ways.
type manifests struct {
	// quiet have no scripts. With installing run those of the workspace's root, of the
	// component, of packages in it and of what it is built from, as their sources are
	// there.
	quiet, installing *dagger.Directory
	// runs tells whether there is any such script.
	runs bool
	// others are the packages whose scripts an install runs by hand, and here it does
	// not.
	others []string
}

// manifests reads them.
func (p Project) manifests(ctx context.Context) (m manifests, err error) {
	own := []string{p.lockRoot(), p.Spec.Path}
	for _, l := range p.Spec.Libraries {
		own = append(own, l.Path)
	}
	tree := p.Source.Tree(p.Spec.Inputs.Manifests)
	m = manifests{quiet: tree, installing: tree}
	err = ground.Exported(ctx, tree, func(dir string) error {
		return bounds.In(dir, func(files fs.FS) error {
			return fs.WalkDir(files, ".", func(file string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() || path.Base(file) != "package.json" {
					return err
				}
				text, err := fs.ReadFile(files, file)
				if err != nil {
					return err
				}
				_, inside := inputs.Below(p.Spec.Path, path.Dir(file))
				return m.add(file, text, inside || slices.Contains(own, path.Dir(file)))
			})
		})
	})
	return m, err
}

// add adds a manifest, of which the scripts may run or not.
func (m *manifests) add(file string, text []byte, may bool) error {
	quiet, err := frontend.Quiet(file, text)
	if err != nil {
		return err
	}
	m.quiet, m.installing = m.quiet.WithNewFile(file, quiet), m.installing.WithNewFile(file, quiet)
	installing, runs, left, err := frontend.Installing(file, text)
	if !may {
		if runs {
			m.others = append(m.others, path.Dir(file))
		}
		return err
	}
	for _, script := range left {
		fmt.Printf("· %s: its script %s is left out of the install: it puts hooks into a clone, and there is none\n", file, script)
	}
	m.installing, m.runs = m.installing.WithNewFile(file, installing), m.runs || runs
	return err
}

// withPnpm is Node.js with pnpm, and the Debian packages of the settings. Nx is not to
// ask its cloud, nor to leave a process behind.
func (p Project) withPnpm(ctx context.Context) (*dagger.Container, error) {
	node, err := p.node(ctx)
	if err != nil {
		return nil, err
	}
	return p.withChromium(ground.WithSystemPackages(node, p.debianPackages())).
		WithExec([]string{"npm", "install", "--global", "--no-fund", "--no-audit", "pnpm@" + frontend.PnpmRelease(p.Spec.Version("pnpm").Value)}).
		WithEnvVariable("CI", "true").
		WithEnvVariable("NX_DAEMON", "false").
		WithEnvVariable("NX_NO_CLOUD", "true"), nil
}

// refusedInstall says what to do where a registry refused a fetch, a lock file does not
// fit a manifest, or a package has to be compiled.
func (p Project) refusedInstall(err error) error {
	printed, isExec := ground.Printed(err)
	if !isExec {
		return err
	}
	if outdated := frontend.OutdatedLock(p.lockRoot(), printed); outdated != nil {
		return outdated
	}
	if refusal := frontend.RefusedFetch(printed); refusal != nil {
		return refusal
	}
	if silent := frontend.SilentRegistry(printed); silent != nil {
		return silent
	}
	if frontend.NoCompiler(printed) {
		return ground.Explained(err, "a package has to be compiled, and what compiles it is not there. Name what it takes, %s in %s:",
			`such as "buildPackages": ["python3", "make", "g++"]`, p.Spec.SettingsFile)
	}
	// One that fetches what is compiled for it compiles it where that fails, so it is said last.
	if lacks, is := frontend.Unreached(printed); is {
		return ground.Explained(err, "%s:", lacks.Explain(p.Spec.SettingsFile))
	}
	return p.lacking(printed, err)
}

// without says of an install of which a script failed which others did not run.
func (p Project) without(others []string, err error) error {
	if _, isExec := ground.Printed(err); !isExec || len(others) == 0 {
		return err
	}
	return ground.Explained(err, "a script of the install failed, and those of %s did not run, as nothing here is built from them. Where they make what it needs, name them in libraries of %s:",
		strings.Join(others, ", "), p.Spec.SettingsFile)
}

// nodeImage is the image of the frontend's version of Node.js.
func (p Project) nodeImage(ctx context.Context) (string, error) {
	return p.Runtime(ctx, "node", "Node.js")
}

// node is a container of it.
func (p Project) node(ctx context.Context) (*dagger.Container, error) {
	image, err := p.nodeImage(ctx)
	if err != nil {
		return nil, err
	}
	return dag.Container().From(image), nil
}

// lockRoot is where pnpm installs: at the workspace's root for a package of one, where
// the lock file of all lies.
func (p Project) lockRoot() string {
	return cmp.Or(p.Spec.Workspace, p.Spec.Path)
}

// lockDirs are where its lock files lie: that one, or each package's own in a workspace
// that shares none.
func (p Project) lockDirs() (dirs []string) {
	for _, part := range p.Spec.Inputs.Locks {
		if slices.Contains(part.Include, "pnpm-lock.yaml") {
			dirs = append(dirs, part.Dir)
		}
	}
	return dirs
}
