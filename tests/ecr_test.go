package tests

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/registryserver"
	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// lifecycle is a policy as Amazon wants it.
const lifecycle = `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPrefixList":["develop-"],"countType":"imageCountMoreThan","countNumber":20},"action":{"type":"expire"}}]}`

// TestECR publishes to Amazon's protocols: with keys, and with a role that an
// OIDC token is exchanged for.
func TestECR(t *testing.T) {
	t.Parallel()
	const account, canary = "123456789012", "canary-of-the-secret-key"
	aws := harness.NewAWS(t)
	registry := harness.NewRegistry(t, registryserver.WithBasicAuth("AWS", account+"-auth-token", false))
	w := harness.NewWorkshop(t)
	policy := harness.NewFiles(t, map[string]string{"lifecycle.json": lifecycle}).At("lifecycle.json")
	to := append([]string{
		"with-ecr", "--lifecycle", policy, "--account", account, "--region", "ap-northeast-2", "--endpoint", "tcp://" + aws.Address,
	}, registry.At()...)
	keys := w.PublishTo(t.Context(), append(words("with-aws-keys --access-key env:KEY --secret-key env:SECRET"), to...),
		"KEY=AKIAIOSFODNN7EXAMPLE", "SECRET="+canary)
	keys.Must(t)
	assert.NotContains(t, keys.Output, canary)
	assert.NotContains(t, keys.Output, account+"-auth-token")
	t.Run("with a role", func(t *testing.T) {
		long(t, "ci/internal/registry/ecr")
		role := w.PublishTo(t.Context(), slices.Concat(words("with-job-identity --identity-token env:TOKEN --audience sts.amazonaws.com"),
			to, words("--role arn:aws:iam::"+account+":role/GitHubActionsRole")),
			"TOKEN="+canary)
		role.Must(t)
		assert.NotContains(t, role.Output, canary)
		assert.True(t, role.Image.Kept, "another way to sign in finds what is there")
		role.Image.Kept = false
		assert.Equal(t, keys.Image, role.Image)
	})
	var made struct {
		Repositories []struct{ ImageTagMutability string }
	}
	aws.ECR(t, "DescribeRepositories", `{"repositoryNames":["user-service"]}`, &made)
	require.Len(t, made.Repositories, 1)
	assert.Equal(t, "IMMUTABLE_WITH_EXCLUSION", made.Repositories[0].ImageTagMutability)
	var given struct{ LifecyclePolicyText string }
	aws.ECR(t, "GetLifecyclePolicy", `{"repositoryName":"user-service"}`, &given)
	assert.JSONEq(t, lifecycle, given.LifecyclePolicyText)
}
