package frontenddef

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// settings are what a pnpm-workspace.yaml says: which packages there are, and from
// version 10 on how pnpm is to work.
type settings map[string]any

// readSettings reads those of a directory; one without has none.
func readSettings(fsys fs.FS, dir string) (settings, error) {
	file := path.Join(dir, "pnpm-workspace.yaml")
	raw, err := fs.ReadFile(fsys, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	if err := bounds.YAML(raw, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w. Correct the YAML", file, err)
	}
	return doc, nil
}

func (s settings) keys() []string { return slices.Sorted(maps.Keys(s)) }

// texts are the texts of a key: of a list or a table, or alone.
func (s settings) texts(key string) []string { return textsOf(s[key]) }

func textsOf(value any) (texts []string) {
	switch value := value.(type) {
	case string:
		texts = []string{value}
	case []any:
		for _, one := range value {
			texts = append(texts, textsOf(one)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			texts = append(texts, textsOf(value[name])...)
		}
	}
	return texts
}
