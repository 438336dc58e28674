// Package updates holds which packages of a base image are updated before its
// publisher does it: a lock of them, and whether one can be unpacked without running
// what it would run.
package updates

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// Lock is the file that says which packages of which images are updated.
type Lock struct {
	Version int `json:"version"`
	// Asked is the day on which the images' own package sources had these packages.
	Asked string `json:"asked"`
	// Images are by their reference with a digest: another image of the same name is
	// another one to ask.
	Images map[string]Platforms `json:"images"`
	// Refused are what has an update that is not in the lock, and why.
	Refused []string `json:"refused"`
}

// Platforms are an image's packages, by platform.
type Platforms map[string][]Package

// Package is one file of a distribution's package sources.
type Package struct {
	// Distribution is whose it is: debian, ubuntu.
	Distribution string `json:"distribution"`
	Name         string `json:"name"`
	Version      string `json:"version"`
	Architecture string `json:"architecture"`
	// File is where it lies in whichever of the image's package sources has it.
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	// Mends are the vulnerabilities for which it is here.
	Mends []string `json:"mends"`
	// Unrun is what the package would run, which somebody decided to leave out.
	Unrun string `json:"unrun,omitempty"`
}

// lockVersion is the version of the format that is read and written.
const lockVersion = 1

// Parse reads a lock.
func Parse(text []byte) (lock Lock, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&lock); err != nil {
		return lock, fmt.Errorf("read the lock of updates: %w. Write it again with lock-updates", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return lock, errors.New("read the lock of updates: there is more after the object. Write it again with lock-updates")
	}
	if err := lock.Check(); err != nil {
		return lock, fmt.Errorf("lock of updates: %w", err)
	}
	return lock, nil
}

// JSON writes the lock, its images and packages in order.
func (l Lock) JSON() ([]byte, error) {
	l.Version = lockVersion
	for _, platforms := range l.Images {
		for _, packages := range platforms {
			slices.SortFunc(packages, func(a, b Package) int { return strings.Compare(a.Name, b.Name) })
		}
	}
	l.Refused = append([]string{}, slices.Sorted(slices.Values(l.Refused))...)
	if err := l.Check(); err != nil {
		return nil, fmt.Errorf("write the lock of updates: %w", err)
	}
	text, err := json.MarshalIndent(l, "", "  ")
	return append(text, '\n'), err
}

// Check refuses what does not name the same bytes for ever, or no package.
func (l Lock) Check() error {
	if l.Version != lockVersion {
		return fmt.Errorf("it has version %d. Write it with version %d", l.Version, lockVersion)
	}
	for _, reference := range slices.Sorted(maps.Keys(l.Images)) {
		if _, err := name.NewDigest(reference); err != nil {
			return fmt.Errorf("image %q: %w. Write REPOSITORY:TAG@sha256:DIGEST", reference, err)
		}
		for platform, packages := range l.Images[reference] {
			for _, p := range packages {
				if err := p.check(path.Base(platform)); err != nil {
					return fmt.Errorf("image %s, %s: package %q: %w", reference, platform, p.Name, err)
				}
			}
		}
	}
	return nil
}

var (
	named     = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]+$`)
	versioned = regexp.MustCompile(`^[0-9][A-Za-z0-9.+:~-]*$`)
	placed    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+:~%/-]*\.deb$`)
	hashed    = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func (p Package) check(architecture string) error {
	switch {
	case !named.MatchString(p.Distribution):
		return fmt.Errorf("distribution %q is none. Write debian or ubuntu", p.Distribution)
	case !named.MatchString(p.Name):
		return errors.New("that is no package's name. Write it as dpkg has it")
	case !versioned.MatchString(p.Version):
		return fmt.Errorf("version %q is none. Write it as dpkg has it", p.Version)
	case p.Architecture != architecture && p.Architecture != "all":
		return fmt.Errorf("architecture %q is not the platform's. Write %s or all", p.Architecture, architecture)
	case !placed.MatchString(p.File) || path.Clean(p.File) != p.File:
		return fmt.Errorf("file %q is none in a package source. Write its place there, such as pool/main/p/perl/perl-base_5.40.1-6_amd64.deb", p.File)
	case !hashed.MatchString(p.SHA256):
		return fmt.Errorf("sha256 %q is none. Write 64 hexadecimal digits", p.SHA256)
	}
	return nil
}

// For are the packages of an image for a platform. Where the lock has only another
// image of that name, stale is its reference.
func (l Lock) For(reference, platform string) (packages []Package, stale string) {
	if platforms, known := l.Images[reference]; known {
		return platforms[platform], ""
	}
	of, _, _ := strings.Cut(reference, "@")
	for _, other := range slices.Sorted(maps.Keys(l.Images)) {
		if strings.HasPrefix(other, of+"@") {
			return nil, other
		}
	}
	return nil, ""
}

// Purl names a package as bills of materials do.
func (p Package) Purl() string {
	return fmt.Sprintf("pkg:deb/%s/%s@%s?arch=%s", p.Distribution, strings.ReplaceAll(p.Name, "+", "%2B"), strings.NewReplacer("+", "%2B", ":", "%3A").Replace(p.Version), p.Architecture)
}
