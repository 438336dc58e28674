package report

import (
	"cmp"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
	"github.com/pingvas/pingvas-ci/ci/internal/sarif"
)

// Place is where in the repository a gate found something.
type Place struct {
	Component string `json:"component"`
	Gate      string `json:"gate"`
	// File is relative to the repository's root. Line and Column count from 1, and
	// either may be 0: unknown.
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	// Rule is the tool's name of what is wrong; it may be empty.
	Rule    string `json:"rule"`
	Message string `json:"message"`
}

// root is where the repository lies in the containers of gates.
const root = "/src/"

// sources are the files that a line of a tool can be about: what else has a colon
// and a number behind it is often an address.
const sources = `py|pyi|ipynb|js|jsx|mjs|cjs|ts|tsx|mts|cts|vue|svelte|css|scss|go|rs|java|kt|rb|php|c|cc|cpp|h|cs|ex|exs|sh|toml|ya?ml|json|html|md`

var (
	// inLine is a place with what is wrong there: ruff, mypy, eslint in its unix
	// form, vet and most others.
	inLine = regexp.MustCompile(`^\s*([^\s:()]+\.(?:` + sources + `)):(\d+)(?::(\d+))?:?\s+(?:-\s+)?(\S.*)$`)
	// tsc is its own way where nobody looks at a terminal.
	tsc = regexp.MustCompile(`^([^\s:()]+\.(?:` + sources + `))\((\d+),(\d+)\):\s+(.+)$`)
	// arrow is where a tool points to that has said before what is wrong: ruff, and
	// vitest.
	arrow = regexp.MustCompile(`^\s*(?:-->|❯)\s+(?:\S+ )?([^\s:()]+\.(?:` + sources + `)):(\d+)(?::(\d+))?\s*$`)
	// stylish is eslint's line below the name of a file.
	stylish     = regexp.MustCompile(`^\s+(\d+):(\d+)\s+(?:error)\s+(.+?)(?:\s{2,}(\S+))?$`)
	stylishFile = regexp.MustCompile(`^(/?[^\s:()]+\.(?:` + sources + `))$`)
	// raised is pytest's line at the end of a traceback, and said the line before with
	// what was raised.
	raised = regexp.MustCompile(`^[\w.]*(?:Error|Exception|Failed|Warning|Exit|Interrupt)$`)
	said   = regexp.MustCompile(`^E\s{2,}(\S.*)$`)
	// thrown is vitest's line of that, before a difference and the places.
	thrown = regexp.MustCompile(`^\w*(?:Error|Exception): `)
	// reformatted is what ruff and prettier say of a file that would change.
	reformatted = regexp.MustCompile(`^(?:Would reformat:|\[warn\])\s+(\S+\.(?:` + sources + `))$`)
	// level is how bad a tool finds it, and rule its name.
	level     = regexp.MustCompile(`^(error|warning|note|info|fatal)(?:\s+(TS\d+))?:?\s+(.+)$`)
	ruleFirst = regexp.MustCompile(`^([A-Z]{1,4}\d{2,4}|invalid-syntax|unformatted)\b:?\s+(?:\[\*\]\s+)?(.+)$`)
	ruleLast  = regexp.MustCompile(`^(.+?)\s+\[([a-z][a-z0-9-]+)\]$`)
)

