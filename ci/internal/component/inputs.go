package component

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// assemble makes the inputs whole: what every kind has, around what the kind
// itself has filled in.
func (c *Component) assemble(fsys fs.FS, kind Definition, kinds []Definition) error {
	own := c.Inputs
	traits, above := kind.Traits(), c.above(kind.Traits(), kinds)
	if traits.GatesInDockerfile {
		return c.assembleInDockerfile(fsys, traits, own.Check)
	}
	c.Inputs.Check = slices.Concat([]inputs.Part{c.directory(traits)}, c.libraryParts(fsys), own.Check, above, c.testNeedParts())
	if traits.Workflow != "" {
		c.Inputs.Check = append(c.Inputs.Check, inputs.Part{
			Dir: path.Dir(traits.Workflow), Include: []string{path.Base(traits.Workflow)}, Why: "the workflow of kind " + string(c.Kind),
		})
	}
	c.Inputs.Image = c.dockerfileParts(traits)
	if c.Settings.Dockerfile == "" {
		c.Inputs.Image = append(c.Inputs.Image, own.Image...)
		if traits.RecipeReadsAbove {
			c.Inputs.Image = append(c.Inputs.Image, above...)
		}
		return nil
	}
	context, err := c.contextParts(fsys, c.Settings.Target, own.Check)
	c.Inputs.Image = append(c.Inputs.Image, context...)
	return err
}

// assembleInDockerfile makes the inputs of a component whole of which the gates,
// too, see what the Dockerfile copies.
func (c *Component) assembleInDockerfile(fsys fs.FS, traits Traits, ofWorkspace []inputs.Part) error {
	image, err := c.contextParts(fsys, c.Settings.Target, ofWorkspace)
	if err != nil {
		return err
	}
	c.Inputs.Image = append(c.dockerfileParts(traits), image...)
	if len(c.Settings.NamedGates()) == 0 {
		return nil
	}
	check, err := c.contextParts(fsys, c.Settings.GatesTarget, ofWorkspace)
	c.Inputs.Check = slices.Concat(c.dockerfileParts(traits), check, c.testNeedParts())
	return err
}

// directory is the component's own, with what its code may read as it lies there: a
// CHANGELOG.md as well. At the repository's root it is the repository, less what is
// for other pipelines, unless tools of its kind look at that as well.
func (c Component) directory(traits Traits) inputs.Part {
	if c.ForAll {
		return inputs.Part{Dir: c.Path, Why: "in the workspace, of which it has the gates"}
	}
	part := inputs.Part{Dir: c.Path, Exclude: slices.Clone(notChecked), Why: "in the component's directory"}
	if c.Path == "." && !traits.LooksAtAll {
		part.Exclude = slices.Concat(part.Exclude, forOthers)
	}
	return part
}

// libraryParts are the directories of the libraries.
func (c Component) libraryParts(fsys fs.FS) []inputs.Part {
	var parts []inputs.Part
	for _, l := range c.Libraries {
		why := "in the library " + l.Path
		if l.Via != "" {
			why += ", which " + l.Via + " needs"
		}
		if l.Called != "" {
			why += ": " + l.Called
		}
		parts = append(parts, inputs.Part{
			Dir: l.Path, Exclude: slices.Concat(notChecked, forOthers, ForReaders(fsys, l.Path)), Why: why,
		})
	}
	return parts
}

// above are the files in the directories above the component, where tools look
// for configuration by themselves: all but those that are known to be for
// people, or for tools of other kinds alone. What is not known is there, as it
// is on a clean clone.
func (c Component) above(traits Traits, kinds []Definition) []inputs.Part {
	others := slices.Concat(notChecked, forPeople)
	for _, kind := range kinds {
		for _, pattern := range kind.Traits().Reads {
			if !slices.Contains(traits.Reads, pattern) {
				others = append(others, pattern)
			}
		}
	}
	var parts []inputs.Part
	for at := c.Path; at != "."; {
		at = path.Dir(at)
		where := at
		if at == "." {
			where = "the repository root"
		}
		parts = append(parts, inputs.Part{
			Dir: at, Shallow: true, Exclude: others, Why: fmt.Sprintf("configures every component of kind %s below %s", c.Kind, where),
		})
	}
	return parts
}

// dockerfileParts are the component's Dockerfile, wherever one would be looked
// for, with the file that says what its context leaves out. One that appears or
// goes changes what the image is built by.
func (c Component) dockerfileParts(traits Traits) []inputs.Part {
	var parts []inputs.Part
	at := dockerfiles(c, traits)
	if c.Settings.Dockerfile != "" && !slices.Contains(at, c.Settings.Dockerfile) {
		at = []string{c.Settings.Dockerfile}
	}
	for _, file := range at {
		name := inputs.Literal(path.Base(file))
		parts = append(parts, inputs.Part{Dir: path.Dir(file), Include: []string{name, name + ".dockerignore"}, Why: "the component's Dockerfile"})
	}
	return parts
}

// contextParts are what a stage of the component's Dockerfile reads of its context, less
// what its ignore file leaves out. Of a Dockerfile that cannot be read that is
// all of it: what is wrong there, the build of the image says.
func (c *Component) contextParts(fsys fs.FS, target string, ofWorkspace []inputs.Part) ([]inputs.Part, error) {
	file := c.Settings.Dockerfile
	ignore, err := dockerfile.ReadIgnore(fsys, file, c.Context())
	if err != nil {
		return nil, err
	}
	c.Ignore = *ignore
	// One that appears or goes changes what is there, too.
	parts := []inputs.Part{{Dir: c.Context(), Include: []string{".dockerignore"}, Why: "what the build context of " + file + " leaves out"}}
	part := inputs.Part{Dir: c.Context(), Exclude: ignore.Patterns, Why: "in the build context of " + file}
	sources, err := c.sources(fsys, target)
	if err != nil || sources.Broad() {
		return append(parts, part), nil
	}
	for _, source := range sources {
		part.Include = append(part.Include, source.Path)
	}
	if c.Settings.Context == "." {
		part.Include = append(part.Include, c.belonging(ofWorkspace)...)
	}
	part.Why = "copied by " + file
	if len(part.Include) > 0 {
		parts = append(parts, part)
	}
	return parts, nil
}

// belonging are the libraries, and the workspace's manifests and lock: in a
// context at the repository's root they are there whether the Dockerfile names
// them or not, less what its ignore file leaves out of them.
func (c Component) belonging(ofWorkspace []inputs.Part) []string {
	var patterns []string
	for _, l := range c.Libraries {
		patterns = append(patterns, inputs.Literal(l.Path))
	}
	for _, part := range ofWorkspace {
		for _, pattern := range part.Include {
			patterns = append(patterns, path.Join(inputs.Literal(part.Dir), pattern))
		}
	}
	return patterns
}

// sources are what a stage of the Dockerfile reads of its context.
func (c Component) sources(fsys fs.FS, target string) (dockerfile.Sources, error) {
	parsed, err := c.ReadDockerfile(fsys)
	if err != nil {
		return nil, err
	}
	return parsed.Sources(dockerfile.Build{Target: target, Args: c.Settings.BuildArgs})
}

// ReadDockerfile reads the component's Dockerfile.
func (c Component) ReadDockerfile(fsys fs.FS) (*dockerfile.File, error) {
	text, err := fs.ReadFile(fsys, c.Settings.Dockerfile)
	if err != nil {
		return nil, err
	}
	return dockerfile.Parse(c.Settings.Dockerfile, text)
}

// Context is the directory that the component's Dockerfile is given.
func (c Component) Context() string {
	return cmp.Or(c.Settings.Context, c.Path)
}
