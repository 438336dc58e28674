package kinds

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/images"
)

// settled is the text to build, with the images that nobody agreed to, and that
// stages begin with, pinned as well: what they leave to those that build on them
// was looked at, and is no other when they are pulled again.
func (p Project) settled(ctx context.Context, file *dockerfile.File, build dockerfile.Build, pinned []byte, agreed images.Table) ([]byte, error) {
	built, err := dockerfile.Parse(p.Spec.Settings.Dockerfile, pinned)
	if err != nil {
		return nil, err
	}
	named, err := built.Images(build)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, image := range named {
		if !image.Base || slices.ContainsFunc(agreed, func(known images.Image) bool { return known.Reference == image.Reference }) {
			continue
		}
		base, reference, err := foreign(ctx, image.Reference, cmp.Or(image.Platform, build.Platform))
		if err != nil {
			return nil, file.Unpulled(image.Line, err.Error())
		}
		triggers, err := triggers(ctx, base)
		if err != nil {
			return nil, err
		}
		if err := file.CheckTriggers(image, triggers, build, p.Entitlements); err != nil {
			return nil, err
		}
		if !image.Pinned() {
			found[image.Reference] = reference
		}
	}
	build.CacheKey = "" // Which is there already.
	return built.Pin(build, func(name string) (string, bool) {
		reference, is := found[name]
		return reference, is
	})
}

// Base is the reference of the image that the component's is built on, with its
// digest; empty where that begins with nothing, or nobody knows with what.
func (p Project) Base(ctx context.Context, platform dagger.Platform) (string, error) {
	if p.Spec.Settings.Dockerfile == "" {
		references, err := p.Kind.BaseImages(ctx, p)
		if err != nil || len(references) == 0 {
			return "", err
		}
		return references[0], nil
	}
	file, err := p.dockerfile(ctx)
	if err != nil {
		return "", err
	}
	table, err := p.Pinned.Table(ctx)
	if err != nil {
		return "", err
	}
	native, err := ground.Native(ctx)
	if err != nil {
		return "", err
	}
	build := p.build(p.Spec.Settings.Target, native)
	build.Platform = string(platform)
	pinned, err := file.Pin(build, table.Lookup)
	if err != nil {
		return "", err
	}
	if file, err = dockerfile.Parse(p.Spec.Settings.Dockerfile, pinned); err != nil {
		return "", err
	}
	image, known, err := file.Base(build)
	if err != nil || !known || image.Pinned() {
		return image.Reference, err
	}
	_, reference, err := foreign(ctx, image.Reference, cmp.Or(image.Platform, build.Platform))
	return reference, err
}

// foreign is an image that a Dockerfile names, and its reference with the digest
// that it has now.
func foreign(ctx context.Context, reference, platform string) (base *dagger.Container, pinned string, err error) {
	base = Pulled(reference, dagger.Platform(platform))
	pinned, err = base.ImageRef(ctx)
	return base, pinned, err
}

// triggers are the instructions that an image leaves to those that build on it.
func triggers(ctx context.Context, base *dagger.Container) ([]string, error) {
	config, err := configuration(ctx, base)
	return config.OnBuild, err
}

// configuration is that of an image, which is read by itself, with other files in it.
func configuration(ctx context.Context, base *dagger.Container) (config v1.Config, err error) {
	alone := base.WithRootfs(dag.Directory().WithNewFile("configuration", "")).AsTarball()
	err = ground.Scratch(func(dir string) error {
		name, err := alone.Export(ctx, filepath.Join(dir, "image.tar"))
		if err != nil {
			return err
		}
		image, err := tarball.ImageFromPath(name, nil)
		if err != nil {
			return err
		}
		file, err := image.ConfigFile()
		if err != nil {
			return err
		}
		config = file.Config
		return nil
	})
	return config, err
}
