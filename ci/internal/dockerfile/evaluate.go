package dockerfile

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// stage is what one FROM and the instructions after it take from elsewhere.
type stage struct {
	name    string
	number  int
	needs   []int
	sources Sources
	images  []Image
	// scratch tells that it has no image below it; else base is that, where it is
	// named.
	scratch bool
	base    *Image
	// ports are those that it exposes, and the stages that it builds on.
	ports []string
	// copies are its COPY and ADD lines, one for each source, with those of the stages
	// that it builds on.
	copies []string
	// downloads are what ADD takes from addresses.
	downloads []Download
	// asked are what its RUNs reach besides their containers.
	asked []ask
	env   *environment
	// err is what is wrong with the stage; it matters only where it is needed.
	err error
}

// evaluation goes through a file's instructions in order.
type evaluation struct {
	file   *File
	build  Build
	global *environment
	names  map[string]int // of all stages, in lower case
	stages []*stage
}

// needed returns the stages that a build needs, in the file's order.
func (f *File) needed(b Build) ([]*stage, error) {
	e, err := f.evaluate(b)
	if err != nil {
		return nil, err
	}
	target := len(e.stages) - 1
	if b.Target != "" {
		found, exists := e.stageOf(b.Target, true)
		if !exists {
			return nil, f.fail(0, "there is no stage %q. Use one of %s as target", b.Target, strings.Join(e.stageNames(), ", "))
		}
		target = found
	}
	seen := map[int]bool{}
	for queue := []int{target}; len(queue) > 0; queue = queue[1:] {
		if at := queue[0]; !seen[at] {
			seen[at] = true
			queue = append(queue, e.stages[at].needs...)
		}
	}
	var needed []*stage
	for i, s := range e.stages {
		if seen[i] {
			if s.err != nil {
				return nil, s.err
			}
			needed = append(needed, s)
		}
	}
	return needed, nil
}

func (f *File) evaluate(b Build) (*evaluation, error) {
	steps, err := f.steps()
	if err != nil {
		return nil, err
	}
	e := &evaluation{file: f, build: b, global: b.globals(f.escape), names: namedStages(steps)}
	for _, s := range steps {
		switch c := s.instruction.(type) {
		case *instructions.Stage:
			e.begin(c, s.node.StartLine)
		case *instructions.ArgCommand:
			if len(e.stages) == 0 {
				if err := e.global.arg(c, b.Args, nil); err != nil {
					return nil, f.fail(s.node.StartLine, "%s: %s. Correct the variable", s.node.Original, err)
				}
				continue
			}
			e.command(c, s.node.StartLine)
		default:
			e.command(c, s.node.StartLine)
		}
	}
	return e, nil
}

// namedStages finds the named stages. Of two with one name it is the later.
func namedStages(steps []step) map[string]int {
	names := map[string]int{}
	count := 0
	for _, s := range steps {
		if c, begins := s.instruction.(*instructions.Stage); begins {
			if c.Name != "" {
				names[strings.ToLower(c.Name)] = count
			}
			count++
		}
	}
	return names
}

// stageNames are what a target may be called.
func (e *evaluation) stageNames() []string {
	var names []string
	for _, s := range e.stages {
		names = append(names, s.called())
	}
	return names
}

// stageOf finds a stage by its name, or by its number where that may be.
func (e *evaluation) stageOf(name string, orNumber bool) (int, bool) {
	if at, found := e.names[strings.ToLower(name)]; found {
		return at, true
	}
	at, err := strconv.Atoi(name)
	return at, orNumber && err == nil && at >= 0 && at < len(e.stages)
}

// earlier finds the last stage of that name before the one that begins now.
func (e *evaluation) earlier(name string) int {
	for i := len(e.stages) - 1; i >= 0; i-- {
		if e.stages[i].name != "" && strings.EqualFold(e.stages[i].name, name) {
			return i
		}
	}
	return -1
}

