package frontenddef

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// workspacePackage is what a package's package.json says to its workspace.
type workspacePackage struct {
	name       string
	scripts    map[string]string
	builds     bool // it has a build script of its own
	published  bool // it is for others to import
	site       bool // it has a page of its own that its build writes, and nothing to import
	writes     bool // it has a page or a Dockerfile, or its build writes a site or a server
	configured bool // it has settings of this pipeline
	extension  bool // an editor runs it
	compiles   bool // its build makes modules, and neither a site nor a server
	library    bool // it is published for others to import, and nothing of it can be a site or a server
	needs      []need
	fault      string // why it cannot be read
}

// need is a package that one is built from: by its name, or by where it lies.
type need struct{ name, dir string }

func readPackage(fsys fs.FS, dir string, n *nx) (workspacePackage, error) {
	file := path.Join(dir, "package.json")
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return workspacePackage{}, err
	}
	var doc struct {
		Name         string            `json:"name"`
		Scripts      map[string]string `json:"scripts"`
		Settings     map[string]any    `json:"pingvas-ci"`
		Dependencies map[string]string `json:"dependencies"`
		Development  map[string]string `json:"devDependencies"`
		Optional     map[string]string `json:"optionalDependencies"`

		Main    any `json:"main"`
		Module  any `json:"module"`
		Types   any `json:"types"`
		Exports any `json:"exports"`
		Bin     any `json:"bin"`
		Publish any `json:"publishConfig"`
		Engines any `json:"engines"`
		Files   any `json:"files"`
		Private any `json:"private"`
	}
	if err := bounds.JSON(raw, &doc); err != nil {
		return workspacePackage{}, fmt.Errorf("%s: %w. Correct the JSON", file, err)
	}
	main, private := "", slices.Contains([]any{true, "true"}, doc.Private) // pnpm takes text as well.
	if doc.Main != nil {
		main = fmt.Sprint(doc.Main)
	}
	page := component.Exists(fsys, path.Join(dir, "index.html"))
	// What main names may be where a bundler begins.
	exported := slices.ContainsFunc([]any{doc.Module, doc.Types, doc.Exports, doc.Bin, doc.Publish}, func(value any) bool { return value != nil })
	// Of one that is published with what it compiles, a start that runs the sources is its
	// authors' own.
	started := doc.Scripts["start"] != "" && (private || doc.Files == nil || !frontend.RunsSources(doc.Scripts, "start"))
	imported := exported || !slices.Contains([]string{"", "index.js"}, main)
	p := workspacePackage{
		name: doc.Name, scripts: doc.Scripts, builds: frontend.Builds(doc.Scripts, "build"), configured: ofComponent(doc.Settings),
		published: imported && !page, extension: hosted(doc.Engines),
		library:  exported && !page && (!private || doc.Files != nil) && !started && !frontend.WritesSiteAlone(doc.Scripts, "build"),
		compiles: !page && main == "" && doc.Scripts["start"] == "" && frontend.Compiles(doc.Scripts, "build"),
		writes:   page || frontend.WritesSite(doc.Scripts, "build") || component.Exists(fsys, path.Join(dir, "Dockerfile")),
		site:     page && !imported && frontend.WritesSite(doc.Scripts, "build"),
	}
	if n != nil && !p.builds {
		m, _ := component.ReadPackageJSON(fsys, dir) // Read above.
		command, _ := n.task(fsys, dir, m.Document, "build")
		p.builds = command != nil
	}
	for _, all := range []map[string]string{doc.Dependencies, doc.Development, doc.Optional} {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			p.needs = append(p.needs, needOf(fsys, dir, name, all[name]))
		}
	}
	return p, nil
}

// needOf is what a dependency means: a package of the workspace by its name, which may
// be another one than it goes by, or a directory.
func needOf(fsys fs.FS, dir, name, wanted string) need {
	protocol, value, _ := strings.Cut(wanted, ":")
	if !slices.Contains([]string{"workspace", "link", "file"}, protocol) {
		return need{name: name}
	}
	at := path.Join(dir, value)
	if info, err := fs.Stat(fsys, at); at != "." && strings.ContainsAny(value, "./") && !strings.HasPrefix(value, "@") && err == nil && info.IsDir() {
		return need{dir: at}
	}
	if at := strings.LastIndex(value, "@"); protocol == "workspace" && at > 0 {
		name = value[:at]
	}
	return need{name: name}
}

// hosted tells whether an editor runs a package, as its extension.
func hosted(engines any) bool {
	of, _ := engines.(map[string]any)
	return of["vscode"] != nil
}
