package component

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// dockerfileOf returns the Dockerfile's path from the repository root, empty
// when the component has none.
func dockerfileOf(fsys fs.FS, c Component, traits Traits) (string, error) {
	if set := c.Settings.Dockerfile; set != "" {
		for _, p := range []string{path.Join(c.Path, set), path.Clean(set)} {
			if fs.ValidPath(p) && Exists(fsys, p) {
				return p, nil
			}
		}
		return "", fmt.Errorf("dockerfile %q is neither in %s nor at the repository root. Correct the dockerfile setting", set, c.Path)
	}
	for _, p := range dockerfiles(c, traits) {
		if !c.StandsIn && Exists(fsys, p) {
			return p, nil
		}
	}
	return "", nil
}

// notShipped are the ends of names of Dockerfiles of which the image is no component's.
var notShipped = []string{".dockerignore", ".dev", ".development", ".local", ".test", ".tests", ".ci"}

// otherDockerfiles say of components that the recipe of their kind builds which
// Dockerfiles lie there by names of their own, and what takes one.
func otherDockerfiles(fsys fs.FS, components []Component) (said []string) {
	for _, c := range components {
		var files []string
		var err error
		for _, pattern := range []string{"Dockerfile.*", "*.Dockerfile", "docker/Dockerfile.*", "docker/*.Dockerfile"} {
			found, failed := fs.Glob(fsys, path.Join(inputs.Literal(c.Path), pattern))
			files, err = append(files, found...), errors.Join(err, failed)
		}
		files = slices.DeleteFunc(files, func(file string) bool {
			return slices.Contains(notShipped, path.Ext(file)) || slices.Contains(notShipped, "."+strings.TrimSuffix(path.Base(file), ".Dockerfile"))
		})
		if err == nil && len(files) > 0 && c.Settings.Dockerfile == "" && c.Fault == "" && c.NoImage == "" {
			said = append(said, fmt.Sprintf("%s: the built-in recipe makes the image of %s; to have it made by this, set %s to %q in %s",
				files[0], c.Name, c.Setting("dockerfile"), strings.TrimPrefix(files[0], c.Path+"/"), c.SettingsFile))
		}
	}
	return said
}

// fromRoot tells whether the Dockerfile is written for a context at the repository's
// root: it copies what is there, and not in the component's directory.
func (c Component) fromRoot(fsys fs.FS) bool {
	if c.Settings.Dockerfile == "" || c.Path == "." {
		return false
	}
	sources, err := c.sources(fsys, c.Settings.Target)
	lacks := func(dir string) bool {
		return slices.ContainsFunc(sources, func(source dockerfile.Source) bool {
			return !Exists(fsys, path.Join(dir, plainly(source.Path)))
		})
	}
	return err == nil && lacks(c.Path) && !lacks(".")
}

// working are the names of stages that people work in, and deliver none of.
var working = regexp.MustCompile(`(?i)^(?:dev|develop|development|dev[-_]?envs?|dev[-_]?container|local|debug|tests?|testing|lint|ci)$`)

// ofStages says of a Dockerfile whose last stage goes by the name of one that people work
// in that its image is that: so docker build has it, where nobody names a target.
func (c *Component) ofStages(fsys fs.FS) {
	if c.Settings.Dockerfile == "" || c.Settings.Target != "" {
		return
	}
	file, err := c.ReadDockerfile(fsys)
	if err != nil {
		return // Who builds it says so.
	}
	stages, err := file.Stages()
	if last := len(stages) - 1; err == nil && last > 0 && working.MatchString(stages[last]) {
		c.Unheard = append(c.Unheard, fmt.Sprintf("the image is the last stage of %s, which is called %s. To have it be another one, set %s to %q in %s",
			c.Settings.Dockerfile, stages[last], c.Setting("target"), stages[last-1], c.SettingsFile))
	}
}

// plainly is what a path names without a pattern: that may be of nothing.
func plainly(place string) string {
	elements := strings.Split(place, "/")
	if i := slices.IndexFunc(elements, func(element string) bool { return strings.ContainsAny(element, `*?[\`) }); i >= 0 {
		elements = elements[:i]
	}
	return path.Join(elements...)
}

// dockerfiles are where a component's Dockerfile lies when no setting names it.
func dockerfiles(c Component, traits Traits) []string {
	var files []string
	for _, name := range append([]string{traits.Dockerfile}, traits.Dockerfiles...) {
		files = append(files, path.Join(c.Path, name))
	}
	files = append(files, path.Join(c.Path, "Dockerfile."+c.Name), path.Join(c.Path, c.Name+".Dockerfile"),
		"docker/Dockerfile."+c.Name, path.Join(c.Path, "docker/Dockerfile"))
	for _, name := range []string{"Dockerfile.prod", "Dockerfile.production"} {
		files = append(files, path.Join(c.Path, name))
	}
	return files
}
