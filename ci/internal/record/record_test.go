package record_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
)

// written has a record's JSON, which must not fail.
func written(t *testing.T, record interface{ JSON() (string, error) }) string {
	t.Helper()
	text, err := record.JSON()
	require.NoError(t, err)
	return text
}

func TestListsOfNothingAreLists(t *testing.T) {
	for _, empty := range []interface{ JSON() (string, error) }{
		record.Image{}, record.Change{}, record.Check{},
		record.Delivery{Components: []*record.Image{{}}, Change: &record.Change{}},
	} {
		assert.NotContains(t, written(t, empty), "null")
	}
	assert.JSONEq(t, `{"environment": "", "commit": "", "shard": "", "dryRun": false, "notes": [], "affected": [], "held": [], "components": [], "steps": [], "change": null, "seconds": 0, "passed": false, "failure": ""}`,
		written(t, record.Delivery{}))
}

func TestDelivery(t *testing.T) {
	d := record.Delivery{
		Environment: "dev", Commit: "abc", Seconds: 3.5, Passed: true,
		Affected: affected.Records([]affected.Affected{{
			Component: component.Component{Name: "user-service", Kind: "python", Path: "services/user-service"}, Reasons: []string{"a: b"},
		}}),
		Components: []*record.Image{{
			Component: "user-service", Repository: "registry.example/user-service", Tags: []string{"abc"}, TagsLeft: []string{"latest"},
			Digest: "sha256:1", Platforms: []string{"linux/arm64"}, Size: 7, Scan: "3 high", Findings: 3, BaseFindings: 2, UnfixedFindings: 1, Worst: []string{"CVE-1/h11"}, Kept: true,
		}},
		Steps:  []record.Step{record.Step{Component: "user-service", Name: "lint", Started: time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC), Printed: "all"}.Done("", 1500*time.Millisecond, nil)},
		Change: &record.Change{Commit: "def", Files: []string{"kustomization.yaml"}, Diff: "-a\n+b\n"},
	}
	assert.JSONEq(t, `{
		"environment": "dev", "commit": "abc", "shard": "", "dryRun": false, "notes": [], "seconds": 3.5, "passed": true, "failure": "",
		"affected": [{"name": "user-service", "kind": "python", "path": "services/user-service", "reasons": ["a: b"], "fault": "", "narrowed": [], "unpinned": []}],
		"held": [],
		"components": [{
			"component": "user-service", "repository": "registry.example/user-service", "also": [], "tags": ["abc"], "tagsLeft": ["latest"],
			"digest": "sha256:1", "platforms": ["linux/arm64"], "size": 7, "scan": "3 high", "findings": 3, "baseFindings": 2, "unfixedFindings": 1, "worst": ["CVE-1/h11"], "kept": true, "unpinned": []
		}],
		"steps": [{"component": "user-service", "name": "lint", "state": "PASSED", "passed": true, "started": "2026-11-28T20:00:00Z", "seconds": 1.5, "detail": "", "failure": "", "shard": ""}],
		"change": {"commit": "def", "pullRequest": "", "files": ["kustomization.yaml"], "kept": [], "notes": [], "diff": "-a\n+b\n"}
	}`, written(t, d))
}

func TestARecordIsReadAsItWasWritten(t *testing.T) {
	before := record.Image{Component: "user-service", Tags: []string{"abc"}, Also: []string{}, TagsLeft: []string{}, Platforms: []string{}, Unpinned: []string{}, Worst: []string{}}
	var after record.Image
	require.NoError(t, json.Unmarshal([]byte(written(t, before)), &after))
	assert.Equal(t, before, after)
}

func TestStep(t *testing.T) {
	passed := record.Step{Component: "user-service", Name: "publish"}.Done("sha256:1", 1234*time.Millisecond, nil)
	assert.Equal(t, record.Passed, passed.State)
	assert.True(t, passed.Passed)
	assert.Equal(t, "✔ user-service         publish                   1.2s  sha256:1", passed.Line())
	assert.Equal(t, "user-service publish", passed.Where())

	failed := record.Step{Name: "plan"}.Done("", 0, errors.New("no"))
	assert.Equal(t, record.Failed, failed.State)
	assert.False(t, failed.Passed)
	assert.Equal(t, "✘ ·                    plan                      0.0s", failed.Line())
	assert.Equal(t, "plan", failed.Where())
}

