package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/delivery"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/images"
)

// Images lists the images of somebody else's that the module uses.
//
// A line for each: the reference with its digest, and where that was published.
func (m *PingvasCi) Images(ctx context.Context) (string, error) {
	return m.pinned().List(ctx)
}

// CheckImages asks the registries for every image by its digest.
//
// It fails with all that are not there any more, or cannot be reached.
// +cache="session"
func (m *PingvasCi) CheckImages(ctx context.Context) error {
	return m.pinned().Check(ctx, m.Parallel)
}

// LockImages writes an image lock, by the digests that images have now.
//
// In it are the images of the table, and those that Dockerfiles of components
// name: one with a digest there keeps it. They are asked for at their registries,
// or at the mirrors that stand in for these, with the login of with-registry where
// that is of the same host, and otherwise as the engine pulls them. The file is
// what --image-lock takes.
// +cache="never"
func (m *PingvasCi) LockImages(
	ctx context.Context,
	// Where images of a registry are mirrored, as HOST=ADDRESS:
	// ghcr.io=mirror.example/ghcr. An address alone is Docker Hub's mirror.
	// +optional
	mirror []string,
	// Names of the images to lock: python:3.14-slim. The default is all.
	// +optional
	image []string,
) (*dagger.File, error) {
	mirrors, err := images.ParseMirrors(mirror)
	if err != nil {
		return nil, err
	}
	text, err := delivery.LockImages(ctx, m.caller(), mirrors, image)
	return ground.File("images.lock.json", []byte(text)), err
}

// LockUpdates writes a lock of updates for base images.
//
// In it are the packages that a scan of a base finds to be mended by an update which
// the base's own package sources have, for each platform of a component: name,
// version, place and hash. Packages of Debian and Ubuntu are updated so. One that
// would run something which an image would miss is not in it: the lock says which,
// and what. The file is what with-base-updates takes.
// +cache="never"
func (m *PingvasCi) LockUpdates(
	ctx context.Context,
	// Names of images to ask for: python:3.14-slim. The default is those that
	// components are built on.
	// +optional
	image []string,
	// Packages that are updated without running what they would run. What that is
	// stands in the lock.
	// +optional
	withoutScripts []string,
) (*dagger.File, error) {
	text, err := delivery.LockUpdates(ctx, m.caller(), image, withoutScripts)
	return ground.File("updates.lock.json", []byte(text)), err
}

// WithBaseUpdates updates packages of base images, by a lock of lock-updates.
//
// They are fetched by their hashes from the base's own package sources, and unpacked
// by its dpkg in a layer of their own, on the engine's platform for every other: no
// program of the target runs. It holds for every image of a component, whether a
// recipe or a Dockerfile makes it. A base with another digest than the lock's is left
// as it is, and that is said.
func (m *PingvasCi) WithBaseUpdates(
	// The lock.
	lockFile *dagger.File,
) *PingvasCi {
	with := *m
	with.BaseUpdates = lockFile
	return &with
}

// pinned are the images of somebody else's.
func (m *PingvasCi) pinned() ground.Images { return ground.Images{Lock: m.ImageLock} }
