// Package debian makes the layers of images from Debian packages: Base is a
// whole small Debian, Packages adds to a layer what apt installs, Files what a
// function writes, and Foreign is a layer's counterpart for another
// architecture.
//
// A Layer is a recipe. Its key tells what it will be, so that nothing is made
// twice; Kitchen.Make makes it and all that lies below it.
package debian

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pingvas/pingvas-ci/airgap/internal/cache"
	"github.com/pingvas/pingvas-ci/airgap/internal/oci"
	"github.com/pingvas/pingvas-ci/airgap/internal/progress"
)

// recipes is raised when this package makes other layers from the same recipe.
const recipes = 1

// Layer is the recipe of one layer.
type Layer struct {
	// Name is unique among the layers of a kitchen, except for older and newer
	// recipes of the same layer.
	Name string
	// Below is what the layer lies on, nil for the lowest.
	Below *Layer
	// Inputs are what the result depends on besides Below, encodable as JSON.
	Inputs []any
	// Fill makes the layer's files.
	Fill func(ctx context.Context, site Site) error
}

// Site is where a layer is made.
type Site struct {
	// Root is an empty directory that becomes the layer.
	Root string
	// Below are the made layers that it lies on, the lowest first.
	Below []Made
	// Keep is a directory for what later recipes need and no image gets.
	Keep string
}

// Made is a layer on disk.
type Made struct {
	Dir string
	oci.Layer
}

// Root is the directory of the layer's own files.
func (m Made) Root() string { return filepath.Join(m.Dir, "root") }

// Keep is the directory that Site.Keep was.
func (m Made) Keep() string { return filepath.Join(m.Dir, "keep") }

// Packages returns the version of each Debian package in the layer and those
// below it. It is empty when the layer has installed none.
func (m Made) Packages() (map[string]string, error) {
	return installed(m.Root())
}

// Key returns the address of what the recipe makes.
func (l *Layer) Key() (string, error) {
	below := ""
	if l.Below != nil {
		var err error
		if below, err = l.Below.Key(); err != nil {
			return "", err
		}
	}
	return cache.Key(recipes, l.Name, below, l.Inputs)
}

// Kitchen makes layers and keeps them.
type Kitchen struct {
	Entries *cache.Dir
	Log     *progress.Log
}

// Make returns the layers of an image, the lowest first, and makes those that
// are missing.
func (k Kitchen) Make(ctx context.Context, layer *Layer) ([]Made, error) {
	var below []Made
	if layer.Below != nil {
		var err error
		if below, err = k.Make(ctx, layer.Below); err != nil {
			return nil, err
		}
	}
	key, err := layer.Key()
	if err != nil {
		return nil, err
	}
	dir, err := k.Entries.Get("debian-"+layer.Name, key, func(dir string) error {
		return k.Log.Run("layer "+layer.Name, func() error { return layer.make(ctx, dir, below) })
	})
	if err != nil {
		return nil, fmt.Errorf("make layer %s: %w", layer.Name, err)
	}
	packed, err := oci.OpenLayer(dir)
	if err != nil {
		return nil, err
	}
	return append(below, Made{Dir: dir, Layer: packed}), nil
}

func (l *Layer) make(ctx context.Context, dir string, below []Made) error {
	made := Made{Dir: dir}
	site := Site{Root: made.Root(), Below: below, Keep: made.Keep()}
	if err := errors.Join(os.Mkdir(site.Root, 0o755), os.Mkdir(site.Keep, 0o755)); err != nil {
		return err
	}
	if err := l.Fill(ctx, site); err != nil {
		return err
	}
	if err := clean(site.Root); err != nil {
		return err
	}
	epoch, err := site.epoch()
	if err != nil {
		return err
	}
	_, err = oci.Pack(site.Root, dir, epoch)
	return err
}

// epoch is the time of the package lists that the layer or one below it was
// made from: it stands still while the mirror does.
func (s Site) epoch() (time.Time, error) {
	var newest time.Time
	for _, made := range s.Below {
		if made.Epoch().After(newest) {
			newest = made.Epoch()
		}
	}
	content, err := os.ReadFile(filepath.Join(s.Keep, epochFile))
	if errors.Is(err, os.ErrNotExist) {
		return newest, nil
	}
	var own time.Time
	if err == nil {
		err = json.Unmarshal(content, &own)
	}
	if err != nil {
		return newest, fmt.Errorf("read the layer's time: %w", err)
	}
	if own.After(newest) {
		newest = own
	}
	return newest, nil
}

// epochFile in Site.Keep tells the layer's own time.
const epochFile = "epoch"

// Dated sets the time of the layer, which is otherwise that of the layers
// below it.
func (s Site) Dated(at time.Time) error {
	content, err := json.Marshal(at)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.Keep, epochFile), content, 0o644)
}
