package pylock

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/Masterminds/semver/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// poetryStale says that a poetry.lock was made from another pyproject.toml.
// Poetry writes into the lock a sum of what it depends on there, and what that
// is has changed with its versions.
func poetryStale(fsys fs.FS, raw []byte, locked string, p Policy) error {
	manifest, err := fs.ReadFile(fsys, "pyproject.toml")
	if errors.Is(err, fs.ErrNotExist) || locked == "" {
		return nil // Nothing to compare with.
	}
	if err != nil {
		return fmt.Errorf("read %s/pyproject.toml: %w", p.Path, err)
	}
	var doc map[string]any
	if err := bounds.TOML(manifest, &doc); err != nil {
		return fmt.Errorf("%s/pyproject.toml: %w. Correct the TOML", p.Path, err)
	}
	for _, rules := range poetryRules(raw) {
		if rules.sum(doc) == locked {
			return nil
		}
	}
	return fmt.Errorf("%s/poetry.lock is out of date: the dependencies in pyproject.toml changed after it was made. "+
		"Run `poetry lock` in %s and commit poetry.lock", p.Path, p.Path)
}

// relevance is what of pyproject.toml a version of Poetry puts into the sum.
type relevance struct {
	project bool // [project], from Poetry 2
	groups  bool // [dependency-groups], from Poetry 2.3
}

var generatedBy = regexp.MustCompile(`^#.*Poetry (\S+)`)

// poetryRules are the rules by which the lock's sum may be made, by the version
// of Poetry that its first line names; all of them when it names none.
func poetryRules(lock []byte) []relevance {
	one, two, groups := relevance{}, relevance{project: true}, relevance{project: true, groups: true}
	made := generatedBy.FindSubmatch(lock)
	if made == nil {
		return []relevance{groups, two, one}
	}
	version, err := semver.NewVersion(string(made[1]))
	switch {
	case err != nil:
		return []relevance{groups, two, one}
	case version.LessThan(semver.MustParse("2.0.0-0")):
		return []relevance{one}
	case version.LessThan(semver.MustParse("2.3.0-0")):
		return []relevance{two}
	}
	return []relevance{groups}
}

// sum is the SHA-256 of the relevant content as Python writes it as JSON.
func (r relevance) sum(doc map[string]any) string {
	content, standard := map[string]any{}, false
	if project := chosenKeys(table(doc, "project"), "requires-python", "dependencies", "optional-dependencies"); r.project && len(project) > 0 {
		content["project"], standard = project, true
	}
	if groups := table(doc, "dependency-groups"); r.groups && len(groups) > 0 {
		content["dependency-groups"], standard = groups, true
	}
	poetry := table(doc, "tool", "poetry")
	old := []string{"dependencies", "source", "extras", "dev-dependencies"}
	own := chosenKeys(poetry, append(old, "group")...)
	if standard {
		content["tool"] = map[string]any{"poetry": own}
	} else {
		// As before there was a [project]: at the top, and null for what is absent.
		for _, key := range old {
			content[key] = poetry[key]
		}
		maps.Copy(content, own)
	}
	digest := sha256.Sum256([]byte(pythonJSON(content)))
	return hex.EncodeToString(digest[:])
}

func table(doc map[string]any, path ...string) map[string]any {
	for _, key := range path {
		doc, _ = doc[key].(map[string]any)
	}
	return doc
}

func chosenKeys(of map[string]any, keys ...string) map[string]any {
	chosen := map[string]any{}
	for _, key := range keys {
		if of[key] != nil {
			chosen[key] = of[key]
		}
	}
	return chosen
}

// pythonJSON writes a value of TOML as Python's json.dumps does with sorted
// keys: spaces after commas and colons, and ASCII alone.
func pythonJSON(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case string:
		return pythonString(v)
	case []any:
		parts := make([]string, len(v))
		for i, part := range v {
			parts[i] = pythonJSON(part)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, pythonString(key)+": "+pythonJSON(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	text, _ := json.Marshal(value) // A number, or a date, which no dependency has.
	return string(text)
}

func pythonString(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, unit := range utf16.Encode([]rune(text)) {
		switch special := strings.IndexRune("\"\\\n\r\t\b\f", rune(unit)); {
		case special >= 0 && unit < 128:
			out.WriteString([]string{`\"`, `\\`, `\n`, `\r`, `\t`, `\b`, `\f`}[special])
		case unit < ' ' || unit > '~':
			fmt.Fprintf(&out, `\u%04x`, unit)
		default:
			out.WriteByte(byte(unit))
		}
	}
	out.WriteByte('"')
	return out.String()
}
