package floor_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/floor"
)

// traits are those of a kind with gates and of both platforms, and worker of one
// that is for one platform alone.
var (
	traits = component.Traits{Article: "a service", Gates: []string{"lint", "typecheck", "test", "coverage"}, Platforms: []string{component.ARM64, component.AMD64}}
	worker = component.Traits{Article: "a worker", Gates: []string{"lint", "test"}, Platforms: []string{component.AMD64}}
)

// whole is everything that can be asked.
var whole = floor.Policy{
	Gates: []string{"lint", "format", "typecheck", "test"}, Coverage: 80, Hashed: true, NoExtraIndex: true, NoEmulation: true,
	Platforms: []string{component.AMD64, component.ARM64}, Pinned: true,
}

// service is a component that keeps it.
func service() component.Component {
	return component.Component{
		Name: "user", SettingsFile: "services/user/pyproject.toml",
		Settings: component.Settings{Platforms: []string{component.ARM64, component.AMD64}, CoverageThreshold: 85, Dockerfile: "services/user/Dockerfile"},
		Gates:    []component.Gate{{Name: "lint"}, {Name: "typecheck"}, {Name: "test"}, {Name: "coverage"}},
	}
}

func TestKeptPolicies(t *testing.T) {
	v := whole.Judge(service(), traits, nil)
	require.NoError(t, v.Err())
	assert.Equal(t, "left out: format, of which a service has no gate", v.Note())

	v = floor.Policy{}.Judge(component.Component{Settings: component.Settings{AllowUnhashed: true}}, traits, []string{"alpine"})
	require.NoError(t, v.Err(), "nothing is asked")
	assert.Empty(t, v.Note())

	c := service()
	c.Settings.Platforms = []string{component.AMD64}
	v = whole.Judge(c, worker, nil)
	require.NoError(t, v.Err())
	assert.Equal(t, []string{
		"format, of which a worker has no gate", "typecheck, of which a worker has no gate",
		"coverage, which is not measured of a worker", "linux/arm64, which a worker is not built for",
	}, v.Left)
}

// TestOptionalGates: what many projects of a kind do not have is asked of those that
// have it.
func TestOptionalGates(t *testing.T) {
	c := service()
	c.Gates[1].Off = "package.json has no script format"
	optional := traits
	optional.Optional = []string{"typecheck"}
	v := whole.Judge(c, optional, nil)
	require.NoError(t, v.Err())
	assert.Contains(t, v.Note(), "typecheck, which is off: package.json has no script format")
}

// TestGatesAlone: what has no image is asked for the gates that it has, and for nothing
// of an image.
func TestGatesAlone(t *testing.T) {
	c := service()
	c.NoImage, c.Settings.Platforms, c.Settings.CoverageThreshold = "it is the root of a workspace", nil, 0
	for i := range c.Gates {
		c.Gates[i].Off = "there is no script for it"
	}
	v := whole.Judge(c, traits, nil)
	require.NoError(t, v.Err())
	assert.Contains(t, v.Note(), "lint, which is off: there is no script for it")
	assert.Zero(t, whole.Raised(c, traits).Settings.CoverageThreshold)

	c.Unhashed, c.ExtraIndex, c.Settings.AllowEmulation = "it has no lock", "another.example", true
	v = whole.Judge(c, traits, []string{"python:3.13"})
	require.NoError(t, v.Err(), "nothing is delivered of it")
	assert.Contains(t, v.Note(), "packages that nothing verifies, as nothing is delivered of it")
}

