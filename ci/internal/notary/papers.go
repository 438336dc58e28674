package notary

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// Paper is a document about an image, as a file.
type Paper struct {
	Name    string
	Content []byte
}

// papers are what of the statements is handed on, with the ends of the files' names.
var papers = []struct{ predicate, suffix string }{
	{attest.Provenance, "provenance"}, {attest.CycloneDX, "cdx"}, {attest.SPDX, "spdx"},
}

// Papers are the provenance of a component's image and each platform's bills of
// materials, in the signed bundles that are attached to it: whoever is given them can
// verify them. Nothing is verified here. Of an image that nobody signed there are none.
func (r Repository) Papers(ctx context.Context, component, digest string) ([]Paper, error) {
	image, err := registry.Resolve(ctx, r.image(digest), r.Options...)
	if err != nil {
		return nil, err
	}
	all, err := r.attachedPapers(ctx, component, digest)
	for _, platform := range slices.Sorted(maps.Keys(image.Platforms)) {
		if of := image.Platforms[platform]; of != digest && err == nil {
			var more []Paper
			more, err = r.attachedPapers(ctx, component+"."+strings.ReplaceAll(platform, "/", "-"), of)
			all = append(all, more...)
		}
	}
	return all, err
}

func (r Repository) attachedPapers(ctx context.Context, name, digest string) (found []Paper, err error) {
	attached, err := registry.Attached(ctx, r.image(digest), attest.BundleType, nil, r.Options...)
	if err != nil {
		return nil, err
	}
	for _, paper := range papers {
		count := 0
		for _, a := range attached {
			if a.Unreadable != nil || attest.Found(a.Type, a.MediaType, a.Content, a.Annotations, a.ContentAnnotations).Form != attest.Attestation(paper.predicate) {
				continue
			}
			file := name + "." + paper.suffix
			if count++; count > 1 { // Of several signers, as of an image that was published again.
				file += fmt.Sprintf(".%d", count)
			}
			found = append(found, Paper{file + ".sigstore.json", a.Content})
		}
	}
	return found, nil
}
