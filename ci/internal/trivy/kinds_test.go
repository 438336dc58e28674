package trivy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		kinds    trivy.Kinds
		argument string
		refused  bool
	}{
		// Nobody chose: all. That a person chooses none is refused before.
		{nil, "vuln,secret,misconfig", true},
		{trivy.Kinds{"VULNERABILITY"}, "vuln", false},
		{trivy.Kinds{"MISCONFIGURATION", "VULNERABILITY"}, "vuln,misconfig", false},
		{trivy.Kinds{"SECRET"}, "secret", true},
	} {
		assert.Equal(t, c.argument, c.kinds.Argument())
		if c.refused {
			assert.ErrorContains(t, c.kinds.Check(), "lack VULNERABILITY")
		} else {
			assert.NoError(t, c.kinds.Check())
		}
	}
	assert.True(t, trivy.Kinds(nil).Has(trivy.KindMisconfiguration))
	assert.False(t, trivy.Kinds{trivy.KindVulnerability}.Has(trivy.KindMisconfiguration))
}
