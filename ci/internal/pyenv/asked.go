package pyenv

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
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
	for _, file := range p.automation(fsys) {
		raw, err := fs.ReadFile(fsys, file)
		switch {
		case err != nil || path.Ext(file) == ".toml":
		case isTox(file):
			p.ask(file, toxPackages(ini(text(raw))))
		default:
			lines := p.here(scripts(fsys, file, text(raw), p.Path))
			p.ask(file, installedTools(lines))
			for at, h := range lines {
				p.ask(file, besideTest(lines[:at], h))
			}
		}
	}
	above := p.above(fsys)
	for at, h := range above {
		p.ask(h.file, installedTools([]habit{h}))
		p.ask(h.file, besideTest(above[:at], h))
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

// besideTest are the packages that the steps of a workflow's job install with pip, in any
// case, before a line of it that runs tests.
func besideTest(before []habit, line habit) (all []string) {
	if line.job == "" || !line.runsAny(checkers[testGate]...) && line.ownRunner() == nil {
		return nil
	}
	for _, earlier := range before {
		if earlier.file == line.file && earlier.job == line.job && !earlier.maybe {
			all = append(all, earlier.packages()...)
		}
	}
	return all
}

// packages are those that a line installs with pip by their names.
func (h habit) packages() (all []string) {
	words := strings.Fields(ofRunner.ReplaceAllString(strings.Join(h.words, " "), "$$"))
	at := slices.Index(words, "install")
	if at < 1 || path.Base(words[at-1]) != "pip" && path.Base(words[at-1]) != "pip3" {
		return nil
	}
	if slices.ContainsFunc(words[at+1:], func(word string) bool { return slices.Contains(otherIndexes, optionName([]string{word})) }) {
		return nil // Another index may have another package by that name.
	}
	for i, word := range words[at+1:] {
		valued := strings.HasPrefix(words[at+i], "-") && !slices.Contains(valueless, words[at+i])
		if !valued && !strings.ContainsAny(word, `/\$"'`) && !strings.HasPrefix(word, ".") && path.Ext(word) != ".whl" && !strings.HasPrefix(word, "-") && askable(word) {
			all = append(all, word)
		}
	}
	return all
}

// ofRunner is a value that only a runner knows.
var ofRunner = regexp.MustCompile(`\$\{\{[^}]*\}\}`)

// otherIndexes are options of pip's by which packages come from elsewhere.
var otherIndexes = []string{"-i", "--index-url", "--extra-index-url", "-f", "--find-links"}

// valueless are options of pip's behind which a package may stand.
var valueless = []string{"-U", "--upgrade", "-q", "--quiet", "-qq", "-v", "--pre", "--user", "--no-cache-dir", "--no-deps", "--system", "--force-reinstall", "--prefer-binary", "--break-system-packages", "--disable-pip-version-check"}

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
