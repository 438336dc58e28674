package registry_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

func TestNamed(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	for image, want := range map[string]string{
		"user-service@" + digest:                           "user-service",
		"user-service:v1@" + digest:                        "user-service",
		"127.0.0.1:5000/team/user-service@" + digest:       "user-service",
		"127.0.0.1:5000/team/sub/user-service:1@" + digest: "sub/user-service",
	} {
		name, got, err := registry.Named("127.0.0.1:5000/team", image)
		require.NoError(t, err, image)
		require.Equal(t, want, name)
		require.Equal(t, digest, got)
	}
	for _, wrong := range []string{"user-service", "user-service:latest", "@" + digest, "user-service@sha256:abc"} {
		_, _, err := registry.Named("127.0.0.1:5000/team", wrong)
		require.ErrorContains(t, err, "an image goes by its digest", wrong)
	}
}
