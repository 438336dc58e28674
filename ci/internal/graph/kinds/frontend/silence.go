package frontend

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
)

// silent is what became of the tests: an error where none ran, as far as their
// report, what the runner printed or the script itself tells. That none ran is no
// success, and no failure of a test.
func (p Project) silent(ctx context.Context, tested *dagger.Container, err error) error {
	if printed, failed := ground.Printed(err); failed && frontend.FoundNoTests(printed) {
		return p.Untested("the runner found none")
	}
	if err != nil {
		return err
	}
	if gate, _ := p.Spec.Gate("test"); gate.Off != "" {
		return p.Untested("the script " + gate.Off)
	}
	ran, known, err := kinds.Ran(ctx, tested)
	if err != nil {
		return err
	}
	if known {
		return p.some(ran > 0, "all of its report were skipped, or there are none in it")
	}
	printed, err := tested.CombinedOutput(ctx)
	if err != nil {
		return fmt.Errorf("read what the tests printed: %w", err)
	}
	return p.some(!frontend.RanNoTests(printed), "by what the runner printed, there are none, or all were skipped")
}

func (p Project) some(ran bool, otherwise string) error {
	if ran {
		return nil
	}
	return p.Untested(otherwise)
}
