package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// installs is a job of a workflow, by what it installs with pip before the tests.
type installs struct {
	file string
	// dependent says that it depends on the run whether it runs, and whole that it runs all
	// of the tests.
	dependent, tests, whole bool
	packages                []string
}

// besideTests are the packages that every job of a workflow which runs the tests installs with
// pip before them, and the file of the first: of those that run always and all of the tests,
// else of those that run always, else of any.
func (p Project) besideTests(fsys fs.FS, lines []habit) (file string, packages []string) {
	var jobs []*installs
	by := map[string]*installs{}
	for _, h := range lines {
		if h.job == "" || h.foreign {
			continue
		}
		job := by[h.file+":"+h.job]
		if job == nil {
			job = &installs{file: h.file, dependent: h.dependent}
			by[h.file+":"+h.job], jobs = job, append(jobs, job)
		}
		part, runs := p.runsTests(fsys, h)
		switch {
		case runs || h.runsAny(checkers[testGate]...) || h.ownRunner() != nil:
			job.tests, job.whole = true, job.whole || part == ""
		case !job.tests:
			job.packages = append(job.packages, h.packages()...)
		}
	}
	jobs = slices.DeleteFunc(jobs, func(job *installs) bool { return !job.tests })
	for _, counts := range []func(*installs) bool{
		func(job *installs) bool { return !job.dependent && job.whole },
		func(job *installs) bool { return !job.dependent },
		func(*installs) bool { return true },
	} {
		if of := slices.DeleteFunc(slices.Clone(jobs), func(job *installs) bool { return !counts(job) }); len(of) > 0 {
			return of[0].file, alikeIn(of)
		}
	}
	return "", nil
}

// alikeIn are the packages that each of some jobs installs: in the version that all of them
// want, and only where that is about tests, as the packages of the checks decide about those
// that are shipped.
func alikeIn(jobs []*installs) (packages []string) {
	name := func(pkg string) string { return Normal(requirementName.FindString(pkg)) }
	for _, pkg := range jobs[0].packages {
		same, all := true, true
		for _, job := range jobs[1:] {
			same = same && slices.Contains(job.packages, pkg)
			all = all && slices.ContainsFunc(job.packages, func(of string) bool { return name(of) == name(pkg) })
		}
		switch {
		case !all:
			continue
		case !same:
			pkg = name(pkg)
		case !testing.MatchString(pkg):
			pkg = unbound.FindString(pkg)
		}
		packages = append(packages, pkg)
	}
	return packages
}

var (
	// testing are packages that nothing which is shipped needs.
	testing = regexp.MustCompile(`(?i)^(?:pytest\b|moto\b|hypothesis\b|responses\b|respx\b|freezegun\b|time-machine\b|factory[-_]boy\b|faker\b|mock\b|httpretty\b|vcrpy\b|testcontainers\b|coverage\b|requests-mock\b|parameterized\b|model[-_]bakery\b|syrupy\b|testfixtures\b)`)
	// unbound is a requirement less the versions that it wants.
	unbound = regexp.MustCompile(`^[^<>=!~;]+`)
)

// undeclared are the packages of a list that are not the project itself, by its name or its
// modules', and that it does not ask for: its own words say in which version.
func (p Project) undeclared(fsys fs.FS, packages []string) []string {
	return slices.DeleteFunc(slices.Clone(packages), func(pkg string) bool {
		name := Normal(requirementName.FindString(pkg))
		module := strings.ReplaceAll(name, "-", "_")
		own := slices.ContainsFunc([]string{module + ".py", module + "/__init__.py", "src/" + module + "/__init__.py"}, func(file string) bool { return exists(fsys, path.Join(p.Path, file)) })
		return own || name == Normal(p.Name()) || p.declares(name) && !strings.Contains(pkg, "[")
	})
}

// packages are those that a line is sure to install with pip from the index, into the
// environment that the tests run in, as it asks for them.
func (h habit) packages() (packages []string) {
	words := strings.Fields(ofRunner.ReplaceAllString(strings.Join(h.words, " "), "$$"))
	if len(words) > 0 && words[0] == "sudo" {
		words = words[1:]
	}
	at := slices.Index(words, "install")
	if at < 1 || words[at-1] != "pip" && words[at-1] != "pip3" || h.maybe || h.forgiven ||
		slices.ContainsFunc(words[:at-1], func(word string) bool { return !before.MatchString(word) || strings.Contains(word, "/") }) ||
		slices.ContainsFunc(words, func(word string) bool { return slices.Contains(aroundIndex, optionName([]string{word})) }) {
		return nil
	}
	for i, word := range words[at+1:] {
		earlier := words[at+i]
		valued := strings.HasPrefix(earlier, "-") && !strings.Contains(earlier, "=") && !valueless.MatchString(earlier)
		if !valued && !strings.ContainsAny(word, `/\$"'`) && !archive.MatchString(word) && !strings.HasPrefix(word, ".") && !strings.HasPrefix(word, "-") && askable(word) {
			packages = append(packages, word)
		}
	}
	return packages
}

var (
	// ofRunner is a value that only a runner knows.
	ofRunner = regexp.MustCompile(`\$\{\{[^}]*\}\}`)
	// archive is a file of a package.
	archive = regexp.MustCompile(`\.(?:whl|zip|tar\.\w+|tgz)$`)
	// valueless are options of pip's behind which a package may stand.
	valueless = regexp.MustCompile(`^(?:-[UqvI]+|--(?:upgrade|quiet|verbose|pre|user|no-cache-dir|ignore-installed|use-pep517|no-deps|system|force-reinstall|prefer-binary|break-system-packages|disable-pip-version-check|no-build-isolation|no-input))$`)
)

// aroundIndex are options of pip's by which packages come from or go elsewhere, or none is
// installed.
var aroundIndex = []string{
	"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--no-index", "-t", "--target", "--python", "--prefix", "--root", "--dry-run", "--platform", "--download",
}
