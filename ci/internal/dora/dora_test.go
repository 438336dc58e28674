package dora_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/dora"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// ago is an hour before now.
func ago(hours int) time.Time { return now.Add(-time.Duration(hours) * time.Hour) }

func deployment(component, commit string, at, made int) dora.Deployment {
	d := dora.Deployment{Environment: "prod", Component: component, Commit: commit, At: ago(at)}
	if made > 0 {
		d.Made = ago(made)
	}
	return d
}

func window(t *testing.T, days int) dora.Window {
	t.Helper()
	w, err := dora.Last(days, now)
	require.NoError(t, err)
	return w
}

func TestMeasures(t *testing.T) {
	bad := deployment("a", "2", 20, 22)
	bad.RolledBack = ago(19)
	measures := dora.Measures([]dora.Deployment{
		deployment("a", "1", 30, 34), bad, deployment("b", "2", 20, 26), deployment("a", "3", 10, 0),
		deployment("a", "0", 24*15, 24*16), // before the window
	}, window(t, 14))
	require.Len(t, measures, 3)

	all := measures[0]
	assert.Equal(t, "prod ", all.Environment+" "+all.Component)
	assert.Equal(t, 3, all.Deployments, "what one commit brings is one deployment")
	assert.InDelta(t, 1.5, all.PerWeek, 0.001)
	assert.Equal(t, 2, all.LeadKnown)
	assert.InDelta(t, 5*3600, *all.LeadSeconds, 0.1, "4 h, and 6 h of the oldest change of two")
	assert.InDelta(t, 1.0/3, *all.FailRate, 0.001)
	assert.InDelta(t, 3600, *all.RecoverySeconds, 0.1)

	b := measures[2]
	assert.Equal(t, "b", b.Component)
	assert.Zero(t, *b.FailRate)
	assert.Nil(t, b.RecoverySeconds)

	assert.Equal(t, ""+
		"From 2026-11-14 to 2026-11-28\n"+
		"ENVIRONMENT  COMPONENT  DEPLOYMENTS  A WEEK  LEAD TIME  KNOWN OF  FAIL RATE  RECOVERY\n"+
		"prod         (all)      3            1.5     5 h 0 min  2         33 %       1 h 0 min\n"+
		"prod         a          3            1.5     3 h 0 min  2         33 %       1 h 0 min\n"+
		"prod         b          1            0.5     6 h 0 min  1         0 %        –\n", dora.Table(measures, window(t, 14)))
}

func TestMeasuresOfNothing(t *testing.T) {
	w := window(t, 7)
	assert.Contains(t, dora.Table(dora.Measures(nil, w), w), "Nothing was deployed.")
	text, err := dora.JSON(nil, w)
	require.NoError(t, err)
	assert.JSONEq(t, `{"from": "2026-11-21T12:00:00Z", "to": "2026-11-28T12:00:00Z", "measures": []}`, text)
	_, err = dora.Last(0, now)
	require.ErrorContains(t, err, "Give 1 to 3660")
}

func TestALeadTimeThatCannotBeIsNotKnown(t *testing.T) {
	_, known := deployment("a", "1", 5, 3).Lead()
	assert.False(t, known, "the commit is later than its deployment")
}

func TestLong(t *testing.T) {
	for seconds, want := range map[float64]string{0: "0 s", 42: "42 s", 60: "1 min 0 s", 3725: "1 h 2 min", 90000: "1 d 1 h"} {
		assert.Equal(t, want, dora.Long(&seconds))
	}
	assert.Equal(t, "–", dora.Long(nil))
}
