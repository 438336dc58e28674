package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// preparing is a command without which tests may not run: it makes a database's tables, a
// directory or a file, or copies one of settings.
var preparing = regexp.MustCompile(`(?m)^[^#\n]*\b(?:alembic(?: -\S+ \S+)* upgrade|aerich upgrade|prisma (?:migrate|db push)|flask db upgrade|manage(?:\.py)? migrate)\b|^cp (?:-\w+ )?[^\s*]+ [^\s*]+$|^(?:mkdir|touch) [^*]+$`)

// Preparation is what every job of a project's pipeline which runs its tests has before them.
type Preparation struct {
	// Commands are those that prepare them, in the project's directory, and Packages the
	// Debian packages that are installed.
	Commands, Packages []string
	// Runs are those of the commands that can be run as they are.
	Runs []string
	// File has them.
	File string
}

// Prepares is what the project's pipeline does before its tests, and no gate does.
func (p Project) Prepares(fsys fs.FS) (all Preparation) {
	before, seen := map[string]Preparation{}, map[string]bool{}
	for _, h := range p.habits(fsys) {
		if !pipelines.MatchString(h.file) || h.forgiven || h.foreign {
			continue
		}
		job := h.file + ":" + h.job
		_, runs := p.runsTests(fsys, h)
		switch {
		case !runs && !p.runsOwn(fsys, h) && !h.isTests():
			before[job] = before[job].with(p.prepares(fsys, h))
		case !seen[job]:
			if all.File == "" {
				all = before[job]
				all.File = h.file
			}
			seen[job], all = true, all.common(before[job])
		}
	}
	return all
}

// prepares is what one line does of that.
func (p Project) prepares(fsys fs.FS, h habit) (found Preparation) {
	line := h.alone()
	if h.at == p.Path && !h.doubtful(h.words) && p.isPreparing(fsys, line) {
		found.Commands = []string{line}
		if h.runnable(line) {
			found.Runs = found.Commands
		}
	}
	if m := installing.FindStringSubmatch(line); m != nil {
		for word := range strings.FieldsSeq(m[1]) {
			name, _, _ := strings.Cut(word, "=") // Another release of Debian has another version.
			if debian.MatchString(name) {
				found.Packages = append(found.Packages, name)
			}
		}
	}
	return found
}

var (
	installing = regexp.MustCompile(`^(?:sudo )?(?:-E )?(?:\w+=\S+ )*apt(?:-get)? (?:-\S+ )*install (.*)$`)
	debian     = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]+$`)
)

// installs tells of a line that it installs Debian packages, which count wherever it runs.
func (h habit) installs() bool { return installing.MatchString(h.alone()) }

// with has what another one does besides.
func (p Preparation) with(other Preparation) Preparation {
	p.Commands = append(slices.Clip(p.Commands), minus(slices.Clone(other.Commands), p.Commands)...)
	p.Packages = append(slices.Clip(p.Packages), minus(slices.Clone(other.Packages), p.Packages)...)
	p.Runs = append(slices.Clip(p.Runs), minus(slices.Clone(other.Runs), p.Runs)...)
	return p
}

// common is what another one does as well.
func (p Preparation) common(other Preparation) Preparation {
	both := func(all, of []string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(one string) bool { return !slices.Contains(of, one) })
	}
	p.Commands, p.Packages, p.Runs = both(p.Commands, other.Commands), both(p.Packages, other.Packages), both(p.Runs, other.Runs)
	return p
}

// isPreparing tells of a line, or of the script that it runs, that it prepares tests.
func (p Project) isPreparing(fsys fs.FS, line string) bool {
	words := strings.Fields(line)
	if len(words) == 0 {
		return false
	}
	if words[0] == "cp" {
		return len(words) > 2 && preparing.MatchString(line) && component.Exists(fsys, path.Join(p.Path, words[len(words)-2])) && !component.Exists(fsys, path.Join(p.Path, words[len(words)-1]))
	}
	if words[0] == "mkdir" || words[0] == "touch" { // What is there, or lies elsewhere, is nobody's need here.
		at := path.Join(p.Path, words[len(words)-1])
		return len(words) > 1 && !path.IsAbs(words[len(words)-1]) && !strings.HasPrefix(words[len(words)-1], "~") && fs.ValidPath(at) && !component.Exists(fsys, at)
	}
	if preparing.MatchString(line) {
		return true
	}
	at := slices.IndexFunc(words, func(word string) bool { return strings.HasSuffix(word, ".sh") })
	if at < 0 {
		return false
	}
	text, err := fs.ReadFile(fsys, path.Join(p.Path, words[at]))
	return err == nil && preparing.Match(text)
}

// within are the words by which a command is run in the project's environment, which a
// gate's is anyhow, and ofManagers those of their options that take a value.
var (
	within     = []string{"uv", "poetry", "pdm", "pipenv", "hatch", "rye", "run", "exec"}
	ofManagers = append([]string{"--directory", "--project", "--python", "-p", "-C", "-P", "--env-file", "--index", "--color"}, namePackages...)
)

// alone is the command of a line, without what runs it in an environment.
func (h habit) alone() string {
	managed := false
	for at := 0; at < len(h.words); at++ {
		switch word := h.words[at]; {
		case slices.Contains(within, word):
			managed = true
		case managed && slices.Contains(ofManagers, word):
			at++
		case managed && strings.HasPrefix(word, "-"):
		default:
			return strings.Join(h.words[at:], " ")
		}
	}
	return ""
}

// runnable tells of a command of a line that it can be run as it is: the line comes to it surely,
// it is none of a shell's own words, and all of it is plain.
func (h habit) runnable(command string) bool {
	given := slices.ContainsFunc(h.words, func(word string) bool {
		return slices.Contains([]string{"--env-file", "--with"}, optionName([]string{word}))
	})
	return !h.maybe && !given && plainCommand.MatchString(command) && !inline.MatchString(command)
}

// plainCommand is a program that the checks have, with plain words.
var plainCommand = regexp.MustCompile(`^(?:[A-Za-z_]\w*=[\w@%+:,./-]* )*(?:(?:cp|mkdir|touch|alembic|aerich|flask|prisma|django-admin|python[\d.]*|(?:ba)?sh) |\./)[\w@%+=:,./ ~-]*$`)

// inline is a program that stands in the command.
var inline = regexp.MustCompile(`(?:^| )(?:python[\d.]*|(?:ba)?sh) (?:-\S+ )*-[a-z]*c `)
