package kinds

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/junit"
)

// JUnit is where the tests of every kind have their results in JUnit's XML.
const JUnit = "junit.xml"

// reported are the files that tests leave, and what each is.
var reported = map[string]string{JUnit: "junit", "coverage.xml": "coverage", "coverage/lcov.info": "coverage"}

// LeftByCommands are the reports that the commands of the test gate have left, under
// the names that other tests' have.
func (p Project) LeftByCommands(ctx context.Context, workspace Workspace) ([]Report, error) {
	tested, err := p.commanded(ctx, "test", workspace, nil)
	return Left(ctx, tested, err)
}

// Left are the reports that a run of tests has left in its workspace, whether they
// passed.
func Left(ctx context.Context, tested *dagger.Container, ran error) ([]Report, error) {
	if _, failed := ground.Exited(ran); ran != nil && !failed || tested == nil { // Else what goes before the tests failed.
		return nil, ran
	}
	left, err := tested.Directory(".").
		Filter(dagger.DirectoryFilterOpts{Include: slices.Sorted(maps.Keys(reported))}).
		Glob(ctx, "**")
	if err != nil {
		return nil, fmt.Errorf("look for the tests' reports: %w", err)
	}
	var reports []Report
	for _, file := range left {
		if format := reported[file]; format != "" { // Else it is the directory of one.
			reports = append(reports, Report{Format: format, Suffix: path.Ext(file), File: tested.File(file)})
		}
	}
	return reports, nil
}

// Ran is how many tests ran by the report in JUnit's XML that they left; known is false
// where they left none that can be read.
func Ran(ctx context.Context, tested *dagger.Container) (ran int, known bool, err error) {
	left, err := tested.Directory(".").Filter(dagger.DirectoryFilterOpts{Include: []string{JUnit}}).Entries(ctx)
	if err != nil {
		return 0, false, fmt.Errorf("look for the tests' report: %w", err)
	}
	if len(left) == 0 {
		return 0, false, nil
	}
	text, err := tested.File(JUnit).Contents(ctx)
	if err != nil {
		return 0, false, fmt.Errorf("read the tests' report: %w", err)
	}
	ran, unread := junit.Ran(text)
	return ran, unread == nil, nil
}

// reportsTests is an error where the commands of the test gate have left a report, and
// no test ran by it.
func (p Project) reportsTests(ctx context.Context, tested *dagger.Container) error {
	ran, known, err := Ran(ctx, tested)
	if err == nil && known && ran == 0 {
		err = p.Untested("by the " + JUnit + " that its commands left, all were skipped, or there are none")
	}
	return err
}
