package main

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// volume is a cache volume. How it is shared is a part of its identity.
type volume struct {
	name    string
	sharing dagger.CacheSharingMode
}

// The cache volumes that all components share.
var (
	uvVolume       = volume{"uv", dagger.CacheSharingModeShared}
	pnpmVolume     = volume{"pnpm-store", dagger.CacheSharingModeShared}
	databaseVolume = volume{"trivy-db", dagger.CacheSharingModeLocked}
	// Trivy remembers what it saw in a layer, in a database that one process
	// opens at a time. A base image is looked through once, not once a component.
	scannedVolume = volume{"trivy-layers", dagger.CacheSharingModeLocked}
)

// mypyVolume keeps what mypy knows of one component.
func mypyVolume(c component.Component) volume {
	return volume{"mypy-" + c.Name, dagger.CacheSharingModeShared}
}

// ownVolume is one that a component's settings ask for.
func ownVolume(c component.Component, at string) volume {
	return volume{c.Name + at, dagger.CacheSharingModeShared}
}

// at mounts a volume: container.With(uvVolume.at("/root/.cache/uv")).
func (v volume) at(dir string) dagger.WithContainerFunc {
	return func(c *dagger.Container) *dagger.Container {
		return c.WithMountedCache(dir, dag.CacheVolume(v.name), dagger.ContainerWithMountedCacheOpts{Sharing: v.sharing})
	}
}

// Cache is what the engine keeps of this repository from one run to the next.
type Cache struct {
	// +private
	Ci *PingvasCi
}

// Cache leads to what is kept from one run to the next.
//
// Layers and results of calls belong to the engine, which drops the oldest when
// they take too much: `dagger core engine local-cache prune` drops all.
func (m *PingvasCi) Cache() *Cache {
	return &Cache{Ci: m}
}

// Warm fetches what a first delivery would wait for.
//
// The packages of every lock file, the tools and images that install them, the
// scanner and its database. Run it where a machine is made, or once a day.
// +cache="session"
func (c *Cache) Warm(ctx context.Context) error {
	components, err := c.Ci.discover(ctx)
	if err != nil {
		return err
	}
	r := newRun(c.Ci.Parallel)
	jobs := []job{func(ctx context.Context) error {
		return r.step("", "scanner", func() (string, error) { return "", c.warmScanner(ctx) })
	}}
	for _, spec := range components {
		jobs = append(jobs, func(ctx context.Context) error {
			return r.step(spec.Name, "packages", func() (string, error) { return "", c.warmPackages(ctx, spec) })
		})
	}
	return r.all(ctx, jobs)
}

func (c *Cache) warmScanner(ctx context.Context) error {
	s, err := c.Ci.scanner(ctx)
	if err != nil {
		return err
	}
	if s.locked {
		_, err = s.container.Sync(ctx)
		return err
	}
	_, err = s.container.WithExec(append([]string{"trivy", "image", "--download-db-only", "--cache-dir", trivyCache}, s.arguments...)).Sync(ctx)
	return err
}

func (c *Cache) warmPackages(ctx context.Context, spec component.Component) error {
	install := project{ci: c.Ci, spec: spec}.environment
	if spec.Kind == component.Frontend {
		install = web{ci: c.Ci, spec: spec}.fetched
	}
	installed, err := install(ctx)
	if err != nil {
		return err
	}
	_, err = installed.Sync(ctx)
	return err
}

// Usage lists the cache volumes and the disk that each takes.
// +cache="never"
func (c *Cache) Usage(ctx context.Context) (string, error) {
	volumes, err := c.volumes(ctx)
	if err != nil {
		return "", err
	}
	within, err := c.mounted(ctx, volumes)
	if err != nil {
		return "", err
	}
	var list strings.Builder
	for _, v := range volumes {
		text, err := within.WithExec([]string{"du", "-sh", path.Join(volumesAt, v.name)}).Stdout(ctx)
		if err != nil {
			return "", fmt.Errorf("measure the cache volume %s: %w", v.name, err)
		}
		size, _, _ := strings.Cut(text, "\t")
		fmt.Fprintf(&list, "%-32s %8s\n", v.name, size)
	}
	return list.String(), nil
}

// Clear empties a cache volume.
//
// The next run fills it again: nothing but time is lost.
// +cache="never"
func (c *Cache) Clear(
	ctx context.Context,
	// The volume's name, as usage lists it: pnpm-store.
	volume string,
) error {
	volumes, err := c.volumes(ctx)
	if err != nil {
		return err
	}
	var known []string
	for _, v := range volumes {
		known = append(known, v.name)
	}
	at := slices.Index(known, volume)
	if at < 0 {
		return fmt.Errorf("there is no cache volume %q. Give one of %s", volume, strings.Join(known, ", "))
	}
	within, err := c.mounted(ctx, volumes[at:at+1])
	if err != nil {
		return err
	}
	_, err = within.WithExec([]string{"find", path.Join(volumesAt, volume), "-mindepth", "1", "-delete"}).Sync(ctx)
	return err
}

// volumes are those that this repository's components use.
func (c *Cache) volumes(ctx context.Context) ([]volume, error) {
	components, err := c.Ci.discover(ctx)
	if err != nil {
		return nil, err
	}
	volumes := []volume{databaseVolume, scannedVolume, uvVolume, pnpmVolume}
	for _, spec := range components {
		if spec.Kind != component.Frontend {
			volumes = append(volumes, mypyVolume(spec))
		}
		for _, at := range spec.Settings.CacheVolumes {
			volumes = append(volumes, ownVolume(spec, at))
		}
	}
	return volumes, nil
}

const volumesAt = "/volumes"

// mounted has volumes in a container that runs anew each time.
func (c *Cache) mounted(ctx context.Context, volumes []volume) (*dagger.Container, error) {
	s, err := c.Ci.scanner(ctx)
	if err != nil {
		return nil, err
	}
	within := s.tool.WithEnvVariable("PINGVAS_AT", time.Now().Format(time.RFC3339Nano))
	for _, v := range volumes {
		within = within.With(v.at(path.Join(volumesAt, v.name)))
	}
	return within, nil
}
