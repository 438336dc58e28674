package trivy

import (
	"fmt"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// FindingsError says that an image has findings the policy does not let pass.
type FindingsError struct {
	// Image is the component and the platform.
	Image    string
	Findings []Finding
}

func (e *FindingsError) Error() string {
	const most = 10
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d findings fail the gate:", e.Image, len(e.Findings))
	for i, f := range e.Findings {
		if i == most {
			fmt.Fprintf(&b, "\n  and %d more", len(e.Findings)-most)
			break
		}
		fmt.Fprintf(&b, "\n  %s %s %s", f.Severity, plain.Line(f.ID), plain.Line(f.told()))
	}
	b.WriteString("\n" + advice(e.Findings) + "Or accept a finding with an ignore rule that has a reason and a date.")
	return b.String()
}

// advice says what to do about findings, by what mends them.
func advice(findings []Finding) string {
	mended := map[Remedy]bool{}
	for _, f := range findings {
		mended[f.Remedy()] = true
	}
	var said strings.Builder
	for _, by := range []struct {
		remedy Remedy
		advice string
	}{
		{RemedyPackage, "Update the packages. "},
		{RemedyCorrection, "Correct what is the component's own. "},
		{RemedyNewerBase, "Renew the pin of the base: a newer image has the fixes, or will have them. "},
		{RemedyPatchedBase, "There is no newer base: update its packages by lock-updates and with-base-updates, or in the Dockerfile, until there is. "},
		{RemedyNone, "Leave with-gate --unfixed out, and what nobody can mend yet stops nothing. "},
	} {
		if mended[by.remedy] {
			said.WriteString(by.advice)
		}
	}
	return said.String()
}

// told is what was found, and of the base's also what mends it: of a package of
// the component's the fixed version says so.
func (f Finding) told() string {
	if f.Owner != OwnerBase {
		return f.what()
	}
	return fmt.Sprintf("%s, the base's: %s", f.what(), f.MendedBy())
}

func (f Finding) what() string {
	switch {
	case f.Package == "":
		return "in " + f.Path + f.problem()
	case f.Fixed == "":
		return f.Package + " " + f.Installed + " (no fix yet)"
	}
	return f.Package + " " + f.Installed + " (fixed in " + f.Fixed + ")"
}

// problem says what is wrong with a file of configuration: its check's ID tells
// nobody.
func (f Finding) problem() string {
	switch f.Kind {
	case KindMisconfiguration:
		return " (" + f.Title + ")"
	case KindEndOfSupport:
		return " (no more security updates)"
	case KindVulnerability, KindSecret:
	}
	return ""
}

// NoOSError says that Trivy recognised no distribution, so it compared none
// of its packages with any advisory.
type NoOSError struct{}

func (*NoOSError) Error() string {
	return "the scan recognised no operating system, so no package of one was compared with any advisory. Where the image is built from scratch, say with-gate --without-os"
}

// NoPackagesError says that a target has no packages to compare.
type NoPackagesError struct{ Target string }

func (e *NoPackagesError) Error() string {
	return fmt.Sprintf("the scan of %q lists no packages. Scan with --list-all-pkgs, and see that the image keeps its package database", e.Target)
}

// MissingResultsError says that there is nothing to judge.
type MissingResultsError struct{}

func (*MissingResultsError) Error() string {
	return "the scan has no results for the distribution's packages. Scan with the vulnerability scanner on"
}

// UncheckedConfigurationError says that the image's user, ports and environment
// were not looked at, though they were to be.
type UncheckedConfigurationError struct{}

func (*UncheckedConfigurationError) Error() string {
	return "the scan did not check the image's configuration. Use a Trivy that has its checks within, or scan without MISCONFIGURATION"
}

// OldDatabaseError says that the database is too old to be believed, or of
// unknown age.
type OldDatabaseError struct {
	Updated time.Time
	Limit   time.Duration
}

func (e *OldDatabaseError) Error() string {
	age := "is of unknown age"
	if !e.Updated.IsZero() {
		age = "is of " + e.Updated.Format(time.DateOnly)
	}
	return fmt.Sprintf("the vulnerability database %s and may be %s old. Update it", age, e.Limit)
}

// WrongPlatformError says that another image than the asked one was scanned.
type WrongPlatformError struct{ Wanted, Found string }

func (e *WrongPlatformError) Error() string {
	return fmt.Sprintf("the scanned image is for %q, not for %q. Give the scanner the platform", e.Found, e.Wanted)
}

// ExpiredRuleError says that a finding was accepted until a day that is past.
type ExpiredRuleError struct{ Rule Rule }

func (e *ExpiredRuleError) Error() string {
	return fmt.Sprintf("the ignore rule for %s expired on %s (%s). Remove it, or decide anew and give it another date",
		e.Rule.ID, e.Rule.Expires, e.Rule.Reason)
}

// RefusedVersionError says that a release of the scanner must not be run.
type RefusedVersionError struct{ Version, Why string }

func (e *RefusedVersionError) Error() string {
	return fmt.Sprintf("Trivy %q is refused: %s. Pin another release by digest", e.Version, e.Why)
}

// CheckVersion refuses the scanner's releases that were published with
// malicious code (CVE-2026-33634), and an unknown one.
func CheckVersion(version string) error {
	number := strings.TrimPrefix(version, "v")
	switch number {
	case "":
		return &RefusedVersionError{version, "its version is not known"}
	case "0.69.4", "0.69.5", "0.69.6":
		return &RefusedVersionError{version, "the release was malicious (CVE-2026-33634)"}
	}
	return nil
}

// CheckReference refuses an image of a malicious release by its tag, before it
// is ever run. A tag that is no version is judged by what the scanner says of
// itself.
func CheckReference(reference string) error {
	named, _, _ := strings.Cut(reference, "@")
	path := named[strings.LastIndex(named, "/")+1:]
	_, tag, tagged := strings.Cut(path, ":")
	if !tagged {
		return nil
	}
	version, _, _ := strings.Cut(tag, "-")
	return CheckVersion(version)
}
