// Package floor judges what components say about themselves by what the caller
// asks of every one: what a repository may not decide alone.
package floor

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// Policy is what is asked of every component. Of nothing, nothing is.
type Policy struct {
	// Gates are those that must check something.
	Gates []string
	// Coverage is the least threshold in percent.
	Coverage float64
	// Hashed refuses packages without a hash, NoExtraIndex a second index, and
	// NoEmulation builds under emulation.
	Hashed, NoExtraIndex, NoEmulation bool
	// Platforms are those that it must be built for.
	Platforms []string
	// Pinned refuses what a Dockerfile takes from outside by a name alone.
	Pinned bool
}

// gates are the names that a policy can ask for.
var gates = []string{"lint", "format", "typecheck", "test"}

// Asks tells whether the policy asks for anything.
func (p Policy) Asks() bool {
	return len(p.Gates)+len(p.Platforms) > 0 || p.Coverage > 0 || p.Hashed || p.NoExtraIndex || p.NoEmulation || p.Pinned
}

// Check refuses a policy that cannot be judged by.
func (p Policy) Check() error {
	for _, name := range p.Gates {
		if name == "coverage" {
			return errors.New("the policy asks for the gate coverage. Say what the least is with --coverage")
		}
		if !slices.Contains(gates, name) {
			return fmt.Errorf("the policy asks for the gate %q, which no kind is known to have. Name some of %s", name, strings.Join(gates, ", "))
		}
	}
	if p.Coverage < 0 || p.Coverage > 100 {
		return fmt.Errorf("the policy's coverage %v is no percentage. Write a number from 0 to 100", p.Coverage)
	}
	for _, platform := range p.Platforms {
		if platform != component.ARM64 && platform != component.AMD64 {
			return fmt.Errorf("the policy asks for the platform %q, which nothing is built for. Name %s, %s or both", platform, component.ARM64, component.AMD64)
		}
	}
	if !p.Asks() {
		return errors.New("the policy asks for nothing. Say what it does, such as --gates lint,format,typecheck,test")
	}
	return nil
}

// Raised is a component with the policy's coverage threshold, where its own is
// lower.
func (p Policy) Raised(c component.Component, traits component.Traits) component.Component {
	if c.NoImage != "" || p.Coverage <= c.Settings.CoverageThreshold || !slices.Contains(traits.Gates, "coverage") {
		return c
	}
	return c.Measured(p.Coverage)
}

// Verdict is what a policy came to for one component.
type Verdict struct {
	// Left is what the policy asks for and its kind cannot have.
	Left   []string
	faults []error
}

// Err names all by which the component breaks the policy; nil where it does not.
func (v Verdict) Err() error { return errors.Join(v.faults...) }

// Note says in one line what was left out.
func (v Verdict) Note() string {
	if len(v.Left) == 0 {
		return ""
	}
	return "left out: " + strings.Join(v.Left, "; ")
}

// Judge judges a component by its files. Unpinned is what its Dockerfile or its
// recipe takes from outside by a name alone.
func (p Policy) Judge(c component.Component, traits component.Traits, unpinned []string) Verdict {
	j := judgement{component: c, traits: traits}
	j.gates(p.Gates)
	j.coverage(p.Coverage)
	j.refuse(p.Hashed && c.Settings.AllowUnhashed, "allowUnhashed", "Lock every package with its hashes, and remove it")
	j.refuse(p.NoExtraIndex && c.Settings.AllowExtraIndex, "allowExtraIndex", "Take every package from one index, and remove it")
	j.chance(p.Hashed && !c.Settings.AllowUnhashed, c.Unhashed)
	j.chance(p.NoExtraIndex && !c.Settings.AllowExtraIndex, c.ExtraIndex)
	j.refuse(p.NoEmulation && c.Settings.AllowEmulation, "allowEmulation", "Lock packages with wheels for each platform, and remove it")
	j.platforms(p.Platforms)
	if p.Pinned && c.NoImage == "" {
		j.pinned(unpinned)
	}
	return j.Verdict
}

// judgement is a verdict as it comes to be.
type judgement struct {
	component component.Component
	traits    component.Traits
	Verdict
}

func (j *judgement) fault(file, format string, args ...any) {
	j.faults = append(j.faults, fmt.Errorf("%s: %s", file, fmt.Sprintf(format, args...)))
}

func (j *judgement) gates(required []string) {
	for _, name := range required {
		gate, _ := j.component.Gate(name)
		switch {
		case !slices.Contains(j.traits.Gates, name):
			j.Left = append(j.Left, fmt.Sprintf("%s, of which %s has no gate", name, j.traits.Article))
		case gate.Off != "" && (j.component.NoImage != "" || slices.Contains(j.traits.Optional, name)):
			j.Left = append(j.Left, fmt.Sprintf("%s, which is off: %s", name, gate.Off))
		case gate.Off != "":
			j.fault(gate.File, "the gate %s is off: %s. The policy asks for it: have it run", name, gate.Off)
		}
	}
}

func (j *judgement) coverage(least float64) {
	if least == 0 || j.component.NoImage != "" { // The components are what is asked for.
		return
	}
	if !slices.Contains(j.traits.Gates, "coverage") {
		j.Left = append(j.Left, "coverage, which is not measured of "+j.traits.Article)
		return
	}
	if test, _ := j.component.Gate("test"); test.Off != "" {
		j.fault(test.File, "the gate test is off: %s. The policy asks for a coverage of %g %%: have the tests run", test.Off, least)
	}
}

// refuse is of a setting that lets something pass.
func (j *judgement) refuse(is bool, key, advice string) {
	if is && j.component.NoImage != "" {
		j.Left = append(j.Left, j.component.Setting(key)+", as nothing is delivered of it")
	} else if is {
		j.fault(j.component.SettingsFile, "the policy refuses %s. %s", j.component.Setting(key), advice)
	}
}

// chance is of what its files leave to chance.
func (j *judgement) chance(refused bool, is string) {
	if refused && is != "" && j.component.NoImage != "" {
		j.Left = append(j.Left, "packages that nothing verifies, as nothing is delivered of it")
	} else if refused && is != "" {
		j.fault(j.component.SettingsFile, "the policy refuses packages that nothing verifies: %s", is)
	}
}

func (j *judgement) platforms(required []string) {
	for _, platform := range required {
		switch {
		case j.component.NoImage != "", slices.Contains(j.component.Settings.Platforms, platform):
		case !slices.Contains(j.traits.Platforms, platform):
			j.Left = append(j.Left, fmt.Sprintf("%s, which %s is not built for", platform, j.traits.Article))
		default:
			j.fault(j.component.SettingsFile, "the policy asks for the platform %s. Add it to platforms, or remove that setting", platform)
		}
	}
}

func (j *judgement) pinned(unpinned []string) {
	file := cmp.Or(j.component.Settings.Dockerfile, j.component.SettingsFile)
	for _, name := range unpinned {
		j.fault(file, "%s is not pinned. Write its digest after it, or name it in the image lock; of a download, write ADD --checksum", name)
	}
}
