package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// Automation are the files in which a project keeps how its tools are run.
var Automation = []string{
	"tox.ini", "setup.cfg", "tox.toml", "hatch.toml", "noxfile.py", "Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", "Taskfile.yml", "Taskfile.yaml", "scripts/lint*", "scripts/check*", "scripts/test*", "scripts/format*",
	".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitlab-ci.yml", ".circleci/config.yml",
}

// habits are the lines of the project's automation, which is read once: each gate asks.
func (p Project) habits(fsys fs.FS) []habit {
	if *p.automated == nil {
		*p.automated = append([]habit{}, p.readHabits(fsys)...) // Of none there is a list as well.
	}
	return *p.automated
}

func (p Project) readHabits(fsys fs.FS) (all []habit) {
	*p.inner = nil
	for _, file := range p.automation(fsys) {
		of := p.linesIn(fsys, file, p.Path)
		all, *p.inner = append(all, p.here(of)...), append(*p.inner, p.innerOf(of)...)
	}
	above := p.linesAbove(fsys)
	all, *p.inner = append(all, p.fromAbove(above)...), append(*p.inner, p.innerOf(above)...)
	return append(all, p.here(linesOf(p.tasks(fsys)))...)
}

// linesOf are the commands of scripts.
func linesOf(scripts []script) (all []habit) {
	for _, s := range scripts {
		all = append(all, s.lines()...)
	}
	return all
}

// linesIn are the commands of a file of automation that begin in a directory, which are read
// once; none of one of TOML, whose tasks are read elsewhere.
func (p Project) linesIn(fsys fs.FS, file, base string) []habit {
	key := file + "\x00" + base + "\x00" + p.Path
	if known, has := p.lines[key]; has {
		return known
	}
	if raw, err := fs.ReadFile(fsys, file); err == nil && path.Ext(file) != ".toml" {
		p.lines[key] = linesOf(scripts(fsys, file, text(raw), base, p.Path))
	}
	return p.lines[key]
}

// here are those of some lines that run in the project's directory, those of which that is not
// known, and those that install for the whole machine.
func (p Project) here(lines []habit) (all []habit) {
	for _, h := range lines {
		if h.at == p.Path || h.at == nowhere || h.installs() {
			all = append(all, h)
		}
	}
	return all
}

// above are those of the files at the repository's root that run commands in the
// project's directory.
func (p Project) above(fsys fs.FS) []habit { return p.fromAbove(p.linesAbove(fsys)) }

// linesAbove are the commands of those files that name the directory.
func (p Project) linesAbove(fsys fs.FS) (all []habit) {
	if p.Path == "." {
		return nil
	}
	if known, has := p.aboves[p.Path]; has {
		return known
	}
	for _, file := range automationIn(fsys, ".") {
		if raw, err := fs.ReadFile(fsys, file); err == nil && (strings.Contains(string(raw), p.Path) || fromElsewhere(string(raw))) {
			all = append(all, p.linesIn(fsys, file, ".")...)
		}
	}
	p.aboves[p.Path] = all
	return all
}

// elsewhere is where a workflow has a directory from: its matrix, or those that call it.
var elsewhere = regexp.MustCompile(`(?:\b[\w-]*(?:dir|path|project|service|package|app)[\w-]*:|\b(?:cd|pushd)\s|--directory[ =]|\s-C\s)[^\n]*\$\{\{\s*(?:matrix|inputs)\.`)

// fromElsewhere tells whether a file has one.
func fromElsewhere(text string) bool {
	for line := range strings.Lines(text) {
		if strings.Contains(line, "${{") && elsewhere.MatchString(line) {
			return true
		}
	}
	return false
}

