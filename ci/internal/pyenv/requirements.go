package pyenv

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Where projects keep requirements, from their directories: those of the image, of
// which the first that is there counts, and those that checks take besides.
var (
	imageRequirements = []string{
		"requirements.txt", "requirements/production.txt", "requirements/prod.txt", "requirements/base.txt", "requirements/main.txt",
		"requirements/requirements.txt", "requirements/common.txt", "requirements/default.txt", "requirements-prod.txt", "requirements.in",
		"builder/requirements.txt", // What a worker adds to an image that has its model's server.
	}
	checkRequirements = []string{
		"requirements-dev.txt", "requirements_dev.txt", "requirements.dev.txt", "dev-requirements.txt", "dev_requirements.txt",
		"requirements-test.txt", "requirements_test.txt", "requirements-tests.txt", "test-requirements.txt", "requirements-lint.txt",
		"requirements/dev.txt", "requirements/develop.txt", "requirements/development.txt", "requirements/local.txt",
		"requirements/test.txt", "requirements/tests.txt", "requirements/testing.txt", "requirements/lint.txt", "requirements/ci.txt",
	}
	cpuRequirements = "requirements-cpu.txt" // in the image's place in the checks
)

// Lists are the requirements for an image that a directory has in a folder of their own,
// from there.
func Lists(fsys fs.FS, dir string) (lists []string) {
	for _, name := range imageRequirements {
		if path.Dir(name) != "." && exists(fsys, path.Join(dir, name)) {
			lists = append(lists, name)
		}
	}
	return lists
}

// requirementFiles are the requirements files that a directory has, the image's first.
func requirementFiles(fsys fs.FS, dir string) []string {
	var found []string
	for _, name := range imageRequirements {
		if file := path.Join(dir, name); exists(fsys, file) {
			found = append(found, file)
			break
		}
	}
	for _, name := range checkRequirements {
		if file := path.Join(dir, name); exists(fsys, file) {
			found = append(found, file)
		}
	}
	return found
}

// readRequirements finds pip's files, and looks through them and what they include.
func (p *Project) readRequirements(fsys fs.FS) error {
	files := requirementFiles(fsys, p.Path)
	if lock := path.Join(p.Path, "pylock.toml"); exists(fsys, lock) {
		p.Lock, p.Image, p.Checks, p.Hashed = lock, []string{lock}, append([]string{lock}, withoutImages(files, p.Path)...), true
		return nil
	}
	own := len(files)
	files, err := p.habitual(fsys, files)
	if err != nil {
		return err
	}
	p.Checks = slices.Clone(files)
	if len(files) > 0 && isImage(files[0], p.Path) {
		p.Image = files[:1]
	}
	if p.layered(fsys, files) {
		p.Checks = files[1:]
	}
	if cpu := path.Join(p.Path, cpuRequirements); p.CPU && exists(fsys, cpu) {
		p.Checks = append([]string{cpu}, withoutImages(files, p.Path)...)
	}
	read, err := ReadRequirements(fsys, slices.Concat(p.Image, p.Checks)...)
	if err != nil {
		return err
	}
	p.TorchCPU = slices.Contains(p.Checks, path.Join(p.Path, cpuRequirements)) && !read.Indexes
	p.Hashed, p.Git = read.Hashed, read.Git
	for name, version := range read.versions {
		p.versions[name] = version
	}
	for name, by := range read.brought {
		p.brought[name] = by != nil && !slices.ContainsFunc(by, func(one string) bool { return Normal(one) == Normal(p.Name()) })
	}
	p.ExtraIndex = read.extraIndex
	if p.Hashed = p.Hashed && own > 0; p.Hashed {
		p.Lock = files[0]
		return nil
	}
	p.askTools(fsys)
	return p.readUnhashed(fsys, files[:own])
}

// readUnhashed adds what the project asks for itself, and says what is left to chance.
func (p *Project) readUnhashed(fsys fs.FS, files []string) error {
	if manifest := p.metadata(fsys); manifest != "" && (p.Installs || len(files) == 0) {
		p.Image, p.Checks = append(slices.Clone(p.Image), manifest), append(slices.Clone(p.Checks), manifest)
	} else {
		p.Extras = nil
	}
	if len(p.Checks) == 0 || len(p.versions) == 0 && !p.Installs && !p.asksForAny() {
		return nil
	}
	if len(files) == 0 {
		p.Unhashed = fmt.Sprintf("%s has no lock, and its packages are chosen when they are installed. %s", p.Path, p.lockItself())
		return nil
	}
	p.Unhashed = fmt.Sprintf("%s has no hashes: what the index has of its packages is installed. %s", p.Checks[0], lockList(p.Checks[0]))
	return nil
}

