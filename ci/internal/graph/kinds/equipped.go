package kinds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/missing"
)

// testPackages is the setting of the packages that the checks alone have.
const testPackages = "testPackages"

// Equipping runs a gate's command, and again with what every developer's machine has and
// it missed: what lacked first hid the next, so as often as it misses one more, of a few.
func (p Project) Equipping(gate string, run func(Project) (*dagger.Container, error)) (*dagger.Container, error) {
	for {
		done, err := run(p)
		with, is := p.equipped(gate, err)
		if !is {
			return done, err
		}
		p = with
	}
}

// equipped is the component with what a command of a gate missed, by the error that it
// ended with: programs, and a repository of git around the sources; false where that is
// not why, or the settings have the checks go without.
func (p Project) equipped(gate string, err error) (Project, bool) {
	printed, isExec := ground.Printed(err)
	if !isExec || p.Bare() {
		return p, false
	}
	settings := p.Spec.Settings
	installed := slices.Concat(settings.SystemPackages, settings.BuildPackages, settings.TestPackages)
	more := missing.Everywhere(printed, installed)
	switch {
	case !p.inGit && missing.AsksGit(printed):
		fmt.Printf("· %s: its gate %s asks git about the repository, of which no history is handed to it, so it runs again in one of a single commit. Where that is not wanted, write %s\n",
			p.Spec.Name, gate, p.Spec.Listed(testPackages))
		p.inGit = true
		if more = nil; !slices.Contains(installed, "git") {
			more = []string{"git"}
		}
	case len(more) > 0:
		fmt.Printf("· %s: its gate %s starts what a developer's machine has and the image has not, so it runs again with %s. Named in %s, in %s, it is there the first time\n",
			p.Spec.Name, gate, strings.Join(more, ", "), p.Spec.Setting(testPackages), p.Spec.SettingsPlace())
	default:
		return p, false
	}
	p.Spec.Settings.TestPackages = append(slices.Clip(settings.TestPackages), more...)
	return p, true
}

// Bare tells whether the settings say that the checks have no package besides.
func (p Project) Bare() bool {
	return p.Spec.Sets(testPackages) && len(p.Spec.Settings.TestPackages) == 0
}

// InPlace has the sources of a check lie as in a clone, where a gate has asked for it: in
// a repository of git, of a single commit. The clone's own has its configuration beside
// the history, in which a runner may have written a token.
func (p Project) InPlace(c *dagger.Container) *dagger.Container {
	if !p.inGit {
		return c
	}
	return c.
		WithExec([]string{"git", "-C", Root, "init", "--quiet"}).
		WithExec([]string{"git", "-C", Root, "add", "--all", "--", ".", ":(exclude,glob)**/node_modules/**"}).
		WithExec([]string{"git", "-C", Root, "-c", "user.name=pingvas-ci", "-c", "user.email=pingvas-ci@localhost",
			"commit", "--quiet", "--allow-empty", "--message", "The sources as they are checked"})
}
