package dockerfile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// mountFlag is how a flag of RUN begins that mounts something.
const mountFlag = "--mount="

// caches puts the ids of a RUN's cache mounts below the build's key: by ids of
// their own choice, builds that have nothing to do with each other would write
// into each other's caches.
func (p *pinning) caches(s step) error {
	if p.build.CacheKey == "" {
		return nil
	}
	line, flags, err := p.file.runFlags(s)
	for _, w := range flags {
		options, is := strings.CutPrefix(string(w.text), mountFlag)
		if !is {
			continue
		}
		inserted, err := keyed(options, cacheKey(p.build.CacheKey))
		if err != nil {
			return err
		}
		for _, i := range inserted {
			at := line.at[w.at[len(mountFlag)+i.behind-1]]
			p.edits = append(p.edits, edit{at.line, at.column + 1, at.column + 1, i.text})
		}
	}
	return err
}

// cacheKey is the key as one part of an id: of equal length for all keys, so that
// none is the beginning of another.
func cacheKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

// insertion is text that is put into a mount's options, behind so many bytes.
type insertion struct {
	behind int
	text   string
}

var plainType = regexp.MustCompile(`^[A-Za-z]+$`)

// keyed is what puts a key before the id of a mount, if it is one of a cache. One
// without an id has its target for it.
func keyed(options, key string) ([]insertion, error) {
	kind, target := string(instructions.MountTypeBind), ""
	var ids []option
	for _, o := range mountOptions(options) {
		switch strings.ToLower(o.name) {
		case "type":
			kind = o.value
		case "target", "dst", "destination":
			target = o.value
		case "id":
			ids = append(ids, o)
		}
	}
	if !plainType.MatchString(kind) {
		return nil, fmt.Errorf("the type of a mount is %s, by which a cache cannot be told from other mounts. Write the type itself", kind)
	}
	if !strings.EqualFold(kind, string(instructions.MountTypeCache)) {
		return nil, nil
	}
	if len(ids) == 0 {
		return []insertion{{0, "id=" + key + "/" + defaultID(target) + ","}}, nil
	}
	var all []insertion
	for _, id := range ids {
		text := key + "/"
		if id.value == "" {
			text += defaultID(target)
		}
		all = append(all, insertion{id.begins, text})
	}
	return all, nil
}

var plainTarget = regexp.MustCompile(`^[A-Za-z0-9_./${}:@+~-]*$`)

// defaultID is the id of a cache that has none, as BuildKit has it: the target.
// One that would have to be quoted is written as its hash.
func defaultID(target string) string {
	switch {
	case !plainTarget.MatchString(target):
		return cacheKey(target)
	case strings.Contains(target, "$"):
		return target
	default:
		return path.Clean(target)
	}
}

// option is one of a mount's, and where its value begins.
type option struct {
	name, value string
	begins      int
}

// mountOptions are those with a value. They are a line of CSV, in which quotes
// stand around a whole option.
func mountOptions(text string) (options []option) {
	begins, quoted := 0, false
	for i := 0; i <= len(text); i++ {
		if i < len(text) && text[i] == '"' {
			quoted = !quoted
		}
		if i < len(text) && (quoted || text[i] != ',') {
			continue
		}
		field := text[begins:i]
		if name, value, has := strings.Cut(field, "="); has {
			at := begins + len(name) + 1
			if unquoted, is := strings.CutPrefix(name, `"`); is {
				name, value = unquoted, strings.ReplaceAll(strings.TrimSuffix(value, `"`), `""`, `"`)
			}
			options = append(options, option{name, value, at})
		}
		begins = i + 1
	}
	return options
}
