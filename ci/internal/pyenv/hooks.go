package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// hooks are the repository's pre-commit hooks, as far as they run mypy.
type hooks struct {
	Exclude string
	Repos   []struct {
		Repo, Rev string
		Hooks     []struct {
			ID, Exclude, Files string
			PassFiles          *bool `yaml:"pass_filenames"`
			Args               []string
			Packages           []string `yaml:"additional_dependencies"`
		}
	}
}

// exactVersion is a release, as a tag of mypy's mirror has it.
var exactVersion = regexp.MustCompile(`^\d+(\.\d+)+$`)

// asHooked is mypy as a hook of the project runs it, in its version, with its arguments,
// those of the hook itself where it says none, and beside the packages that it names.
func (p Project) asHooked(fsys fs.FS) (t Tool, is bool) {
	file := path.Join(p.Path, ".pre-commit-config.yaml")
	raw, err := fs.ReadFile(fsys, file)
	var found hooks
	if err != nil || bounds.YAML(raw, &found) != nil {
		return t, false
	}
	for _, repo := range found.Repos {
		version := strings.TrimPrefix(repo.Rev, "v")
		if path.Base(repo.Repo) != "mirrors-mypy" || !exactVersion.MatchString(version) {
			continue
		}
		for _, hook := range repo.Hooks {
			if hook.ID != "mypy" || hook.Files != "" { // Which files a pattern means, pre-commit knows.
				continue
			}
			t = Tool{Name: "mypy", Version: version, Source: file, Arguments: slices.Clone(hook.Args), Packages: hook.Packages}
			if hook.Args == nil {
				t.Arguments = []string{"--ignore-missing-imports", "--scripts-are-modules"}
			}
			for _, pattern := range []string{found.Exclude, hook.Exclude} {
				if pattern != "" && pattern != "^$" {
					t.Arguments = append(t.Arguments, "--exclude", strings.TrimSpace(pattern))
				}
			}
			if hook.PassFiles == nil || *hook.PassFiles {
				t.Arguments = append(t.Arguments, ".")
			}
			return t, true
		}
	}
	return t, false
}
