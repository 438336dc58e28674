package publishing

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/scanning"
	"github.com/pingvas/pingvas-ci/ci/internal/notary"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// Publication is what was scanned, for each platform, with its tags and, where
// somebody signs, with what is known of it: the build says of which commit it is,
// by which parameters, and from which images. Without a signer it is not looked at.
func Publication(ctx context.Context, tags []string, scans scanning.Scans, signer *Signer, build attest.Build) (notary.Publication, error) {
	p := notary.Publication{Tags: tags, Images: make([]registry.Image, len(scans))}
	// Each is read in small steps that wait for the engine.
	group, together := errgroup.WithContext(ctx)
	for i, scan := range scans {
		group.Go(func() (err error) {
			p.Images[i], err = scan.Image(ctx) // Its layers are read in this context, later.
			return err
		})
	}
	group.Go(func() error { return signer.attests(together, &p, scans, build) })
	return p, group.Wait()
}

// Publish publishes a component's image to every registry: the files that were
// scanned, of all platforms, as one index. Unproven says why what Earlier found
// under the tag was not kept, if anything was there.
//
// They go from the engine to the registry through this process, and only those
// that the registry lacks: what it holds is what was scanned by construction,
// and no credentials enter the engine.
func Publish(ctx context.Context, registries []*Registry, name string, p notary.Publication, unproven error) (*record.Image, error) {
	published := imageOf(name, p)
	for _, r := range registries {
		pushed, err := r.publish(ctx, name, p)
		if err != nil {
			return nil, notary.Advised(err, unproven, p.Signer != nil)
		}
		if published.Digest == "" {
			published.Repository, published.Digest = r.Name(name), pushed.Digest
			published.Tags, published.TagsLeft = pushed.Tags, pushed.Stay
			continue
		}
		published.Also = append(published.Also, r.Name(name))
	}
	return published, nil
}

// imageOf is a component's image, which no registry has yet.
func imageOf(name string, p notary.Publication) *record.Image {
	image := &record.Image{Component: name, Size: registry.Size(p.Images)}
	for _, variant := range p.Images {
		image.Platforms = append(image.Platforms, variant.Platform)
	}
	return image
}

// publish publishes to one registry, where the repository is made if need be.
func (r *Registry) publish(ctx context.Context, name string, p notary.Publication) (notary.Published, error) {
	if err := r.Prepare(ctx, name); err != nil {
		return notary.Published{}, err
	}
	return r.Notary(name).Publish(ctx, p)
}

// Would is what Publish comes to, with nothing sent: a tag that names another
// image is found all the same.
func Would(ctx context.Context, registries []*Registry, name string, p notary.Publication, unproven error) (*record.Image, error) {
	would := imageOf(name, p)
	for i, r := range registries {
		digest, due, stay, err := registry.Would(ctx, r.Repository(name), p.Images, p.Tags, r.Options...)
		if err != nil {
			return nil, notary.Advised(err, unproven, p.Signer != nil)
		}
		if i == 0 {
			would.Repository, would.Digest, would.Tags, would.TagsLeft = r.Name(name), digest, due, stay
			continue
		}
		would.Also = append(would.Also, r.Name(name))
	}
	return would, nil
}
