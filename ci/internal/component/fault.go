package component

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// faulty is what is left of a component that cannot be read: what it is called, where
// it lies, and what is wrong. What its settings say counts for nothing.
func (c Component) faulty(p place, kinds []Definition, fault error) Component {
	traits := p.kind.Traits()
	left := Component{
		Name: c.Name, Kind: traits.Kind, Path: c.Path, Fault: fmt.Sprintf("component in %s: %s", c.Path, fault),
		Libraries: c.Libraries, Settings: Settings{Platforms: slices.Clone(traits.Platforms)}, SettingsFile: c.SettingsFile,
		TagSuffix: traits.TagSuffix, Deployment: traits.Deployment,
	}
	if left.Name == "" {
		left.Name = legal(p.name)
	}
	left.Inputs = left.suspects(c.Settings.Libraries, traits, kinds)
	return left
}

// suspects are where the fault of a component may lie, and so may be mended or made:
// its directory, what it names, and the files above.
func (c Component) suspects(libraries []string, traits Traits, kinds []Definition) inputs.Inputs {
	const why = "in a component that cannot be read"
	parts := []inputs.Part{{Dir: c.Path, Why: why}}
	libraries = slices.Clone(libraries)
	for _, l := range c.Libraries {
		libraries = append(libraries, l.Path)
	}
	for _, at := range slices.DeleteFunc(libraries, func(at string) bool { return !fs.ValidPath(at) }) {
		parts = append(parts, inputs.Part{Dir: at, Why: "in a library of " + c.Path + ", which cannot be read"})
	}
	return inputs.Inputs{Check: append(parts, c.above(traits, kinds)...)}
}
