package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/dora"
	"github.com/pingvas/pingvas-ci/ci/internal/report"
)

// months are deployments of a quarter of a year.
func months() (all []dora.Deployment, w dora.Window) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	w, _ = dora.Last(90, now)
	for i := range 60 {
		d := dora.Deployment{Environment: []string{"dev", "prod"}[i%2], Component: []string{"user-service", "frontend", "<script>"}[i%3], Commit: strings.Repeat(string(rune('a'+i%26)), i+1)}
		d.At = now.Add(-time.Duration(i*35+1) * time.Hour)
		d.Made = d.At.Add(-time.Duration(i*i+1) * time.Minute)
		if i%11 == 0 {
			d.RolledBack = d.At.Add(20 * time.Minute)
		}
		all = append(all, d)
	}
	return all, w
}

func TestMetricsPage(t *testing.T) {
	page, err := report.MetricsPage(months())
	require.NoError(t, err)
	assert.NotContains(t, page, "ZgotmplZ")
	assert.NotContains(t, page, "NaN")
	assert.NotContains(t, page, "Inf")
	plots, sections := 0, 0
	for node := range parsed(t, page).Descendants() {
		switch node.Data {
		case "svg":
			plots++
		case "section":
			sections++
		case "script":
			assert.Fail(t, "a script")
		}
	}
	assert.Equal(t, 2, sections)
	assert.Equal(t, 4, plots)
	assert.Contains(t, page, "rolled back")
}

func TestMetricsPageOfNothing(t *testing.T) {
	_, w := months()
	page, err := report.MetricsPage(nil, w)
	require.NoError(t, err)
	assert.Contains(t, page, "Nothing was deployed.")
	page, err = report.MetricsPage([]dora.Deployment{{Environment: "dev", Component: "a", Commit: "1", At: w.To}}, w)
	require.NoError(t, err)
	assert.Contains(t, page, "1 in the week from")
	assert.NotContains(t, page, "<circle", "no lead time is known")
}
