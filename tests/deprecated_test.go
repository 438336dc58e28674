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
	for _, c := range []struct {
		call, help []string
		says       string // where it is used
		fails      string // for a reason of the call's, not of its name
	}{
		{
			call: words("with-ecr --account 123456789012 --region ap-northeast-2 --access-key env:HOME --secret-key env:HOME services name"),
			help: words("with-ecr"), says: "with-aws-keys before with-ecr",
		},
		{
			call: words("with-ecr --account 123456789012 --region ap-northeast-2 --role arn:aws:iam::123456789012:role/r --identity-token env:HOME services name"),
			help: words("with-ecr"), says: "with-job-identity before with-ecr",
		},
		{
			call: words("with-keyless-signing --identity-token env:HOME services name"),
			help: words("with-keyless-signing"), says: "with-job-identity before with-keyless-signing",
		},
		{
			call: words("with-scanners --scanners VULNERABILITY services name"),
			help: words("with-scanners"), says: "with-finding-kinds",
		},
	} {
		t.Run(c.call[0], func(t *testing.T) {
			came := r.Call(c.call...)
			assert.Equal(t, plain, strings.TrimSpace(came.Must(t)))
			assert.Contains(t, came.Output, "deprecated, and gone in the next version. Use "+c.says)
			help := append(c.help[:len(c.help):len(c.help)], "--help")
			assert.Contains(t, r.Must(t, help...), "Deprecated: use ")
		})
	}
}
