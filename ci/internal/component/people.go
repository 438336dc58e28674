package component

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// forReaders are files in a directory above a component, such as the repository's root,
// that no tool reads of itself: neither mounted nor counted there.
var forReaders = append([]string{"*.md", "*.rst", "*.adoc"}, readers...)

// readers are those of a package, of which other Markdown may be what it is made of.
var readers = []string{
	"README*", "CHANGELOG*", "CHANGES*", "HISTORY*", "CONTRIBUTING*", "CODE_OF_CONDUCT*", "SECURITY*", "LICENSE*", "LICENCE*", "COPYING*", "NOTICE*", "AUTHORS*", "CODEOWNERS", "CITATION.cff",
}

// forOthers are what other pipelines and services read, and editors.
var forOthers = []string{
	".github", ".gitlab", ".gitlab-ci.yml", ".circleci", ".travis.yml", "Jenkinsfile", "azure-pipelines.yml", "bitbucket-pipelines.yml",
	".gitattributes", ".mailmap", ".vscode", ".idea", ".devcontainer", "renovate.json*", ".renovaterc*",
	"Makefile", "justfile", "Taskfile.y*ml", "docker-compose*", "compose*.y*ml",
}

// forPeople are both.
var forPeople = slices.Concat(forReaders, forOthers)

// notChecked are files that only building an image reads.
var notChecked = []string{"Dockerfile", "Dockerfile.*", "*.dockerignore"}

// ForReaders are patterns of the files right in a library that are for readers alone, with
// others behind them that take in again what its manifests name: a build backend
// reads the README of its project, and a script copies one into a package.
func ForReaders(fsys fs.FS, dir string) []string {
	return slices.Concat(readers, named(fsys, dir))
}

// Readers are patterns of all files that are for readers, in whatever directory.
func Readers() []string { return slices.Clone(forReaders) }

// named are the patterns of those that a directory's manifests name.
func named(fsys fs.FS, dir string) []string {
	names := inScripts(fsys, dir)
	m, err := ReadPyproject(fsys, dir)
	if err != nil {
		return names // Whoever reads the manifest for its own sake says so.
	}
	for _, name := range Described(m.Document) {
		names = append(names, "!"+name)
	}
	return names
}

// Described are the files in which a pyproject.toml has its project described: a build
// backend reads them.
func Described(pyproject map[string]any) (names []string) {
	add := func(value any) {
		if name, _ := value.(string); name != "" && !strings.HasPrefix(name, "..") {
			names = append(names, path.Clean(name))
		}
	}
	project, poetry := Lookup(pyproject, "project"), Lookup(pyproject, "tool", "poetry")
	for _, value := range []any{project["readme"], Lookup(project, "readme")["file"], Lookup(project, "license")["file"], poetry["readme"]} {
		add(value)
	}
	for _, list := range []any{project["license-files"], poetry["readme"]} {
		all, _ := list.([]any)
		for _, value := range all {
			add(value)
		}
	}
	return names
}

// inScripts are those that a package.json names: a build copies them into a package.
func inScripts(fsys fs.FS, dir string) (names []string) {
	text, err := fs.ReadFile(fsys, path.Join(dir, "package.json"))
	if err != nil {
		return nil
	}
	for _, pattern := range readers {
		files, _ := fs.Glob(fsys, path.Join(inputs.Literal(dir), pattern)) // The pattern is ours.
		for _, file := range files {
			if bytes.Contains(text, []byte(path.Base(file))) {
				names = append(names, "!"+inputs.Literal(path.Base(file)))
			}
		}
	}
	return names
}
