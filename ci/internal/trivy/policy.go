package trivy

import (
	"errors"
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// Policy says what is judged, and which findings are let pass.
type Policy struct {
	// Component is the image's name, which ignore rules refer to.
	Component string
	// Platform is what the image must be for, such as linux/arm64; empty for any.
	Platform string
	// Severity is the least severity that fails the gate. Default: HIGH.
	Severity string
	// Unfixed has findings stop the image for which there is no fix yet, too.
	Unfixed bool
	// WithoutOS lets an image pass that has no distribution, built from scratch.
	WithoutOS bool
	// Misconfiguration wants the image's configuration looked at.
	Misconfiguration bool
	// Scanner is what made the report, where the report does not say.
	Scanner Scanner
	// DatabaseAge is how old the scanner's database may be; 0 for any age.
	DatabaseAge time.Duration
	// Ignore lists accepted findings.
	Ignore []Rule
	// Now is the time that expiry and age are measured at.
	Now time.Time
}

// Rule accepts a finding for a stated reason until a date.
type Rule struct {
	// ID is the vulnerability's, the secret rule's or the check's.
	ID string `yaml:"id"`
	// Component is the image the rule is for; empty for all.
	Component string `yaml:"component"`
	// Package is the package the rule is for; empty for all.
	Package string `yaml:"package"`
	// Reason is why the finding does no harm here.
	Reason string `yaml:"reason"`
	// Expires is the last day the rule holds, as YYYY-MM-DD.
	Expires Date `yaml:"expires"`
}

// Date is a calendar day in UTC.
type Date struct{ time.Time }

// UnmarshalYAML reads YYYY-MM-DD and nothing else.
func (d *Date) UnmarshalYAML(node *yaml.Node) error {
	day, err := time.Parse(time.DateOnly, node.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is no date. Write YYYY-MM-DD", node.Line, node.Value)
	}
	d.Time = day
	return nil
}

func (d Date) String() string { return d.Format(time.DateOnly) }

// ParseRules reads an ignore file, in YAML or JSON: a list of rules below the
// key "ignore". The file's name is for messages.
func ParseRules(file string, raw []byte) ([]Rule, error) {
	var doc struct {
		Ignore []Rule `yaml:"ignore"`
	}
	if err := bounds.KnownYAML(raw, &doc); err != nil {
		return nil, fmt.Errorf("read ignore rules %s: %w; a rule has id, reason and expires, and may have component and package", file, err)
	}
	var failures []error
	for i, r := range doc.Ignore {
		for _, field := range []struct {
			name  string
			empty bool
		}{{"id", r.ID == ""}, {"reason", r.Reason == ""}, {"expires", r.Expires.IsZero()}} {
			if field.empty {
				failures = append(failures, fmt.Errorf("%s: rule %d (%s) has no %s. Add it", file, i+1, r.ID, field.name))
			}
		}
	}
	return doc.Ignore, errors.Join(failures...)
}

func (r Rule) expired(now time.Time) bool { return !now.Before(r.Expires.AddDate(0, 0, 1)) }

func (r Rule) matches(component string, f Finding) bool {
	return r.ID == f.ID &&
		(r.Component == "" || r.Component == component) &&
		(r.Package == "" || r.Package == f.Package)
}
