package tests

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestBadInputs gives each a wrong value, and wants the reason and the advice.
func TestBadInputs(t *testing.T) {
	t.Parallel()
	r := harness.Example(t, service)
	r.Env = []string{"CANARY=canary-of-the-key"}
	expired := harness.NewFiles(t, map[string]string{
		"accepted.yaml": "ignore: [{id: CVE-2020-1, reason: not reachable, expires: 2020-01-31}]\n",
	}).At("accepted.yaml")
	plan := []string{"plan", "table"}
	publish := []string{"service", "--name", "user-service", "publish", "digest"}
	here := []string{"with-registry", "--address", "127.0.0.1:1"}
	inputs := []struct {
		with, call []string
		says       string
	}{
		{[]string{"with-registry", "--address", "https://registry.example"}, plan, "give a host, an optional port"},
		{[]string{"with-registry", "--address", "r.example", "--username", "u"}, plan, "username and password belong together"},
		{[]string{"with-registry", "--address", "r.example", "with-registry", "--address", "r.example"}, plan, "is given twice"},
		{[]string{"with-ecr", "--account", "1234", "--region", "ap-northeast-2"}, plan, "give its twelve digits"},
		{[]string{"with-ecr", "--account", "123456789012", "--region", "seoul"}, plan, "give one such as ap-northeast-2"},
		{[]string{"with-ecr", "--account", "123456789012", "--region", "ap-northeast-2"}, plan, "give either keys, by with-aws-keys, or a role"},
		{[]string{"with-gate", "--severity", "SEVERE"}, plan, "SEVERE"},
		{append(here, "with-gate", "--ignore", expired), publish, "expired on 2020-01-31 (not reachable)"},
		{append(here, "with-signing", "--key", "env:CANARY"), publish, "it is no PEM"},
		{append(here, "with-signing", "--key", "env:CANARY", "--builder", "https://user:pw@ci.example"), publish, "no URI without credentials"},
	}
	var calls [][]string
	for _, bad := range inputs {
		calls = append(calls, slices.Concat(bad.with, bad.call))
	}
	for i, refused := range r.Batch(t, calls...) {
		refused.Refused(t, inputs[i].says)
		assert.NotContains(t, refused.Output, "canary-of-the-key")
	}
}