// TestBrokenPolicies breaks one thing at a time, and then all of them.
func TestBrokenPolicies(t *testing.T) {
	const file = "services/user/pyproject.toml: "
	all := service()
	var unpinned, every []string
	for name, broken := range map[string]struct {
		do       func(*component.Component)
		unpinned []string
		says     string
	}{
		"a gate": {
			do: func(c *component.Component) {
				c.Gates[1] = component.Gate{Name: "typecheck", Off: "no types yet", File: c.SettingsFile}
			},
			says: file + "the gate typecheck is off: no types yet. The policy asks for it: have it run",
		},
		"a script": {
			do: func(c *component.Component) {
				c.Gates[0] = component.Gate{Name: "lint", Off: `"true" does nothing`, File: "services/user/package.json"}
			},
			says: `services/user/package.json: the gate lint is off: "true" does nothing. The policy asks for it: have it run`,
		},
		"hashes": {
			do:   func(c *component.Component) { c.Settings.AllowUnhashed = true },
			says: file + "the policy refuses allow-unhashed. Lock every package with its hashes, and remove it",
		},
		"indices": {
			do:   func(c *component.Component) { c.Settings.AllowExtraIndex = true },
			says: file + "the policy refuses allow-extra-index. Take every package from one index, and remove it",
		},
		"emulation": {
			do:   func(c *component.Component) { c.Settings.AllowEmulation = true },
			says: file + "the policy refuses allow-emulation. Lock packages with wheels for each platform, and remove it",
		},
		"platforms": {
			do:   func(c *component.Component) { c.Settings.Platforms = []string{component.ARM64} },
			says: file + "the policy asks for the platform linux/amd64. Add it to platforms, or remove that setting",
		},
		"images": {
			do: func(*component.Component) {}, unpinned: []string{"alpine:3"},
			says: "services/user/Dockerfile: alpine:3 is not pinned. Write its digest after it, or name it in the image lock",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := service()
			broken.do(&c)
			err := whole.Judge(c, traits, broken.unpinned).Err()
			require.ErrorContains(t, err, broken.says)
			assert.NotContains(t, err.Error(), "\n", "one thing is wrong")
		})
		broken.do(&all)
		unpinned, every = append(unpinned, broken.unpinned...), append(every, broken.says)
	}
	err := whole.Judge(all, traits, unpinned).Err()
	for _, says := range every {
		require.ErrorContains(t, err, says)
	}
	assert.Len(t, strings.Split(err.Error(), "\n"), len(every))
}

func TestCoverage(t *testing.T) {
	policy := floor.Policy{Coverage: 80}
	for own, want := range map[float64]float64{0: 80, 50: 80, 80: 80, 90: 90} {
		c := service()
		c.Settings.CoverageThreshold, c.Settings.Gates = own, component.GateSettings{"coverage": {None: "why"}}
		c.Gates[3].Off = "why"
		raised := policy.Raised(c, traits)
		assert.InDelta(t, want, raised.Settings.CoverageThreshold, 0)
		if own < want {
			assert.Empty(t, raised.Gates[3].Off, "it is measured")
			assert.NotContains(t, raised.Settings.Gates, "coverage")
		}
		assert.Equal(t, "why", c.Gates[3].Off, "the component itself stays")
		assert.Contains(t, c.Settings.Gates, "coverage")
		assert.InDelta(t, own, policy.Raised(c, worker).Settings.CoverageThreshold, 0, "a kind of which none is measured")
	}
	untested := service()
	untested.Gates[2] = component.Gate{Name: "test", Off: "a fixture", File: "x"}
	require.ErrorContains(t, policy.Judge(untested, traits, nil).Err(), "x: the gate test is off: a fixture. The policy asks for a coverage of 80 %: have the tests run")
}

func TestPoliciesThatAreNone(t *testing.T) {
	require.NoError(t, whole.Check())
	for says, policy := range map[string]floor.Policy{
		"the policy asks for nothing":                 {},
		`the gate "tests", which no kind`:             {Gates: []string{"lint", "tests"}},
		"Say what the least is with --coverage":       {Gates: []string{"coverage"}},
		"coverage 101 is no percentage":               {Coverage: 101},
		"coverage -1 is no percentage":                {Coverage: -1},
		`the platform "linux/riscv64", which nothing`: {Platforms: []string{"linux/riscv64"}},
	} {
		require.ErrorContains(t, policy.Check(), says)
	}
}

// TestChance: what files leave to chance is refused as the setting is that allows it,
// and once where both are there.
func TestChance(t *testing.T) {
	c := service()
	c.Unhashed, c.ExtraIndex = "requirements.txt has no hashes", "requirements.txt:1: a second index"
	err := whole.Judge(c, traits, nil).Err()
	require.ErrorContains(t, err, "the policy refuses packages that nothing verifies: requirements.txt has no hashes")
	require.ErrorContains(t, err, "the policy refuses packages that nothing verifies: requirements.txt:1: a second index")
	c.Settings.AllowUnhashed, c.Settings.AllowExtraIndex = true, true
	err = whole.Judge(c, traits, nil).Err()
	require.ErrorContains(t, err, "the policy refuses allow-unhashed")
	assert.NotContains(t, err.Error(), "nothing verifies")
	require.NoError(t, floor.Policy{}.Judge(c, traits, nil).Err())
}
