package kinds

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// Image is the component's image for a platform, its first when empty, which
// says of which commit it is.
func (p Project) Image(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	platform, err := p.Platform(platform)
	if err != nil {
		return nil, err
	}
	image, err := p.image(ctx, platform)
	return image, ground.Failed(fmt.Sprintf("%s image %s", p.Spec.Name, platform), err)
}

func (p Project) image(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	revision, err := p.Source.Revision(ctx)
	if err != nil {
		return nil, err
	}
	return p.Labelled(ctx, platform, p.Source.Identity(p.Spec, revision))
}

// Images are the component's images, one for each of its platforms.
func (p Project) Images(ctx context.Context) ([]*dagger.Container, error) {
	var built []*dagger.Container
	for _, platform := range p.Spec.Settings.Platforms {
		image, err := p.Image(ctx, dagger.Platform(platform))
		if err != nil {
			return nil, err
		}
		built = append(built, image)
	}
	return built, nil
}

// Labelled is the component's image with labels that say what it is.
func (p Project) Labelled(ctx context.Context, platform dagger.Platform, labels map[string]string) (*dagger.Container, error) {
	image, err := p.made(ctx, platform)
	if err != nil {
		return nil, err
	}
	labels, err = p.Source.WithOrigin(ctx, labels)
	if err != nil {
		return nil, err
	}
	base, err := p.Base(ctx, platform)
	if err != nil {
		return nil, err
	}
	return ground.WithLabels(onBase(image, base), labels), nil
}

// onBase is an image that says in labels what it is built on, and nothing where that
// is not known.
func onBase(image *dagger.Container, base string) *dagger.Container {
	if base == "" {
		return image.WithoutLabel(trivy.BaseNameLabel).WithoutLabel(trivy.BaseDigestLabel)
	}
	return ground.WithLabels(image, trivy.BaseLabels(base))
}

// made is how a component's image is made: by its Dockerfile when it has one,
// else by the recipe of its kind; with the updates of its base that the caller gave.
func (p Project) made(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	image, err := p.own(ctx, platform)
	if err != nil {
		return nil, err
	}
	return p.updated(ctx, image, platform)
}

func (p Project) own(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	if p.Spec.NoImage != "" {
		return nil, fmt.Errorf("there is no image of it: %s", p.Spec.NoImage)
	}
	if p.Spec.Settings.Dockerfile == "" {
		return p.Kind.Recipe(ctx, p, platform)
	}
	image, err := p.dockerBuild(ctx, platform)
	if err == nil {
		err = p.Kind.Inspect(ctx, p, image, platform)
	}
	return image, ground.Unemulated(platform, err)
}

// Guard fails when the image is not fit to be pushed, by the rules of its kind.
func (p Project) Guard(ctx context.Context) error {
	image, err := p.Image(ctx, "")
	if err != nil {
		return err
	}
	return ground.NewSteps(1).Do(ctx, p.Spec.Name, "guards", func(ctx context.Context) (string, error) { return "", p.Kind.Guard(ctx, p, image) })
}

// Root is where the repository lies in a check.
const Root = "/src"
