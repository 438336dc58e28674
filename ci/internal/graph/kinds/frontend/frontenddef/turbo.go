package frontenddef

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// turboFiles are where Turborepo is configured, with comments.
var turboFiles = []string{"turbo.json", "turbo.jsonc"}

// turbo is what a workspace with Turborepo says of its packages' scripts.
type turbo struct {
	tasks map[string]any
	file  string
}

// readTurbo reads what a directory says of tasks; nil for nothing.
func readTurbo(fsys fs.FS, dir string) *turbo {
	for _, name := range turboFiles {
		raw, err := fs.ReadFile(fsys, path.Join(dir, name))
		doc := map[string]any{}
		if err != nil || bounds.JSON([]byte(trailing.ReplaceAllString(frontend.WithoutRemarks(string(raw)), "$1")), &doc) != nil {
			continue
		}
		tasks := component.Lookup(doc, "tasks")
		if tasks == nil {
			tasks = component.Lookup(doc, "pipeline")
		}
		return &turbo{tasks: tasks, file: path.Join(dir, name)}
	}
	return nil
}

// trailing is a comma behind which nothing stands.
var trailing = regexp.MustCompile(`,(\s*[}\]])`)

// before are the scripts of a package itself that Turborepo runs before another one of it, the
// first first, and the file that says so.
func (w *workspace) before(fsys fs.FS, dir, script string, scripts map[string]string) (first []string, file string) {
	root := w.turbo
	if root == nil || script == "" {
		return nil, ""
	}
	own, name := root, w.at(dir).name
	if dir != w.path {
		if own = readTurbo(fsys, dir); own == nil {
			own = &turbo{}
		}
	}
	says := func(task string) ([]any, string) {
		for _, at := range []struct {
			of  *turbo
			key string
		}{{own, task}, {root, name + "#" + task}, {root, task}} {
			if on, has := component.Lookup(at.of.tasks, at.key)["dependsOn"].([]any); has {
				return on, at.of.file
			}
		}
		return nil, ""
	}
	seen := map[string]bool{script: true}
	var visit func(task string)
	visit = func(task string) {
		on, from := says(task)
		for _, one := range on {
			needed, _ := one.(string)
			needed = strings.TrimPrefix(needed, name+"#")
			if seen[needed] || !ownTask.MatchString(needed) {
				continue
			}
			seen[needed] = true
			visit(needed)
			if scripts[needed] != "" {
				first, file = append(first, needed), from
			}
		}
	}
	visit(script)
	return first, file
}

// ownTask is a task of the package itself, by a name that a shell has nothing else for.
var ownTask = regexp.MustCompile(`^[\w:.-]+$`)

// ending are the scripts of a root less those that have Turborepo run what never ends.
func (w *workspace) ending(scripts map[string]string) map[string]string {
	if w.turbo == nil {
		return scripts
	}
	left := map[string]string{}
	for name, text := range scripts {
		m := turboRuns.FindStringSubmatch(text)
		if m == nil || component.Lookup(w.turbo.tasks, m[1])["persistent"] != true {
			left[name] = text
		}
	}
	return left
}

var turboRuns = regexp.MustCompile(`\bturbo\s+(?:run\s+)?([\w:.-]+)`)

// mends tells whether a script of the root has packages run one of theirs that changes what it
// looks at.
func (w *workspace) mends(script string) bool {
	return slices.ContainsFunc(frontend.Reached(w.root.scripts, script), func(name string) bool {
		for word := range strings.FieldsSeq(w.root.scripts[name]) {
			for _, p := range w.packages {
				if p.scripts[word] != "" && frontend.Mends(p.scripts, word) {
					return true
				}
			}
		}
		return false
	})
}
