package pyenv

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

var (
	requirementOption = regexp.MustCompile(`(?:^|[\s"'=,])(?:-r|--requirement)[ =]?["',\s]*(?:\{toxinidir\}/|\./)?([\w./-]+\.(?:txt|in))`)
	// otherwise are the names of requirements that no check takes, or of which there are
	// several that exclude each other.
	otherwise = regexp.MustCompile(`(?i)doc|release|publish|deploy|build|bench|min|low|oldest|latest|prod|constraint|\d`)
	// factor is what stands before a package of tox's that only some environments have.
	factor = regexp.MustCompile(`^[\w.{},!-]+:\s`)
	stubs  = regexp.MustCompile(`^types-|-stubs$`)
	// managers make environments, and are in none.
	managers = regexp.MustCompile(`^(?:tox|nox|poetry|pre-commit|uv|hatch|pdm|pip|setuptools|wheel|virtualenv)$`)
)

// habitual adds what only the project's automation has installed for its tests and checks:
// requirements files of any name, the packages of tox's tests, and tools.
func (p *Project) habitual(fsys fs.FS, files []string) (all []string, err error) {
	named, by := p.habitualFiles(fsys)
	for _, file := range named {
		read, err := ReadRequirements(fsys, files...)
		if err != nil {
			return files, err
		}
		if !slices.Contains(read.Files, file) && !read.Hashed {
			files, p.Habits = append(files, file), append(p.Habits, by[file])
		}
	}
	return files, nil
}

// habitualFiles are the requirements files that the project's automation names, each with
// the file that does.
func (p Project) habitualFiles(fsys fs.FS) (files []string, by map[string]string) {
	by = map[string]string{}
	take := func(file, text string) {
		for _, m := range requirementOption.FindAllStringSubmatch(text, -1) {
			at := path.Join(p.Path, m[1])
			if !otherwise.MatchString(m[1]) && !isImage(at, p.Path) && fs.ValidPath(at) && exists(fsys, at) {
				by[at] = file
			}
		}
	}
	for _, file := range p.automation(fsys) {
		raw, err := fs.ReadFile(fsys, file)
		if err != nil || !says.Match(raw) {
			continue
		}
		texts := []string{text(raw)}
		if isTox(file) {
			texts = nil
			for name, section := range ini(text(raw)) {
				if name = strings.TrimPrefix(name, "testenv:"); !aside.MatchString(name) && !otherwise.MatchString(name) {
					texts = append(texts, section["deps"])
				}
			}
		}
		for _, one := range texts {
			take(file, comments.ReplaceAllString(one, ""))
		}
	}
	for _, h := range p.above(fsys) {
		take(h.file, strings.Join(h.words, " "))
	}
	return slices.Sorted(maps.Keys(by)), by
}

// askTools adds the packages that tox or Hatch installs for the tests, and those tools that
// the project's automation installs by their names, where nothing else asks for them.
func (p *Project) askTools(fsys fs.FS) {
	var all []habit
	for _, file := range p.automation(fsys) {
		raw, err := fs.ReadFile(fsys, file)
		switch {
		case err != nil || path.Ext(file) == ".toml":
		case isTox(file):
			p.ask(file, toxPackages(ini(text(raw))))
		default:
			lines := p.here(p.linesIn(fsys, file, p.Path))
			p.ask(file, installedTools(lines))
			all = append(all, lines...)
		}
	}
	above := p.above(fsys)
	for _, h := range above {
		p.ask(h.file, installedTools([]habit{h}))
	}
	if file, packages := p.besideTests(fsys, append(all, above...)); file != "" {
		p.ask(file, p.undeclared(fsys, packages))
	}
	for _, of := range p.environments(fsys) {
		p.ask(of.file, of.packages())
	}
	for _, h := range p.habits(fsys) {
		if _, runs := h.arguments("hatch", "test"); runs {
			p.ask(h.file, hatchTests)
		}
	}
}

