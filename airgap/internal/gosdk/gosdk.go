// Package gosdk builds the image in which the engine generates, compiles and
// so loads modules that are written in Go. A released engine has it built in;
// this one gets it as an OCI layout, with caches so warm that loading a module
// needs no network.
//
// Over a Debian with Go the image has three layers: the code generator, what
// every module depends on, and what one module depends on besides. Only the
// last is made again when that module's go.mod changes.
package gosdk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"

	"github.com/pingvas/pingvas-ci/airgap/internal/cache"
	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
	"github.com/pingvas/pingvas-ci/airgap/internal/golang"
	"github.com/pingvas/pingvas-ci/airgap/internal/oci"
)

// Image is a finished image.
type Image struct {
	// Content is the OCI layout that holds it.
	Content string
	// Digest is its manifest's digest.
	Digest string
	// GoProxy is the GOPROXY that the engine must be given for it.
	GoProxy string
}

// Builder is what the image is built from.
type Builder struct {
	// Kitchen makes and keeps the layers.
	Kitchen debian.Kitchen
	// Go is the recipe of the layers below, those of the package golang.
	Go *debian.Layer
	// Codegen is dagger's code generator, compiled.
	Codegen string
	// Module is the directory of a module whose dependencies the image is to
	// hold as well. Empty means none.
	Module string
}

// Build returns the image, and builds the layers that are missing.
func (b Builder) Build(ctx context.Context) (Image, error) {
	machine, err := readGoEnv(ctx)
	if err != nil {
		return Image{}, err
	}
	stack, err := b.below(ctx)
	if err != nil {
		return Image{}, fmt.Errorf("build Go SDK: %w", err)
	}
	if stack, err = b.codegenLayer(ctx, stack); err != nil {
		return Image{}, fmt.Errorf("build Go SDK: %w", err)
	}
	if stack, err = b.warmLayer(ctx, "gosdk-common", machine, stack, commonModules); err != nil {
		return Image{}, fmt.Errorf("build Go SDK: warm with common dependencies: %w", err)
	}
	if b.Module != "" {
		if stack, err = b.warmLayer(ctx, "gosdk-module", machine, stack, ownModule(b.Module)); err != nil {
			return Image{}, fmt.Errorf("build Go SDK: warm with dependencies of %s: %w", b.Module, err)
		}
	}
	image, err := b.layout(stack)
	if err != nil {
		return Image{}, fmt.Errorf("build Go SDK: %w", err)
	}
	reached := inReach(ctx, machine.GOPROXY)
	if reached != machine.GOPROXY {
		b.Kitchen.Log.Note("Go's module proxy does not answer: the engine has the modules of the kit alone, until `down` and `up`")
	}
	image.GoProxy = goEnv{GOPROXY: reached}.proxy()
	return image, nil
}

// stack is the layers so far, the lowest first.
type stack struct {
	layers []oci.Layer
	// roots are the layers' files, the uppermost first.
	roots []string
	// archives are the layers as packed.
	archives []string
	// key is the address of the uppermost.
	key string
}

func (s stack) with(layer oci.Layer, dir, key string) stack {
	return stack{
		layers:   append(s.layers[:len(s.layers):len(s.layers)], layer),
		roots:    append([]string{filepath.Join(dir, rootDir)}, s.roots...),
		archives: append(s.archives[:len(s.archives):len(s.archives)], filepath.Join(dir, archiveFile)),
		key:      key,
	}
}

// Names in the directory of a layer, which the packages debian and oci give.
const (
	rootDir     = "root"
	archiveFile = "layer.tar.gz"
)

// environment is the image's. It must not hold GOPROXY, which would win over
// the engine's.
func environment() []string {
	return []string{
		"PATH=" + golang.Root + "/bin:" + golang.Path + "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"GOTOOLCHAIN=local",
		"GOPATH=" + golang.Path,
		"GOFLAGS=-buildvcs=false",
		"GONOSUMDB=" + unknownToSumDB,
		"GOOS=linux",
		"GOARCH=" + runtime.GOARCH,
		"CGO_ENABLED=0",
	}
}

// below is the stack that the image begins with.
func (b Builder) below(ctx context.Context) (stack, error) {
	made, err := b.Kitchen.Make(ctx, b.Go)
	if err != nil {
		return stack{}, err
	}
	key, err := b.Go.Key()
	if err != nil {
		return stack{}, err
	}
	var s stack
	for _, m := range made {
		s = s.with(m.Layer, m.Dir, key)
	}
	return s, nil
}

// codegenLayer is the code generator and the module proxy in files.
func (b Builder) codegenLayer(ctx context.Context, below stack) (stack, error) {
	codegen, err := fileDigest(b.Codegen)
	if err != nil {
		return stack{}, err
	}
	key, err := cache.Key("codegen", 1, below.key, codegen, proxiedModules)
	if err != nil {
		return stack{}, err
	}
	return b.layer(below, "gosdk-codegen", key, func(root string) error {
		if err := copyFile(b.Codegen, filepath.Join(root, "usr/local/bin/codegen"), 0o755); err != nil {
			return err
		}
		return writeProxy(ctx, filepath.Join(root, "goproxy"))
	})
}

// layer adds the layer name@key, whose files fill makes when it is missing.
func (b Builder) layer(below stack, name, key string, fill func(root string) error) (stack, error) {
	dir, err := b.Kitchen.Entries.Get(name, key, func(dir string) error {
		return b.Kitchen.Log.Run("layer "+name, func() error {
			root := filepath.Join(dir, rootDir)
			if err := os.Mkdir(root, 0o755); err != nil {
				return fmt.Errorf("make layer: %w", err)
			}
			if err := fill(root); err != nil {
				return err
			}
			// Go's caches go by the times of files.
			_, err := oci.Pack(root, dir, farFuture)
			return err
		})
	})
	if err != nil {
		return stack{}, err
	}
	packed, err := oci.OpenLayer(dir)
	if err != nil {
		return stack{}, err
	}
	return below.with(packed, dir, key), nil
}

// layout puts the layers together in an OCI layout. Their archives are linked
// into it, not copied.
func (b Builder) layout(s stack) (Image, error) {
	image, err := oci.Image{Architecture: runtime.GOARCH, Layers: s.layers, Config: v1.Config{Env: environment()}}.Assemble()
	if err != nil {
		return Image{}, err
	}
	digest, err := image.Digest()
	if err != nil {
		return Image{}, fmt.Errorf("digest image: %w", err)
	}
	dir, err := b.Kitchen.Entries.Get("gosdk-image", digest.Hex[:20], func(dir string) error {
		path, err := layout.Write(dir, empty.Index)
		if err != nil {
			return fmt.Errorf("write OCI layout: %w", err)
		}
		if err := linkBlobs(dir, s); err != nil {
			return fmt.Errorf("link layers into OCI layout: %w", err)
		}
		return path.AppendImage(image)
	})
	return Image{Content: dir, Digest: digest.String()}, err
}

func linkBlobs(dir string, s stack) error {
	blobs := filepath.Join(dir, "blobs", "sha256")
	err := os.MkdirAll(blobs, 0o755)
	for n, layer := range s.layers {
		digest, digestErr := layer.Digest()
		err = errors.Join(err, digestErr, os.Link(s.archives[n], filepath.Join(blobs, digest.Hex)))
	}
	return err
}
