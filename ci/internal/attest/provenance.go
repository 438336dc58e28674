package attest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// BuildType names how an image is built, and what its parameters mean.
const BuildType = "https://github.com/pingvas/pingvas-ci/component/v1"

// Build is how an image came to be.
type Build struct {
	// Builder is who built it, as a URI.
	Builder string
	// Source is the repository that it was built from, as a URI; empty when it
	// is not known.
	Source string
	// Commit is what of the source was built.
	Commit string
	// Parameters are what the build was told.
	Parameters map[string]any
	// Materials are the images that it was built from. One without a digest is
	// said to be so: see Unpinned.
	Materials []string
	// Downloads are files from addresses that went into it.
	Downloads []Download
}

// Download is a file from an address.
type Download struct {
	// Address is where it came from, as a URI.
	Address string
	// Digest is what it was compared with, as in sha256:HEX, or a git commit;
	// empty is nothing.
	Digest string
}

// Unpinned lists the materials and downloads that have no digest: other bytes
// may stand behind their names tomorrow, so a report should say which they are.
func (b Build) Unpinned() []string {
	unpinned := slices.DeleteFunc(slices.Clone(b.Materials), func(reference string) bool { return strings.Contains(reference, "@") })
	for _, d := range b.Downloads {
		if d.Digest == "" {
			unpinned = append(unpinned, d.Address)
		}
	}
	return unpinned
}

type provenance struct {
	Definition struct {
		BuildType    string         `json:"buildType"`
		Parameters   map[string]any `json:"externalParameters"`
		Dependencies []dependency   `json:"resolvedDependencies"`
	} `json:"buildDefinition"`
	Details struct {
		Builder struct {
			ID string `json:"id"`
		} `json:"builder"`
	} `json:"runDetails"`
}

type dependency struct {
	URI    string            `json:"uri"`
	Digest map[string]string `json:"digest,omitempty"`
}

// Predicate writes SLSA provenance, version 1. It says nothing of time, so the
// same build says the same.
func (b Build) Predicate() ([]byte, error) {
	var p provenance
	p.Definition.BuildType = BuildType
	p.Definition.Parameters = b.Parameters
	p.Details.Builder.ID = b.Builder
	source := dependency{URI: "git+" + b.Source, Digest: map[string]string{"gitCommit": b.Commit}}
	if b.Source == "" {
		source.URI = "urn:pingvas-ci:source"
	}
	if tree, isTree := strings.CutPrefix(b.Commit, "tree-"); isTree {
		source.Digest = map[string]string{"tree": tree}
	}
	p.Definition.Dependencies = []dependency{source}
	for _, reference := range b.Materials {
		material, err := materialOf(reference)
		if err != nil {
			return nil, err
		}
		p.Definition.Dependencies = append(p.Definition.Dependencies, material)
	}
	for _, d := range b.Downloads {
		p.Definition.Dependencies = append(p.Definition.Dependencies, d.dependency())
	}
	return json.Marshal(p)
}

// materialOf describes an image. One without a digest is named all the same,
// as SLSA allows: a material that nobody pinned is no secret.
func materialOf(reference string) (dependency, error) {
	material := dependency{URI: "oci://" + reference}
	if !strings.Contains(reference, "@") {
		return material, nil
	}
	image, err := name.NewDigest(reference)
	if err != nil {
		return dependency{}, fmt.Errorf("provenance: material %q: %w. Write it as REPOSITORY:TAG@sha256:DIGEST", reference, err)
	}
	algorithm, hex, _ := strings.Cut(image.DigestStr(), ":")
	material.Digest = map[string]string{algorithm: hex}
	return material, nil
}

func (d Download) dependency() dependency {
	described := dependency{URI: d.Address}
	if algorithm, hex, hasAlgorithm := strings.Cut(d.Digest, ":"); hasAlgorithm {
		described.Digest = map[string]string{algorithm: hex}
	} else if d.Digest != "" {
		described.Digest = map[string]string{"gitCommit": d.Digest}
	}
	return described
}

// ReadBuild reads what Predicate wrote.
func ReadBuild(predicate []byte) (Build, error) {
	var p provenance
	if err := json.Unmarshal(predicate, &p); err != nil {
		return Build{}, fmt.Errorf("read the provenance: %w", err)
	}
	if p.Definition.BuildType != BuildType || len(p.Definition.Dependencies) == 0 {
		return Build{}, fmt.Errorf("the provenance is of a build %q, not %q: another builder made the image", p.Definition.BuildType, BuildType)
	}
	source := p.Definition.Dependencies[0]
	b := Build{Builder: p.Details.Builder.ID, Parameters: p.Definition.Parameters, Commit: source.Digest["gitCommit"]}
	if tree := source.Digest["tree"]; tree != "" {
		b.Commit = "tree-" + tree
	}
	if repository, known := strings.CutPrefix(source.URI, "git+"); known {
		b.Source = repository
	}
	for _, d := range p.Definition.Dependencies[1:] {
		if reference, isImage := strings.CutPrefix(d.URI, "oci://"); isImage {
			b.Materials = append(b.Materials, reference)
			continue
		}
		download := Download{Address: d.URI, Digest: d.Digest["gitCommit"]}
		for _, algorithm := range slices.Sorted(maps.Keys(d.Digest)) {
			if algorithm != "gitCommit" {
				download.Digest = algorithm + ":" + d.Digest[algorithm]
			}
		}
		b.Downloads = append(b.Downloads, download)
	}
	return b, nil
}
