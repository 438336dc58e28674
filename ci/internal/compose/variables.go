package compose

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/template"
)

// variables are what ${NAME} stands for.
type variables struct {
	values map[string]string
	// files are those that they come from.
	files []string
	// without are those that were asked for and have no value.
	without map[string]bool
}

// readVariables are those that are given, and those of the .env beside a compose file.
func readVariables(fsys fs.FS, dir string, given map[string]string) (*variables, error) {
	v := &variables{values: maps.Clone(given), without: map[string]bool{}}
	if v.values == nil {
		v.values = map[string]string{}
	}
	name := path.Join(dir, DotEnv)
	more, err := ReadEnv(fsys, name, given)
	if errors.Is(err, fs.ErrNotExist) {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	for key, value := range more {
		if _, is := given[key]; !is {
			v.values[key] = value
		}
	}
	v.files = []string{name}
	return v, nil
}

// ReadEnv reads a file of variables, as compose does. Given are those that its own may
// name.
func ReadEnv(fsys fs.FS, name string, given map[string]string) (map[string]string, error) {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	read, err := dotenv.ParseWithLookup(bytes.NewReader(text), func(key string) (string, bool) {
		value, is := given[key]
		return value, is
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w. Write lines such as NAME=value", name, err)
	}
	return read, nil
}

func (v *variables) lookup(name string) (string, bool) {
	value, is := v.values[name]
	return value, is
}

// in puts values in the place of variables, however deep they stand.
func (v *variables) in(value any) (any, error) {
	switch value := value.(type) {
	case string:
		return v.text(value)
	case []any:
		all := make([]any, len(value))
		for i, one := range value {
			var err error
			if all[i], err = v.in(one); err != nil {
				return nil, err
			}
		}
		return all, nil
	case map[string]any:
		all := map[string]any{}
		for key, one := range value {
			var err error
			if all[key], err = v.in(one); err != nil {
				return nil, err
			}
		}
		return all, nil
	}
	return value, nil
}

// plain are variables that nothing stands in for where they have no value; $$ is a
// dollar.
var plain = regexp.MustCompile(`\$(?:\$|\{(\w+)\}|([A-Za-z_]\w*))`)

func (v *variables) text(text string) (string, error) {
	for _, asked := range plain.FindAllStringSubmatch(text, -1) {
		name := asked[1] + asked[2]
		if _, has := v.values[name]; !has && name != "" {
			v.without[name] = true
		}
	}
	said, err := template.SubstituteWithOptions(text, v.lookup, template.WithoutLogging)
	if err != nil {
		return "", fmt.Errorf("%w. Give its value in environment, or in a file that env-file names", err)
	}
	return said, nil
}

// unset says which variables nobody gave, and were taken for empty.
func (v *variables) unset() []string {
	var said []string
	for _, name := range slices.Sorted(maps.Keys(v.without)) {
		said = append(said, "the variable "+name+" has no value, and stands for nothing")
	}
	v.without = map[string]bool{}
	return said
}

// note adds a file that something was read from.
func (v *variables) note(file string) {
	if !slices.Contains(v.files, file) {
		v.files = append(v.files, file)
	}
}