// compile locks a list, or what a project asks for, with a hash for each package.
const compile = "uv pip compile --universal --generate-hashes"

// lockList says how a requirements file is locked, where it lies.
func lockList(file string) string {
	name, ending := path.Base(file), path.Ext(file)
	list := strings.TrimSuffix(name, ending)
	how := fmt.Sprintf("%s %s.in --output-file %s.txt, in %s", compile, list, list, path.Dir(file))
	if ending == ".in" {
		return "Lock them with: " + how
	}
	return fmt.Sprintf("Move it to %s.in, and lock that with: %s", list, how)
}

// lockItself says how a project is locked that has no list: one that says in setup.py what
// it asks for, uv locks none of.
func (p Project) lockItself() string {
	if p.document["project"] != nil {
		return "Lock them with: uv lock"
	}
	manifest := path.Base(p.asked)
	how := fmt.Sprintf("Lock them with: %s %s --output-file requirements.txt", compile, manifest)
	if len(p.Extras) == 0 {
		return how
	}
	return fmt.Sprintf("%s, and those of the checks with: %s %s --extra %s --output-file requirements-dev.txt", how, compile, manifest, strings.Join(p.Extras, " --extra "))
}

// layered tells whether the checks' files have all that the checks take: they include
// one that the image's file includes as well, and not that itself, which has more.
func (p Project) layered(fsys fs.FS, files []string) bool {
	if len(p.Image) == 0 || len(files) < 2 {
		return false
	}
	image, err := ReadRequirements(fsys, files[0])
	checks, failed := ReadRequirements(fsys, files[1:]...)
	shared := func(file string) bool { return slices.Contains(image.Files, file) }
	return err == nil && failed == nil && slices.ContainsFunc(checks.Files, shared) && !slices.Contains(checks.Files, files[0])
}

// manifests are the files that may name what a project depends on.
var manifests = []string{"pyproject.toml", "setup.py", "setup.cfg"}

// metadata is the file that names what the project depends on.
func (p Project) metadata(fsys fs.FS) string {
	for _, name := range manifests {
		if name == "pyproject.toml" && p.document["project"] == nil {
			continue
		}
		if file := path.Join(p.Path, name); exists(fsys, file) {
			return file
		}
	}
	return ""
}

func isImage(file, dir string) bool {
	return slices.ContainsFunc(imageRequirements, func(name string) bool { return path.Join(dir, name) == file })
}

func withoutImages(files []string, dir string) []string {
	return slices.DeleteFunc(slices.Clone(files), func(file string) bool { return isImage(file, dir) })
}

// Requirements are what requirements files and those that they include come to, as
// far as it has to be known before they are installed.
type Requirements struct {
	// Files are all of them, constraints among them, from the repository's root.
	Files []string
	// Directories are the projects of the repository that they install.
	Directories []string
	// Hashed says that a hash stands for each package.
	Hashed bool
	// Git says that a package comes from a repository.
	Git bool
	// Indexes says that a file names an index.
	Indexes bool

	versions   map[string]string
	brought    map[string][]string // what asks for each package; nil for one that is there for itself
	extraIndex string
	unhashed   bool
}

// ReadRequirements reads requirements files by their places in a repository.
func ReadRequirements(fsys fs.FS, files ...string) (Requirements, error) {
	r := Requirements{versions: map[string]string{}, brought: map[string][]string{}}
	for _, file := range files {
		if err := r.read(fsys, file, "", false); err != nil {
			return r, err
		}
	}
	r.Hashed = len(r.versions) > 0 && !r.unhashed
	return r, nil
}

func (r *Requirements) read(fsys fs.FS, file, by string, constraints bool) error {
	if slices.Contains(r.Files, file) {
		return nil
	}
	raw, err := fs.ReadFile(fsys, file)
	switch {
	case isAbsent(err) && by != "":
		return fmt.Errorf("%s names %s, which is not there. Add it, or drop the line", by, file)
	case err != nil:
		return err
	}
	r.Files = append(r.Files, file)
	if !constraints {
		r.bring(text(raw))
	}
	for _, l := range logical(text(raw)) {
		if err := r.line(fsys, file, l, constraints); err != nil {
			return err
		}
	}
	return nil
}

// line looks at one line of a file. An installer reads options behind a requirement,
// or behind another option, as if they stood on lines of their own.
func (r *Requirements) line(fsys fs.FS, file string, l line, constraints bool) error {
	words := strings.Fields(l.text)
	first := slices.IndexFunc(words, func(word string) bool { return strings.HasPrefix(word, "-") })
	if first != 0 && !constraints {
		r.requirement(file, l)
	}
	for at := max(first, 0); first >= 0 && at < len(words); at++ {
		if !strings.HasPrefix(words[at], "-") {
			continue
		}
		next := ""
		if at+1 < len(words) {
			next = words[at+1]
		}
		if err := r.option(fsys, file, l, words[at], next, constraints); err != nil {
			return err
		}
	}
	return nil
}

