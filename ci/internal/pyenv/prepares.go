package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// preparing is a command without which tests may not run: it makes a database's tables, or
// copies a file of settings.
var preparing = regexp.MustCompile(`(?m)^[^#\n]*\b(?:alembic(?: -\S+ \S+)* upgrade|aerich upgrade|prisma (?:migrate|db push)|flask db upgrade|manage(?:\.py)? migrate)\b|^cp (?:-\w+ )?[^\s*]+ [^\s*]+$`)

// Prepares are the commands that every job of the project's pipeline which runs its tests has
// before them, in the project's directory, and that no gate runs, with the file that has them.
func (p Project) Prepares(fsys fs.FS) (commands []string, file string) {
	before, seen := map[string][]string{}, map[string]bool{}
	for _, h := range p.habits(fsys) {
		if !pipelines.MatchString(h.file) || h.forgiven {
			continue
		}
		job := h.file + ":" + h.job
		_, runs := p.runsTests(fsys, h)
		if runs = runs || h.isTests(); !runs {
			if line := h.alone(); h.at == p.Path && !h.doubtful(h.words) && p.isPreparing(fsys, line) && !slices.Contains(before[job], line) {
				before[job] = append(before[job], line)
			}
			continue
		}
		if seen[job] {
			continue
		}
		seen[job] = true
		if file == "" {
			commands, file = before[job], h.file
		}
		commands = slices.DeleteFunc(slices.Clone(commands), func(line string) bool { return !slices.Contains(before[job], line) })
	}
	return commands, file
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
// gate's is anyhow.
var within = []string{"uv", "poetry", "pdm", "pipenv", "hatch", "rye", "run", "exec"}

// alone is the command of a line, without what runs it in an environment.
func (h habit) alone() string {
	at := slices.IndexFunc(h.words, func(word string) bool { return !slices.Contains(within, word) })
	return strings.Join(h.words[max(0, at):], " ")
}
