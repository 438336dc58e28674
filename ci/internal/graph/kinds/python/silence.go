package python

import (
	"context"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/junit"
	"github.com/pingvas/pingvas-ci/ci/internal/missing"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// noTests is how pytest exits that collected none.
const noTests = 5

// silent is what became of the tests: an error where none ran, by pytest's exit
// code or its report. That none ran is no success, and no failure of a test.
func (p Project) silent(ctx context.Context, tested *dagger.Container, err error) error {
	if failed, is := ground.Exited(err); is && failed.Code == noTests {
		return p.Untested("pytest collected none, or deselected all")
	}
	if err != nil {
		return p.lacking(err)
	}
	report, err := tested.File("junit.xml").Contents(ctx)
	if err != nil {
		return fmt.Errorf("read the tests' report: %w", err)
	}
	ran, err := junit.Ran(report)
	if err == nil && ran == 0 {
		return p.Untested("pytest skipped all, or its options have it run none")
	}
	return err
}

// commandedTests runs the tests by the commands that the settings have, or the project's
// automation: of the runners of Python and Django it is known whether a test ran.
func (p Project) commandedTests(ctx context.Context) error {
	silent, ran := false, false
	judge := func(printed string) {
		none, known := pyenv.Silent(printed)
		silent, ran = silent || none, ran || known && !none
	}
	err := p.TestCommands(ctx, p.commands, func(tested *dagger.Container) error {
		printed, err := tested.CombinedOutput(ctx)
		if err != nil {
			return fmt.Errorf("read what the tests printed: %w", err)
		}
		judge(printed)
		return nil
	})
	failed, exited := ground.Exited(err)
	if exited && failed.Code == noTests {
		judge(failed.Printed)
	}
	if silent && !ran && (err == nil || exited && failed.Code == noTests) {
		return p.Untested("by what its runner printed, it found none, or skipped all")
	}
	return p.lacking(err)
}

// lacking adds to tests that failed what a person's machine has and their place here has
// not: programs, of which the image has few, services, and what was read of their pipeline.
func (p Project) lacking(err error) error {
	printed, isExec := ground.Printed(err)
	if !isExec {
		return err
	}
	err = p.unequipped(printed, err)
	if len(p.Spec.Lacks) == 0 {
		return err
	}
	return ground.Explained(err, "where they pass elsewhere, it may be by what they lack here:\n- %s", strings.Join(p.Spec.Lacks, "\n- "))
}

// unequipped adds to tests that failed what they printed of programs and services.
func (p Project) unequipped(printed string, err error) error {
	if unreached := pyenv.Unreached(printed); unreached != "" && len(p.Spec.Services) == 0 {
		return ground.Explained(err, "the tests could not reach a service (%s), as none runs beside them. Name those of the repository's compose file that they need: %s. "+
			"The tests reach each by its name, which the setting environment or env-file tells them:", unreached, p.Spec.Listed("testServices", "db"))
	}
	elsewhere := missing.Elsewhere // The others were installed.
	if p.Bare() {
		elsewhere = func(names []string) []string { return names }
	}
	programs := elsewhere(missing.Programs(printed))
	if suspected := elsewhere(missing.Suspected(printed, p.Spec.Settings.SystemPackages)); len(programs) == 0 && len(suspected) > 0 {
		return ground.Explained(err, "tests that failed are about %s, which the image of Python does not have. Where they start it, name the Debian package that has it: %s",
			strings.Join(suspected, ", "), p.Spec.Listed("testPackages", suspected[0]))
	}
	if len(programs) == 0 {
		return err
	}
	return ground.Explained(err, "the tests start programs that the image of Python does not have: %s. Name the Debian packages that have them: %s",
		strings.Join(programs, ", "), p.Spec.Listed("testPackages", programs[0]))
}
