package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/retry"
)

// Push pushes the images of all platforms as one index, by its digest. What the
// registry has already is not sent again, so that a push which was cut off goes
// on where it ended.
//
// The tags are those that it is to get, by Tag, when everything that is to be
// said of it is said: so where the tag is, all of it is. A tag that names
// another image is found here, before anything is sent.
func Push(ctx context.Context, repository string, images []Image, tags []string, opts ...Option) (Resolved, error) {
	fail := func(err error) (Resolved, error) {
		return Resolved{}, fmt.Errorf("push %s: %w", repository, plain.Error(err))
	}
	index, digest, err := untaken(ctx, repository, images, tags, opts)
	if err != nil {
		return fail(err)
	}
	remotes := remoteOptions(ctx, digest.Context(), opts)
	if err := persist(ctx, func() error { return remote.WriteIndex(digest, index, remotes...) }); err != nil {
		return fail(err)
	}
	pushed, err := Resolve(ctx, digest.String(), opts...)
	if err != nil {
		return fail(err)
	}
	return pushed, nil
}

// Would is what Push and Tag come to, with nothing sent: the index's digest, the
// tags that it gets, and those that stay.
func Would(ctx context.Context, repository string, images []Image, tags []string, opts ...Option) (digest string, due, stay []string, err error) {
	_, at, err := untaken(ctx, repository, images, tags, opts)
	if err != nil {
		return "", nil, nil, fmt.Errorf("push %s: %w", repository, plain.Error(err))
	}
	due, stay, err = Due(ctx, repository, images, tags, opts...)
	return at.DigestStr(), due, stay, err
}

// untaken is the index of the images and its name, where none of the tags is
// another image's for good.
func untaken(ctx context.Context, repository string, images []Image, tags []string, opts []Option) (index v1.ImageIndex, digest name.Digest, err error) {
	repo, err := name.NewRepository(repository, collect(opts).nameOptions()...)
	if err != nil {
		return nil, digest, err
	}
	if index, err = together(images); err != nil {
		return nil, digest, err
	}
	hash, err := index.Digest()
	if err != nil {
		return nil, digest, err
	}
	digest = repo.Digest(hash.String())
	remotes := remoteOptions(ctx, repo, opts)
	for _, tag := range tags {
		if _, err := namesAlready(digest, repo.Tag(tag), remotes); err != nil {
			return nil, digest, err
		}
	}
	return index, digest, nil
}

// together is the index of one image a platform. It says nothing of when it
// was made: the same images always make the same index.
func together(images []Image) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	seen := map[string]bool{}
	for _, image := range images {
		if seen[image.Platform] {
			return nil, fmt.Errorf("there are two images for %s. Give one a platform", image.Platform)
		}
		seen[image.Platform] = true
		pushable, err := image.pushable()
		if err != nil {
			return nil, err
		}
		platform, err := v1.ParsePlatform(image.Platform)
		if err != nil {
			return nil, err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: pushable, Descriptor: v1.Descriptor{Platform: platform}})
	}
	if len(images) == 0 {
		return nil, errors.New("there is no image. Give one a platform")
	}
	return index, nil
}

// Tag gives a pushed image tags, keeping its digest. A tag that already names
// the image is success. A tag that names another one is an error that says
// both digests, except for the tags that move: see MutableTags.
func Tag(ctx context.Context, image Resolved, tags []string, opts ...Option) error {
	digest, err := name.NewDigest(image.Reference, collect(opts).nameOptions()...)
	if err != nil {
		return fmt.Errorf("tag %s: %w", image.Reference, err)
	}
	remotes := remoteOptions(ctx, digest.Context(), opts)
	var failures []error
	for _, t := range tags {
		tag := digest.Context().Tag(t)
		if err := tagOne(digest, tag, remotes); err != nil {
			failures = append(failures, fmt.Errorf("tag %s: %w", tag, plain.Error(err)))
		}
	}
	return errors.Join(failures...)
}

