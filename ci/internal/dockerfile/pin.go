package dockerfile

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Pin returns the Dockerfile's text with every image that lookup knows, by its
// name without a digest, replaced by what it returns. BUILDPLATFORM in FROM
// becomes the build's Native where that is given: Dagger's Dockerfile build
// takes it for the target, and would emulate the stages that are there to avoid
// it. Ids of cache mounts are put below the build's CacheKey, where that is
// given. Everything else stays, byte by byte.
//
// An image that comes from an argument's default is replaced there, where that
// is all the argument is for, and otherwise in FROM.
func (f *File) Pin(b Build, lookup func(name string) (string, bool)) ([]byte, error) {
	steps, err := f.steps()
	if err != nil {
		return nil, err
	}
	p := &pinning{
		file: f, build: b, lookup: lookup, global: b.globals(f.escape), names: namedStages(steps),
		defaults: map[string]edit{},
	}
	p.global.used = map[string]int{}
	for _, s := range steps {
		if err := p.step(s); err != nil {
			return nil, f.fail(s.node.StartLine, "%s", err)
		}
	}
	for _, from := range p.fromArgument {
		if at, isDefault := p.defaults[from.argument]; isDefault && p.global.used[from.argument] == 1 {
			p.edits = append(p.edits, at)
		} else {
			p.edits = append(p.edits, from.edit)
		}
	}
	return p.text(), nil
}

// pinning collects what Pin replaces.
type pinning struct {
	file   *File
	build  Build
	lookup func(string) (string, bool)
	edits  []edit

	global  *environment
	names   map[string]int
	earlier []string // the names of the stages so far
	begun   bool
	// defaults are what pins the defaults of arguments, and fromArgument the
	// FROMs that are nothing but an argument.
	defaults     map[string]edit
	fromArgument []fromArgument
}

type fromArgument struct {
	argument string
	edit     edit
}

// edit replaces a piece of a line; lines and columns count from 0.
type edit struct {
	line, from, to int
	text           string
}

func (p *pinning) step(s step) error {
	switch c := s.instruction.(type) {
	case *instructions.ArgCommand:
		if !p.begun {
			return p.argument(c, s.node)
		}
	case *instructions.Stage:
		p.begun = true
		if at, found := p.find(s.node, "--platform=", c.Platform, edit{}); found && nativePlatform.MatchString(c.Platform) && p.build.Native != "" {
			p.replace(at, p.build.Native)
		}
		err := p.base(c, s.node)
		p.earlier = append(p.earlier, c.Name)
		return err
	case *instructions.CopyCommand:
		p.copied(s.node, "--from=", c.From, edit{})
	case *instructions.RunCommand:
		var last edit
		for _, mount := range instructions.GetMounts(c) {
			last = p.copied(s.node, "from=", mount.From, last)
		}
		return p.caches(s)
	case *instructions.OnbuildCommand:
		return p.caches(s)
	}
	return nil
}

var (
	nativePlatform = regexp.MustCompile(`^\$(BUILDPLATFORM|\{BUILDPLATFORM\})$`)
	variable       = regexp.MustCompile(`^\$(?:(\w+)|\{(\w+)\})$`)
)

// argument notes which defaults of arguments are images of the table.
func (p *pinning) argument(c *instructions.ArgCommand, node *parser.Node) error {
	for _, pair := range c.Args {
		delete(p.defaults, pair.Key)
		if _, given := p.build.Args[pair.Key]; given || pair.Value == nil {
			continue
		}
		word := strings.Trim(*pair.Value, `"'`)
		pinned, known := p.pinned(word)
		if at, found := p.find(node, pair.Key+"=", word, edit{}); known && found {
			at.text = pinned
			p.defaults[pair.Key] = at
		}
	}
	if err := p.global.arg(c, p.build.Args, nil); err != nil {
		return fmt.Errorf("%w. Correct the variable", err)
	}
	return nil
}

// base pins a FROM, unless it names a stage.
func (p *pinning) base(c *instructions.Stage, node *parser.Node) error {
	name, err := p.global.expand(c.BaseName)
	if err != nil {
		return fmt.Errorf("%w. Correct the variable", err)
	}
	if slices.ContainsFunc(p.earlier, func(stage string) bool { return stage != "" && strings.EqualFold(stage, name) }) {
		return nil
	}
	pinned, known := p.pinned(name)
	at, found := p.find(node, "", c.BaseName, edit{})
	if !known || !found {
		return nil
	}
	if m := variable.FindStringSubmatch(c.BaseName); m != nil {
		at.text = pinned
		p.fromArgument = append(p.fromArgument, fromArgument{m[1] + m[2], at})
		return nil
	}
	p.replace(at, pinned)
	return nil
}

// copied pins an image that files come from, unless it is a stage's name, and
// returns where it stands.
func (p *pinning) copied(node *parser.Node, prefix, name string, after edit) edit {
	at, found := p.find(node, prefix, name, after)
	if !found {
		return after
	}
	_, isStage := p.names[strings.ToLower(name)]
	if pinned, known := p.pinned(name); known && !isStage {
		p.replace(at, pinned)
	}
	return at
}

func (p *pinning) pinned(name string) (string, bool) {
	name, _, _ = strings.Cut(name, "@")
	return p.lookup(name)
}

func (p *pinning) replace(at edit, text string) {
	at.text = text
	p.edits = append(p.edits, at)
}

// find looks for a word of an instruction, and what stands right before it,
// after another place: by lines, since BuildKit's parser tells no columns.
// A word that a continuation breaks in two is not found.
func (p *pinning) find(node *parser.Node, prefix, word string, after edit) (edit, bool) {
	pattern, err := regexp.Compile(`(?:^|[\s,="'])` + regexp.QuoteMeta(prefix) + `["']?(` + regexp.QuoteMeta(word) + `)(?:$|[\s,"'\\` + "`])")
	if err != nil || word == "" { // A word that is no UTF-8 is no image's name.
		return edit{}, false
	}
	for i := max(node.StartLine-1, after.line); i < min(node.EndLine, len(p.file.lines)); i++ {
		start := 0
		switch {
		case i == after.line && after.to > 0:
			start = after.to
		case i == node.StartLine-1:
			start = len(p.file.lines[i]) - len(bytes.TrimLeft(p.file.lines[i], " \t\ufeff")) + len(node.Value)
		case bytes.HasPrefix(bytes.TrimSpace(p.file.lines[i]), []byte("#")):
			continue
		}
		if m := pattern.FindSubmatchIndex(p.file.lines[i][min(start, len(p.file.lines[i])):]); m != nil {
			return edit{line: i, from: start + m[2], to: start + m[3]}, true
		}
	}
	return edit{}, false
}

// text is the file with the edits in it.
func (p *pinning) text() []byte {
	slices.SortFunc(p.edits, func(a, b edit) int {
		if a.line != b.line {
			return a.line - b.line
		}
		return a.from - b.from
	})
	var out bytes.Buffer
	for i, line := range p.file.lines {
		at := 0
		for len(p.edits) > 0 && p.edits[0].line == i {
			e := p.edits[0]
			p.edits = p.edits[1:]
			if e.from >= at {
				out.Write(line[at:e.from])
				out.WriteString(e.text)
				at = e.to
			}
		}
		out.Write(line[at:])
	}
	return out.Bytes()
}
