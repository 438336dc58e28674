package pylock

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// compile is the command that locks requirements.
const compile = "uv pip compile --universal --generate-hashes requirements.in --output-file requirements.txt"

// The files of requirements that Read knows by name.
const (
	imageRequirements = "requirements.txt"
	cpuRequirements   = "requirements-cpu.txt" // in its place in the checks
	devRequirements   = "requirements-dev.txt" // what the checks need besides
)

// readRequirements reads requirements.txt, requirements-dev.txt where there is
// one, and the files that they include.
func (l *Lock) readRequirements(fsys fs.FS, p Policy) error {
	l.Source = imageRequirements
	l.Image = []string{imageRequirements}
	l.Checks = []string{imageRequirements}
	r := reader{fsys: fsys, policy: p, lock: l, locked: map[string]place{}}
	if p.CPU && exists(fsys, cpuRequirements) {
		l.Checks = []string{cpuRequirements}
		if err := r.standIn(); err != nil {
			return err
		}
	}
	if exists(fsys, devRequirements) {
		l.Checks = append(l.Checks, devRequirements)
	}
	for _, file := range l.Checks {
		if err := r.file(file); err != nil {
			return err
		}
	}
	return refused(r.findings, strings.Join(r.waysOut(), "\n"))
}

// standIn reads requirements-cpu.txt for requirements.txt. That one is judged all
// the same, being what the image installs, and what names it, such as the
// constraints of the checks' tools, gets the other's text.
func (r *reader) standIn() error {
	checks := r.lock
	r.lock = &Lock{Files: map[string]string{}, packages: map[string]string{}}
	if err := r.file(imageRequirements); err != nil {
		return err
	}
	r.lock, r.locked, r.indexes = checks, map[string]place{}, false
	if err := r.file(cpuRequirements); err != nil {
		return err
	}
	r.lock.Files[imageRequirements] = r.lock.Files[cpuRequirements]
	if !r.indexes {
		// PyTorch has its builds for the CPU on an index of their own: uv takes
		// PyTorch's packages from there, and no others.
		r.lock.CheckOptions = []string{"--torch-backend", "cpu"}
	}
	return nil
}

// reader collects what is wrong with requirements files.
type reader struct {
	fsys     fs.FS
	policy   Policy
	lock     *Lock
	findings []string
	locked   map[string]place // where each package is, for any environment
	indexes  bool             // a file says where packages come from

	unlocked, indexed, unsafe, twice string // the first file with such a finding
	within                           string // where the first package that is locked twice is first
}

// place is where a package is locked, and to which version.
type place struct {
	version, file string
	line          int
}

// line is a requirement or an option, with the lines that it continues on.
type line struct {
	number int
	text   string
}

func (r *reader) file(name string) error {
	if _, seen := r.lock.Files[name]; seen {
		return nil
	}
	raw, err := fs.ReadFile(r.fsys, name)
	if err != nil {
		return absent(err, "%s/%s is named by a requirements file, and not there. Add it, or drop the line", r.policy.Path, name)
	}
	r.lock.Files[name] = string(raw)
	for _, l := range logical(string(raw)) {
		if strings.HasPrefix(l.text, "-") {
			if err := r.option(name, l); err != nil {
				return err
			}
			continue
		}
		r.requirement(name, l)
	}
	return nil
}

// option judges a line that is an option of the whole file.
func (r *reader) option(file string, l line) error {
	option, value, _ := strings.Cut(strings.Replace(l.text, "=", " ", 1), " ")
	value = strings.TrimSpace(value)
	r.alone(file, l, strings.Fields(value))
	switch option {
	case "-r", "--requirement":
		return r.file(path.Join(path.Dir(file), value))
	case "-c", "--constraint":
		name := path.Join(path.Dir(file), value)
		if _, seen := r.lock.Files[name]; seen {
			return nil
		}
		raw, err := fs.ReadFile(r.fsys, name)
		if err != nil {
			return absent(err, "%s/%s:%d: the constraints %s are not there. Add the file, or drop the line", r.policy.Path, file, l.number, name)
		}
		r.lock.Files[name] = string(raw)
	case "-e", "--editable":
		r.refuse(&r.unlocked, file, l, "%s is installed from a directory, which no hash can stand for. Name it in the libraries setting", value)
	case "--extra-index-url", "--find-links", "-f":
		r.indexes = true
		if !r.policy.AllowExtraIndex {
			r.refuse(&r.indexed, file, l, "%s lets any package come from either index, whichever has the higher version", option)
		}
	case "--trusted-host":
		r.refuse(&r.unsafe, file, l, "%s turns the verification of certificates off", option)
	case "-i", "--index-url", "--no-index":
		r.indexes = true
	case "--require-hashes", "--only-binary", "--no-binary", "--prefer-binary", "--pre":
	default:
		r.refuse(&r.unsafe, file, l, "option %s is not known in requirements", option)
	}
	return nil
}

// What a requirement is made of.
var (
	requirementName = regexp.MustCompile(`^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^]]*\])?\s*(.*)$`)
	exactVersion    = regexp.MustCompile(`^\(?={2,3}\s*[0-9A-Za-z][0-9A-Za-z.!+_-]*\)?$`)
	hashOption      = regexp.MustCompile(`(?:--hash[= ]|#)sha(?:256|384|512)[:=][0-9a-f]{64,128}\b`)
	archiveURL      = regexp.MustCompile(`^@\s*https://\S+$`)
)

