package ground

import "github.com/pingvas/pingvas-ci/ci/internal/dagger"

// Volume is a cache volume. How it is shared is a part of its identity.
//
// One that every repository's calls mount is mounted where nobody's code runs, but
// the engine's and the ecosystem's own tools. What a repository's or a package's
// code can write is of one component, at one level of trust.
type Volume struct {
	Name    string
	Sharing dagger.CacheSharingMode
}

// Without takes the mount away, before code runs: container.With(v.At(dir)) … .
func (v Volume) Without(dir string) dagger.WithContainerFunc {
	return func(c *dagger.Container) *dagger.Container { return c.WithoutMount(dir) }
}

// At mounts a volume: container.With(volume.At("/root/.cache/uv")).
func (v Volume) At(dir string) dagger.WithContainerFunc {
	return func(c *dagger.Container) *dagger.Container {
		return c.WithMountedCache(dir, dag.CacheVolume(v.Name), dagger.ContainerWithMountedCacheOpts{Sharing: v.Sharing})
	}
}
