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
	assert.JSONEq(t, `{"environment": "", "commit": "", "affected": [], "held": [], "components": [], "steps": [], "change": null, "seconds": 0, "passed": false, "failure": ""}`,
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
			Digest: "sha256:1", Platforms: []string{"linux/arm64"}, Size: 7, Scan: "3 high", Findings: 3, BaseFindings: 2, UnfixedFindings: 1, Kept: true,
		}},
		Steps:  []record.Step{record.Step{Component: "user-service", Name: "lint", Started: time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC), Printed: "all"}.Done("", 1500*time.Millisecond, nil)},
		Change: &record.Change{Commit: "def", Files: []string{"kustomization.yaml"}, Diff: "-a\n+b\n"},
	}
	assert.JSONEq(t, `{
		"environment": "dev", "commit": "abc", "seconds": 3.5, "passed": true, "failure": "",
		"affected": [{"name": "user-service", "kind": "python", "path": "services/user-service", "reasons": ["a: b"], "fault": "", "narrowed": [], "unpinned": []}],
		"held": [],
		"components": [{
			"component": "user-service", "repository": "registry.example/user-service", "also": [], "tags": ["abc"], "tagsLeft": ["latest"],
			"digest": "sha256:1", "platforms": ["linux/arm64"], "size": 7, "scan": "3 high", "findings": 3, "baseFindings": 2, "unfixedFindings": 1, "kept": true, "unpinned": []
		}],
		"steps": [{"component": "user-service", "name": "lint", "state": "PASSED", "passed": true, "started": "2026-11-28T20:00:00Z", "seconds": 1.5, "detail": "", "failure": ""}],
		"change": {"commit": "def", "pullRequest": "", "files": ["kustomization.yaml"], "kept": [], "notes": [], "diff": "-a\n+b\n"}
	}`, written(t, d))
}

func TestARecordIsReadAsItWasWritten(t *testing.T) {
	before := record.Image{Component: "user-service", Tags: []string{"abc"}, Also: []string{}, TagsLeft: []string{}, Platforms: []string{}, Unpinned: []string{}}
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
