package trivy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Finding is a vulnerability, a secret or a misconfiguration in a scanned
// image.
type Finding struct {
	ID          string
	Kind        FindingKind
	Target      string
	Package     string
	Path        string
	Installed   string
	Fixed       string
	Severity    Severity
	Title       string
	Description string
	URL         string
	Line        int
	Layer       Layer
	// Owner is whose it is.
	Owner Owner
	// Declared says that the package is not installed, as far as anybody sees: a bill
	// of materials within the image names it, such as that of what pip bundles.
	Declared bool

	latestBase bool
}

// Findings lists all findings of a report, the worst first.
func Findings(report Report) []Finding {
	var list []Finding
	for _, r := range report.Results {
		declared := r.declared()
		for _, v := range r.Vulnerabilities {
			found := v.finding(r.Target)
			found.Declared = declared[v.PkgIdentifier.UID]
			list = append(list, found)
		}
		for _, m := range r.Misconfigurations {
			if m.Status == "FAIL" {
				list = append(list, m.finding(r.Target))
			}
		}
		for _, s := range r.Secrets {
			list = append(list, s.finding(r.Target))
		}
	}
	if os := report.Metadata.OS; os != nil && os.EOSL {
		list = append(list, report.endOfSupport(os))
	}
	for i := range list {
		list[i] = report.owned(list[i])
	}
	slices.SortStableFunc(list, worstFirst)
	return list
}

// leavesFiles are languages of which an installed package has a file of its own that
// the scanner reads.
var leavesFiles = []string{"python-pkg", "node-pkg", "gemspec"}

// declared are the packages that only a bill of materials knows, though they would
// have left a file: what another package bundles a part of, and cannot be updated
// but with it.
func (r Result) declared() map[string]bool {
	all := map[string]bool{}
	if !slices.Contains(leavesFiles, r.Type) {
		return all
	}
	for _, p := range r.Packages {
		if p.AnalyzedBy == "sbom" && p.FilePath == "" && p.Identifier.UID != "" {
			all[p.Identifier.UID] = true
		}
	}
	return all
}

// owned is a finding with whose it is.
func (r Report) owned(f Finding) Finding {
	if f.Owner == "" {
		f.Owner = r.owner(f.Layer)
	}
	f.latestBase = r.Scanned.Base.Latest
	return f
}

// EndOfSupport is by what a distribution that gets no more updates is known.
const EndOfSupport = "end-of-support"

// endOfSupport is what it means that the image's distribution gets no more
// security updates: a scan finds little in it, whatever is wrong.
func (r Report) endOfSupport(os *OS) Finding {
	named := strings.TrimSpace(os.Family + " " + os.Name)
	f := Finding{
		ID: EndOfSupport, Kind: KindEndOfSupport, Target: named, Path: named, Severity: High, Owner: OwnerComponent,
		Title:       named + " gets no more security updates",
		Description: "What is found in it from now on is mended no more, and often not even told. Move to a base of a newer release.",
		URL:         "https://trivy.dev/latest/docs/coverage/os/",
	}
	if r.Scanned.Base.Layers > 0 {
		f.Owner = OwnerBase
	}
	return f
}

func (v Vulnerability) finding(target string) Finding {
	return Finding{
		ID: v.VulnerabilityID, Kind: KindVulnerability, Target: target, Layer: v.Layer,
		Package: v.PkgName, Path: v.PkgPath, Installed: v.InstalledVersion, Fixed: v.FixedVersion,
		Severity: v.Severity, Title: cmp.Or(v.Title, v.VulnerabilityID), Description: v.Description, URL: v.PrimaryURL,
	}
}

func (m Misconfiguration) finding(target string) Finding {
	return Finding{
		ID: m.ID, Kind: KindMisconfiguration, Target: target, Path: target, Line: m.CauseMetadata.StartLine, Layer: m.Layer,
		Severity: m.Severity, Title: cmp.Or(m.Message, m.Title), Description: strings.TrimSpace(m.Description + " " + m.Resolution), URL: m.PrimaryURL,
	}
}

func (s Secret) finding(target string) Finding {
	return Finding{
		ID: s.RuleID, Kind: KindSecret, Target: target, Path: target, Line: s.StartLine, Layer: s.Layer,
		Severity: s.Severity, Title: s.Title,
	}
}

// headline is the title as it stands alone, where nothing else tells the kind.
func (f Finding) headline() string {
	switch f.Kind {
	case KindSecret, KindMisconfiguration:
		return strings.ToLower(string(f.Kind)) + ": " + f.Title
	case KindVulnerability, KindEndOfSupport:
	}
	return f.Title
}

func worstFirst(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(b.Severity, a.Severity),
		strings.Compare(a.Package, b.Package),
		strings.Compare(a.ID, b.ID),
	)
}

// Account is a finding with what is said of it.
type Account struct {
	Finding
	// Platform is the image's.
	Platform string
	// Origin is what made the layer that it is in; empty where nobody says.
	Origin string
	// Suppressed tells that a VEX statement says that it does no harm, Accepted
	// that a rule accepts it.
	Suppressed, Accepted bool
	// Reason is why it is suppressed or accepted.
	Reason string
}

// Summary says in one line what was found, where, and what is said of it.
func (a Account) Summary() string {
	summary := strings.TrimSpace(fmt.Sprintf("%s %s %s %s", a.Platform, a.Severity, a.ID, a.told()))
	switch {
	case a.Suppressed:
		summary += "; suppressed by VEX: " + a.Reason
	case a.Accepted:
		summary += "; accepted " + a.Reason
	}
	return summary
}

// Accounts are all findings of a report, the worst first, those among them that
// statements suppress, each with what the policy's rules say of it. A rule that
// has expired accepts nothing any more.
func Accounts(report Report, policy Policy) []Account {
	accounts := []Account{}
	for _, f := range Findings(report) {
		accounts = append(accounts, policy.accepts(f))
	}
	for _, r := range report.Results {
		for _, s := range r.ExperimentalModifiedFindings {
			accounts = append(accounts, Account{Finding: report.owned(s.Finding.finding(r.Target)), Suppressed: true, Reason: s.reason()})
		}
	}
	for i, a := range accounts {
		accounts[i].Platform, accounts[i].Origin = policy.Platform, report.Metadata.origin(a.Layer)
	}
	slices.SortStableFunc(accounts, func(a, b Account) int { return worstFirst(a.Finding, b.Finding) })
	return accounts
}

// accepts says whether a rule accepts a finding, and why.
func (p Policy) accepts(f Finding) Account {
	rule := slices.IndexFunc(p.Ignore, func(r Rule) bool { return r.matches(p.Component, f) && !r.expired(p.Now) })
	if rule < 0 {
		return Account{Finding: f}
	}
	return Account{Finding: f, Accepted: true, Reason: fmt.Sprintf("until %s: %s", p.Ignore[rule].Expires, p.Ignore[rule].Reason)}
}
