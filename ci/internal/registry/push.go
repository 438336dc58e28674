package registry

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Push pushes an OCI layout tarball as it is and tags it. Pushed again, it
// uploads nothing and changes nothing; see Tag for tags that exist.
func Push(ctx context.Context, tarball, repository string, tags []string, opts ...Option) (Resolved, error) {
	fail := func(err error) (Resolved, error) {
		return Resolved{}, fmt.Errorf("push %s: %w", repository, err)
	}
	repo, err := name.NewRepository(repository, collect(opts).nameOptions()...)
	if err != nil {
		return fail(err)
	}
	scanned, err := LayoutDigests(tarball)
	if err != nil {
		return fail(err)
	}
	dir, err := os.MkdirTemp("", "layout")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := unpack(tarball, dir); err != nil {
		return fail(err)
	}
	digest, err := write(ctx, dir, repo, scanned, opts)
	if err != nil {
		return fail(err)
	}
	pushed, err := Resolve(ctx, repo.Digest(digest).String(), opts...)
	if err != nil {
		return fail(err)
	}
	if err := scanned.Holds(pushed); err != nil {
		return fail(err)
	}
	return pushed, Tag(ctx, pushed, tags, opts...)
}

// Tag gives a pushed image tags, keeping its digest. A tag that already names
// the image is success; one that names another is moved where the repository
// allows it, and an error where tags are immutable.
func Tag(ctx context.Context, image Resolved, tags []string, opts ...Option) error {
	digest, err := name.NewDigest(image.Reference, collect(opts).nameOptions()...)
	if err != nil {
		return fmt.Errorf("tag %s: %w", image.Reference, err)
	}
	remotes := remoteOptions(ctx, opts)
	var failures []error
	for _, t := range tags {
		tag := digest.Context().Tag(t)
		if err := tagOne(digest, tag, remotes); err != nil {
			failures = append(failures, fmt.Errorf("tag %s: %w", tag, err))
		}
	}
	return errors.Join(failures...)
}

func tagOne(digest name.Digest, tag name.Tag, remotes []remote.Option) error {
	current, err := remote.Head(tag, remotes...)
	if err == nil && current.Digest.String() == digest.DigestStr() {
		return nil
	}
	if err != nil && !notFound(err) {
		return err
	}
	descriptor, err := remote.Get(digest, remotes...)
	if err != nil {
		return err
	}
	err = remote.Tag(tag, descriptor, remotes...)
	if current != nil && err != nil {
		return fmt.Errorf("it names %s already: %w; build a new commit, since an immutable tag is never moved", current.Digest, err)
	}
	return err
}

func notFound(err error) bool {
	var refused *transport.Error
	if !errors.As(err, &refused) {
		return false
	}
	return refused.StatusCode == http.StatusNotFound ||
		slices.ContainsFunc(refused.Errors, func(d transport.Diagnostic) bool { return d.Code == transport.ManifestUnknownErrorCode })
}

// write uploads the layout's index, or its only image, and returns the digest.
func write(ctx context.Context, dir string, repo name.Repository, scanned Layout, opts []Option) (string, error) {
	root, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return "", err
	}
	remotes := remoteOptions(ctx, opts)
	if scanned.Index != "" {
		hash, err := v1.NewHash(scanned.Index)
		if err != nil {
			return "", err
		}
		index, err := root.ImageIndex(hash)
		if err != nil {
			return "", err
		}
		return scanned.Index, remote.WriteIndex(repo.Digest(scanned.Index), index, remotes...)
	}
	if len(scanned.Platforms) > 1 {
		return "", errors.New("its platforms have no index in common; export one tarball of all platforms")
	}
	for _, digest := range scanned.Platforms {
		hash, err := v1.NewHash(digest)
		if err != nil {
			return "", err
		}
		image, err := root.Image(hash)
		if err != nil {
			return "", err
		}
		return digest, remote.Write(repo.Digest(digest), image, remotes...)
	}
	return "", errors.New("it holds no image; export it again")
}

// unpack writes a tarball's regular files below dir, and nothing outside.
func unpack(tarball, dir string) error {
	file, err := os.Open(tarball)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for reader := tar.NewReader(file); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if err := unpackFile(root, header.Name, reader); err != nil {
			return fmt.Errorf("unpack %s: %w", header.Name, err)
		}
	}
}

func unpackFile(root *os.Root, entry string, content io.Reader) error {
	if err := root.MkdirAll(filepath.Dir(entry), 0o755); err != nil {
		return err
	}
	out, err := root.Create(entry)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, content)
	return errors.Join(err, out.Close())
}