func TestNote(t *testing.T) {
	assert.Equal(t, "sha256:1", record.Image{Digest: "sha256:1"}.Note())
	assert.Equal(t, "sha256:1; latest stays at a newer commit's image", record.Image{Digest: "sha256:1", TagsLeft: []string{"latest"}}.Note())
}

func TestPart(t *testing.T) {
	of := record.Target{Environment: "dev", Commit: "abc", Registries: []string{"registry.example"}, Gitops: "https://git.example/a.git"}
	part := record.Part{Target: of, Shard: "1/2", Images: []*record.Image{{Component: "a", Digest: "sha256:1"}}, Inputs: map[string]string{"a": "x"}}
	text, err := part.JSON()
	require.NoError(t, err)

	read, err := record.ReadPart(text, of)
	require.NoError(t, err)
	assert.Equal(t, "sha256:1", read.Images[0].Digest)
	assert.NotEqual(t, of.Digest(), record.Target{Environment: "prod", Commit: "abc", Registries: of.Registries, Gitops: of.Gitops}.Digest())

	for says, other := range map[string]record.Target{
		"it is of the delivery of abc to dev, not of abc to prod":       {Environment: "prod", Commit: "abc"},
		"to https://git.example/a.git, not by b.example to a directory": {Environment: "dev", Commit: "abc", Registries: []string{"b.example"}},
	} {
		_, err := record.ReadPart(text, other)
		assert.ErrorContains(t, err, says)
	}
	for _, none := range []string{"", "[]", `{"environment": "dev", "commit": "abc", "registries": ["registry.example"], "gitops": "https://git.example/a.git", "images": [null]}`} {
		_, err := record.ReadPart([]byte(none), of)
		assert.Error(t, err, none)
	}
}

func TestPartsOfOneComponent(t *testing.T) {
	one := record.Part{Images: []*record.Image{{Component: "a", Digest: "sha256:1"}}, Inputs: map[string]string{"a": "x"}}
	other := record.Part{Images: []*record.Image{{Component: "a", Digest: "sha256:2"}}}

	images, inputs, err := record.Parts([]record.Part{one, one})
	require.NoError(t, err, "a shard that ran twice")
	assert.Equal(t, "sha256:1", images["a"].Digest)
	assert.Equal(t, "x", inputs["a"])
	_, _, err = record.Parts([]record.Part{one, other})
	assert.ErrorContains(t, err, "say different things of a")
}

func TestStale(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	at := func(age time.Duration) record.Part { return record.Part{Time: now.Add(-age)} }
	assert.False(t, record.Stale([]record.Part{at(0), at(23 * time.Hour)}, now))
	assert.True(t, record.Stale([]record.Part{at(0), at(25 * time.Hour)}, now))
	assert.True(t, record.Stale([]record.Part{{}}, now), "one that does not say when it was")
	assert.False(t, record.Stale(nil, now))
}

func TestTimes(t *testing.T) {
	d := record.Delivery{
		Components: []*record.Image{{Component: "a"}, {Component: "b", Kept: true}},
		Steps: []record.Step{
			{Name: "plan", Seconds: 1},
			{Component: "a", Name: "lint", Seconds: 2}, {Component: "a", Name: "publish", Seconds: 3}, {Component: "b", Name: "lint", Seconds: 4},
		},
	}
	times, err := record.Times([]byte(written(t, d)))
	require.NoError(t, err)
	assert.Equal(t, map[string]float64{"a": 5}, times, "one that was kept was not built")
	cost := record.Cost(times, func(affected.Affected) float64 { return 25 })
	assert.InDelta(t, 5.0, cost(affected.Affected{Component: component.Component{Name: "a"}}), 0)
	assert.InDelta(t, 25.0, cost(affected.Affected{Component: component.Component{Name: "c"}}), 0)
	_, err = record.Times([]byte("report"))
	assert.ErrorContains(t, err, "deliver json")
}
