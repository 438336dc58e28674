package junit_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/junit"
)

func TestRan(t *testing.T) {
	for report, want := range map[string]int{
		`<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" tests="0"/></testsuites>`:           0,
		`<testsuites><testsuite tests="2"><testcase name="a"/><testcase name="b"><failure>no</failure></testcase></testsuite></testsuites>`: 2,
		`<testsuite><testcase name="a"><skipped message="no GPU"/></testcase><testcase name="b"/></testsuite>`:                              1,
		`<testsuites><testcase name="a"><skipped/></testcase></testsuites>`:                                                                 0,
		`<testsuites/>`: 0,
	} {
		ran, err := junit.Ran(report)
		require.NoError(t, err)
		assert.Equal(t, want, ran, report)
	}
	_, err := junit.Ran("<testsuites><testcase")
	require.ErrorContains(t, err, "read the tests' report: ")
}
