package python

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/coverage"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// Gates are the gates in the order in which a person reads them: those of the tools
// that the project locks or configures, and those of the commands that its settings
// name, in their place or besides.
func (p Project) Gates() []kinds.Gate {
	p.shared = &installations{made: map[string]func() (installation, error){}}
	var gates []kinds.Gate
	own := map[string]bool{}
	for _, of := range []struct {
		gate, tool string
		run, fresh func(context.Context) error
	}{{"lint", "ruff", p.lint, p.freshLint}, {"format", pyenv.RuffFormat, p.format, p.freshFormat}, {"typecheck", "mypy", p.typecheck, p.freshTypecheck}, {"test", "pytest", p.test, nil}} {
		own[of.gate] = true
		_, has := p.Spec.Tool(of.tool)
		switch commands := p.Spec.Settings.Gates[of.gate].Commands; {
		case len(commands) > 0 && of.gate == "test":
			gates = append(gates, kinds.Gate{Name: of.gate, Run: p.commandedTests})
		case len(commands) > 0:
			gates = append(gates, kinds.Gate{Name: of.gate, Run: p.Commands(of.gate, p.commands)})
		case has && of.fresh != nil && p.NewOnly != "":
			gates = append(gates, kinds.Gate{Name: of.gate, Run: of.fresh, NewOnly: true})
		case has:
			gates = append(gates, kinds.Gate{Name: of.gate, Run: of.run})
		}
	}
	for _, name := range p.Spec.Settings.NamedGates() {
		if !own[name] {
			gates = append(gates, kinds.Gate{Name: name, Run: p.Commands(name, p.commands)})
		}
	}
	if p.Spec.Settings.CoverageThreshold > 0 {
		gates = append(gates, kinds.Gate{Name: "coverage", Run: p.covered})
	}
	return gates
}

// tools are those that the environment of the checks has besides what is locked.
func (p Project) tools() []string {
	var names []string
	for _, name := range []string{"mypy", "pytest", "pytest-cov"} {
		tool, has := p.Spec.Tool(name)
		if has && !hooked(tool) || name != "mypy" && p.Spec.Settings.CoverageThreshold > 0 {
			names = append(names, name)
		}
	}
	return names
}

func (p Project) lint(ctx context.Context) error {
	// A gate mends nothing: where the configuration says fix, ruff would pass what it has
	// mended.
	return p.ruff(ctx, p.on("ruff", "check", "--no-fix", "--no-fix-only")...)
}

func (p Project) format(ctx context.Context) error {
	return p.mended(p.ruff(ctx, p.on(pyenv.RuffFormat, "format", "--check")...))
}

// on are arguments of a tool, with what it is run on.
func (p Project) on(name string, arguments ...string) []string {
	tool, has := p.Spec.Tool(name)
	if !has {
		return append(arguments, ".")
	}
	return slices.Concat(arguments, tool.Arguments)
}

func (p Project) typecheck(ctx context.Context) error {
	workspace, err := p.typed(ctx)
	if err != nil {
		return err
	}
	_, err = p.withMypyCache(workspace).WithExec(p.mypy()).Sync(ctx)
	return err
}

// hooked tells of a tool that a pre-commit hook runs, and nothing else has.
func hooked(tool component.Tool) bool { return path.Base(tool.Source) == ".pre-commit-config.yaml" }

// typed is where mypy runs: the workspace, or the place that a hook has it run in, which
// has nothing but what the hook names.
func (p Project) typed(ctx context.Context) (*dagger.Container, error) {
	tool, _ := p.Spec.Tool("mypy")
	if !hooked(tool) {
		return p.workspace(ctx)
	}
	if loose := slices.DeleteFunc(slices.Clone(tool.Packages), func(wanted string) bool { return strings.Contains(wanted, "==") }); len(loose) > 0 {
		fmt.Printf("· %s: beside mypy, %s has %s installed, of which it pins no version\n", p.Spec.Name, tool.Source, strings.Join(loose, ", "))
	}
	return p.alone(ctx, "mypy", slices.Concat([]string{"--", "mypy==" + tool.Version}, tool.Packages))
}

// mypy is the command that checks the types, of what its configuration names.
func (p Project) mypy(options ...string) []string {
	tool, _ := p.Spec.Tool("mypy")
	return slices.Concat([]string{"mypy"}, options, tool.Arguments)
}

