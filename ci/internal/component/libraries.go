package component

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// libraries resolves the named libraries and those which they name in turn.
func libraries(fsys fs.FS, componentPath string, named []string, kinds []Definition) ([]Library, error) {
	var found []Library
	seen := map[string]bool{componentPath: true}
	queue := make([]Library, 0, len(named))
	for _, n := range named {
		queue = append(queue, Library{Path: n})
	}
	for len(queue) > 0 {
		l := queue[0]
		queue = queue[1:]
		if seen[l.Path] {
			continue
		}
		seen[l.Path] = true
		if info, err := fs.Stat(fsys, l.Path); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("library %s (named by %s) is no directory of the repository. Correct the libraries setting",
				l.Path, cmp.Or(l.Via, componentPath))
		}
		found = append(found, l)
		further, err := librariesOf(fsys, l.Path, kinds)
		if err != nil {
			return nil, fmt.Errorf("library %s: %w", l.Path, err)
		}
		for _, f := range further {
			queue = append(queue, Library{Path: f, Via: l.Path})
		}
	}
	return found, nil
}

// librariesOf reads the libraries that a library names in its own settings,
// whichever ecosystem's file it has.
func librariesOf(fsys fs.FS, dir string, kinds []Definition) ([]string, error) {
	for _, kind := range kinds {
		m, err := manifestOf(fsys, dir, kind)
		if err != nil {
			return nil, err
		}
		if m.Document != nil || len(m.set) > 0 {
			return resolveLibraries(dir, m.Settings.Libraries)
		}
	}
	return nil, nil
}

// settleLibraries tells what only looks like a component: a directory that a component
// names as its library. It has no image, and is a component where it has gates of its own,
// which nothing else runs: not where it lies in a component of its kind, whose gates look
// at it as well, unless it says itself how its tests run. One at the root, in a place for
// components, with a Dockerfile, with a server, or with settings of an image, is both a
// library and a component; so is one with a fault, which says it. What the repository's
// settings name has gates in any case.
func settleLibraries(fsys fs.FS, components []Component, places []place) (settled []Component) {
	if !slices.ContainsFunc(components, func(c Component) bool { return !inLibraries(c.Path) }) {
		return components // There is nothing else.
	}
	rules, _ := readRepository(fsys) // Who searched has said what is wrong with them.
	all, root := places, rootOf(components)
	if root != nil { // It looks at what its own gates look at, and is built of nothing.
		places = slices.DeleteFunc(slices.Clone(places), func(p place) bool { return p.path == root.Path })
	}
	users := map[string][]string{}
	for _, c := range components {
		for _, l := range c.Libraries {
			if l.Called == "" && !c.ForAll { // What checks all of them is built of none.
				users[l.Path] = append(users[l.Path], c.Name)
			}
		}
	}
	for _, c := range components {
		of, library := users[c.Path]
		switch {
		case !library, c.Fault != "", c.Path == ".", Expected(c.Path), c.WantsImage(), c.serves(), c.Settings.Dockerfile != "":
			settled = append(settled, c)
		case root != nil && !rules.names(c.Path) && alike(all, root.Path, c.Path) && c.coveredBy(fsys, root):
		case rules.names(c.Path), (!within(c.Path, places) || c.testsItself(fsys)) && c.checked(fsys):
			c.NoImage = fmt.Sprintf("it is a library of %s. For an image of its own, add a Dockerfile", strings.Join(of, ", "))
			settled = append(settled, c)
		}
	}
	return settled
}

// settleRoot says of components which gates of theirs the repository's root has for all of
// it: the tests of those that have none, and the types of what the root's are checked of.
func settleRoot(fsys fs.FS, components []Component, places []place) {
	root := rootOf(components)
	if root == nil {
		return
	}
	for at := range components {
		c := &components[at]
		if c == root || c.Fault != "" || !alike(places, root.Path, c.Path) {
			continue
		}
		if !c.configures(testGate) && !HasTests(fsys, c.Path) {
			c.leaveTo(root, testGate, "it has no tests of its own, and those of the repository's root are for all of it")
		}
		if !c.configures("typecheck") && root.looksAt(c.Path, "typecheck") {
			c.leaveTo(root, "typecheck", "the repository's root has it for all of it")
		}
	}
}

// leaveTo has a gate of the root stand in place of a component's own, where both run it.
func (c *Component) leaveTo(root *Component, gate, why string) {
	if !root.runs(gate) || !c.runs(gate) {
		return
	}
	if c.end(gate, why); !c.runs(gate) {
		c.CheckedBy = root.Name
	}
}

// end switches a gate off that would run: its tool with it, and what measures the tests.
func (c *Component) end(gate, why string) {
	c.SwitchOff(gate, why, c.SettingsFile)
	if !c.runs(gate) {
		c.Tools = slices.DeleteFunc(c.Tools, func(tool Tool) bool {
			return tool.Gate == gate || gate == testGate && tool.Gate == CoverageGate
		})
	}
}

// runs tells whether a gate runs.
func (c Component) runs(name string) bool {
	gate, has := c.Gate(name)
	return has && gate.Off == ""
}

