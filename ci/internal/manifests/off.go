package manifests

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// SettingsFile is where a GitOps repository says what is not to be judged in it.
const SettingsFile = ".pingvas-gitops.yaml"

// Off is a rule that a repository switches off, everywhere or in some files.
type Off struct {
	// Rule is the rule's name.
	Rule string `yaml:"rule"`
	// Reason is why.
	Reason string `yaml:"reason"`
	// Paths are the files that it is about, with stars; all when there are none.
	Paths []string `yaml:"paths"`
	// Findings are what would have been said.
	Findings []argocd.Finding `yaml:"-"`
}

func (o Off) matches(f argocd.Finding) bool {
	return o.Rule == f.Rule && (len(o.Paths) == 0 || slices.ContainsFunc(o.Paths, func(pattern string) bool { return argocd.Glob(pattern, f.File) }))
}

// switchOff moves findings of rules that are switched off out of a report.
func switchOff(files fs.FS, report *Report) {
	off, mistakes := readOff(files)
	report.Off = off
	report.Findings = slices.DeleteFunc(report.Findings, func(f argocd.Finding) bool {
		for i := range report.Off {
			if report.Off[i].matches(f) {
				report.Off[i].Findings = append(report.Off[i].Findings, f)
				return true
			}
		}
		return false
	})
	for _, mistake := range mistakes {
		report.Findings = append(report.Findings, argocd.Finding{Rule: RuleSwitchedOff, File: SettingsFile, Object: "validate.off", Message: mistake})
	}
}

// readOff is what the repository switches off, and what is wrong with how it does.
func readOff(files fs.FS) (off []Off, mistakes []string) {
	raw, err := bounds.ReadFile(files, SettingsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var settings struct {
		Validate struct{ Off []Off }
	}
	if err == nil {
		err = bounds.KnownYAML(raw, &settings)
	}
	if err != nil {
		return nil, []string{err.Error() + ". Write validate: {off: [{rule: …, reason: …}]}"}
	}
	for _, o := range settings.Validate.Off {
		known := o.Rule != RuleSwitchedOff && o.Rule != argocd.RuleNotJudged && slices.ContainsFunc(Rules(), func(r argocd.Rule) bool { return r.Name == o.Rule })
		switch {
		case !known:
			mistakes = append(mistakes, fmt.Sprintf("there is no rule %q to switch off. Correct its name", o.Rule))
		case o.Reason == "":
			mistakes = append(mistakes, fmt.Sprintf("the rule %s is switched off without a reason, so it is not. Add one", o.Rule))
		default:
			off = append(off, o)
		}
	}
	return off, mistakes
}
