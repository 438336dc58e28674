package trivy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/sarif"
)

// SARIF writes a report's findings for code scanning, the severest first. Each
// component and platform has its own category, such as
// trivy/user-service/linux/arm64.
func SARIF(report Report, category string) ([]byte, error) {
	category = strings.Trim(category, "/")
	run, err := sarif.NewRun(category, sarif.Driver{Name: "Trivy", Version: report.Trivy.Version, URI: "https://trivy.dev"})
	if err != nil {
		return nil, err
	}
	for _, f := range Findings(report) {
		run.Add(f.rule(), f.result(category))
	}
	// GitHub shows a suppressed result as any other, so they are told apart here.
	suppressed := []string{}
	for _, s := range SuppressedOf(report) {
		suppressed = append(suppressed, s.String())
	}
	run.Properties["image"], run.Properties["suppressed"] = report.ImageID(), suppressed
	run.Properties["base"], run.Properties["notes"] = report.Scanned.Base.Reference, append([]string{}, report.Scanned.Notes...)
	run.Properties["counts"] = CountsOf(report)
	return run.Write()
}

func (f Finding) rule() sarif.Rule {
	uri := cmp.Or(f.URL, "https://avd.aquasec.com/nvd/"+strings.ToLower(f.ID))
	if f.Package == "" && f.URL == "" {
		uri = "https://trivy.dev/latest/docs/scanner/secret/"
	}
	return sarif.Rule{
		ID:               f.ID,
		ShortDescription: sarif.Text{Text: shorten(f.headline(), 1000)},
		FullDescription:  sarif.Text{Text: shorten(cmp.Or(f.Description, f.headline()), 1000)},
		HelpURI:          uri,
		Help:             sarif.Text{Text: f.headline() + "\n" + uri, Markdown: fmt.Sprintf("**%s**: %s\n\n[%s](%s)", f.ID, f.headline(), f.ID, uri)},
		Properties:       map[string]any{"security-severity": score[f.Severity], "tags": []string{"security", f.Severity.String()}},
	}
}

// score places a severity in the band that GitHub shows it in.
var score = map[Severity]string{Critical: "9.5", High: "8.0", Medium: "5.5", Low: "2.0", Unknown: "0.0"}

var level = map[Severity]sarif.Level{Critical: sarif.Error, High: sarif.Error, Medium: sarif.Warning, Low: sarif.Note, Unknown: sarif.Note}

func (f Finding) result(category string) sarif.Result {
	// Without the version, so that a finding stays the same alert over updates.
	sum := sha256.Sum256([]byte(strings.Join([]string{category, f.ID, f.Package, f.Path + f.problem()}, "\x00")))
	return sarif.Result{
		Level:   level[f.Severity],
		Message: sarif.Text{Text: f.what() + ": " + f.headline() + f.mending()},
		// Code scanning wants a path, and an image has none in the repository: the
		// category stands before the path in the image.
		Locations:    sarif.At(category+"/"+strings.TrimPrefix(cmp.Or(f.Path, "image"), "/"), sarif.Region{StartLine: max(1, f.Line)}),
		Fingerprints: map[string]string{"primaryLocationLineHash": hex.EncodeToString(sum[:16]) + ":1"},
		Properties:   map[string]any{"owner": f.Owner, "remedy": f.Remedy(), "fixable": f.Fixable()},
	}
}

// mending is whose a finding is and what mends it, as a sentence more.
func (f Finding) mending() string {
	whose := "The component's"
	if f.Owner == OwnerBase {
		whose = "Inherited from the base"
	}
	return fmt.Sprintf(". %s; mended by: %s", whose, f.MendedBy())
}
