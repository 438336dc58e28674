package attest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
)

func TestWhoBuildsAndOfWhatAreURIs(t *testing.T) {
	const good = "https://github.com/pingvas/pingvas-studio"
	assert.NoError(t, attest.Build{Builder: good, Source: good}.Check())
	assert.NoError(t, attest.Build{Builder: good}.Check(), "the source need not be known")
	for _, bad := range []string{"pingvas-studio", "https://user:password@github.com/pingvas/pingvas-studio", "https://%zz"} {
		assert.ErrorContains(t, attest.Build{Builder: bad}.Check(), "the builder is no URI without credentials")
		err := attest.Build{Builder: good, Source: bad}.Check()
		assert.ErrorContains(t, err, "the repository is no URI without credentials")
		assert.NotContains(t, err.Error(), "password@")
	}
}
