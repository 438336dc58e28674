package component

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// nameless is what a component is called where nothing says anything.
const nameless = "app"

// call gives the component its name: what its settings say, which has to be a name as
// it is; else its directory's or its project's, in letters that a name may have.
func (c *Component) call(fsys fs.FS, p place, m Manifest, called func() string) error {
	if set := m.Settings.Name; set != "" {
		c.Name, c.named = legal(set), true
		return names.Component(set)
	}
	said, source := p.name, "its directory"
	if said == "" {
		said, source = ofRoot(fsys, m, called)
	}
	c.Name = legal(said)
	switch {
	case said == "":
		c.Infer("name", c.Name, "no file says a name; for another one, write the setting name in "+c.SettingsFile)
	case c.Name != said:
		c.Infer("name", c.Name, fmt.Sprintf("%q of %s, in letters that an image's name may have", said, source))
	}
	return nil
}

// ofRoot is what the component in the repository's root is called: by the manifest of
// its kind, by another that lies there, or by the repository.
func ofRoot(fsys fs.FS, m Manifest, called func() string) (name, source string) {
	if m.Name != "" {
		return m.Name, m.File
	}
	for _, read := range []func(fs.FS, string) (Manifest, error){ReadPyproject, readSetup, readSetupScript, ReadPackageJSON} {
		if other, err := read(fsys, "."); err == nil && other.Name != "" {
			return other.Name, other.File
		}
	}
	if called == nil {
		return "", ""
	}
	return called(), "the repository's origin"
}

var setupName = regexp.MustCompile(`(?ms)^\[metadata\][^\[]*?^name\s*=\s*(\S+)`)

// readSetup is what a setup.cfg says of a project's name.
func readSetup(fsys fs.FS, dir string) (Manifest, error) {
	m := Manifest{File: path.Join(dir, "setup.cfg")}
	text, err := fs.ReadFile(fsys, m.File)
	if found := setupName.FindSubmatch(text); found != nil {
		m.Name = string(found[1])
	}
	return m, err
}

var scriptName = regexp.MustCompile(`(?s)\bsetup\((?:[^#]*?[\s,(])??name\s*=\s*["']([^"'{}]+)["']`)

// readSetupScript is what a setup.py says of a project's name in plain words.
func readSetupScript(fsys fs.FS, dir string) (Manifest, error) {
	m := Manifest{File: path.Join(dir, "setup.py")}
	text, err := fs.ReadFile(fsys, m.File)
	if found := scriptName.FindSubmatch(scriptComment.ReplaceAll(text, nil)); found != nil {
		m.Name = string(found[1])
	}
	return m, err
}

var scriptComment = regexp.MustCompile(`(?m)(^|\s)#.*$`)

var unnameable = regexp.MustCompile(`[^a-z0-9]+`)

// legal is a name in letters that the name of a component may have.
func legal(name string) string {
	const longest = 63
	mapped := strings.Trim(unnameable.ReplaceAllString(strings.ToLower(name), "-"), "-")
	return cmp.Or(strings.TrimRight(mapped[:min(longest, len(mapped))], "-"), nameless)
}

// apart is what a component without an image, or one of the root, which nobody has named for
// this pipeline, is called where its name is another's.
func (c Component) apart() string {
	if c.ForAll || c.Path == "." {
		return c.Name + "-root"
	}
	return legal(c.Path)
}

func taken(components []Component, c Component) bool {
	return slices.ContainsFunc(components, func(other Component) bool { return other.Name == c.Name && other.Path != c.Path })
}

// checkNames finds fault with components of one name, and with no others. One that
// cannot be read, and so may be called otherwise, goes by its whole path instead.
func checkNames(components []Component) {
	for i := range components {
		c := &components[i]
		if !c.named && (c.NoImage != "" || c.Path == ".") && taken(components, *c) {
			said := c.Name
			for c.Name = c.apart(); taken(components, *c); {
				c.Name += "-library"
			}
			c.Infer("name", c.Name, fmt.Sprintf("another component is called %s; for another name, write the setting name in %s", said, c.SettingsFile))
		}
	}
	first := map[string]*Component{}
	var unread []*Component
	for i := range components {
		c := &components[i]
		other, taken := first[c.Name]
		switch {
		case c.Fault != "":
			unread = append(unread, c)
		case taken:
			c.Fault = fmt.Sprintf("two components are called %q: %s and %s. Give one of them another name in its settings", c.Name, other.Path, c.Path)
			other.Fault = c.Fault
		default:
			first[c.Name] = c
		}
	}
	for _, c := range unread {
		if _, taken := first[c.Name]; taken {
			c.Name = legal(c.Path)
		}
		first[c.Name] = c
	}
}