// places are what failed gates say of lines in files.
func places(plan []affected.Record, steps []record.Step) (all []Place) {
	dirs := map[string]string{}
	for _, a := range plan {
		dirs[a.Name] = a.Path
	}
	for _, s := range steps {
		if s.State == record.Failed && s.Component != "" && isGate(s.Name) {
			r := reader{component: s.Component, gate: s.Name, dir: dirs[s.Component]}
			for line := range strings.Lines(s.Printed) {
				r.read(strings.TrimRight(line, " \t\r\n"))
			}
			all = append(all, r.found...)
		}
	}
	slices.SortStableFunc(all, func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(all)
}

// reader reads what one gate printed, line by line.
type reader struct {
	component, gate, dir string
	// file is the one that lines are of, as eslint has it, before the last line that
	// was no place, and raised what a test did last.
	file, before, raised string
	found                []Place
}

func (r *reader) read(line string) {
	if m := said.FindStringSubmatch(line); m != nil {
		r.raised = orElse(r.raised, m[1])
		return
	}
	switch {
	case r.matched(tsc.FindStringSubmatch(line)), r.matched(inLine.FindStringSubmatch(line)):
	case r.pointed(arrow.FindStringSubmatch(line)), r.styled(stylish.FindStringSubmatch(line)):
	default:
		if m := reformatted.FindStringSubmatch(line); m != nil {
			r.add(m[1], "1", "", "it is formatted in another way")
		}
		r.file = ""
		if m := stylishFile.FindStringSubmatch(line); m != nil {
			r.file = m[1]
		}
		if strings.TrimSpace(line) != "" && !thrown.MatchString(r.before) {
			r.before = strings.TrimSpace(line)
		}
		return
	}
	r.before = ""
}

// matched is a place with its message in one line.
func (r *reader) matched(m []string) bool {
	switch {
	case m == nil:
		return false
	case raised.MatchString(m[4]):
		r.add(m[1], m[2], m[3], orElse(r.raised, m[4]))
		r.raised = ""
	case strings.HasPrefix(m[4], "in ") || strings.HasPrefix(m[4], "note: "):
	default:
		r.add(m[1], m[2], m[3], m[4])
	}
	return true
}

// pointed is a place below its message.
func (r *reader) pointed(m []string) bool {
	if m == nil {
		return false
	}
	if r.before != "" { // Else it is a further frame of the same.
		r.add(m[1], m[2], m[3], r.before)
	}
	return true
}

// styled is a line below the name of its file.
func (r *reader) styled(m []string) bool {
	if m == nil || r.file == "" {
		return false
	}
	r.add(r.file, m[1], m[2], m[3])
	r.found[len(r.found)-1].Rule = m[4]
	return true
}

func (r *reader) add(file, line, column, message string) {
	p := Place{Component: r.component, Gate: r.gate, File: inRepository(r.dir, file), Message: message}
	p.Line, _ = strconv.Atoi(line)
	p.Column, _ = strconv.Atoi(column)
	if m := level.FindStringSubmatch(p.Message); m != nil {
		p.Rule, p.Message = m[2], m[3]
	}
	if m := ruleFirst.FindStringSubmatch(p.Message); m != nil {
		p.Rule, p.Message = m[1], m[2]
	} else if m := ruleLast.FindStringSubmatch(p.Message); m != nil {
		p.Message, p.Rule = m[1], m[2]
	}
	r.found = append(r.found, p)
}

// inRepository is a file as the repository has it, by the name that a tool gives it in
// a component's directory; empty where it is none of the repository's.
func inRepository(dir, file string) string {
	within, absolute := strings.CutPrefix(file, root)
	switch {
	case absolute:
		file = within
	case path.IsAbs(file):
		return ""
	case dir != "" && strings.HasPrefix(file, dir+"/"):
	default:
		file = path.Join(dir, file)
	}
	if file = path.Clean(file); !filepath.IsLocal(file) || strings.Contains(file, "node_modules/") || strings.Contains(file, ".venv/") {
		return ""
	}
	return file
}

// SARIF is what the failed gates of a component found, for code scanning; nil of
// nothing. It is read off what they printed: nothing is run for it.
func (r Run) SARIF(component string) ([]byte, error) {
	var found []Place
	for _, p := range r.Places {
		if p.Component == component && p.File != "" {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	run, err := sarif.NewRun("gates/"+component, sarif.Driver{Name: "pingvas-ci gates", URI: "https://github.com/pingvas/pingvas-ci"})
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		id := orElse(p.Rule, p.Gate)
		run.Add(sarif.Rule{ID: id, ShortDescription: sarif.Text{Text: id}, FullDescription: sarif.Text{Text: id}, Help: sarif.Text{Text: id}}, sarif.Result{
			Level: sarif.Error, Message: sarif.Text{Text: p.Message}, Locations: sarif.At(p.File, sarif.Region{StartLine: max(1, p.Line), StartColumn: p.Column}),
		})
	}
	return run.Write()
}

// Components are those of which SARIF has something.
func (r Run) Components() (names []string) {
	for _, p := range r.Places {
		if p.File != "" && !slices.Contains(names, p.Component) {
			names = append(names, p.Component)
		}
	}
	return names
}
