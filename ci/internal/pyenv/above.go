package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// workflow is what is read of a workflow: the commands of its steps, and where they run.
type workflow struct {
	Defaults defaults
	Jobs     map[string]struct {
		Defaults defaults
		Steps    []struct {
			Run       string
			Directory string `yaml:"working-directory"`
		}
	}
}

type defaults struct {
	Run struct {
		Directory string `yaml:"working-directory"`
	}
}

// above are the files of automation at the repository's root that run commands in the
// project's directory, each with these.
func (p Project) above(fsys fs.FS) map[string]string {
	if p.Path == "." {
		return nil
	}
	all := map[string]string{}
	for _, pattern := range Automation {
		files, _ := fs.Glob(fsys, pattern)
		for _, file := range files {
			raw, err := fs.ReadFile(fsys, file)
			if err != nil || !strings.Contains(string(raw), p.Path) {
				continue
			}
			if commands := p.within(file, text(raw)); commands != "" {
				all[file] = commands
			}
		}
	}
	return all
}

// within are the commands of a file that run in the project's directory.
func (p Project) within(file, whole string) string {
	var runs []string
	var read workflow
	if path.Dir(file) != ".github/workflows" {
		for line := range strings.Lines(joined.ReplaceAllString(whole, " ")) {
			runs = append(runs, p.after(line))
		}
		return strings.Join(slices.DeleteFunc(runs, func(run string) bool { return run == "" }), "\n")
	}
	if bounds.YAML([]byte(whole), &read) != nil {
		return ""
	}
	for _, job := range read.Jobs {
		for _, step := range job.Steps {
			at := step.Directory
			for _, fallback := range []string{job.Defaults.Run.Directory, read.Defaults.Run.Directory} {
				if at == "" {
					at = fallback
				}
			}
			if at != "" && path.Clean(at) == p.Path {
				runs = append(runs, step.Run)
			} else if after := p.after(step.Run); after != "" {
				runs = append(runs, after)
			}
		}
	}
	slices.Sort(runs) // A map has no order.
	return strings.Join(runs, "\n")
}

var elsewhere = regexp.MustCompile(`\b(?:cd|pushd|popd)\b|\)`)

// after is what follows a change to the project's directory.
func (p Project) after(commands string) string {
	m := regexp.MustCompile(`(?s)\bcd\s+["']?(?:\./)?` + regexp.QuoteMeta(p.Path) + `/?["']?\s*(?:&&|;|\n)(.*)$`).FindStringSubmatch(commands)
	if m == nil {
		return ""
	}
	// Until it goes elsewhere.
	return strings.TrimSpace(elsewhere.Split(m[1], 2)[0])
}
