// Package compose reads from a repository's compose file the services that its tests
// need: what of them a test's service can be, done; what only people's machines have,
// passed over and said; what would make them other than they are, refused.
//
// Variables and env files are read by compose's own library.
package compose

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// Files are the names that compose looks for, the first one first, and those of
// what is laid over them.
var (
	Files     = []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}
	overrides = []string{"compose.override.yaml", "compose.override.yml", "docker-compose.override.yml", "docker-compose.override.yaml"}
)

// DotEnv is the file beside a compose file that its variables come from.
const DotEnv = ".env"

// file is a compose file, with what is laid over it.
type file struct {
	fsys fs.FS
	dir  string
	// layers are its services, those of the override last, each layer with its name.
	layers []layer
	vars   *variables
}

type layer struct {
	name     string
	services map[string]map[string]any
}

// find is the compose file of a directory: its own, or the nearest one above.
func find(fsys fs.FS, dir string, given map[string]string) (*file, error) {
	for at := dir; ; at = path.Dir(at) {
		if name := first(fsys, at, Files); name != "" {
			return open(fsys, at, name, given)
		}
		if at == "." {
			return nil, fmt.Errorf("there is no %s in %s or above. Add one with the services that the tests need", Files[0], dir)
		}
	}
}

func open(fsys fs.FS, dir, name string, given map[string]string) (*file, error) {
	f := &file{fsys: fsys, dir: dir}
	for _, name := range []string{name, first(fsys, dir, overrides)} {
		if name == "" {
			continue
		}
		read, err := readLayer(fsys, path.Join(dir, name))
		if err != nil {
			return nil, err
		}
		f.layers = append(f.layers, read)
	}
	var err error
	f.vars, err = readVariables(fsys, dir, given)
	return f, err
}

func readLayer(fsys fs.FS, name string) (layer, error) {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return layer{}, fmt.Errorf("read %s: %w", name, err)
	}
	var read struct {
		Services map[string]map[string]any `yaml:"services"`
	}
	if err := bounds.YAML(text, &read); err != nil {
		return layer{}, fmt.Errorf("%s: %w. Correct it", name, err)
	}
	return layer{name, read.Services}, nil
}

// first is the first of the names that a directory has; empty for none.
func first(fsys fs.FS, dir string, names []string) string {
	for _, name := range names {
		if info, err := fs.Stat(fsys, path.Join(dir, name)); err == nil && !info.IsDir() {
			return name
		}
	}
	return ""
}

// names are the services that there are.
func (f *file) names() []string {
	known := map[string]bool{}
	for _, layer := range f.layers {
		for name := range layer.services {
			known[name] = true
		}
	}
	return slices.Sorted(maps.Keys(known))
}

// service reads one.
func (f *file) service(name string) (*Service, error) {
	if !slices.Contains(f.names(), name) {
		return nil, fmt.Errorf("%s has no service called %q. Name one of: %s", f.layers[0].name, name, strings.Join(f.names(), ", "))
	}
	s := &Service{Name: name, Environment: map[string]string{}}
	for _, layer := range f.layers {
		if err := f.apply(s, layer.services[name]); err != nil {
			return nil, fmt.Errorf("%s: service %s: %w", layer.name, name, err)
		}
	}
	if s.Image == "" {
		return nil, fmt.Errorf("%s: service %s has no image. Name one", f.layers[0].name, name)
	}
	s.Files = f.read()
	s.Said = append(s.Said, f.vars.unset()...)
	return s, nil
}

// read are the files that services come from.
func (f *file) read() []string {
	var names []string
	for _, layer := range f.layers {
		names = append(names, layer.name)
	}
	return append(names, f.vars.files...)
}

// apply reads what one file says of a service over what an earlier one said.
func (f *file) apply(s *Service, says map[string]any) error {
	var failures []error
	for _, key := range slices.Sorted(maps.Keys(says)) {
		value, err := f.vars.in(says[key])
		if err == nil {
			err = f.key(s, key, value)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", key, err))
		}
	}
	return errors.Join(failures...)
}
