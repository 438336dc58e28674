package affected_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

func named(names ...string) (plan []affected.Affected) {
	for _, name := range names {
		plan = append(plan, affected.Affected{Component: component.Component{Name: name}})
	}
	return plan
}

func TestDeal(t *testing.T) {
	costs := map[string]float64{"a": 10, "b": 20, "c": 30, "d": 40, "e": 1}
	seconds := func(a affected.Affected) float64 { return costs[a.Component.Name] }

	assert.Equal(t, []affected.Shard{
		{"1/2", []string{"a", "d", "e"}, 51},
		{"2/2", []string{"b", "c"}, 50},
	}, affected.Deal(named("a", "b", "c", "d", "e"), 2, seconds))
	assert.Equal(t, affected.Deal(named("a", "b", "c"), 2, seconds), affected.Deal(named("c", "b", "a"), 2, seconds), "the order of a plan does not matter")
	assert.Equal(t, []affected.Shard{{"1/4", []string{"a"}, 10}}, affected.Deal(named("a"), 4, seconds), "who has nothing to do is left out")
	assert.Empty(t, affected.Deal(nil, 4, seconds))
}

func TestParseShard(t *testing.T) {
	part, count, err := affected.ParseShard("2/4")
	require.NoError(t, err)
	assert.Equal(t, [2]int{2, 4}, [2]int{part, count})
	for _, wrong := range []string{"", "2", "0/4", "5/4", "a/b", "1/100000", "-1/2", "02/4", "+2/4", "2/4/"} {
		_, _, err := affected.ParseShard(wrong)
		assert.ErrorContains(t, err, "such as 2/4", wrong)
	}
}

func TestOnly(t *testing.T) {
	assert.Len(t, affected.Only(named("a", "b"), nil), 2)
	assert.Equal(t, named("b"), affected.Only(named("a", "b"), []string{"b", "elsewhere"}))
}
