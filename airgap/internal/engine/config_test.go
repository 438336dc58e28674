package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConfig(t *testing.T) {
	got, err := Config(5099, []string{"registry:5000"}, Limits{Max: "40GB", Keep: "25%", MinFree: "1GB"})
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"logLevel": "warn",
		"registries": {
			"docker.io": {"mirrors": ["127.0.0.1:5099"]},
			"127.0.0.1:5099": {"http": true},
			"registry:5000": {"http": true}
		},
		"gc": {"reservedSpace": "25%", "maxUsedSpace": "40GB", "minFreeSpace": "1GB"}
	}`, string(got))
}

func TestLimitsAreChecked(t *testing.T) {
	for _, size := range []string{"0", "512", "512MB", "1.5GiB", "20%", "3g"} {
		assert.NoError(t, Limits{Max: size, Keep: size, MinFree: size}.Check(), size)
	}
	for _, size := range []string{"", "much", "10 %%", "-1GB", "5XB"} {
		assert.ErrorContains(t, Limits{Max: "1GB", Keep: "1GB", MinFree: size}.Check(), "--cache-min-free", size)
	}
}
