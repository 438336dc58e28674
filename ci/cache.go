package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/graph/delivery"
)

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
	return delivery.Warm(ctx, c.Ci.caller())
}

// Usage lists the cache volumes and the disk that each takes.
// +cache="never"
func (c *Cache) Usage(ctx context.Context) (string, error) {
	return delivery.Usage(ctx, c.Ci.caller())
}

// Clear empties a cache volume.
//
// The next run fills it again: nothing but time is lost.
// +cache="never"
func (c *Cache) Clear(
	ctx context.Context,
	// The volume's name, as usage lists it: uv.untrusted.
	volume string,
) error {
	return delivery.Clear(ctx, c.Ci.caller(), volume)
}