// begin carries out FROM.
func (e *evaluation) begin(c *instructions.Stage, line int) {
	s := &stage{name: c.Name, number: len(e.stages), env: &environment{values: map[string]string{}, open: true, escape: e.file.escape}}
	base, err := e.global.expand(c.BaseName)
	platform, wrong := e.global.expand(c.Platform)
	from := e.earlier(base)
	switch err := cmp.Or(err, wrong); {
	case err != nil:
		s.err = e.file.fail(line, "FROM %s: %s. Correct the variable", c.BaseName, err)
	case base == "":
		s.err = e.file.fail(line, "FROM %s names no image: its variables are empty. Give them a default before FROM (ARG NAME=value), or a build argument", c.BaseName)
	case strings.Contains(base, unknown):
		// It may be any of the stages before, or an image that nobody knows.
		for i := range e.stages {
			s.needs = append(s.needs, i)
		}
		s.images = append(s.images, Image{Reference: c.BaseName, Line: line, Base: true, Platform: platform})
	case from >= 0:
		below := e.stages[from]
		s.needs, s.env, s.ports, s.scratch, s.base = []int{from}, below.env.inherit(), slices.Clone(below.ports), below.scratch, below.base
		s.copies = slices.Clone(below.copies)
	case base == scratch:
		s.scratch = true
	default:
		s.base = &Image{Reference: base, Line: line, Base: true, Platform: platform}
		s.images = append(s.images, *s.base)
	}
	e.stages = append(e.stages, s)
}

// scratch is the name of no image.
const scratch = "scratch"

// command carries out an instruction of the current stage.
func (e *evaluation) command(instruction any, line int) {
	s := e.stages[len(e.stages)-1]
	if s.err != nil {
		return
	}
	var err error
	switch c := instruction.(type) {
	case *instructions.ArgCommand:
		err = s.env.arg(c, e.build.Args, e.global)
	case *instructions.EnvCommand:
		err = s.env.env(c)
	case *instructions.AddCommand:
		s.copied(e.file.place(line), c.SourcesAndDest)
		if err = s.downloaded(c, line); err == nil {
			err = s.reads("ADD", c.SourcePaths, line)
		}
	case *instructions.CopyCommand:
		s.copied(e.file.place(line), c.SourcesAndDest)
		if c.From == "" {
			err = s.reads("COPY", c.SourcePaths, line)
		} else {
			e.from(s, c.From, true, line)
		}
	case *instructions.RunCommand:
		err = e.run(s, c, line)
	case *instructions.ExposeCommand:
		err = s.exposes(c)
	case *instructions.OnbuildCommand:
		e.onbuild(c, line)
	}
	if err != nil {
		s.err = e.file.fail(line, "%s. Correct the line", err)
	}
}

// copied notes a line that copies files: each of its sources becomes a layer.
func (s *stage) copied(line string, c instructions.SourcesAndDest) {
	for range len(c.SourcePaths) + len(c.SourceContents) {
		s.copies = append(s.copies, line)
	}
}

// from notes that a stage takes files of another one, or of an image.
func (e *evaluation) from(s *stage, name string, orNumber bool, line int) {
	if at, isStage := e.stageOf(name, orNumber); isStage {
		s.needs = append(s.needs, at)
	} else if name != scratch {
		s.images = append(s.images, Image{Reference: name, Line: line})
	}
}

// run notes what a RUN mounts. Only a bind mount reads the build context.
func (e *evaluation) run(s *stage, c *instructions.RunCommand, line int) error {
	s.asks(c, line)
	for _, mount := range instructions.GetMounts(c) { // Before variables: none can be in it.
		if mount.From != "" {
			e.from(s, mount.From, false, line)
		}
	}
	guessed := false
	err := c.Expand(func(word string) (string, error) {
		value, err := s.env.expand(word)
		guessed = guessed || strings.Contains(value, unknown)
		return value, err
	})
	if err != nil && guessed {
		// A mount that hangs on what nobody knows may be a bind of everything.
		s.sources = append(s.sources, Source{everything, "RUN --mount", line})
		return nil
	}
	if err != nil {
		return err
	}
	for _, mount := range instructions.GetMounts(c) {
		if mount.From == "" && mount.Type == instructions.MountTypeBind {
			s.sources = append(s.sources, Source{clean(mount.Source), "RUN --mount", line})
		}
	}
	return nil
}

// onbuild counts what a stage leaves to those that build on it as its own: it
// may be more than is read, and never less.
func (e *evaluation) onbuild(c *instructions.OnbuildCommand, line int) {
	result, err := parser.Parse(strings.NewReader(c.Expression))
	if err != nil {
		return // No stage that is built here runs it, or docker build says why not.
	}
	for _, node := range result.AST.Children {
		if instruction, err := instructions.ParseInstruction(node); err == nil {
			e.command(instruction, line)
		}
	}
}
