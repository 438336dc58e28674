package frontend

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
)

// installError is why an install failed, in words that say what to do, and what it is made of.
type installError struct {
	error
	of error
}

// Unwrap has it be the failure of a command still.
func (e installError) Unwrap() error { return e.error }

// most is how often an install is made anew.
const most = 4

// compilers are what a developer's machine has to compile packages with.
var compilers = []string{"python3", "make", "g++"}

// again makes an install, and anew where what failed can be done without, or with what a
// developer's machine has: a package that has to be compiled, and one whose script fetches
// what no install needs from where nothing answers.
func (p Project) again(install func(Project) (*dagger.Container, error)) (*dagger.Container, error) {
	for range most {
		done, err := install(p)
		refused, is := errors.AsType[installError](err)
		if !is {
			return done, err
		}
		next, can := p.mended(refused.of)
		if !can {
			return nil, refused.error
		}
		p = next
	}
	return install(p)
}

// mended is the component with what an install lacked; false where nothing is known to help,
// or where the settings say what there is.
func (p Project) mended(err error) (Project, bool) {
	printed, isExec := ground.Printed(err)
	settings := &p.Spec.Settings
	lacks, undelivered := frontend.Unreached(printed)
	_, set := settings.Environment[lacks.Variable]
	switch {
	case !isExec:
		return p, false
	case frontend.NoCompiler(printed) && !p.Spec.Sets("buildPackages") && len(settings.BuildPackages) == 0:
		fmt.Printf("· %s: a package has to be compiled, so it is installed again with %s. Named in buildPackages, in %s, they are there the first time\n",
			p.Spec.Name, strings.Join(compilers, ", "), p.Spec.SettingsPlace())
		settings.BuildPackages = slices.Clone(compilers)
	case undelivered && lacks.Variable != "" && !set:
		fmt.Printf("· %s: the package %s fetches from %s as it is installed, and that does not answer from here, so it is installed again with %s=%s, without what it fetches: a gate that starts it fails\n",
			p.Spec.Name, lacks.Package, lacks.Host, lacks.Variable, lacks.Value)
		settings.Environment = maps.Clone(settings.Environment)
		if settings.Environment == nil {
			settings.Environment = map[string]string{}
		}
		settings.Environment[lacks.Variable] = lacks.Value
	default:
		return p, false
	}
	return p, true
}
