package kinds

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/images"
)

// dockerBuild builds the image of the component's Dockerfile from its inputs.
func (p Project) dockerBuild(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	return p.dockerStage(ctx, p.Spec.Settings.Target, platform, p.Source.Built(p.Spec))
}

// Stage is a stage of the component's Dockerfile on the native platform, from what
// its checks see.
func (p Project) Stage(ctx context.Context, target string) (*dagger.Container, error) {
	native, err := ground.Native(ctx)
	if err != nil {
		return nil, err
	}
	return p.dockerStage(ctx, target, native, p.Source.Checked(p.Spec))
}

// dockerStage builds a stage of the component's Dockerfile, with the images that
// it names pinned: those that the table or the image lock knows are replaced by
// their reference with a digest.
func (p Project) dockerStage(ctx context.Context, target string, platform dagger.Platform, tree *dagger.Directory) (*dagger.Container, error) {
	file, err := p.dockerfile(ctx)
	if err != nil {
		return nil, err
	}
	table, err := p.agreed(ctx)
	if err != nil {
		return nil, err
	}
	native, err := ground.Native(ctx)
	if err != nil {
		return nil, err
	}
	build := p.build(target, native)
	if err := file.CheckReach(build, p.Entitlements); err != nil {
		return nil, err
	}
	pinned, err := file.Pin(build, table.Lookup)
	if err != nil {
		return nil, err
	}
	build.Platform = string(platform)
	if pinned, err = p.settled(ctx, file, build, pinned, table); err != nil {
		return nil, err
	}
	built, err := p.builtFrom(ctx, tree, pinned, build)
	if failed, ofCommand := errors.AsType[*dagger.ExecError](err); ofCommand {
		return nil, ground.Failed(file.Ran(failed.Cmd), err)
	}
	if err != nil {
		return nil, file.Explain(dockerfile.Failure{
			Build: build, Pinned: pinned, Context: p.Spec.Context(), Ignore: p.Spec.Ignore, Message: err.Error(),
		})
	}
	return forPlatform(ctx, built, platform)
}

// NamedImages are the images that the component's Dockerfile names, as it does.
func (p Project) NamedImages(ctx context.Context) (references []string, err error) {
	if p.Spec.Settings.Dockerfile == "" {
		return nil, nil
	}
	file, err := p.dockerfile(ctx)
	if err != nil {
		return nil, err
	}
	native, err := ground.Native(ctx)
	if err != nil {
		return nil, err
	}
	named, err := file.Images(p.build(p.Spec.Settings.Target, native))
	for _, image := range named {
		references = append(references, image.Reference)
	}
	return references, err
}

// agreed are the images that a Dockerfile's names stand for: those with a digest.
func (p Project) agreed(ctx context.Context) (images.Table, error) {
	table, err := p.Pinned.Table(ctx)
	return table.Pinned(), err
}

// builtFrom builds the text of a Dockerfile in a tree of files, where it lies with
// its ignore file under names of its own.
func (p Project) builtFrom(ctx context.Context, tree *dagger.Directory, pinned []byte, build dockerfile.Build) (*dagger.Container, error) {
	secrets, err := p.buildSecrets(ctx)
	if err != nil {
		return nil, err
	}
	buildContext := tree.
		WithDirectory(p.Spec.Context(), dag.Directory()). // Of which nothing may be copied.
		Directory(p.Spec.Context())
	entries, err := buildContext.Entries(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the build context %s: %w", p.Spec.Context(), err)
	}
	name, ignoreFile := p.Spec.Ignore.Beside(entries)
	return buildContext.
		WithNewFile(name, string(pinned)).
		WithNewFile(name+".dockerignore", ignoreFile).
		DockerBuild(dagger.DirectoryDockerBuildOpts{
			Dockerfile: name,
			Platform:   dagger.Platform(build.Platform),
			BuildArgs:  p.buildArgs(dagger.Platform(build.Native)),
			Target:     build.Target,
			Secrets:    secrets,
		}).Sync(ctx)
}

// dockerfile reads the component's Dockerfile.
func (p Project) dockerfile(ctx context.Context) (*dockerfile.File, error) {
	text, err := p.Source.Directory.File(p.Spec.Settings.Dockerfile).Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: read %s: %w", p.Spec.Name, p.Spec.Settings.Dockerfile, err)
	}
	return dockerfile.Parse(p.Spec.Settings.Dockerfile, []byte(text))
}

