package component

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2"
)

// settingsKey is where a manifest holds the settings of this pipeline.
const settingsKey = "pingvas-ci"

// manifest is what a component's pyproject.toml or package.json says.
type manifest struct {
	file           string
	projectName    string
	requiresPython string
	engines        map[string]string
	packageManager string
	settings       Settings
}

// readManifest reads the ecosystem's own file; a component without one has
// an empty manifest.
func readManifest(fsys fs.FS, dir string, kind Kind) (manifest, error) {
	if kind == Frontend {
		return readPackageJSON(fsys, path.Join(dir, "package.json"))
	}
	return readPyproject(fsys, path.Join(dir, "pyproject.toml"))
}

func readPyproject(fsys fs.FS, file string) (manifest, error) {
	m := manifest{file: file}
	doc, err := readTOML(fsys, file)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	project, _ := doc["project"].(map[string]any)
	m.projectName, _ = project["name"].(string)
	m.requiresPython, _ = project["requires-python"].(string)
	tool, _ := doc["tool"].(map[string]any)
	table, isTable := tool[settingsKey].(map[string]any)
	if tool[settingsKey] != nil && !isTable {
		return m, fmt.Errorf("%s: [tool.%s] is no table; write its keys below that heading", file, settingsKey)
	}
	camel := map[string]any{}
	for key, value := range table {
		if key != kebab(key) {
			return m, fmt.Errorf("%s: [tool.%s]: key %q; write it in kebab-case: %q", file, settingsKey, key, kebab(key))
		}
		camel[camelCase(key)] = value
	}
	if m.settings, err = decodeSettings(camel, kebab); err != nil {
		return m, fmt.Errorf("%s: [tool.%s]: %w", file, settingsKey, err)
	}
	return m, nil
}

func readTOML(fsys fs.FS, file string) (map[string]any, error) {
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	if err := toml.Unmarshal(raw, &doc); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, column := at.Position()
			return nil, fmt.Errorf("%s:%d:%d: %w; correct the TOML", file, line, column, err)
		}
		return nil, fmt.Errorf("%s: %w; correct the TOML", file, err)
	}
	return doc, nil
}

func readPackageJSON(fsys fs.FS, file string) (manifest, error) {
	m := manifest{file: file}
	raw, err := fs.ReadFile(fsys, file)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	var doc struct {
		Name           string            `json:"name"`
		Engines        map[string]string `json:"engines"`
		PackageManager string            `json:"packageManager"`
		Settings       map[string]any    `json:"pingvas-ci"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return m, fmt.Errorf("%s: %w; correct the JSON", file, err)
	}
	// A scope is npm's name space, no part of an image's name.
	m.projectName = doc.Name[strings.LastIndex(doc.Name, "/")+1:]
	m.engines, m.packageManager = doc.Engines, doc.PackageManager
	same := func(key string) string { return key }
	if m.settings, err = decodeSettings(doc.Settings, same); err != nil {
		return m, fmt.Errorf("%s: %q: %w", file, settingsKey, err)
	}
	return m, nil
}

// settingKeys returns the keys that settings may have, in JSON's spelling.
func settingKeys() []string {
	var keys []string
	for field := range reflect.TypeFor[Settings]().Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		keys = append(keys, key)
	}
	return keys
}

func sortedKeys(table map[string]any) []string {
	return slices.Sorted(maps.Keys(table))
}

// kebab turns buildArgs into build-args.
func kebab(key string) string {
	var b strings.Builder
	for _, r := range key {
		if unicode.IsUpper(r) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// camelCase turns build-args into buildArgs.
func camelCase(key string) string {
	first, rest, _ := strings.Cut(key, "-")
	for word := range strings.SplitSeq(rest, "-") {
		if word != "" {
			first += strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return first
}

// nearest returns the known key that takes the fewest edits to reach.
func nearest(key string, known []string) string {
	return slices.MinFunc(known, func(a, b string) int { return distance(key, a) - distance(key, b) })
}

// distance is the Levenshtein distance.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			above := row[j+1]
			if a[i] == b[j] {
				row[j+1] = diagonal
			} else {
				row[j+1] = 1 + min(diagonal, above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}
