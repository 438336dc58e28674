package gitops_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
)

func TestCheckAddress(t *testing.T) {
	for _, address := range []string{"https://github.com/pingvas/pingvas-gitops.git", "ssh://git@github.com/pingvas/pingvas-gitops.git", "http://127.0.0.1:3000/a.git"} {
		require.NoError(t, gitops.CheckAddress(address, "main"))
	}
	for want, wrong := range map[string][2]string{
		"is no URL":         {"https://canary:%zz@github.com/a.git", "main"},
		"credentials in it": {"https://canary@github.com/a.git", "main"},
		"GitOps repository": {"https://github.com/a/b.git", "--upload-pack=x"},
	} {
		err := gitops.CheckAddress(wrong[0], wrong[1])
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "canary")
	}
}