// ofDistribution are files of which every distribution has one: a shell, or what
// loads programs that are not whole by themselves.
var ofDistribution = []string{"bin/sh", "usr/bin/sh", "bin/busybox", "lib*/ld-*", "lib*/*/ld-*", "usr/lib*/ld-*", "usr/lib*/*/ld-*"}

// WithoutOS tells whether the component's image has no distribution, and ought to
// have none: it begins with nothing, and nobody copied one into it.
func (p Project) WithoutOS(ctx context.Context, image *dagger.Container) (bool, error) {
	begins, err := p.FromScratch(ctx)
	if err != nil || !begins {
		return false, err
	}
	for _, pattern := range ofDistribution {
		found, err := image.Rootfs().Glob(ctx, pattern)
		if err != nil {
			return false, fmt.Errorf("%s: look for a distribution in the image: %w", p.Spec.Name, err)
		}
		if len(found) > 0 {
			return false, nil
		}
	}
	return true, nil
}

// FromScratch tells whether the component's image begins with nothing, by its
// Dockerfile.
func (p Project) FromScratch(ctx context.Context) (bool, error) {
	if p.Spec.Settings.Dockerfile == "" {
		return false, nil
	}
	file, err := p.dockerfile(ctx)
	if err != nil {
		return false, err
	}
	native, err := ground.Native(ctx)
	if err != nil {
		return false, err
	}
	return file.FromScratch(p.build(p.Spec.Settings.Target, native))
}

// Copies are the lines of COPY and ADD that layers of the component's image come from.
func (p Project) Copies(ctx context.Context) ([]string, error) {
	file, err := p.dockerfile(ctx)
	if err != nil {
		return nil, err
	}
	native, err := ground.Native(ctx)
	if err != nil {
		return nil, err
	}
	return file.Copies(p.build(p.Spec.Settings.Target, native))
}

// build is what the build of a stage of the Dockerfile is told.
func (p Project) build(target string, native dagger.Platform) dockerfile.Build {
	return dockerfile.Build{Target: target, Args: p.Spec.Settings.BuildArgs, Native: string(native), CacheKey: p.Trust.Key() + "/" + p.Spec.Name}
}

func (p Project) buildArgs(native dagger.Platform) []dagger.BuildArg {
	buildArgs := []dagger.BuildArg{{Name: "BUILDPLATFORM", Value: string(native)}}
	for name, value := range p.Spec.Settings.BuildArgs {
		buildArgs = append(buildArgs, dagger.BuildArg{Name: name, Value: value})
	}
	slices.SortFunc(buildArgs, func(a, b dagger.BuildArg) int { return strings.Compare(a.Name, b.Name) })
	return buildArgs
}

var secretName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// CheckSecretName refuses what no Dockerfile can name.
func CheckSecretName(name string) error {
	if !secretName.MatchString(name) {
		return fmt.Errorf("build secret %q: write a name of letters, digits, '-', '_' and '.'", name)
	}
	return nil
}

// buildSecrets are the given secrets under the names that Dockerfiles know.
func (p Project) buildSecrets(ctx context.Context) ([]*dagger.Secret, error) {
	var secrets []*dagger.Secret
	for _, given := range p.BuildSecrets {
		text, err := given.Secret.Plaintext(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the build secret %s: %w", given.Name, err)
		}
		secrets = append(secrets, dag.SetSecret(given.Name, text))
	}
	return secrets, nil
}

// Materials are what the component's image is made of that is somebody else's:
// the images of its Dockerfile as they are pinned, the ones that nobody pinned
// among them, and what it downloads; or the images of its kind's recipe.
func (p Project) Materials(ctx context.Context) (images []string, downloads []dockerfile.Download, err error) {
	if p.Spec.Settings.Dockerfile == "" {
		images, err = p.Kind.BaseImages(ctx, p)
		slices.Sort(images)
		return images, nil, err
	}
	file, err := p.dockerfile(ctx)
	if err != nil {
		return nil, nil, err
	}
	table, err := p.agreed(ctx)
	if err != nil {
		return nil, nil, err
	}
	native, err := ground.Native(ctx)
	if err != nil {
		return nil, nil, err
	}
	build := p.build(p.Spec.Settings.Target, native)
	if images, err = file.Materials(build, p.Spec.Settings.Platforms, table.Lookup); err != nil {
		return nil, nil, err
	}
	downloads, err = file.Downloads(build)
	return images, downloads, err
}
