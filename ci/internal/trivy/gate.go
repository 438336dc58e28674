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
	// Unused are rules that matched nothing and can go.
	Unused []Rule
	// Warnings are what a person should know of an image that passes.
	Warnings []string

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
	if os := report.Metadata.OS; os != nil && os.EOSL {
		v.Warnings = append(v.Warnings, fmt.Sprintf("%s %s gets no more security updates. Move to a newer base image", os.Family, os.Name))
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

// Summary says in one line what a scan looked at and what it found.
func Summary(report Report) string {
	packages := 0
	for _, r := range report.Results {
		packages += len(r.Packages)
	}
	summary := fmt.Sprintf("%s in %d packages", spell(count(report)), packages)
	if suppressed := len(SuppressedOf(report)); suppressed > 0 {
		summary += fmt.Sprintf(", %d suppressed by VEX", suppressed)
	}
	return summary
}

func count(report Report) map[Severity]int {
	counts := map[Severity]int{}
	for _, f := range Findings(report) {
		counts[f.Severity]++
	}
	return counts
}

func spell(counts map[Severity]int) string {
	var words []string
	for s := Critical; s >= Unknown; s-- {
		if counts[s] > 0 {
			words = append(words, fmt.Sprintf("%d %s", counts[s], strings.ToLower(s.String())))
		}
	}
	if len(words) == 0 {
		return "no findings"
	}
	return strings.Join(words, ", ")
}

func (v *Verdict) judge(f Finding, threshold Severity, policy Policy, used []bool) {
	rule := slices.IndexFunc(policy.Ignore, func(r Rule) bool { return r.matches(policy.Component, f) })
	if rule >= 0 {
		used[rule] = true
	}
	// A secret and a misconfiguration have no package, and no version to wait for.
	unfixable := f.Package != "" && f.Fixed == ""
	switch {
	case f.Severity < threshold, policy.FixableOnly && unfixable: // it passes
	case rule >= 0:
		v.Ignored = append(v.Ignored, Ignored{f, policy.Ignore[rule]})
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
