package python

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/junit"
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
		return err
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
