package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// Finding is one thing that is wrong with an image.
type Finding struct {
	// Identifier is what it is known by: of a vulnerability such as
	// CVE-2026-0001, or the rule or check that found it. A rule that accepts it
	// names it as its id.
	Identifier string
	// Kind is what kind of finding it is.
	Kind FindingKind
	// Title says what is wrong.
	Title string
	// PackageName is the package that is vulnerable; empty for the other kinds.
	PackageName string
	// Installed is the version of the package in the image.
	Installed string
	// Fixed are the versions in which it is fixed; empty while there is none.
	Fixed string
	// Severity is how bad it is.
	Severity Severity
	// Owner is whose it is: the component's, or that of the image it is built on.
	Owner FindingOwner
	// Remedy is what mends it.
	Remedy FindingRemedy
	// MendedBy is that in words, such as package starlette at version 0.40.0.
	MendedBy string
	// Fixable tells that an update or a correction mends it. What is not stops an
	// image only where with-gate --unfixed says so.
	Fixable bool
	// Summary says in one line what was found, where, and why it does not count.
	Summary string
	// Target is the file or the list of packages that it is in, as Trivy names it.
	Target string
	// Platform is the image's platform.
	Platform string
	// Layer is the digest of the image's layer that brought it, as in its
	// manifest. Empty where it is in no layer, as what is wrong with the
	// configuration.
	Layer string
	// DiffID is the digest of that layer's files, unpacked, as in the image's
	// configuration.
	DiffID string
	// Origin is what made that layer, by the image's history, in the words of who
	// wrote that. Dagger's are "import image layer", with the layer's digest, for
	// those of the base image, and else the operation, such as withDirectory.
	// Empty where the history does not say.
	Origin string
	// Suppressed tells that a statement of with-vex says that it does no harm.
	Suppressed bool
	// Accepted tells that a rule of with-gate accepts it, today.
	Accepted bool
	// Reason is why it is suppressed or accepted: the statement's status and
	// justification, or the rule's last day and reason.
	Reason string
}

// FindingKind is a kind of finding that images are scanned for.
type FindingKind string

const (
	// Known vulnerabilities of the packages in the image.
	FindingKindVulnerability FindingKind = "VULNERABILITY"
	// Credentials in the image's files and environment.
	FindingKindSecret FindingKind = "SECRET"
	// What is wrong with how the image is run, such as root for its user, and
	// with the files of configuration in it.
	FindingKindMisconfiguration FindingKind = "MISCONFIGURATION"
	// A distribution that gets no more security updates: HIGH, and no update mends it.
	// It comes with VULNERABILITY.
	FindingKindEndOfSupport FindingKind = "END_OF_SUPPORT"
)

// FindingOwner is whose a finding is.
type FindingOwner string

const (
	// What the component's own layers and configuration brought.
	FindingOwnerComponent FindingOwner = "COMPONENT"
	// What its image inherits unchanged from the one that it is built on.
	FindingOwnerBase FindingOwner = "BASE"
)

// FindingRemedy is what mends a finding.
type FindingRemedy string

const (
	// An image of the base's name that was published since, or will be: renew the pin.
	FindingRemedyNewerBase FindingRemedy = "NEWER_BASE"
	// The base with its packages updated, as the one in use is the newest of its name.
	FindingRemedyPatchedBase FindingRemedy = "PATCHED_BASE"
	// Another version of a package of the component's.
	FindingRemedyPackage FindingRemedy = "PACKAGE"
	// A change of the component's files or configuration.
	FindingRemedyCorrection FindingRemedy = "CORRECTION"
	// Nothing yet.
	FindingRemedyNone FindingRemedy = "NONE"
)

// Severity is how bad a finding is.
type Severity string

const (
	// The worst, such as code that anybody can run from afar.
	SeverityCritical Severity = "CRITICAL"
	// What stops an image, unless with-gate says otherwise.
	SeverityHigh Severity = "HIGH"
	// What does harm under conditions that are rare.
	SeverityMedium Severity = "MEDIUM"
	// What does little harm.
	SeverityLow Severity = "LOW"
	// What nobody has rated yet; below all others.
	SeverityUnknown Severity = "UNKNOWN"
)

// Findings lists what was found in the images of all platforms.
//
// The worst of each platform first, also what statements suppress and what rules
// accept: `findings summary` prints each in one line. It never fails for what is
// found: that is gate's.
// +cache="session"
func (s *Scan) Findings(ctx context.Context) ([]*Finding, error) {
	found, err := s.scans().Findings(ctx)
	return ground.Each(found, findingOf), err
}

// Findings lists what was found in the image.
//
// The worst first, also what statements suppress and what rules accept. It never
// fails for what is found: that is gate's.
// +cache="session"
func (p *PlatformScan) Findings(ctx context.Context) ([]*Finding, error) {
	found, err := p.scan().Findings(ctx)
	return ground.Each(found, findingOf), err
}

func findingOf(f trivy.Account) *Finding {
	return &Finding{
		Identifier: f.ID, Kind: FindingKind(f.Kind), Title: f.Title, Severity: Severity(f.Severity.String()), Summary: f.Summary(),
		Owner: FindingOwner(f.Owner), Remedy: FindingRemedy(f.Remedy()), MendedBy: f.MendedBy(), Fixable: f.Fixable(),
		PackageName: f.Package, Installed: f.Installed, Fixed: f.Fixed, Target: f.Target, Platform: f.Platform,
		Layer: f.Layer.Digest, DiffID: f.Layer.DiffID, Origin: f.Origin, Suppressed: f.Suppressed, Accepted: f.Accepted, Reason: f.Reason,
	}
}
