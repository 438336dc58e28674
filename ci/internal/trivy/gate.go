package trivy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Ignored is a finding that a rule accepts.
type Ignored struct {
	Finding
	Rule Rule
}

// Verdict is what the gate found.
type Verdict struct {
	// Findings are those that fail the gate, the worst first.
	Findings []Finding
	// Ignored are those that would, but for a rule.
	Ignored []Ignored
	// Unfixed are those that would, but that nobody can mend yet.
	Unfixed []Finding
	// Unused are rules that matched nothing and can go.
	Unused []Rule

	image string
}

// Gate judges a report by the policy. An error means that no judgement was
// possible; it joins typed errors, one for each cause. Findings are no error
// here: see Verdict.Err.
func Gate(report Report, policy Policy) (Verdict, error) {
	v := Verdict{image: strings.TrimSpace(policy.Component + " " + policy.Platform)}
	severity, err := ParseSeverity(policy.Severity)
	failures := []error{err, Expired(policy.Ignore, policy.Now)}
	if err := errors.Join(append(failures, usable(report, policy)...)...); err != nil {
		return v, fmt.Errorf("judge the scan of %s: %w", v.image, err)
	}
	used := make([]bool, len(policy.Ignore))
	for _, f := range Findings(report) {
		v.judge(f, severity, policy, used)
	}
	for i, r := range policy.Ignore {
		if !used[i] && (r.Component == "" || r.Component == policy.Component) {
			v.Unused = append(v.Unused, r)
		}
	}
	return v, nil
}

// Err returns a *FindingsError when the verdict fails the gate, else nil.
func (v Verdict) Err() error {
	if len(v.Findings) == 0 {
		return nil
	}
	return &FindingsError{v.image, v.Findings}
}

func (v *Verdict) judge(f Finding, threshold Severity, policy Policy, used []bool) {
	rule := slices.IndexFunc(policy.Ignore, func(r Rule) bool { return r.matches(policy.Component, f) })
	if rule >= 0 {
		used[rule] = true
	}
	switch {
	case f.Severity < threshold: // it passes
	case rule >= 0:
		v.Ignored = append(v.Ignored, Ignored{f, policy.Ignore[rule]})
	case !policy.Unfixed && !f.Fixable():
		v.Unfixed = append(v.Unfixed, f)
	default:
		v.Findings = append(v.Findings, f)
	}
}

// Expired returns an *ExpiredRuleError for each rule whose day is past, joined.
func Expired(rules []Rule, now time.Time) error {
	var failures []error
	for _, r := range rules {
		if r.expired(now) {
			failures = append(failures, &ExpiredRuleError{r})
		}
	}
	return errors.Join(failures...)
}

// usable says what keeps a report from being judged.
func usable(report Report, policy Policy) []error {
	var failures []error
	for _, version := range []string{report.Trivy.Version, policy.Scanner.Version} {
		if err := CheckVersion(version); version != "" && err != nil {
			failures = append(failures, err)
		}
	}
	updated := policy.Scanner.DatabaseUpdated
	if policy.DatabaseAge > 0 && (updated.IsZero() || policy.Now.Sub(updated) > policy.DatabaseAge) {
		failures = append(failures, &OldDatabaseError{updated, policy.DatabaseAge})
	}
	config := report.Metadata.ImageConfig
	if found := config.OS + "/" + config.Architecture; policy.Platform != "" && found != policy.Platform {
		failures = append(failures, &WrongPlatformError{policy.Platform, found})
	}
	return append(failures, complete(report, policy)...)
}

// complete says what the report lacks of what every image has.
func complete(report Report, policy Policy) []error {
	if report.Metadata.OS == nil && !policy.WithoutOS {
		return []error{&NoOSError{}}
	}
	var failures []error
	osResult := false
	for _, r := range report.Results {
		osResult = osResult || r.Class == classOS
		if (r.Class == classOS || r.Class == classLanguage) && len(r.Packages) == 0 {
			failures = append(failures, &NoPackagesError{r.Target})
		}
	}
	if len(report.Results) == 0 || (!osResult && !policy.WithoutOS) {
		failures = append(failures, &MissingResultsError{})
	}
	if policy.Misconfiguration && !checked(report) {
		failures = append(failures, &UncheckedConfigurationError{})
	}
	return failures
}
