package trivy

import (
	"errors"
	"slices"
	"strings"
)

// FindingKind is a kind of finding that images are scanned for. (Trivy calls it
// a scanner.)
type FindingKind string

const (
	// KindVulnerability are known vulnerabilities of the packages in the image.
	KindVulnerability FindingKind = "VULNERABILITY"
	// KindSecret are credentials in the image's files and environment.
	KindSecret FindingKind = "SECRET"
	// KindMisconfiguration is what is wrong with how the image is run, and with
	// the files of configuration in it.
	KindMisconfiguration FindingKind = "MISCONFIGURATION"
	// KindEndOfSupport is a distribution that gets no more security updates, so
	// that its silence means nothing. It comes with KindVulnerability.
	KindEndOfSupport FindingKind = "END_OF_SUPPORT"
)

// named is how Trivy names the kinds, in the order in which it gets them.
var named = []struct {
	kind FindingKind
	name string
}{{KindVulnerability, "vuln"}, {KindSecret, "secret"}, {KindMisconfiguration, "misconfig"}}

// Kinds are what images are scanned for; none are all.
type Kinds []FindingKind

// Check refuses kinds that somebody chose without the one that cannot be left
// out.
func (k Kinds) Check() error {
	if !slices.Contains(k, KindVulnerability) {
		return errors.New("the kinds of findings lack VULNERABILITY: the bill of materials comes of it, and an image is never published without. Add it")
	}
	return nil
}

// Has tells whether images are scanned for a kind.
func (k Kinds) Has(kind FindingKind) bool { return len(k) == 0 || slices.Contains(k, kind) }

// Argument is what Trivy takes behind --scanners.
func (k Kinds) Argument() string {
	var names []string
	for _, n := range named {
		if k.Has(n.kind) {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ",")
}
