package component

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/compose"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// readTestNeeds reads what the component's tests need besides its files: variables of
// its env files, which become its environment, and services of the compose file, of
// which the variables are the environment's.
func (c *Component) readTestNeeds(fsys fs.FS) error {
	environment := maps.Clone(c.Settings.Environment)
	for i, name := range c.Settings.EnvFile {
		file := path.Join(c.Path, name)
		if !fs.ValidPath(file) || path.IsAbs(name) {
			return fmt.Errorf("env file %q is no file of the repository. Name one, from the component's directory", name)
		}
		read, err := compose.ReadEnv(fsys, file, environment)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("env file %q is not there. Correct %s, or commit the file", name, c.Setting("envFile"))
		}
		if err != nil {
			return err
		}
		if environment == nil {
			environment = map[string]string{}
		}
		for key, value := range read {
			if _, set := c.Settings.Environment[key]; !set {
				environment[key] = value
			}
		}
		c.Settings.EnvFile[i] = file
	}
	c.Settings.Environment = environment
	if len(c.Settings.TestServices) == 0 {
		return nil
	}
	var err error
	c.Services, err = compose.Services(fsys, c.Path, c.Settings.TestServices, environment)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Setting("testServices"), err)
	}
	return nil
}

// testNeedParts are the files that those come from.
func (c Component) testNeedParts() (parts []inputs.Part) {
	one := func(file, why string) inputs.Part {
		return inputs.Part{Dir: path.Dir(file), Include: []string{inputs.Literal(path.Base(file))}, Why: why}
	}
	for _, file := range c.Settings.EnvFile {
		parts = append(parts, one(file, "variables of its tests"))
	}
	var seen []string
	for _, service := range c.Services {
		for _, file := range service.Files {
			if !slices.Contains(seen, file) {
				seen = append(seen, file)
				parts = append(parts, one(file, "says what services its tests need"))
			}
		}
		for _, mount := range service.Mounts {
			why := "read by the service " + service.Name + " of its tests"
			if mount.Directory {
				parts = append(parts, inputs.Part{Dir: mount.Source, Why: why})
				continue
			}
			parts = append(parts, one(mount.Source, why))
		}
	}
	return parts
}
