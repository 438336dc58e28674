package component_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// TestParameters: what is left to chance is said, and nothing where nothing is.
func TestParameters(t *testing.T) {
	locked := component.Component{Name: "a", Path: "services/a"}.Parameters()
	assert.NotContains(t, locked, "unhashed")
	assert.NotContains(t, locked, "extraIndex")
	c := component.Component{Name: "a", Unhashed: "it has no lock", ExtraIndex: "line 1", Settings: component.Settings{AllowUnhashed: true}}
	assert.Equal(t, "it has no lock", c.Parameters()["unhashed"], "allowed or not")
	assert.Equal(t, "line 1", c.Parameters()["extraIndex"])
}
