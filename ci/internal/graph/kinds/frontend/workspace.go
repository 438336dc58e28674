package frontend

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// exec runs a command in the workspace, with the environment that the settings
// give to tests and checks.
func (p Project) exec(ctx context.Context, command []string, opts ...dagger.ContainerWithExecOpts) (*dagger.Container, error) {
	workspace, err := p.checked(ctx)
	if err != nil {
		return nil, err
	}
	return workspace.WithExec(command, opts...), nil
}

// checked is the workspace of the checks.
func (p Project) checked(ctx context.Context) (*dagger.Container, error) {
	workspace, err := p.workspace(ctx, p.Source.Checked(p.Spec))
	if err != nil {
		return nil, err
	}
	return p.WithOwn(workspace), nil
}

// workspace has the packages linked and the sources in place, with the
// libraries of a pnpm workspace built.
func (p Project) workspace(ctx context.Context, sources *dagger.Directory) (*dagger.Container, error) {
	installed, err := p.installed(ctx)
	if err != nil {
		return nil, err
	}
	ready := installed.
		WithDirectory(kinds.Root, sources).
		WithWorkdir(path.Join(kinds.Root, p.Spec.Path))
	if p.Spec.Workspace != "" && len(p.Spec.Libraries) > 0 {
		// What a library exports is often made by its build.
		ready = ready.WithExec([]string{"pnpm", "--filter", "{.}^...", "run", "--if-present", "build"})
	}
	return ready, nil
}

// installed has the packages linked, and their scripts run. The install reads the
// manifests and the lock file only, and is offline and frozen: a lock file that does
// not fit a manifest is an error, here for all that needs the packages.
func (p Project) installed(ctx context.Context) (*dagger.Container, error) {
	hooked, err := p.hooked(ctx)
	if err != nil {
		return nil, err
	}
	if hooked {
		return p.installedWithHooks(ctx)
	}
	linked, err := p.linked(ctx)
	if err != nil {
		return nil, err
	}
	// What was kept back: the scripts of packages, and of the project. They see no
	// store but one of their own, which is empty.
	return linked.WithExec(p.pnpm("rebuild", "--pending")).Sync(ctx)
}

// pnpmStore is where pnpm keeps packages, so that all of its calls name one.
const pnpmStore = "/pnpm-store"

// sameRelease has pnpm not replace itself by the release that a manifest names: that
// one comes from where the repository says, and would run with the store, and with
// the tokens, at hand. The first is for pnpm 10, the second for what is newer; each
// passes over the other.
const sameRelease = "--config.manage-package-manager-versions=false --config.pm-on-fail=ignore"

// pnpm is a command of it, for the component and what it needs of a workspace: the
// others' manifests are not read.
func (p Project) pnpm(command string, options ...string) []string {
	words := strings.Fields("pnpm " + sameRelease)
	if p.Spec.Workspace != "" {
		relative, _ := inputs.Below(p.Spec.Workspace, p.Spec.Path)
		words = append(words, "--filter", "{./"+relative+"}...")
	}
	return slices.Concat(words, []string{command, "--store-dir", pnpmStore}, options)
}

// fetchAndLink fetches the lock file's packages into the store and links them for
// the manifests, in one command, as what it reads may be gone from the store when
// another one begins. It runs no code of a package or of the repository: the store
// is kept for every lock of this trust. Where the private registries' lines stand
// for the repository's own, they do so for the fetch alone.
const fetchAndLink = `cd "$1" && pnpm ` + sameRelease + ` fetch --ignore-scripts --ignore-pnpmfile --store-dir "$2" && rm -rf node_modules && cd "$3" && shift 3 && exec "$@"`

