package publishing

import (
	"context"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/scanning"
	"github.com/pingvas/pingvas-ci/ci/internal/notary"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// Published is a component's image in the registries.
type Published struct {
	// Component is the component's name.
	Component string
	// Repository is the image's name, with its registry: the first one.
	Repository string
	// Also are its names in further registries.
	Also []string
	// Tags are the tags that it was published under.
	Tags []string
	// TagsLeft are the tags that move, such as develop-latest, and were left
	// where they are: at the image of a newer commit.
	TagsLeft []string
	// Digest is the digest of the image's multi-platform index.
	Digest string
	// Platforms are what it runs on.
	Platforms []string
	// Size is how many bytes a registry holds of it, for all platforms.
	Size int
	// Scan says in one line what Trivy found in it. Who has scanned it says so.
	Scan string
	// Kept tells that an earlier run of the commit had published it: it was
	// scanned anew, and not built again. Who looked for it says so.
	Kept bool
	// Unpinned are the images that it is built from without a digest. Who built
	// it says so.
	Unpinned []string
}

// Note says in one line what was published.
func (p *Published) Note() string {
	if len(p.TagsLeft) == 0 {
		return p.Digest
	}
	return fmt.Sprintf("%s; %s stays at a newer commit's image", p.Digest, strings.Join(p.TagsLeft, ", "))
}

// Publication is what was scanned, for each platform, with its tags and, where
// somebody signs, with what is known of it: the build says of which commit it is,
// by which parameters, and from which images. Without a signer it is not looked at.
func Publication(ctx context.Context, tags []string, scans scanning.Scans, signer *Signer, build attest.Build) (notary.Publication, error) {
	p := notary.Publication{Tags: tags}
	for _, scan := range scans {
		image, err := scan.Image(ctx)
		if err != nil {
			return p, err
		}
		p.Images = append(p.Images, image)
	}
	err := signer.attests(ctx, &p, scans, build)
	return p, err
}

// Publish publishes a component's image to every registry: the files that were
// scanned, of all platforms, as one index. Unproven says why what Earlier found
// under the tag was not kept, if anything was there.
//
// They go from the engine to the registry through this process, and only those
// that the registry lacks: what it holds is what was scanned by construction,
// and no credentials enter the engine.
func Publish(ctx context.Context, registries []*Registry, name string, p notary.Publication, unproven error) (*Published, error) {
	published := &Published{Component: name, Size: registry.Size(p.Images)}
	for _, image := range p.Images {
		published.Platforms = append(published.Platforms, image.Platform)
	}
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

// publish publishes to one registry, where the repository is made if need be.
func (r *Registry) publish(ctx context.Context, name string, p notary.Publication) (notary.Published, error) {
	if err := r.Prepare(ctx, name); err != nil {
		return notary.Published{}, err
	}
	return r.Notary(name).Publish(ctx, p)
}
