package component

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// forReaders are files at the root of a repository or of a library that no tool
// reads of itself: neither mounted nor counted there, unless a manifest names them.
var forReaders = []string{
	"*.md", "*.rst", "*.adoc", "LICENSE*", "LICENCE*", "COPYING*", "NOTICE*", "AUTHORS*", "CHANGELOG*", "CODEOWNERS", "CITATION.cff",
}

// forOthers are what other pipelines and services read, and editors.
var forOthers = []string{
	".github", ".gitlab", ".gitlab-ci.yml", ".circleci", ".travis.yml", "Jenkinsfile", "azure-pipelines.yml", "bitbucket-pipelines.yml",
	".gitattributes", ".mailmap", ".vscode", ".idea", ".devcontainer", "renovate.json*", ".renovaterc*",
	"Makefile", "justfile", "Taskfile.y*ml", "docker-compose*", "compose*.y*ml",
}

// forPeople are both.
var forPeople = slices.Concat(forReaders, forOthers)

// notChecked are files that only building an image reads.
var notChecked = []string{"Dockerfile", "Dockerfile.*", "*.dockerignore"}

// assemble makes the inputs whole: what every kind has, around what the kind
// itself has filled in.
func (c *Component) assemble(fsys fs.FS, kind Definition, kinds []Definition) error {
	own := c.Inputs
	traits, above := kind.Traits(), c.above(kind.Traits(), kinds)
	if traits.GatesInDockerfile {
		return c.assembleInDockerfile(fsys, traits, own.Check)
	}
	c.Inputs.Check = slices.Concat([]inputs.Part{c.directory()}, c.libraryParts(fsys), own.Check, above, c.testNeedParts())
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
// for other pipelines, unless there is nothing but gates: a formatter looks at all of it.
func (c Component) directory() inputs.Part {
	if c.ForAll {
		return inputs.Part{Dir: c.Path, Why: "in the workspace, of which it has the gates"}
	}
	part := inputs.Part{Dir: c.Path, Exclude: slices.Clone(notChecked), Why: "in the component's directory"}
	if c.Path == "." {
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
			Dir: l.Path, Exclude: slices.Concat(notChecked, forPeople, named(fsys, l.Path)), Why: why,
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

// named are the files for people that a directory's manifest names, as patterns
// that take them in again: a build backend reads the README of its project.
func named(fsys fs.FS, dir string) []string {
	names := inScripts(fsys, dir)
	m, err := ReadPyproject(fsys, dir)
	if err != nil {
		return names // Whoever reads the manifest for its own sake says so.
	}
	add := func(value any) {
		if name, _ := value.(string); name != "" && !strings.HasPrefix(name, "..") {
			names = append(names, "!"+path.Clean(name))
		}
	}
	project, poetry := Lookup(m.Document, "project"), Lookup(m.Document, "tool", "poetry")
	for _, value := range []any{project["readme"], Lookup(project, "readme")["file"], Lookup(project, "license")["file"], poetry["readme"]} {
		add(value)
	}
	for _, list := range []any{project["license-files"], poetry["readme"]} {
		all, _ := list.([]any)
		for _, value := range all {
			add(value)
		}
	}
	return names
}

// inScripts are those that a package.json names: a build copies them into a package.
func inScripts(fsys fs.FS, dir string) (names []string) {
	text, err := fs.ReadFile(fsys, path.Join(dir, "package.json"))
	if err != nil {
		return nil
	}
	for _, pattern := range forReaders {
		files, _ := fs.Glob(fsys, path.Join(inputs.Literal(dir), pattern)) // The pattern is ours.
		for _, file := range files {
			if bytes.Contains(text, []byte(path.Base(file))) {
				names = append(names, "!"+inputs.Literal(path.Base(file)))
			}
		}
	}
	return names
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
