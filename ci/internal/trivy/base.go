package trivy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The labels of an image that say what it is built on, by the OCI's names.
const (
	BaseNameLabel   = "org.opencontainers.image.base.name"
	BaseDigestLabel = "org.opencontainers.image.base.digest"
)

// UpdatesLabel is the label of an image whose last layer has packages of its base
// updated; it names them.
const UpdatesLabel = "io.github.pingvas.pingvas-ci.updates"

// BaseLabels say of an image that it is built on another, which goes by its
// reference with a digest.
func BaseLabels(reference string) map[string]string {
	name, digest, _ := strings.Cut(reference, "@")
	return map[string]string{BaseNameLabel: name, BaseDigestLabel: digest}
}

// Base is the image that a scanned one is built on: what comes of it unchanged
// is not the component's to mend.
type Base struct {
	// Reference is its name with its digest; empty where that is not known.
	Reference string `json:"reference"`
	// Layers is how many of the image's are the base's: the first ones. A layer's
	// digest can differ from the base's, where an engine packed it anew.
	Layers int `json:"layers"`
	// Latest tells that its name stands for the same image today: a newer one there
	// is none. It is not asked where that would mend nothing.
	Latest bool `json:"latest"`

	config containerConfig
}

// ParseBase reads the configuration of a base image.
func ParseBase(reference string, raw []byte) (Base, error) {
	var image struct {
		Config containerConfig `json:"config"`
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
	}
	if err := json.Unmarshal(raw, &image); err != nil {
		return Base{}, fmt.Errorf("read the configuration of %s: %w", reference, err)
	}
	return Base{Reference: reference, Layers: len(image.RootFS.DiffIDs), config: image.Config}, nil
}

// BuiltOn is the reference of the image's base as its labels have it, and the name
// by which a newer one would be found; both empty where they say nothing.
func (r Report) BuiltOn() (reference, name string) {
	labels := r.Metadata.ImageConfig.Config.Labels
	name, digest := labels[BaseNameLabel], labels[BaseDigestLabel]
	if name == "" || digest == "" {
		return "", ""
	}
	return name + "@" + digest, name
}

// Scanned is what a scan adds to Trivy's report.
type Scanned struct {
	Base Base `json:"base"`
	// Notes are what was not looked at, and why.
	Notes []string `json:"notes"`
}

// Owner is whose a finding is.
type Owner string

const (
	// OwnerComponent is the component: its own layers and configuration.
	OwnerComponent Owner = "COMPONENT"
	// OwnerBase is the image that the component's is built on.
	OwnerBase Owner = "BASE"
)

// owner is whose a layer is. What is in none is the component's: the
// configuration, less what comes of the base. Updated packages of the base are the
// base's, still.
func (r Report) owner(of Layer) Owner {
	config := r.Metadata.ImageConfig
	at := slices.Index(config.RootFS.DiffIDs, of.DiffID)
	last := len(config.RootFS.DiffIDs) - 1
	if at >= 0 && (at < r.Scanned.Base.Layers || at == last && config.Config.Labels[UpdatesLabel] != "") {
		return OwnerBase
	}
	return OwnerComponent
}

// OwnerOf is whose a layer is, by the digest of its files; empty where nobody says what
// the image is built on.
func (r Report) OwnerOf(diffID string) Owner {
	if r.Scanned.Base.Reference == "" {
		return ""
	}
	return r.owner(Layer{DiffID: diffID})
}

// Mendable tells whether an image of the base's can mend anything that is found.
func (r Report) Mendable(base Base) bool {
	r.Scanned.Base = base
	return slices.ContainsFunc(Findings(r), func(f Finding) bool { return f.Owner == OwnerBase && f.Fixable() })
}

// Remedy is what mends a finding.
type Remedy string

const (
	// RemedyNewerBase is an image of the base's name that was published since.
	RemedyNewerBase Remedy = "NEWER_BASE"
	// RemedyPatchedBase is the base with the package updated in it, as its publisher
	// has none yet.
	RemedyPatchedBase Remedy = "PATCHED_BASE"
	// RemedyPackage is another version of a package of the component's.
	RemedyPackage Remedy = "PACKAGE"
	// RemedyCorrection is a change of the component's files or configuration.
	RemedyCorrection Remedy = "CORRECTION"
	// RemedyNone is nothing yet.
	RemedyNone Remedy = "NONE"
)

// Remedy is what mends the finding.
func (f Finding) Remedy() Remedy {
	switch {
	case f.Kind == KindEndOfSupport:
		return RemedyNewerBase
	case !f.Fixable():
		return RemedyNone
	case f.Owner == OwnerBase && f.latestBase:
		return RemedyPatchedBase
	case f.Owner == OwnerBase:
		return RemedyNewerBase
	case f.Kind == KindVulnerability:
		return RemedyPackage
	}
	return RemedyCorrection
}

// MendedBy is the remedy in words.
func (f Finding) MendedBy() string {
	if f.Kind == KindEndOfSupport {
		return "a base of a newer release"
	}
	switch f.Remedy() {
	case RemedyNewerBase:
		return "a newer base"
	case RemedyPatchedBase:
		return "a patched base"
	case RemedyPackage:
		return fmt.Sprintf("package %s at version %s", f.Package, f.Fixed)
	case RemedyCorrection:
		return "a correction"
	case RemedyNone:
	}
	if f.Declared {
		return "a newer one of what bundles it"
	}
	return "nothing yet"
}

// Fixable tells whether an update or a correction mends the finding today. A
// secret and a misconfiguration have no version to wait for; a package that another
// one bundles waits for that one; from one release of a
// distribution to the next is more than an update.
func (f Finding) Fixable() bool {
	switch f.Kind {
	case KindVulnerability:
		return f.Fixed != "" && !f.Declared
	case KindEndOfSupport:
		return false
	case KindSecret, KindMisconfiguration:
	}
	return true
}
