package component

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// settingsKey is where a manifest holds the settings of this pipeline.
const settingsKey = "pingvas-ci"

// Manifest is what a component's pyproject.toml or package.json says.
type Manifest struct {
	// File is the file; it need not be there.
	File string
	// Name is the project's name in its ecosystem.
	Name string
	// Settings are those that it holds.
	Settings Settings
	// Document is all of it.
	Document map[string]any

	// set are the settings that it holds, by their keys in camelCase.
	set []string
	// own is the pingvas-ci.toml that they stand in, where they do.
	own string
}

// ownFile holds the settings of a component that no file of its ecosystem holds.
const ownFile = "pingvas-ci.toml"

// manifestOf is what a directory's manifest says, of which the settings may stand
// in a pingvas-ci.toml instead.
func manifestOf(fsys fs.FS, dir string, kind Definition) (Manifest, error) {
	m, err := kind.Manifest(fsys, dir)
	if err != nil {
		return m, err
	}
	own, err := ReadOwn(fsys, dir)
	if err != nil || len(own.set) == 0 {
		return m, err
	}
	if len(m.set) > 0 {
		return m, fmt.Errorf("its settings stand in %s and in %s. Keep them in one", m.File, own.File)
	}
	m.Settings, m.set, m.own = own.Settings, own.set, own.File
	return m, nil
}

// settingsFile is where the settings stand, or would: in a pingvas-ci.toml where
// there is no file of the ecosystem that can hold them.
func (m Manifest) settingsFile() string {
	if m.own == "" && m.Document == nil {
		return path.Join(path.Dir(m.File), ownFile)
	}
	return cmp.Or(m.own, m.File)
}

// ReadOwn reads a directory's pingvas-ci.toml; one without has an empty manifest.
func ReadOwn(fsys fs.FS, dir string) (Manifest, error) {
	m := Manifest{File: path.Join(dir, ownFile)}
	table, err := ReadTOML(fsys, m.File)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	err = m.fromTOML(m.File, dir, table)
	return m, err
}

// Configured tells whether a manifest has settings for a component, those of the
// whole repository aside.
func (m Manifest) Configured() bool { return len(m.set) > 0 }

// checkRead refuses settings that do nothing for a component of a kind.
func (m Manifest) checkRead(traits Traits) error {
	for _, key := range m.set {
		if slices.Contains(traits.Unread, key) {
			return fmt.Errorf("the setting %q does nothing for %s. Remove it", kebab(key), traits.Article)
		}
	}
	return nil
}

// ReadPyproject reads a pyproject.toml; a directory without one has an empty
// manifest.
func ReadPyproject(fsys fs.FS, dir string) (Manifest, error) {
	m := Manifest{File: path.Join(dir, "pyproject.toml")}
	doc, err := ReadTOML(fsys, m.File)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	m.Document = doc
	if m.Name, _ = Lookup(doc, "project")["name"].(string); m.Name == "" {
		m.Name, _ = Lookup(doc, "tool", "poetry")["name"].(string)
	}
	table, err := settingsOf(m.File, doc)
	if err != nil {
		return m, err
	}
	err = m.fromTOML(fmt.Sprintf("%s: [tool.%s]", m.File, settingsKey), dir, table)
	return m, err
}

// fromTOML decodes settings with keys in kebab-case.
func (m *Manifest) fromTOML(where, dir string, table map[string]any) error {
	camel := map[string]any{}
	for key, value := range table {
		if key != kebab(key) {
			return fmt.Errorf("%s: key %q. Write it in kebab-case: %q", where, key, kebab(key))
		}
		camel[camelCase(key)] = value
	}
	if err := m.decodeSettings(dir, camel, kebab); err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	return nil
}

// settingsOf is the table of a pyproject.toml that holds this pipeline's
// settings.
func settingsOf(file string, doc map[string]any) (map[string]any, error) {
	value := Lookup(doc, "tool")[settingsKey]
	table, isTable := value.(map[string]any)
	if value != nil && !isTable {
		return nil, fmt.Errorf("%s: [tool.%s] is no table. Write its keys below that heading", file, settingsKey)
	}
	return table, nil
}

func settingsOfTOML(fsys fs.FS, file string) (map[string]any, error) {
	doc, err := ReadTOML(fsys, file)
	if err != nil {
		return nil, err
	}
	return settingsOf(file, doc)
}

// Lookup is a table within a document; nil where there is none.
func Lookup(doc map[string]any, keys ...string) map[string]any {
	for _, key := range keys {
		doc, _ = doc[key].(map[string]any)
	}
	return doc
}

// ReadTOML reads a TOML file, and says where in it something is wrong.
func ReadTOML(fsys fs.FS, file string) (map[string]any, error) {
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	if err := bounds.TOML(raw, &doc); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, column := at.Position()
			return nil, fmt.Errorf("%s:%d:%d: %w. Correct the TOML", file, line, column, err)
		}
		return nil, fmt.Errorf("%s: %w. Correct the TOML", file, err)
	}
	return doc, nil
}

// ReadPackageJSON reads a package.json; a directory without one has an empty
// manifest.
func ReadPackageJSON(fsys fs.FS, dir string) (Manifest, error) {
	m := Manifest{File: path.Join(dir, "package.json")}
	doc, err := readJSON(fsys, m.File)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	m.Document = doc
	// A scope is npm's name space, no part of an image's name.
	name, _ := doc["name"].(string)
	m.Name = name[strings.LastIndex(name, "/")+1:]
	if doc[settingsKey] != nil && Lookup(doc, settingsKey) == nil {
		return m, fmt.Errorf("%s: %q is no object. Write its keys within it", m.File, settingsKey)
	}
	same := func(key string) string { return key }
	if err := m.decodeSettings(dir, Lookup(doc, settingsKey), same); err != nil {
		return m, fmt.Errorf("%s: %q: %w", m.File, settingsKey, err)
	}
	return m, nil
}

func settingsOfJSON(fsys fs.FS, file string) (map[string]any, error) {
	doc, err := readJSON(fsys, file)
	return Lookup(doc, settingsKey), err
}

func readJSON(fsys fs.FS, file string) (map[string]any, error) {
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	if err := bounds.JSON(raw, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w. Correct the JSON", file, err)
	}
	return doc, nil
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