// ask has the checks install packages that a file of the project's automation names.
func (p *Project) ask(file string, packages []string) {
	for _, one := range packages {
		name := Normal(requirementName.FindString(one))
		if _, known := p.versions[name]; known || p.asks(name) || name == Normal(p.Name()) {
			continue
		}
		_, version, _ := strings.Cut(one, "==")
		p.versions[name] = strings.TrimSpace(version)
		p.Asked = append(p.Asked, one)
		if !slices.Contains(p.Habits, file) {
			p.Habits = append(p.Habits, file)
		}
	}
}

// asksHabitually tells of a package that nothing but the project's automation asks for it.
func (p Project) asksHabitually(name string) bool {
	return slices.ContainsFunc(p.Asked, func(one string) bool { return Normal(requirementName.FindString(one)) == name })
}

// toxPackages are those of the environment of tests, the tools of others, and all of those
// that check types.
func toxPackages(sections map[string]map[string]string) (all []string) {
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		for line := range strings.Lines(sections[name]["deps"]) {
			line = strings.TrimSpace(comments.ReplaceAllString(line, ""))
			pkg := requirementName.FindString(line)
			if !askable(line) || factor.MatchString(line) {
				continue
			}
			if name == "testenv" || strings.HasPrefix(name, "testenv:") && (isTool(pkg) || typing.MatchString(sections[name]["commands"])) {
				all = append(all, line)
			}
		}
	}
	return all
}

// askable tells of a requirement that it names a package of an index, and no manager.
func askable(requirement string) bool {
	pkg := requirementName.FindString(requirement)
	return pkg != "" && !strings.ContainsAny(requirement, "{}@\n") && !strings.Contains(requirement, " -") && !strings.Contains(requirement, "://") && !managers.MatchString(Normal(pkg))
}

// isTool tells of a package that it checks code, or helps to.
func isTool(pkg string) bool {
	return slices.Contains(tools, Normal(pkg)) && !managers.MatchString(Normal(pkg)) || stubs.MatchString(Normal(pkg))
}

// declarations are the packages that the project says itself that it needs, in any of its
// manifests.
func (p Project) declarations(fsys fs.FS) (names []string) {
	names = requirements(component.Lookup(p.document, "project")["dependencies"])
	for name := range component.Lookup(p.document, "tool", "poetry", "dependencies") {
		names = append(names, name)
	}
	if raw, err := fs.ReadFile(fsys, path.Join(p.Path, "setup.cfg")); err == nil {
		for line := range strings.Lines(ini(text(raw))["options"]["install_requires"]) {
			names = append(names, requirementNames(strings.TrimSpace(line))...)
		}
	}
	if raw, err := fs.ReadFile(fsys, path.Join(p.Path, "setup.py")); err == nil {
		for _, list := range setupRequires.FindAllStringSubmatch(comments.ReplaceAllString(text(raw), ""), -1) {
			for _, one := range setupStrings.FindAllStringSubmatch(list[1], -1) {
				names = append(names, requirementNames(one[1])...)
			}
		}
	}
	for i := range names {
		names[i] = Normal(names[i])
	}
	return names
}

var (
	// setupRequires is the list in a setup.py that is written out there.
	setupRequires = regexp.MustCompile(`install_requires["']?\s*[=:]\s*[\[(]((?:[^\[\]()]|\[[^\]]*\])*)[\])]`)
	setupStrings  = regexp.MustCompile(`["']([^"'\n]+)["']`)
)

// installedTools are the tools that lines install with pip, or for a session of nox.
func installedTools(habits []habit) (all []string) {
	for _, h := range habits {
		at := slices.Index(h.words, "install")
		if session := slices.Index(h.words, "session.install"); session >= 0 {
			at = session
		} else if at < 1 || path.Base(h.words[at-1]) != "pip" && path.Base(h.words[at-1]) != "pip3" {
			continue
		}
		for _, word := range h.words[at+1:] {
			if isTool(requirementName.FindString(word)) && !strings.ContainsAny(word, "/$@") {
				all = append(all, word)
			}
		}
	}
	return all
}