// alone refuses what else stands on a line: the installer reads on behind an option
// or a requirement, and takes it as if it stood on a line of its own.
func (r *reader) alone(file string, l line, rest []string) {
	if at := slices.IndexFunc(rest, func(word string) bool { return strings.HasPrefix(word, "-") }); at >= 0 {
		r.refuse(&r.unsafe, file, l, "option %s stands behind something else", rest[at])
	}
}

// hashes are the words of a requirement's hashes.
var hashes = regexp.MustCompile(`\s--hash(=|\s+)[A-Za-z0-9]\S*`)

// requirement judges a line that names a package.
func (r *reader) requirement(file string, l line) {
	hashed := hashOption.MatchString(l.text)
	r.alone(file, l, strings.Fields(hashes.ReplaceAllString(l.text, "")))
	spec, behind, _ := strings.Cut(l.text, " --hash")
	if rest := strings.Fields(hashes.ReplaceAllString(" --hash"+behind, "")); len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		r.refuse(&r.unsafe, file, l, "%s stands behind a requirement and its hashes", rest[0])
	}
	spec, _, marked := strings.Cut(spec, ";")
	spec = strings.TrimSpace(spec)
	m := requirementName.FindStringSubmatch(spec)
	if m == nil {
		r.refuse(&r.unlocked, file, l, "%q is no requirement with a name", spec)
		return
	}
	r.lock.packages[normal(m[1])] = strings.Trim(m[2], "()= ")
	if r.policy.AllowUnhashed {
		return
	}
	switch wanted := strings.TrimSpace(m[2]); {
	case archiveURL.MatchString(wanted) && hashed:
	case strings.HasPrefix(wanted, "@"):
		r.refuse(&r.unlocked, file, l, "%s comes from a repository or an archive, without a hash", m[1])
	case !exactVersion.MatchString(wanted):
		r.refuse(&r.unlocked, file, l, "%s is not pinned to one version", spec)
	case !hashed:
		r.refuse(&r.unlocked, file, l, "%s has no hash", spec)
	case !marked:
		r.once(normal(m[1]), file, l)
	}
}

// once refuses a package that is locked to another version as well.
func (r *reader) once(name, file string, l line) {
	here := place{r.lock.packages[name], file, l.number}
	first, known := r.locked[name]
	if !known {
		r.locked[name] = here
		return
	}
	if first.version != here.version {
		r.within = cmp.Or(r.within, first.file)
		r.refuse(&r.twice, file, l, "%s is locked to %s here, and to %s in %s:%d", name, here.version, first.version, first.file, first.line)
	}
}

func (r *reader) refuse(first *string, file string, l line, format string, args ...any) {
	if *first == "" {
		*first = file
	}
	r.findings = append(r.findings, fmt.Sprintf("%s/%s:%d: ", r.policy.Path, file, l.number)+fmt.Sprintf(format, args...))
}

// waysOut say what to do about each kind of finding.
func (r *reader) waysOut() []string {
	var ways []string
	if r.unlocked != "" {
		ways = append(ways, fmt.Sprintf("Lock it, in %s, with: %s. Or accept what the index happens to have: allow-unhashed = true in [tool.pingvas-ci] of pyproject.toml",
			r.policy.Path, relock(r.fsys, r.unlocked, "")))
	}
	if r.indexed != "" {
		ways = append(ways, "Name the index of each package, in [[tool.uv.index]] and [tool.uv.sources] of pyproject.toml, and lock with: uv lock. "+
			"Or accept the second index: allow-extra-index = true in [tool.pingvas-ci] of pyproject.toml")
	}
	if r.twice != "" {
		ways = append(ways, fmt.Sprintf("Lock the one within the other, in %s, with: %s", r.policy.Path, relock(r.fsys, r.twice, r.within)))
	}
	if r.unsafe != "" {
		ways = append(ways, "Remove the option from "+r.unsafe+", or write it on a line of its own where it may stand")
	}
	return ways
}

// relock is the command that locks a requirements file, within what another
// one locks: from its input where there is one, else from what it says now.
func relock(fsys fs.FS, file, constraints string) string {
	input := strings.TrimSuffix(file, ".txt") + ".in"
	command := "uv pip compile --universal --generate-hashes "
	if file == cpuRequirements {
		command += "--torch-backend cpu "
	}
	if constraints != "" && constraints != file {
		command += "--constraints " + constraints + " "
	}
	command += input + " --output-file " + file
	if !exists(fsys, input) {
		command = fmt.Sprintf("mv %s %s && ", file, input) + command
	}
	return command
}

var comment = regexp.MustCompile(`(^|\s)#.*$`)

// logical joins continued lines and drops comments and empty lines, as the installer
// does: a lone carriage return ends a line as well, and no comment goes on in the next.
func logical(text string) []line {
	var lines []line
	var open *line
	number := 0
	for raw := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n") {
		number++
		bare := comment.ReplaceAllString(raw, "")
		part, continued := strings.CutSuffix(bare, "\\")
		continued = continued && bare == raw
		part = strings.TrimSpace(part)
		if open == nil {
			open = &line{number: number}
		}
		open.text = strings.TrimSpace(open.text + " " + part)
		if continued {
			continue
		}
		if open.text != "" {
			lines = append(lines, *open)
		}
		open = nil
	}
	if open != nil && open.text != "" {
		lines = append(lines, *open)
	}
	return lines
}
