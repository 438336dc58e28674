package python

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/adoption"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// fresh are the gates of code that no tool has looked at yet, by what they find: it
// counts in lines that changed since the caller's base, and the rest is said.
func (p Project) freshLint(ctx context.Context) error {
	workspace, err := p.withRuff(ctx)
	if err != nil {
		return err
	}
	printed, err := workspace.WithExec(p.on("ruff", "ruff", "check", "--no-fix", "--no-fix-only", "--exit-zero", "--output-format", "json")).Stdout(ctx)
	if err != nil {
		return err
	}
	found, err := adoption.Ruff([]byte(printed), kinds.Root)
	if err != nil {
		return err
	}
	return p.fresh(ctx, "lint", found)
}

func (p Project) freshFormat(ctx context.Context) error {
	workspace, err := p.withRuff(ctx)
	if err != nil {
		return err
	}
	found, err := findings(ctx, workspace, func(printed string) []adoption.Finding {
		return adoption.Unformatted(printed, place(p.Spec.Path), kinds.Root)
	}, p.on(pyenv.RuffFormat, "ruff", "format", "--check")...)
	if err != nil {
		return err
	}
	return p.mended(p.fresh(ctx, "format", found))
}

func (p Project) freshTypecheck(ctx context.Context) error {
	workspace, err := p.typed(ctx)
	if err != nil {
		return err
	}
	found, err := findings(ctx, p.withMypyCache(workspace), func(printed string) []adoption.Finding {
		return adoption.Mypy(printed, place(p.Spec.Path), kinds.Root)
	}, p.mypy("--no-pretty", "--no-error-summary")...)
	if err != nil {
		return err
	}
	return p.fresh(ctx, "typecheck", found)
}

// findings are what a command finds that ends with 0, or with 1 for findings. Where it
// has some and none can be read, as in an output that nobody knew of, it fails: what is
// not read may be new.
func findings(ctx context.Context, workspace *dagger.Container, read func(printed string) []adoption.Finding, command ...string) ([]adoption.Finding, error) {
	done := workspace.WithExec(command, dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny})
	code, err := done.ExitCode(ctx)
	if err != nil {
		return nil, err
	}
	printed, err := done.CombinedOutput(ctx)
	if err != nil {
		return nil, err
	}
	found := read(printed)
	if code > 1 || code == 1 && len(found) == 0 {
		return nil, fmt.Errorf("command %q failed with exit code %d:\n    %s", strings.Join(command, " "), code, strings.ReplaceAll(strings.TrimSpace(printed), "\n", "\n    "))
	}
	return found, nil
}

// fresh fails with the findings that are new, and says how many are not.
func (p Project) fresh(ctx context.Context, gate string, found []adoption.Finding) error {
	if len(found) == 0 {
		return nil
	}
	before, now, err := p.Source.Since(ctx, p.NewOnly, adoption.Files(found))
	if err != nil {
		return err
	}
	fresh, rest := adoption.Split(found, before, now)
	if len(rest) > 0 {
		fmt.Printf("· %s: %s: %d in lines that are as they were at %s: %s\n", p.Spec.Name, gate, len(rest), p.NewOnly, adoption.Count(rest))
	}
	if len(fresh) == 0 {
		return nil
	}
	lines := ground.Each(fresh, adoption.Finding.String)
	return fmt.Errorf("%d in lines that changed since %s:\n    %s", len(fresh), p.NewOnly, strings.Join(lines, "\n    "))
}

// unformatted is how ruff ends where it would format files: otherwise it has failed itself.
const unformatted = 1

// mended adds to an error of the format how to mend it.
func (p Project) mended(err error) error {
	command, ofCommand := errors.AsType[*dagger.ExecError](err)
	if err == nil || !ofCommand && p.NewOnly == "" || ofCommand && command.ExitCode != unformatted {
		return err
	}
	function := "service"
	if p.CPU {
		function = "worker"
	}
	return ground.Explained(err, "the code is not formatted. To mend it: dagger call --source . %s --name %s formatted export --path .", function, p.Spec.Name)
}
