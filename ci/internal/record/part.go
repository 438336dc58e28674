package record

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
)

// PartType names what the record of a part of a delivery says, where it is signed.
const PartType = "https://github.com/pingvas/pingvas-ci/delivery-part/v1"

// Target is the delivery that a part belongs to: no other takes its record.
type Target struct {
	Environment string `json:"environment"`
	Commit      string `json:"commit"`
	// Registries are where images are published, the one that manifests name first.
	Registries []string `json:"registries"`
	// Gitops is the GitOps repository's address; empty for a directory.
	Gitops string `json:"gitops"`
}

// Digest tells deliveries apart: what is signed of a part is signed for one.
func (t Target) Digest() string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{t.Environment, t.Commit, t.Gitops}, t.Registries...), "\n")))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Part is what one runner of a delivery has published, for the call that commits
// what all of them have.
type Part struct {
	Target
	// Shard is which part of how many it is.
	Shard string `json:"shard"`
	// Time is when it was published.
	Time time.Time `json:"time"`
	// Images are those published; an empty list is a part with nothing to do.
	Images []*Image `json:"images"`
	// Inputs are the hashes of what they are made of, by their components.
	Inputs map[string]string `json:"inputs"`
	// Steps are everything that was done, with times.
	Steps []Step `json:"steps"`
}

// JSON is the part for programs.
func (p Part) JSON() ([]byte, error) {
	p.Registries, p.Images, p.Steps = listed(p.Registries), listed(p.Images), listed(p.Steps)
	if p.Inputs == nil {
		p.Inputs = map[string]string{}
	}
	return json.Marshal(p)
}

// ReadPart reads a part, and refuses that of another delivery.
func ReadPart(text []byte, of Target) (Part, error) {
	var p Part
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("it is no record of a part: %w", err)
	}
	if p.Environment != of.Environment || p.Commit != of.Commit {
		return p, fmt.Errorf("it is of the delivery of %s to %s, not of %s to %s", p.Commit, p.Environment, of.Commit, of.Environment)
	}
	if p.Gitops != of.Gitops || !slices.Equal(p.Registries, of.Registries) {
		return p, fmt.Errorf("it is of a delivery by %s to %s, not by %s to %s",
			strings.Join(p.Registries, ", "), said(p.Gitops), strings.Join(of.Registries, ", "), said(of.Gitops))
	}
	if slices.Contains(p.Images, nil) {
		return p, errors.New("it has an image that is none")
	}
	return p, nil
}

func said(gitops string) string {
	if gitops == "" {
		return "a directory"
	}
	return gitops
}

// Parts are the images of all parts, by their components. Two parts that have the
// same component were run twice, and must have come to the same image.
func Parts(parts []Part) (images map[string]*Image, inputs map[string]string, err error) {
	images, inputs = map[string]*Image{}, map[string]string{}
	for _, p := range parts {
		for _, image := range p.Images {
			if other := images[image.Component]; other != nil && other.Digest != image.Digest {
				return nil, nil, fmt.Errorf("two records say different things of %s: %s and %s. Keep the one of the run that counts", image.Component, other.Digest, image.Digest)
			}
			images[image.Component], inputs[image.Component] = image, p.Inputs[image.Component]
		}
	}
	return images, inputs, nil
}

// recordAge is how old a record may be for its scan to count: about as old as the
// vulnerabilities that a database knows.
const recordAge = 24 * time.Hour

// Stale tells whether what one of the parts says of its scans is too old to count. One
// that does not say when it was is.
func Stale(parts []Part, now time.Time) bool {
	return slices.ContainsFunc(parts, func(p Part) bool { return now.Sub(p.Time) > recordAge })
}

// StepsOf are the steps of all parts, each with its shard.
func StepsOf(parts []Part) (steps []Step) {
	for _, p := range parts {
		for _, s := range p.Steps {
			s.Shard = p.Shard
			steps = append(steps, s)
		}
	}
	return steps
}

// Times are how long each component took in an earlier delivery, by its JSON: how
// long it takes to build, not to find that it is there.
func Times(delivery []byte) (map[string]float64, error) {
	var earlier Delivery
	if err := json.Unmarshal(delivery, &earlier); err != nil {
		return nil, fmt.Errorf("it is no delivery's JSON: %w. Write one with deliver json", err)
	}
	seconds := map[string]float64{}
	for _, s := range earlier.Steps {
		if s.Component != "" {
			seconds[s.Component] += s.Seconds
		}
	}
	for _, image := range earlier.Components {
		if image != nil && image.Kept {
			delete(seconds, image.Component)
		}
	}
	return seconds, nil
}

// Cost is how long a component is expected to take: as long as it did, or as long
// as others of its kind do.
func Cost(times map[string]float64, byKind func(affected.Affected) float64) func(affected.Affected) float64 {
	return func(a affected.Affected) float64 {
		if took, known := times[a.Component.Name]; known {
			return took
		}
		return byKind(a)
	}
}
