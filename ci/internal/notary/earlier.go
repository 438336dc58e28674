package notary

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// Claim is what must hold of an image under a commit's tag before a run takes
// it as the one that an earlier run built of the same source, and does not
// build it again.
//
// That the tag exists proves nothing: whoever may push can have set it. It is
// the signature that tells our images: it comes last of all, on what has passed
// every gate. Without a signer the caller must know that nobody else can push
// there. The labels, which the digest covers, say what the image was built from.
type Claim struct {
	// Tag is the commit's.
	Tag string
	// Component and Commit are what the image must be of.
	Component, Commit string
	// Platforms are those that it must be for, and no others.
	Platforms []string
	// Labels are those that it must have on every platform.
	Labels map[string]string
	// By must have signed it and all that is said of it; without one, the
	// registry is trusted to hold only what this pipeline pushed.
	By attest.Verifier
}

// UnprovenError says why an image under the commit's tag is not taken as ours.
type UnprovenError struct {
	Image string
	Why   error
}

func (e *UnprovenError) Error() string {
	return fmt.Sprintf("%s is there already, but is not proven to be an earlier run's of this source: %v", e.Image, e.Why)
}

func (e *UnprovenError) Unwrap() error { return e.Why }

// Earlier finds the image that an earlier run published. It is nil where the
// tag names none, and an UnprovenError says why one that is there does not do.
func (r Repository) Earlier(ctx context.Context, claim Claim) (*registry.Resolved, error) {
	tagged := r.At + ":" + claim.Tag
	image, err := registry.Resolve(ctx, tagged, r.Options...)
	if registry.Absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := r.proves(ctx, claim, image); err != nil {
		return nil, &UnprovenError{r.Name + ":" + claim.Tag, err}
	}
	return &image, nil
}

func (r Repository) proves(ctx context.Context, claim Claim, image registry.Resolved) error {
	wanted := slices.Sorted(slices.Values(claim.Platforms))
	if held := slices.Sorted(maps.Keys(image.Platforms)); !slices.Equal(held, wanted) {
		return fmt.Errorf("it is for %v, not for %v", held, wanted)
	}
	for _, platform := range wanted {
		labels, err := registry.Labels(ctx, r.image(image.Platforms[platform]), r.Options...)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(claim.Labels)) {
			if labels[name] != claim.Labels[name] {
				return fmt.Errorf("%s: its label %s is %q, not %q", platform, name, labels[name], claim.Labels[name])
			}
		}
	}
	if claim.By == nil {
		return nil
	}
	verified, err := r.Verify(ctx, claim.By, claim.Component, image.Digest)
	if err == nil && verified.Build.Commit != claim.Commit {
		err = fmt.Errorf("it was built from %s", verified.Build.Commit)
	}
	return err
}

// Advised adds to the refusal of a taken tag why the image under it was not
// kept, and what to do.
func Advised(err, unproven error, signing bool) error {
	var taken *registry.TakenError
	if !errors.As(err, &taken) {
		return err
	}
	if !signing {
		return fmt.Errorf("%w. If an earlier run of this commit pushed it, nothing proves that: sign with with-signing, or say with --exclusive that only this pipeline can push to the registry, and from the next commit on a run that is started again keeps what is there", err)
	}
	if unproven != nil {
		return fmt.Errorf("%w. What is there was not kept: %w", err, unproven)
	}
	return err
}