// linked has every package of the lock file linked, and no script run.
func (p Project) linked(ctx context.Context) (*dagger.Container, error) {
	ready, err := p.withPnpm(ctx)
	if err != nil {
		return nil, err
	}
	link := p.pnpm("install", "--frozen-lockfile", "--offline", "--ignore-scripts", "--ignore-pnpmfile", "--package-import-method", "copy")
	root := path.Join(kinds.Root, p.lockRoot())
	command := slices.Concat([]string{"sh", "-c", fetchAndLink, "sh", path.Join(fetchRoot, p.lockRoot()), pnpmStore, root}, link)
	locks, err := p.locks(ctx)
	if err != nil {
		return nil, err
	}
	ready = ready.
		WithDirectory(kinds.Root, p.Source.Tree(p.Spec.Inputs.Locks)).
		WithDirectory(kinds.Root, p.Source.Tree(p.Spec.Inputs.Manifests)).
		WithWorkdir(root)
	fetching := ready.WithDirectory(fetchRoot, locks).With(p.pnpmVolume().At(pnpmStore))
	done, err := p.withNpmRegistries(fetching).WithExec(command).Sync(ctx)
	if err != nil {
		return nil, p.refusedInstall(err)
	}
	// What was linked is taken, and nothing else of where the tokens were.
	return ready.WithDirectory(kinds.Root, done.Directory(kinds.Root)), nil
}

// fetchRoot is where the lock files lie for the fetch.
const fetchRoot = "/fetch"

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

// hooked tells whether the lock was made with hooks of the repository's, of a
// .pnpmfile.cjs or the like.
func (p Project) hooked(ctx context.Context) (bool, error) {
	file := path.Join(p.lockRoot(), "pnpm-lock.yaml")
	text, err := p.Source.Directory.File(file).Contents(ctx)
	if err != nil {
		return false, fmt.Errorf("%s: read %s: %w", p.Spec.Name, file, err)
	}
	return frontend.Hooked(text), nil
}

// installedWithHooks installs where pnpm runs hooks of the repository's: they are
// its code, so nothing of the store is kept, and the tokens are gone before.
func (p Project) installedWithHooks(ctx context.Context) (*dagger.Container, error) {
	ready, err := p.withPnpm(ctx)
	if err != nil {
		return nil, err
	}
	locks, err := p.locks(ctx)
	if err != nil {
		return nil, err
	}
	fetch := strings.Fields("pnpm " + sameRelease + " fetch --ignore-scripts --ignore-pnpmfile --store-dir " + pnpmStore)
	fetched, err := p.withNpmRegistries(ready.WithDirectory(fetchRoot, locks).WithWorkdir(path.Join(fetchRoot, p.lockRoot()))).WithExec(fetch).Sync(ctx)
	if err != nil {
		return nil, p.refusedInstall(err)
	}
	installed, err := ready.
		WithDirectory(pnpmStore, fetched.Directory(pnpmStore)).
		WithDirectory(kinds.Root, p.Source.Tree(p.Spec.Inputs.Locks)).
		WithDirectory(kinds.Root, p.Source.Tree(p.Spec.Inputs.Manifests)).
		WithWorkdir(path.Join(kinds.Root, p.lockRoot())).
		WithExec(p.pnpm("install", "--frozen-lockfile", "--offline")).
		Sync(ctx)
	return installed, p.refusedInstall(err)
}

// withPnpm is Node.js with pnpm.
func (p Project) withPnpm(ctx context.Context) (*dagger.Container, error) {
	node, err := p.node(ctx)
	if err != nil {
		return nil, err
	}
	return node.
		WithExec([]string{"npm", "install", "--global", "--no-fund", "--no-audit", "pnpm@" + frontend.PnpmRelease(p.Spec.Version("pnpm").Value)}).
		WithEnvVariable("CI", "true"), nil
}

// refusedInstall says what to do where a registry refused a fetch, or a lock file
// does not fit a manifest.
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
	return err
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

// lockRoot is where the lock file lies: at the workspace's root for a package
// of one.
func (p Project) lockRoot() string {
	return cmp.Or(p.Spec.Workspace, p.Spec.Path)
}

func (p Project) manifest(ctx context.Context) (frontend.Package, error) {
	text, err := p.Directory().File("package.json").Contents(ctx)
	if err != nil {
		return frontend.Package{}, fmt.Errorf("%s: read package.json: %w", p.Spec.Name, err)
	}
	return frontend.ParsePackage(path.Join(p.Spec.Path, "package.json"), []byte(text))
}