// globbed has a directory's name stand for itself in a pattern.
var globbed = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`)

// says is by what a file of automation is known to say how tools of Python are run.
var says = regexp.MustCompile(`\b(?:ruff|mypy|black|flake8|pylint|pyright|basedpyright|ty|pyrefly|isort|pytest|py\.test|unittest|manage\.py|django(?:-admin)?\s+test)\b|--extra\b|\.\[`)

// Deciding are the files of the project's automation that say how its tools are run.
func (p Project) Deciding(fsys fs.FS) []string {
	deciding := slices.DeleteFunc(p.automation(fsys), func(file string) bool {
		raw, err := fs.ReadFile(fsys, file)
		return err != nil || !says.MatchString(text(raw))
	})
	var above []string
	for _, h := range p.above(fsys) {
		if says.MatchString(strings.Join(h.words, " ")) {
			above = append(above, h.file)
		}
	}
	if file := p.hooksFile(fsys); path.Dir(file) != p.Path && p.Hooked(fsys, toolHooks...) {
		above = append(above, file)
	}
	if p.lints(fsys, p.habits(fsys)) != "" {
		above = append(above, p.formatsAbove(fsys)...)
	}
	slices.Sort(above)
	deciding = append(deciding, slices.Compact(above)...)
	for _, file := range slices.Clone(deciding) {
		deciding = append(deciding, minus(actions(fsys, file), deciding)...)
	}
	return deciding
}

// automation are the files of the project's automation, with the shell scripts that these run.
func (p Project) automation(fsys fs.FS) (all []string) {
	if known, has := p.automates[p.Path]; has {
		return slices.Clone(known)
	}
	all = automationIn(fsys, p.Path)
	all = append(all, minus(p.startedBy(fsys, p.linesAbove(fsys)), all)...)
	for i := 0; i < len(all); i++ {
		all = append(all, minus(p.startedBy(fsys, p.linesIn(fsys, all[i], p.Path)), all)...)
	}
	slices.Sort(all)
	p.automates[p.Path] = slices.Compact(all)
	return slices.Clone(p.automates[p.Path])
}

// automationIn are the files of a directory that are called as files of automation are.
func automationIn(fsys fs.FS, dir string) (all []string) {
	for _, pattern := range Automation {
		files, _ := fs.Glob(fsys, path.Join(globbed.Replace(dir), pattern))
		all = append(all, files...)
	}
	return all
}

// startedBy are the shell scripts with tools of Python that lines run where the project lies.
func (p Project) startedBy(fsys fs.FS, lines []habit) (all []string) {
	for _, h := range lines {
		name, _, runs := h.shellScript()
		if file := path.Join(p.Path, name); runs && h.at == p.Path && !slices.Contains(all, file) && isShell(fsys, file) {
			all = append(all, file)
		}
	}
	return all
}

// shellScript is the script that a line runs, as it stands there, and what it is given.
func (h habit) shellScript() (name string, arguments []string, runs bool) {
	at := slices.IndexFunc(h.words, func(word string) bool { return !before.MatchString(word) && !leading.MatchString(word) })
	for at >= 0 && at < len(h.words)-1 && (slices.Contains(shells, path.Base(h.words[at])) || strings.HasPrefix(h.words[at], "-")) {
		at++
	}
	if at < 0 {
		return "", nil, false
	}
	name = prefix.ReplaceAllString(h.words[at], "")
	return name, h.words[at+1:], strings.Contains(name, "/") || strings.HasSuffix(name, ".sh")
}

// shells are what runs a script that is named to it.
var shells = []string{"bash", "sh", "zsh", "source", "."}

// isShell tells of a file that it is a shell's script which runs tools of Python.
func isShell(fsys fs.FS, file string) bool {
	if !fs.ValidPath(file) || !exists(fsys, file) {
		return false
	}
	raw, err := fs.ReadFile(fsys, file)
	return err == nil && len(raw) < bounds.MostBytes && (strings.HasSuffix(file, ".sh") || shebang.Match(raw)) && (says.Match(raw) || reporting.Match(raw))
}

var (
	shebang = regexp.MustCompile(`^#![^\n]*\b(?:ba|da|z|k)?sh\b`)
	// reporting is how what the tests cover is judged after them.
	reporting = regexp.MustCompile(`\bcoverage report\b`)
)
