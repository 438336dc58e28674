package frontend

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/missing"
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

// ready is the workspace of the checks after what runs before what stands for a gate.
func (p Project) ready(ctx context.Context, gate string) (*dagger.Container, error) {
	workspace, err := p.checked(ctx)
	if err != nil {
		return nil, err
	}
	return p.beforehand(workspace, gate), nil
}

// beforehand is a workspace after what runs before what stands for a gate, or builds.
func (p Project) beforehand(workspace *dagger.Container, gate string) *dagger.Container {
	tool, _ := p.Spec.Tool(gate)
	for _, command := range tool.Before {
		workspace = workspace.WithExec(strings.Fields(command))
	}
	return workspace
}

// checked is the workspace of the checks. That a library cannot be built is no verdict of
// a gate, which a developer runs without: what the gate needs of it, it misses itself.
func (p Project) checked(ctx context.Context) (*dagger.Container, error) {
	ready, err := p.before(ctx, p.Source.Checked(p.Spec))
	if err != nil {
		return nil, err
	}
	if command := p.libraryBuilds(); command != nil {
		ready = ready.WithExec(command, dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny})
		code, err := ready.ExitCode(ctx)
		if err != nil {
			return nil, err
		}
		if code != 0 {
			printed, err := ready.CombinedOutput(ctx)
			if err != nil {
				return nil, fmt.Errorf("read what the build of its libraries printed: %w", err)
			}
			fmt.Printf("· %s: a library that it is built from cannot be built, and the gates run without: %s\n", p.Spec.Name, frontend.Ended(printed))
		}
	}
	return p.InPlace(p.WithOwn(ready)), nil
}

// workspace has the packages installed and the sources in place, with the
// libraries of a pnpm workspace built.
func (p Project) workspace(ctx context.Context, sources *dagger.Directory) (*dagger.Container, error) {
	ready, err := p.before(ctx, sources)
	if command := p.libraryBuilds(); err == nil && command != nil {
		ready = ready.WithExec(command)
	}
	return ready, err
}

// before is the workspace without any build.
func (p Project) before(ctx context.Context, sources *dagger.Directory) (*dagger.Container, error) {
	installed, err := p.again(func(p Project) (*dagger.Container, error) { return p.installed(ctx, sources) })
	if err != nil {
		return nil, err
	}
	return installed.WithWorkdir(path.Join(kinds.Root, p.Spec.Path)), nil
}

// libraryBuilds is the command that builds the libraries: what one exports is often made
// by its build. It is none where there is none.
func (p Project) libraryBuilds() []string {
	if p.Spec.Workspace == "" || len(p.Spec.Libraries) == 0 {
		return nil
	}
	return []string{"pnpm", "--filter", "{.}^...", "run", "--if-present", "build"}
}

// explained says of a command that failed what it has not found, and why that is not there.
func (p Project) explained(err error) error {
	printed, isExec := ground.Printed(err)
	if isExec && len(p.Spec.Settings.Browsers) == 0 && frontend.LacksBrowser(printed) {
		return ground.Explained(err, `it runs in a browser, and there is none. Write "browsers": ["chromium"] in "pingvas-ci" of %s:`, p.Spec.SettingsFile)
	}
	if outside := frontend.Outside(kinds.Root, p.Spec.Path, printed); isExec && len(outside) > 0 {
		return ground.Explained(err, `it imports what lies outside of its directory and of its libraries, and is not there: %s. Where the repository has it, write "libraries": ["%s"] in "pingvas-ci" of %s:`,
			strings.Join(outside, ", "), path.Dir(outside[0]), p.Spec.SettingsFile)
	}
	programs := missing.Programs(printed)
	if !isExec || !missing.AsksGit(printed) && !slices.Contains(programs, "git") {
		return p.lacking(printed, err)
	}
	return ground.Explained(err, "it asks git, and there is no clone where checks and builds run: what is made comes from files alone, so that the same files are the same image. "+
		"Have it read a variable where git does not answer (environment of %[1]s for checks, buildArgs for the build):", p.Spec.SettingsFile)
}

// lacking says which packages of Debian a command that failed would have wanted.
func (p Project) lacking(printed string, err error) error {
	packages := missing.Packages(missing.Programs(printed))
	if len(packages) == 0 {
		return err
	}
	return ground.Explained(err, `it starts programs that the image of Node.js does not have. Name the Debian packages that have them, "systemPackages": ["%s"] in %s:`,
		strings.Join(packages, `", "`), p.Spec.SettingsFile)
}

func (p Project) manifest(ctx context.Context) (frontend.Package, error) {
	text, err := p.Directory().File("package.json").Contents(ctx)
	if err != nil {
		return frontend.Package{}, fmt.Errorf("%s: read package.json: %w", p.Spec.Name, err)
	}
	return frontend.ParsePackage(path.Join(p.Spec.Path, "package.json"), []byte(text))
}