// serves tells whether its files show that it listens.
func (c Component) serves() bool { return c.NoImage == "" && c.Settings.Port != 0 }

// testsItself tells whether a library has tests, and files of its own say how they run.
func (c Component) testsItself(fsys fs.FS) bool {
	return HasTests(fsys, c.Path) && c.configures(testGate)
}

// rootOf is the repository's root where its gates stand in place of others; nil for none.
func rootOf(components []Component) *Component {
	if at := slices.IndexFunc(components, func(c Component) bool { return c.StandsIn && c.ForAll }); at >= 0 {
		return &components[at]
	}
	return nil
}

// alike tells whether two places are of one kind.
func alike(places []place, one, other string) bool {
	kind := func(dir string) Definition {
		return places[slices.IndexFunc(places, func(p place) bool { return p.path == dir })].kind
	}
	return kind(one) == kind(other)
}

// coveredBy tells whether a root runs all gates that a component of its kind runs, which says
// nothing of its own of how they are run, and has no tests.
func (c Component) coveredBy(fsys fs.FS, root *Component) bool {
	if HasTests(fsys, c.Path) || len(c.Settings.Gates) > 0 || c.configures(testGate) || c.configures("typecheck") {
		return false
	}
	return !slices.ContainsFunc(c.Gates, func(gate Gate) bool {
		covered := root.runs(gate.Name) && (gate.Name == testGate || root.looksAt(c.Path, gate.Name))
		return gate.Off == "" && gate.Name != CoverageGate && !covered
	})
}

// looksAt tells whether a gate's tool is run on all of a directory, by what it is run on.
func (c Component) looksAt(dir, gate string) bool {
	return slices.ContainsFunc(c.Tools, func(tool Tool) bool {
		return tool.Gate == gate && slices.ContainsFunc(tool.Arguments, func(word string) bool {
			word = path.Clean(word)
			return word == "." || word == dir || strings.HasPrefix(dir, word+"/")
		})
	})
}

// configures tells whether files of the component's own say that it wants a gate's tool.
func (c Component) configures(gate string) bool {
	return slices.ContainsFunc(c.Tools, func(tool Tool) bool {
		return tool.Gate == gate && strings.HasPrefix(tool.Source, c.Path+"/")
	})
}

// within tells whether a place lies in another one of its kind.
func within(dir string, places []place) bool {
	at := slices.IndexFunc(places, func(p place) bool { return p.path == dir })
	return slices.ContainsFunc(places, func(around place) bool {
		return around.kind == places[at].kind && around.path != dir && (around.path == "." || strings.HasPrefix(dir, around.path+"/"))
	})
}

// checked tells whether a library has a gate to run. What is configured above it for
// tests asks for none where it has no tests.
func (c *Component) checked(fsys fs.FS) bool {
	if gate, _ := c.Gate(testGate); gate.Off == "" && !c.configures(testGate) && !HasTests(fsys, c.Path) {
		c.end(testGate, "it is a library without tests")
	}
	return slices.ContainsFunc(c.Gates, func(gate Gate) bool { return gate.Off == "" && gate.Name != CoverageGate })
}

// tests are names of files with tests, of any kind of component.
var tests = regexp.MustCompile(`^(test_.*|.*_test|tests|.*\.(test|spec))\.[a-z]+$`)

// HasTests tells whether a directory has files with tests.
func HasTests(fsys fs.FS, dir string) bool { return firstTests(fsys, dir) != "" }

// TestsBeside tells whether a directory has files with tests of Python, by any runner's names
// for them, that are none of some files and lie in none of some directories.
func TestsBeside(fsys fs.FS, dir string, but ...string) bool {
	return firstFile(fsys, dir, but, func(file string) bool {
		name := path.Base(file)
		switch {
		case path.Ext(name) != ".py" || !strings.HasPrefix(name, "test") && !tests.MatchString(name):
			return false
		case tests.MatchString(name):
			return true
		}
		raw, err := fs.ReadFile(fsys, file) // unittest takes those that only begin so, and so do helpers.
		return err == nil && ofUnittest.Match(raw)
	}) != ""
}

// ofUnittest is what a file with tests for unittest has.
var ofUnittest = regexp.MustCompile(`(?m)^\s*class \w+\(.*TestCase\b`)

// firstTests is the first directory below one that has files with tests; empty for none.
func firstTests(fsys fs.FS, dir string) string {
	return firstFile(fsys, dir, nil, func(file string) bool { return tests.MatchString(path.Base(file)) })
}

// firstFile is the directory of the first file below one that is wanted, where some files and
// directories are left out.
func firstFile(fsys fs.FS, dir string, but []string, wanted func(file string) bool) (first string) {
	_ = fs.WalkDir(fsys, dir, func(p string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (p != dir && skippedName(path.Base(p)) || slices.Contains(but, p)):
			return fs.SkipDir
		case !entry.IsDir() && !slices.Contains(but, p) && wanted(p):
			first = path.Dir(p)
			return fs.SkipAll
		}
		return nil
	}) // What cannot be read has none.
	return first
}
