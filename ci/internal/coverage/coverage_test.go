package coverage_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/coverage"
)

const report = `<?xml version="1.0" ?>
<coverage version="7.17.3" lines-valid="10" lines-covered="8" line-rate="0.8" branches-valid="6" branches-covered="4" branch-rate="0.6667" complexity="0">
  <packages>
    <package name="." line-rate="0.8"><classes>
      <class name="main.py" filename="app/main.py" line-rate="1"/>
      <class name="users.py" filename="app/users.py" line-rate="0.6"/>
    </classes></package>
    <package name="sub" line-rate="0.8"><classes>
      <class name="jobs.py" filename="app/sub/jobs.py" line-rate="0.25"/>
    </classes></package>
  </packages>
</coverage>`

func TestGate(t *testing.T) {
	r, err := coverage.Parse([]byte(report))
	require.NoError(t, err)
	assert.InDelta(t, 75, r.Percent, 0.001, "12 of 16 lines and branches")
	assert.NoError(t, r.Gate(75))
	assert.EqualError(t, r.Gate(80.5), "coverage is 75.0 %, below the threshold of 80.5 %. "+
		"Least covered: app/sub/jobs.py 25.0 %, app/users.py 60.0 %. Test them")
}

func TestNothingToCoverIsCovered(t *testing.T) {
	r, err := coverage.Parse([]byte(`<coverage lines-valid="0" lines-covered="0"/>`))
	require.NoError(t, err)
	assert.NoError(t, r.Gate(100))
}

func TestWhatIsNoCoverage(t *testing.T) {
	_, err := coverage.Parse([]byte("<html/>"))
	require.ErrorContains(t, err, "must be in Cobertura's XML")
}
