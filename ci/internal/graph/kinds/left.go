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
func (p Project) LeftByCommands(ctx context.Context, workspace func(context.Context) (*dagger.Container, error)) ([]Report, error) {
	tested, err := p.commanded(ctx, "test", workspace)
	return Left(ctx, tested, err)
}

// Left are the reports that a run of tests has left in its workspace, whether they
// passed.
func Left(ctx context.Context, tested *dagger.Container, ran error) ([]Report, error) {
	if _, failed := ground.Exited(ran); ran != nil && !failed {
		return nil, ran
	}
	if tested == nil { // It was not run: what goes before it failed.
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

// reportsTests is an error where the commands of the test gate have left a report, and
// no test ran by it. Of what is no report nothing is known.
func (p Project) reportsTests(ctx context.Context, tested *dagger.Container) error {
	reports, err := Left(ctx, tested, nil)
	if err != nil {
		return err
	}
	for _, r := range reports {
		if r.Format != reported[JUnit] {
			continue
		}
		text, err := r.File.Contents(ctx)
		if err != nil {
			return fmt.Errorf("read the tests' report: %w", err)
		}
		if ran, err := junit.Ran(text); err == nil && ran == 0 {
			return p.Untested("by the " + JUnit + " that its commands left, all were skipped, or there are none")
		}
	}
	return nil
}
