package kinds

import (
	"context"
	_ "embed" // For the scripts.
	"fmt"
	"path"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
	"github.com/pingvas/pingvas-ci/ci/internal/updates"
)

// The scripts run in a base image of the engine's platform, whose apt and dpkg work
// on packages and files of any.
var (
	//go:embed updates/ask.sh
	askScript string
	//go:embed updates/fetch.sh
	fetchScript string
	//go:embed updates/unpack.sh
	unpackScript string
)

// updates are the packages that the caller's lock has for the component's base on a
// platform, and the base's reference.
func (p Project) updates(ctx context.Context, platform dagger.Platform) (reference string, packages []updates.Package, err error) {
	if p.BaseUpdates == nil {
		return "", nil, nil
	}
	text, err := p.BaseUpdates.Contents(ctx)
	if err != nil {
		return "", nil, fmt.Errorf("read the lock of updates: %w", err)
	}
	lock, err := updates.Parse([]byte(text))
	if err != nil {
		return "", nil, err
	}
	if reference, err = p.Base(ctx, platform); err != nil || reference == "" {
		return "", nil, err
	}
	packages, stale := lock.For(reference, string(platform))
	if stale != "" {
		fmt.Printf("! %s: nothing of %s is updated: the lock has the updates of %s. Write it again with lock-updates\n", p.Spec.Name, reference, stale)
	}
	return reference, packages, nil
}

// updated is an image with packages of its base updated, in a layer of their own.
func (p Project) updated(ctx context.Context, image *dagger.Container, platform dagger.Platform) (*dagger.Container, error) {
	reference, packages, err := p.updates(ctx, platform)
	if err != nil {
		return nil, err
	}
	if len(packages) == 0 {
		return image.WithoutLabel(trivy.UpdatesLabel), nil // What a Dockerfile says there would be believed.
	}
	var wanted, names []string
	for _, one := range packages {
		wanted = append(wanted, one.SHA256+":"+one.File)
		names = append(names, one.Name+"="+one.Version)
	}
	fetched := scripted(reference, fetchScript).
		WithMountedDirectory("/sources", Pulled(reference, platform).Directory("/etc/apt")).
		WithExec(append([]string{"sh", "/script"}, wanted...)).
		Directory("/packages")
	layer, err := scripted(reference, unpackScript).
		WithMountedDirectory("/packages", fetched).
		WithMountedDirectory("/image", image.Rootfs()).
		WithExec([]string{"sh", "/script", path.Base(string(platform))}).
		Directory("/layer").Sync(ctx)
	if err != nil {
		return nil, ground.Explained(err, "%s: update packages of %s for %s:", p.Spec.Name, reference, platform)
	}
	return image.
		With(ground.Layer("/", layer)).
		WithLabel(trivy.UpdatesLabel, strings.Join(names, " ")), nil
}

// Pulled is an image of somebody else's for a platform.
func Pulled(reference string, platform dagger.Platform) *dagger.Container {
	return dag.Container(dagger.ContainerOpts{Platform: platform}).From(reference)
}

// scripted is an image of the engine's platform that is to run a script.
func scripted(reference, script string) *dagger.Container {
	return dag.Container().From(reference).
		WithUser("0:0").
		WithWorkdir("/").
		WithNewFile("/script", script)
}

// AskForUpdates has the package sources of an image asked, at this moment, for what
// updates packages of it on a platform. The answer is as updates.Read takes it.
func AskForUpdates(reference string, platform dagger.Platform, packages []string, moment string) *dagger.Directory {
	return scripted(reference, askScript).
		WithMountedDirectory("/image", Pulled(reference, platform).Rootfs()).
		WithEnvVariable("ASKED_AT", moment). // Another moment, another answer.
		WithExec(append([]string{"sh", "/script", path.Base(string(platform))}, packages...)).
		Directory("/answer")
}

// Updates are the packages that are updated in the component's images, as a
// provenance has them.
func (p Project) Updates(ctx context.Context) (all []attest.Download, err error) {
	for _, platform := range p.Spec.Settings.Platforms {
		_, packages, err := p.updates(ctx, dagger.Platform(platform))
		if err != nil {
			return nil, err
		}
		for _, one := range packages {
			all = append(all, attest.Download{Address: one.Purl(), Digest: "sha256:" + one.SHA256})
		}
	}
	return all, nil
}
