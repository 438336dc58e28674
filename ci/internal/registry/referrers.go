package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/retry"
)

// Artifact is something that is said of an image: a signature, an attestation.
type Artifact struct {
	// Digest is that of its manifest, where it was read from a registry.
	Digest string
	// Type is the artifact's.
	Type string
	// Annotations are the manifest's, by which it is found.
	Annotations map[string]string
	// MediaType is the content's.
	MediaType string
	// Content is what is said.
	Content []byte
	// ContentAnnotations stand beside the content.
	ContentAnnotations map[string]string
	// Unreadable says why there is nothing of it but its digest: it is malformed,
	// too large, or gone.
	Unreadable error
}

// artifactManifest is an image manifest with the fields that the library's
// lacks.
type artifactManifest struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     types.MediaType   `json:"mediaType"`
	ArtifactType  string            `json:"artifactType"`
	Config        v1.Descriptor     `json:"config"`
	Layers        []v1.Descriptor   `json:"layers"`
	Subject       *v1.Descriptor    `json:"subject"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

// raw is a manifest as it is pushed.
type raw struct{ content []byte }

func (r raw) RawManifest() ([]byte, error)        { return r.content, nil }
func (r raw) MediaType() (types.MediaType, error) { return types.OCIManifestSchema1, nil }

const emptyConfig = "{}"

// Attach makes an artifact refer to an image, and returns the digest of its
// manifest. Attached again, nothing is sent.
func Attach(ctx context.Context, image string, artifact Artifact, opts ...Option) (string, error) {
	digest, err := attach(ctx, image, artifact, opts)
	if err != nil {
		return "", fmt.Errorf("attach %s to %s: %w", artifact.Type, image, plain.Error(err))
	}
	return digest, nil
}

func attach(ctx context.Context, image string, artifact Artifact, opts []Option) (string, error) {
	subject, err := name.NewDigest(image, collect(opts).nameOptions()...)
	if err != nil {
		return "", err
	}
	remotes := remoteOptions(ctx, subject.Context(), opts)
	described, err := remote.Head(subject, remotes...)
	if err != nil {
		return "", err
	}
	content, err := artifact.manifest(described)
	if err != nil {
		return "", err
	}
	at := subject.Context().Digest(sum(content).String())
	if _, err := remote.Head(at, remotes...); !notFound(err) {
		return at.DigestStr(), err
	}
	config := static.NewLayer([]byte(emptyConfig), types.MediaType(artifact.Type))
	layer := static.NewLayer(artifact.Content, types.MediaType(artifact.MediaType))
	for _, blob := range []v1.Layer{config, layer} {
		err := persist(ctx, func() error {
			err := remote.WriteLayer(subject.Context(), blob, remotes...)
			if errors.Is(err, errSlow) {
				return retry.Final(err) // It is small.
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return at.DigestStr(), remote.Put(at, raw{content}, remotes...)
}

// manifest is the artifact's, referring to an image.
func (a Artifact) manifest(subject *v1.Descriptor) ([]byte, error) {
	return json.Marshal(artifactManifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: a.Type,
		Config:      v1.Descriptor{MediaType: types.MediaType(a.Type), Digest: sum([]byte(emptyConfig)), Size: int64(len(emptyConfig))},
		Layers:      []v1.Descriptor{{MediaType: types.MediaType(a.MediaType), Digest: sum(a.Content), Size: int64(len(a.Content)), Annotations: a.ContentAnnotations}},
		Subject:     &v1.Descriptor{MediaType: subject.MediaType, Digest: subject.Digest, Size: subject.Size},
		Annotations: a.Annotations,
	})
}

// Attached returns the artifacts of one type that refer to an image, with
// their content. The content of each has the digest that the image's registry
// lists: nothing else is said of it here. Those that are listed with other
// annotations than the given ones are left out: they need not be fetched.
func Attached(ctx context.Context, image, artifactType string, annotations map[string]string, opts ...Option) ([]Artifact, error) {
	fail := func(err error) ([]Artifact, error) {
		return nil, fmt.Errorf("read what is attached to %s: %w", image, plain.Error(err))
	}
	subject, err := name.NewDigest(image, collect(opts).nameOptions()...)
	if err != nil {
		return fail(err)
	}
	remotes := remoteOptions(ctx, subject.Context(), opts)
	index, err := remote.Referrers(subject, append(remotes, remote.WithFilter("artifactType", artifactType))...)
	if err != nil {
		return fail(err)
	}
	listed, err := index.IndexManifest()
	if err != nil {
		return fail(err)
	}
	var found []Artifact
	for _, descriptor := range listed.Manifests {
		if descriptor.ArtifactType != artifactType || listedOtherwise(descriptor, annotations) {
			continue
		}
		artifact, err := fetch(subject.Context().Digest(descriptor.Digest.String()), remotes)
		switch {
		case unreadable(err):
			artifact = Artifact{Digest: descriptor.Digest.String(), Unreadable: plain.Error(err)}
		case err != nil:
			return fail(err)
		}
		found = append(found, artifact)
	}
	return found, nil
}

// listedOtherwise tells whether a registry lists an artifact with another value of an
// annotation. One that it lists without is not known to be another.
func listedOtherwise(artifact v1.Descriptor, annotations map[string]string) bool {
	for name, value := range annotations {
		if listed, has := artifact.Annotations[name]; has && listed != value {
			return true
		}
	}
	return false
}

// mostSaid is how large an artifact may be: as large as cosign's own.
const mostSaid = 128 << 20

// malformedError is of one artifact, whoever attached it: those beside it are
// read all the same.
type malformedError struct {
	at  name.Digest
	why string
}

func unreadable(err error) bool {
	_, malformed := errors.AsType[*malformedError](err)
	return malformed || notFound(err) || errors.Is(err, errLarge)
}

func (e *malformedError) Error() string { return fmt.Sprintf("%s %s", e.at.DigestStr(), e.why) }

func fetch(at name.Digest, remotes []remote.Option) (Artifact, error) {
	descriptor, err := remote.Get(at, remotes...)
	if err != nil {
		return Artifact{}, err
	}
	var manifest artifactManifest
	if err := json.Unmarshal(descriptor.Manifest, &manifest); err != nil {
		return Artifact{}, &malformedError{at, "is no manifest: " + err.Error()}
	}
	if len(manifest.Layers) != 1 {
		return Artifact{}, &malformedError{at, fmt.Sprintf("has %d parts, and should have one", len(manifest.Layers))}
	}
	part := manifest.Layers[0]
	if part.Size > mostSaid {
		return Artifact{}, &malformedError{at, fmt.Sprintf("says %d bytes, and at most %d are read", part.Size, mostSaid)}
	}
	layer, err := remote.Layer(at.Context().Digest(part.Digest.String()), remotes...)
	if err != nil {
		return Artifact{}, err
	}
	reader, err := layer.Compressed()
	if err != nil {
		return Artifact{}, err
	}
	content, err := io.ReadAll(io.LimitReader(reader, part.Size+1))
	if err := errors.Join(err, reader.Close()); err != nil {
		return Artifact{}, fmt.Errorf("%s: %w", at, err)
	}
	if int64(len(content)) != part.Size {
		return Artifact{}, &malformedError{at, fmt.Sprintf("says that it has %d bytes, and has others", part.Size)}
	}
	return Artifact{
		Digest: at.DigestStr(), Type: manifest.ArtifactType, Annotations: manifest.Annotations,
		MediaType: string(part.MediaType), Content: content, ContentAnnotations: part.Annotations,
	}, nil
}
