package component

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Gate is a gate of a component, as far as its files tell.
type Gate struct {
	Name string `json:"name"`
	// Off says why nothing is checked by it; empty of one that checks.
	Off string `json:"off,omitempty"`
	// File is the file that says so.
	File string `json:"file,omitempty"`
}

// settledGates are the component's gates by its settings, which must not
// contradict each other.
func (c Component) settledGates(traits Traits) ([]Gate, error) {
	if err := c.checkGates(traits); err != nil {
		return nil, err
	}
	var more []string
	for name := range c.Settings.Gates {
		if !slices.Contains(traits.Gates, name) {
			more = append(more, name)
		}
	}
	slices.Sort(more)
	var gates []Gate
	for _, name := range slices.Concat(traits.Gates, more) {
		gates = append(gates, Gate{Name: name, Off: c.off(name, traits), File: c.SettingsFile})
	}
	return gates, nil
}

// checkGates refuses what is said of gates that the kind does not have, or of those
// that have tools of the kind's, and gates that need one another.
func (c Component) checkGates(traits Traits) error {
	s := c.Settings
	for name, gate := range s.Gates {
		switch {
		case traits.GatesInDockerfile, traits.GateCommands && len(gate.Commands) > 0:
		case !slices.Contains(traits.Gates, name):
			return fmt.Errorf("gate %q: %s has the gates %s. Name one of them", name, traits.Article, strings.Join(traits.Gates, ", "))
		case len(gate.Commands) > 0:
			return fmt.Errorf("gate %s: %s has tools of its own for it, and commands are a container's. Take it out, or write %s", name, traits.Article, c.Decision(name))
		}
	}
	for _, name := range []string{CoverageGate, testGate} {
		if s.CoverageThreshold > 0 && s.Gates[name].None != "" {
			return fmt.Errorf("%s asks for tests that cover the code, and gates for no gate %s. Remove one of the two", c.Setting("coverageThreshold"), name)
		}
	}
	return nil
}

// The gates that settings other than gates are about.
const (
	testGate     = "test"
	CoverageGate = "coverage"
)

// off says why a gate checks nothing, by the settings.
func (c Component) off(name string, traits Traits) string {
	gate := c.Settings.Gates[name]
	switch {
	case gate.None != "":
		return gate.None
	case name == CoverageGate && !traits.GatesInDockerfile && c.Settings.CoverageThreshold == 0:
		return "no threshold is set"
	case traits.GatesInDockerfile && len(gate.Commands) == 0:
		return "no command is set for it"
	}
	var why string
	for _, command := range gate.Commands {
		if why = Idle(command); why == "" {
			return ""
		}
	}
	return why
}

// Gate is one of the component's gates.
func (c Component) Gate(name string) (Gate, bool) {
	at := slices.IndexFunc(c.Gates, func(g Gate) bool { return g.Name == name })
	if at < 0 {
		return Gate{}, false
	}
	return c.Gates[at], true
}

// SwitchOff says of one of the component's gates why nothing is checked by it,
// unless the settings say so already, or there is no reason.
func (c *Component) SwitchOff(name, off, file string) {
	at := slices.IndexFunc(c.Gates, func(g Gate) bool { return g.Name == name })
	if len(c.Settings.Gates[name].Commands) > 0 {
		return // The kind's own tools have no part in it.
	}
	if at >= 0 && off != "" && c.Gates[at].Off == "" {
		c.Gates[at].Off, c.Gates[at].File = off, file
	}
}

// JudgedBy says of one of the component's gates, for which nothing is set, what judges the same
// in its place.
func (c *Component) JudgedBy(name, by, file string) {
	at := slices.IndexFunc(c.Gates, func(g Gate) bool { return g.Name == name })
	if _, set := c.Settings.Gates[name]; at >= 0 && !set {
		c.Gates[at].Off, c.Gates[at].File = by, file
	}
}

