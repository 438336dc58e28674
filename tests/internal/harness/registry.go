package harness

import (
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
	"github.com/pingvas/pingvas-ci/internal/registryserver"
)

// Registry is a container registry on loopback.
type Registry struct{ *lab.Server }

// NewRegistry starts an empty registry until the test ends.
func NewRegistry(t *testing.T, options ...registryserver.Option) Registry {
	t.Helper()
	return NewRegistryAt(t, t.TempDir(), 0, options...)
}

// NewRegistryAt starts the registry of a directory at a port, or a free one.
func NewRegistryAt(t *testing.T, dir string, port int, options ...registryserver.Option) Registry {
	t.Helper()
	server, err := lab.Registry(dir, port, options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	return Registry{server}
}

// Port is the port that it listens at.
func (r Registry) Port() string { return port(r.Server) }

// Host is how images are named that are in it.
func (r Registry) Host() string { return "localhost:" + r.Port() }

// At are the arguments of what takes an address.
func (r Registry) At() []string {
	return []string{"--address", r.Host(), "--service", "tcp://" + r.Address}
}

// With are the arguments that have a delivery end there, with the password in
// the environment's variable REGISTRY_PASSWORD.
func (r Registry) With(options ...string) []string {
	return r.with("REGISTRY_PASSWORD", options...)
}

func (r Registry) with(variable string, options ...string) []string {
	args := append([]string{"with-registry"}, r.At()...)
	return append(append(args, "--username", r.Username, "--password", "env:"+variable), options...)
}

// Env is the environment that With needs.
func (r Registry) Env() string { return "REGISTRY_PASSWORD=" + r.Password }

// Login is the permission to push to it.
func (r Registry) Login() remote.Option {
	return remote.WithAuth(&authn.Basic{Username: r.Username, Password: r.Password})
}

// Push pushes the image of a tarball, and returns its reference.
func (r Registry) Push(t *testing.T, tarball, repository string) string {
	t.Helper()
	image := open(t, tarball)
	tag, err := name.NewTag(r.Host() + "/" + repository)
	require.NoError(t, err)
	require.NoError(t, remote.Write(tag, image, r.Login()))
	digest, err := image.Digest()
	require.NoError(t, err)
	return tag.Context().Name() + "@" + digest.String()
}

// Held lists what is stored in the registry: blobs and manifests, which are
// named by their digests.
func (r Registry) Held(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(r.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && !strings.HasPrefix(entry.Name(), ".") {
			name, _ := filepath.Rel(r.Dir, path)
			names = append(names, name)
		}
		return err
	})
	require.NoError(t, err)
	return names
}

// userService is the repository of the one service that most tests publish.
func (r Registry) userService(t *testing.T) name.Repository {
	t.Helper()
	repository, err := name.NewRepository(r.Address + "/user-service")
	require.NoError(t, err)
	return repository
}

// platformImages are the manifests of the images of an index of user-service.
func (r Registry) platformImages(t *testing.T, digest string) (v1.ImageIndex, []v1.Descriptor) {
	t.Helper()
	index, err := remote.Index(r.userService(t).Digest(digest))
	require.NoError(t, err)
	manifest, err := index.IndexManifest()
	require.NoError(t, err)
	require.NotEmpty(t, manifest.Manifests)
	return index, manifest.Manifests
}

// Holding lists what of an image of user-service has a text in it: its
// configuration, and the content of its layers.
func (r Registry) Holding(t *testing.T, digest, text string) (found []string) {
	t.Helper()
	index, manifests := r.platformImages(t, digest)
	for _, m := range manifests {
		image, err := index.Image(m.Digest)
		require.NoError(t, err)
		config, err := image.RawConfigFile()
		require.NoError(t, err)
		if strings.Contains(string(config), text) {
			found = append(found, "configuration")
		}
		layers, err := image.Layers()
		require.NoError(t, err)
		for i, layer := range layers {
			content, err := layer.Uncompressed()
			require.NoError(t, err)
			all, err := io.ReadAll(content)
			require.NoError(t, err)
			if strings.Contains(string(all), text) {
				found = append(found, fmt.Sprintf("layer %d", i))
			}
		}
	}
	return found
}

// Platforms lists what an image is for: an index has one image for each
// platform, and an image of a single platform says it in its configuration.
func Platforms(t *testing.T, reference string) (list []string) {
	t.Helper()
	ref, err := name.ParseReference(reference)
	require.NoError(t, err)
	descriptor, err := remote.Get(ref)
	require.NoError(t, err)
	if !descriptor.MediaType.IsIndex() {
		image, err := descriptor.Image()
		require.NoError(t, err)
		config, err := image.ConfigFile()
		require.NoError(t, err)
		return []string{config.OS + "/" + config.Architecture}
	}
	index, err := descriptor.ImageIndex()
	require.NoError(t, err)
	manifest, err := index.IndexManifest()
	require.NoError(t, err)
	for _, m := range manifest.Manifests {
		list = append(list, m.Platform.OS+"/"+m.Platform.Architecture)
	}
	return list
}

// port is the port that a server listens at.
func port(s *lab.Server) string {
	_, port, _ := strings.Cut(s.Address, ":")
	return port
}
