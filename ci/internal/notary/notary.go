// Package notary publishes images with what is known of them, in the images'
// own registry, and checks what was said:
//
//	images := notary.Repository{At: "127.0.0.1:5000/user-service", Name: "registry.example/user-service"}
//	pushed, err := images.Publish(ctx, publication)
//	verified, err := images.Verify(ctx, verifier, "user-service", pushed.Digest)
//
// All of it can be cut off after any request, and done again to the same end:
// what is there already is not sent again, and what is missing is added.
package notary

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// Repository holds the images of one component.
type Repository struct {
	// At is the address by which this process reaches it.
	At string
	// Name is the address by which those who pull know it.
	Name string
	// Options say how its registry is spoken to.
	Options []registry.Option
}

// Publication is an image with what is known of it.
type Publication struct {
	// Images are the image of each platform.
	Images []registry.Image
	// Tags are what it is published under.
	Tags []string
	// Signer signs; nothing is said without one.
	Signer attest.Signer
	// Provenance is how the image came to be: a predicate of SLSA.
	Provenance []byte
	// Bills are the bills of materials, one for each of the images.
	Bills []Bill
}

// Bill is what is in the image of one platform, in JSON.
type Bill struct{ CycloneDX, SPDX []byte }

// Published is an image in its registry, with the tags that it got. Stay are
// those that it did not get, as they name the image of a newer commit.
type Published struct {
	registry.Resolved
	Tags, Stay []string
}

// Publish pushes the images as one index, attests what is known of them, signs,
// and gives the tags last: where the tag is, everything else is.
func (r Repository) Publish(ctx context.Context, p Publication) (Published, error) {
	pushed, err := registry.Push(ctx, r.At, p.Images, p.Tags, r.Options...)
	if err != nil {
		return Published{}, err
	}
	if p.Signer != nil {
		if err := r.notarize(ctx, pushed, p); err != nil {
			return Published{}, err
		}
	}
	due, stay, err := registry.Due(ctx, r.At, p.Images, p.Tags, r.Options...)
	if err != nil {
		return Published{}, err
	}
	return Published{pushed, due, stay}, registry.Tag(ctx, pushed, due, r.Options...)
}

func (r Repository) notarize(ctx context.Context, pushed registry.Resolved, p Publication) error {
	if len(p.Bills) != len(p.Images) {
		return fmt.Errorf("attest %s: there are %d bills of materials for %d images. Give one for each", r.Name, len(p.Bills), len(p.Images))
	}
	verifier, err := p.Signer.Verifier(ctx)
	if err != nil {
		return err
	}
	s := signing{r, p.Signer, verifier}
	// A transparency log takes its time for each entry. What is said of one image
	// goes one after another all the same: a registry without the referrers
	// interface keeps a list of it, which is rewritten each time.
	group, together := errgroup.WithContext(ctx)
	for i, bill := range p.Bills {
		group.Go(func() error {
			if err := s.attest(together, attest.CycloneDX, p.Images[i].Digest, bill.CycloneDX); err != nil {
				return err
			}
			return s.attest(together, attest.SPDX, p.Images[i].Digest, bill.SPDX)
		})
	}
	group.Go(func() error { return s.attest(together, attest.Provenance, pushed.Digest, p.Provenance) })
	if err := group.Wait(); err != nil {
		return err
	}
	return s.sign(ctx, pushed.Digest)
}

func (r Repository) image(digest string) string { return r.At + "@" + digest }

// signing is what one signer says in a repository.
type signing struct {
	Repository
	signer   attest.Signer
	verifier attest.Verifier
}

// attest attests once: what this signer has said already is not said again.
func (s signing) attest(ctx context.Context, predicateType, digest string, predicate []byte) error {
	_, err := s.attested(ctx, s.verifier, predicateType, digest)
	var missing *MissingError
	if !errors.As(err, &missing) {
		return err
	}
	document, err := s.signer.Attest(ctx, predicateType, s.Name, digest, predicate)
	if err != nil {
		return err
	}
	_, err = s.attach(ctx, digest, document)
	return err
}

// sign signs an image, as a referrer and, with a key, under the tag where older
// verifiers look for it. The tag is looked at even where the signature is: a run
// that was cut off between the two leaves it to the next.
func (s signing) sign(ctx context.Context, digest string) error {
	at, err := s.signed(ctx, s.verifier, digest)
	var missing *MissingError
	if errors.As(err, &missing) {
		at, err = s.attachSignature(ctx, digest)
	}
	if err != nil || s.verifier.Signature().Type != attest.SignatureType {
		return err
	}
	err = registry.Tag(ctx, registry.Resolved{Reference: s.image(at), Digest: at}, []string{signatureTag(digest)}, s.Options...)
	var taken *registry.TakenError
	if errors.As(err, &taken) {
		// Another key has signed before. As a referrer both signatures stand.
		return nil
	}
	return err
}

// attachSignature returns the digest of the signature's manifest.
func (s signing) attachSignature(ctx context.Context, digest string) (string, error) {
	signature, err := s.signer.Sign(ctx, s.Name, digest)
	if err != nil {
		return "", err
	}
	return s.attach(ctx, digest, signature)
}

func (r Repository) attach(ctx context.Context, digest string, d attest.Document) (string, error) {
	return registry.Attach(ctx, r.image(digest), registry.Artifact{
		Type: d.Type, MediaType: d.MediaType, Content: d.Content,
		Annotations: d.Annotations(), ContentAnnotations: d.ContentAnnotations(),
	}, r.Options...)
}

// signatureTag is where cosign looks for the signature of an image.
func signatureTag(digest string) string { return strings.Replace(digest, ":", "-", 1) + ".sig" }

// MissingError says that nothing of the kind is attached to an image by the
// signer that was asked for. Other is what there is instead.
type MissingError struct {
	What  string
	By    attest.Verifier
	Of    int
	Other error
}

func (e *MissingError) Error() string {
	text := fmt.Sprintf("no %s by %s among %d. Do not deploy it: deliver it again, signed", e.What, e.By, e.Of)
	if e.Other != nil {
		text += "\n" + e.Other.Error()
	}
	return text
}

func (e *MissingError) Unwrap() error { return e.Other }