// Measured is the component with another coverage threshold, where it has one.
func (c Component) Measured(threshold float64) Component {
	at := slices.IndexFunc(c.Gates, func(g Gate) bool { return g.Name == CoverageGate })
	if at >= 0 {
		c.Gates, c.Settings.Gates = slices.Clone(c.Gates), maps.Clone(c.Settings.Gates)
		c.Gates[at].Off, c.Settings.CoverageThreshold = "", threshold
		delete(c.Settings.Gates, CoverageGate) // A decision for none, of which nothing is left.
	}
	return c
}

// Narrowed is what of the component's gates is off or narrowed, a line each, and
// what its settings let pass. Wanted tells which gates count; nil all.
func (c Component) Narrowed(wanted func(gate string) bool) []string {
	counts := func(name string) bool { return wanted == nil || wanted(name) }
	var lines []string
	for _, gate := range c.Gates {
		if gate.Off != "" && counts(gate.Name) {
			lines = append(lines, gate.Name+" is off: "+gate.Off)
		}
	}
	if gate, has := c.Gate(testGate); has && gate.Off == "" && len(c.Settings.TestPaths) > 0 && counts(testGate) {
		lines = append(lines, fmt.Sprintf("test is narrowed to %s, by %s", plain.Line(strings.Join(c.Settings.TestPaths, " ")), c.Setting("testPaths")))
	}
	for _, chance := range []struct {
		is      string
		allowed bool
	}{{c.Unhashed, c.Settings.AllowUnhashed}, {c.ExtraIndex, c.Settings.AllowExtraIndex}} {
		if wanted == nil && chance.is != "" && !chance.allowed {
			lines = append(lines, plain.Line(chance.is))
		}
	}
	if wanted == nil {
		lines = append(lines, c.Unheard...)
	}
	for _, allowed := range c.Settings.allowed() {
		if wanted == nil {
			lines = append(lines, c.Setting(allowed.key)+": "+allowed.means)
		}
	}
	return lines
}

// allowance is a setting that lets something pass.
type allowance struct{ key, means string }

// allowed are those that are set.
func (s Settings) allowed() (all []allowance) {
	for _, a := range []struct {
		set bool
		allowance
	}{
		{s.AllowUnhashed, allowance{"allowUnhashed", "packages without a version or a hash are installed"}},
		{s.AllowExtraIndex, allowance{"allowExtraIndex", "packages may come from a second index"}},
		{s.AllowEmulation, allowance{"allowEmulation", "it may be built under emulation"}},
	} {
		if a.set {
			all = append(all, a.allowance)
		}
	}
	return all
}

// Setting is how a setting is spelled where the component's stand.
func (c Component) Setting(key string) string {
	if c.inJSON() {
		return key
	}
	return kebab(key)
}

// Decision is what to write for a component that has no such gate, and where.
func (c Component) Decision(gate string) string {
	if c.inJSON() {
		return fmt.Sprintf(`"gates": {"%s": {"none": "the reason"}} in %s`, gate, c.SettingsPlace())
	}
	return fmt.Sprintf(`gates = {%s = {none = "the reason"}} in %s`, gate, c.SettingsPlace())
}

// Listed is what to write for a setting to be a list of words, and where.
func (c Component) Listed(key string, words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = strconv.Quote(word)
	}
	list := "[" + strings.Join(quoted, ", ") + "]"
	if c.inJSON() {
		return fmt.Sprintf(`"%s": %s in %s`, key, list, c.SettingsPlace())
	}
	return fmt.Sprintf(`%s = %s in %s`, kebab(key), list, c.SettingsPlace())
}

// SettingsPlace is where the component's settings stand, or would.
func (c Component) SettingsPlace() string {
	switch {
	case c.inJSON():
		return fmt.Sprintf("%q of %s", settingsKey, c.SettingsFile)
	case path.Base(c.SettingsFile) == ownFile:
		return c.SettingsFile
	}
	return fmt.Sprintf("[tool.%s] of %s", settingsKey, c.SettingsFile)
}

func (c Component) inJSON() bool { return path.Ext(c.SettingsFile) == ".json" }
