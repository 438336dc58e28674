package platform_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/platform"
)

func TestSet(t *testing.T) {
	built, err := random.Image(64, 2)
	require.NoError(t, err)
	config, err := built.ConfigFile()
	require.NoError(t, err)
	config.OS, config.Architecture, config.Config.Entrypoint, config.Config.User = "linux", "amd64", []string{"/server"}, "65532"
	built, err = mutate.ConfigFile(built, config)
	require.NoError(t, err)
	from, to := filepath.Join(t.TempDir(), "from.tar"), filepath.Join(t.TempDir(), "to.tar")
	require.NoError(t, tarball.WriteToFile(from, name.MustParseReference("a:b"), built))

	require.NoError(t, platform.Set(from, to, "linux/arm64"))
	image, err := tarball.ImageFromPath(to, nil)
	require.NoError(t, err)
	got, err := image.ConfigFile()
	require.NoError(t, err)
	assert.Equal(t, "arm64", got.Architecture)
	assert.Equal(t, config.Config, got.Config)
	assert.Equal(t, config.RootFS, got.RootFS)
	assert.Equal(t, config.History, got.History)

	require.ErrorContains(t, platform.Set(from, to, "linux/arm/64/v8/x"), "Write one like linux/arm64")
	require.ErrorContains(t, platform.Set(from+".none", to, "linux/arm64"), "open the image")
}
