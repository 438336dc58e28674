package ground

import "github.com/pingvas/pingvas-ci/ci/internal/dagger"

// Volume is a cache volume. How it is shared is a part of its identity.
type Volume struct {
	Name    string
	Sharing dagger.CacheSharingMode
}

// At mounts a volume: container.With(volume.At("/root/.cache/uv")).
func (v Volume) At(dir string) dagger.WithContainerFunc {
	return func(c *dagger.Container) *dagger.Container {
		return c.WithMountedCache(dir, dag.CacheVolume(v.Name), dagger.ContainerWithMountedCacheOpts{Sharing: v.Sharing})
	}
}