// option looks at one option of a line.
func (r *Requirements) option(fsys fs.FS, file string, l line, word, next string, constraints bool) error {
	option, value := optionOf(word)
	if value == "" {
		value = strings.Trim(next, `"'`)
	}
	at := fmt.Sprintf("%s:%d", file, l.number)
	switch option {
	case "-r", "--requirement":
		return r.read(fsys, path.Join(path.Dir(file), value), at, constraints)
	case "-c", "--constraint":
		return r.read(fsys, path.Join(path.Dir(file), value), at, true)
	case "-e", "--editable":
		r.unhashed, r.Git = true, r.Git || strings.Contains(value, "git+")
		r.directory(file, value)
	case "--extra-index-url", "--find-links", "-f":
		r.Indexes = true
		r.extraIndex = fmt.Sprintf("%s: %s lets packages come from a second index. Name each package's index in pyproject.toml, and lock with: uv lock", at, option)
	case "-i", "--index-url", "--no-index":
		r.Indexes = true
	case "--trusted-host":
		return fmt.Errorf("%s: --trusted-host turns the verification of certificates off. Remove it", at)
	}
	return nil
}

// hashOption is a hash of a package's file.
var hashOption = regexp.MustCompile(`(?:--hash[= ]|#)sha(?:256|384|512)[:=][0-9a-f]{64,128}\b`)

// requirement looks at a line that names a package, or a directory of the repository.
func (r *Requirements) requirement(file string, l line) {
	r.unhashed = r.unhashed || !hashOption.MatchString(l.text)
	r.Git = r.Git || strings.Contains(l.text, "git+")
	name := requirementName.FindString(l.text)
	if strings.HasPrefix(l.text, ".") || strings.Contains(l.text, "file:") {
		r.directory(file, l.text)
		return
	}
	spec, _, _ := strings.Cut(l.text, " --hash")
	spec, _, _ = strings.Cut(spec, ";")
	_, version, exact := strings.Cut(spec, "==")
	if !exact || strings.Contains(version, ",") {
		version = ""
	}
	r.versions[Normal(name)] = strings.Trim(version, "= ")
	for _, brought := range requirementNames(l.text)[1:] {
		if _, named := r.versions[Normal(brought)]; !named {
			r.versions[Normal(brought)] = ""
		}
	}
}

// directory takes in a directory of the repository that is installed: ./lib, -e
// ../../libs/x, or NAME @ file:../lib.
func (r *Requirements) directory(file, value string) {
	value, _, _ = strings.Cut(value, "[")
	value, _, _ = strings.Cut(value, ";")
	if _, after, is := strings.Cut(value, "file:"); is {
		value = after
	}
	value = strings.TrimSpace(value)
	at := path.Join(path.Dir(file), value)
	if strings.Contains(value, "://") || strings.HasPrefix(value, "/") || !fs.ValidPath(at) || slices.Contains(r.Directories, at) {
		return
	}
	r.Directories = append(r.Directories, at)
}

// line is a requirement or an option, with the lines that it continues on.
type line struct {
	number int
	text   string
}

// optionOf is an option and its value, where one word is both: -rx, --requirement=x.
func optionOf(word string) (option, value string) {
	if !strings.HasPrefix(word, "--") && len(word) > 2 {
		return word[:2], strings.Trim(word[2:], `="'`)
	}
	option, value, _ = strings.Cut(word, "=")
	return option, strings.Trim(value, `"'`)
}

var comment = regexp.MustCompile(`(^|\s)#.*$`)

// logical joins continued lines and drops comments and empty lines, as an installer
// does: a lone carriage return ends a line as well, and no comment goes on in the next.
func logical(text string) []line {
	var lines []line
	var parts []string
	number, first := 0, 1
	end := func() {
		if len(parts) > 0 {
			lines = append(lines, line{number: first, text: strings.Join(parts, " ")})
		}
		parts, first = nil, number+1
	}
	for raw := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n") {
		number++
		bare := raw
		if strings.Contains(raw, "#") { // Of thousands of lines with hashes few have one.
			bare = comment.ReplaceAllString(raw, "")
		}
		part, continued := strings.CutSuffix(bare, "\\")
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
		if !continued || bare != raw {
			end()
		}
	}
	end()
	return lines
}

var separators = regexp.MustCompile(`[-_.]+`)