func (p Project) test(ctx context.Context) error {
	tested, err := p.tested(ctx, p.pytest(false))
	return p.silent(ctx, tested, err)
}

// tested is the workspace after a command that runs the tests, with the services and
// programs that they need.
func (p Project) tested(ctx context.Context, command []string) (*dagger.Container, error) {
	return p.Equipping("test", func(of kinds.Project) (*dagger.Container, error) {
		workspace, err := p.commands(ctx, of)
		if err != nil {
			return nil, err
		}
		if workspace, err = of.WithTestServices(ctx, workspace, false); err != nil {
			return nil, err
		}
		return of.Tested(ctx, workspace, command)
	})
}

// covered judges the coverage by the setting's threshold. It says nothing of
// tests that fail: that is the test gate's.
func (p Project) covered(ctx context.Context) error {
	file, err := p.Coverage(ctx)
	if err != nil {
		return err
	}
	text, err := file.Contents(ctx)
	if err != nil {
		return fmt.Errorf("read the coverage: %w", err)
	}
	report, err := coverage.Parse([]byte(text))
	if err != nil {
		return err
	}
	return report.Gate(p.Spec.Settings.CoverageThreshold)
}

// pytest runs the tests; it leaves junit.xml and, where coverage is installed or asked
// for, coverage.xml. To measure what nobody measures by hand takes twice as long, and can
// have tests fail.
func (p Project) pytest(measured bool) []string {
	tests, _ := p.Spec.Tool("pytest")
	command := append(slices.Clone(tests.Through), "pytest")
	threshold := p.Spec.Settings.CoverageThreshold > 0
	cov, has := p.Spec.Tool("pytest-cov")
	switch {
	case !has && threshold:
		command = append(command, "--cov=.", "--cov-report=xml", "--cov-report=term")
	case has && (measured || threshold || !cov.Configured):
		// With a second report coverage leaves a database open, which fails tests that warnings
		// fail.
		command = slices.Concat(command, cov.Arguments, []string{"--cov-report=xml"})
		if threshold || strings.Contains(strings.Join(cov.Arguments, " "), "--cov-fail-under") {
			command = append(command, "--cov-report=term") // It shows what is missing.
		}
		if cov.Configured && !threshold {
			// Nobody measures it by hand, where it would not fail.
			command = append(command, "--cov-fail-under=0")
		}
	}
	named := p.Spec.Settings.TestPaths
	if len(named) == 0 {
		named = tests.Arguments
	}
	return slices.Concat(command, []string{"--junitxml=junit.xml", "-v"}, named)
}

// ruff runs ruff alone over the sources: it needs nothing that they import, and does
// not wait for it.
func (p Project) ruff(ctx context.Context, arguments ...string) error {
	workspace, err := p.withRuff(ctx)
	if err != nil {
		return err
	}
	_, err = workspace.WithExec(append([]string{"ruff"}, arguments...)).Sync(ctx)
	return err
}

// withRuff is the sources with the ruff that the project locks, else with ours.
func (p Project) withRuff(ctx context.Context) (*dagger.Container, error) {
	wanted := []string{"--require-hashes", "--only-binary", ":all:", "--requirement", toolList}
	if tool, _ := p.Spec.Tool("ruff"); tool.Version != "" {
		wanted = []string{"--only-binary", ":all:", "ruff==" + tool.Version}
	}
	return p.alone(ctx, "ruff", wanted)
}

// toolList is where the lock of ours of a tool lies that runs alone.
const toolList = "/tmp/tool.txt"

// alone is the sources with a tool in an environment of its own.
func (p Project) alone(ctx context.Context, name string, wanted []string) (*dagger.Container, error) {
	base, err := p.base(ctx, "")
	if err != nil {
		return nil, err
	}
	at := path.Join("/opt", name)
	env := withUv(base).
		WithNewFile(toolList, pyenv.ToolLock(name)).
		WithExec([]string{"uv", "venv", "--quiet", "--python", interpreter, at}).
		WithExec(slices.Concat([]string{"uv", "pip", "install", "--quiet", "--python", at}, wanted)).
		WithEnvVariable("PATH", path.Join(at, "bin")+":${PATH}", dagger.ContainerWithEnvVariableOpts{Expand: true})
	return p.withSources(env, nil), nil
}
