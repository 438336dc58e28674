package tests

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestDeprecated: what was renamed works for one version more, and says what to
// use instead, in its help and where it is used.
func TestDeprecated(t *testing.T) {
	t.Parallel()
	r := harness.Shapes(t, plain)
	uses := []struct {
		call []string
		says string // where it is used
	}{
		{
			words("with-ecr --account 123456789012 --region ap-northeast-2 --access-key env:HOME --secret-key env:HOME services name"),
			"with-aws-keys before with-ecr",
		},
		{
			words("with-ecr --account 123456789012 --region ap-northeast-2 --role arn:aws:iam::123456789012:role/r --identity-token env:HOME services name"),
			"with-job-identity before with-ecr",
		},
		{words("with-keyless-signing --identity-token env:HOME services name"), "with-job-identity before with-keyless-signing"},
		{words("with-gate --fixable-only services name"), "with-gate without it"},
		{words("with-scanners --scanners VULNERABILITY services name"), "with-finding-kinds"},
	}
	var calls [][]string
	for _, use := range uses {
		calls = append(calls, use.call)
	}
	for i, came := range r.Batch(t, calls...) {
		assert.Equal(t, plain, strings.TrimSpace(came.Must(t)))
		assert.Contains(t, came.Output, "deprecated, and gone in the next version. Use "+uses[i].says)
	}
	for _, function := range words("with-ecr with-keyless-signing with-scanners") {
		assert.Contains(t, r.Must(t, function, "--help"), "Deprecated: use ", function)
	}
}