// Taggable finds out whether an image is there and may get the tags, so that
// several images get theirs all or not at all.
func Taggable(ctx context.Context, reference string, tags []string, opts ...Option) error {
	image, err := Resolve(ctx, reference, opts...)
	if err != nil {
		return err
	}
	digest, err := name.NewDigest(image.Reference, collect(opts).nameOptions()...)
	if err != nil {
		return fmt.Errorf("tag %s: %w", reference, plain.Error(err))
	}
	for _, t := range tags {
		if _, err := namesAlready(digest, digest.Context().Tag(t), remoteOptions(ctx, digest.Context(), opts)); err != nil {
			return fmt.Errorf("tag %s: %w", reference, plain.Error(err))
		}
	}
	return nil
}

func tagOne(digest name.Digest, tag name.Tag, remotes []remote.Option) error {
	done, err := namesAlready(digest, tag, remotes)
	if err != nil || done {
		return err
	}
	descriptor, err := remote.Get(digest, remotes...)
	if err != nil {
		return err
	}
	err = remote.Tag(tag, descriptor, remotes...)
	if err == nil {
		return nil
	}
	// Somebody else may have been faster, or the answer was lost on its way.
	if done, refused := namesAlready(digest, tag, remotes); done || refused != nil {
		return refused
	}
	return err
}

// TakenError says that a tag which must not move names another image.
type TakenError struct{ Tag, Holds, Wanted string }

func (e *TakenError) Error() string {
	return fmt.Sprintf("the tag %s names %s already, and %s was to get it; a tag is never moved: deliver a new commit", e.Tag, e.Holds, e.Wanted)
}

// namesAlready tells whether a tag names the digest, and fails when it names
// another one for good.
func namesAlready(digest name.Digest, tag name.Tag, remotes []remote.Option) (bool, error) {
	current, err := remote.Head(tag, remotes...)
	switch {
	case notFound(err):
		return false, nil
	case err != nil:
		return false, err
	case current.Digest.String() == digest.DigestStr():
		return true, nil
	case moves(tag.TagStr()):
		return false, nil
	}
	return false, &TakenError{tag.String(), current.Digest.String(), digest.DigestStr()}
}

func moves(tag string) bool {
	return slices.ContainsFunc(MutableTags(), func(pattern string) bool {
		matched, _ := path.Match(pattern, tag) // The patterns are ours, and well-formed.
		return matched
	})
}

// Absent tells whether a registry has no such image: or says so, as some do, by
// forbidding to look.
func Absent(err error) bool {
	var refused *transport.Error
	return notFound(err) || errors.As(err, &refused) &&
		(refused.StatusCode == http.StatusUnauthorized || refused.StatusCode == http.StatusForbidden)
}

func notFound(err error) bool {
	var refused *transport.Error
	if !errors.As(err, &refused) {
		return false
	}
	return refused.StatusCode == http.StatusNotFound ||
		slices.ContainsFunc(refused.Errors, func(d transport.Diagnostic) bool { return d.Code == transport.ManifestUnknownErrorCode })
}

// again is how often, and after which pauses, a request is made again that the
// registry could not answer: for about half a minute.
var again = remote.Backoff{Duration: 300 * time.Millisecond, Factor: 2.5, Jitter: 0.2, Steps: 6, Cap: 15 * time.Second}

// persist pushes again after what the library gives up at, such as a token that
// ends while a layer is sent: each time less is left to do. A refusal is final.
func persist(ctx context.Context, push func() error) error {
	policy := retry.Policy{Tries: 8, First: again.Duration, Longest: 5 * time.Second}
	_, err := retry.Do(ctx, policy, func() (struct{}, error) {
		err := push()
		others := errors.Is(err, context.Canceled) && ctx.Err() == nil // The call was signing in for this one as well.
		if final(err) && !others {
			err = retry.Final(err)
		}
		return struct{}{}, err
	})
	return err
}

// final tells whether the registry has understood a request, and refused it.
func final(err error) bool {
	if _, astray := errors.AsType[*AstrayError](err); astray {
		return true
	}
	var refused *transport.Error
	if !errors.As(err, &refused) {
		return errors.Is(err, context.Canceled)
	}
	switch refused.StatusCode {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return refused.StatusCode < http.StatusInternalServerError
}

func sum(raw []byte) v1.Hash {
	digest, _, _ := v1.SHA256(bytes.NewReader(raw)) // Reading from memory does not fail.
	return digest
}
