// Package pylock reads what a Python component's dependencies are locked by (a
// uv.lock, a poetry.lock, or requirements files) and says what uv is to
// install. What is not pinned to one version, or has no hash, is refused here,
// before anything is downloaded.
package pylock

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Candidates are the files of a component's directory that Read looks at.
var Candidates = []string{
	"pyproject.toml", "uv.lock", "poetry.lock",
	"requirements*.txt", "requirements*.in", "constraints*.txt", "requirements/*.txt",
}

// Tools are ruff, mypy, pytest and pytest-cov, locked, for a component that
// locks none of its own.
//
//go:embed tools.txt
var Tools string

// Policy is what a component's settings allow.
type Policy struct {
	// Path is the component's directory, for messages.
	Path string
	// Member is the component's directory in the uv workspace whose root Read is
	// given; empty for a component with a lock of its own.
	Member string
	// Root is that workspace's root, for messages.
	Root string
	// CPU has the checks install builds for the CPU where the component locks some
	// besides: a requirements-cpu.txt, or the extra cpu of its pyproject.toml.
	CPU bool
	// AllowUnhashed accepts packages without a version or a hash.
	AllowUnhashed bool
	// AllowExtraIndex accepts a second index for all packages.
	AllowExtraIndex bool
}

// lockFile is where the uv.lock lies, for messages.
func (p Policy) lockFile() string {
	if p.Member != "" {
		return path.Join(p.Root, "uv.lock")
	}
	return path.Join(p.Path, "uv.lock")
}

// Lock says what to install, and from which files.
type Lock struct {
	// Source is the file that the dependencies are locked by.
	Source string
	// Files are what the installer reads, by name.
	Files map[string]string
	// Export are commands that make further files out of them, to be run where
	// they lie.
	Export [][]string
	// Image are the files to install for the image, Checks those for the checks:
	// the same and the tools'.
	Image, Checks []string
	// CheckOptions are of uv, for installing the checks' files.
	CheckOptions []string
	// Complete says that the files name every package, each file those of one
	// index: they are installed one by one, and nothing is resolved.
	Complete bool
	// Unhashed says that a package without a hash is accepted.
	Unhashed bool

	packages map[string]string // the locked version of each, where it is known
}

// Read reads the lock of the component whose directory is fsys. A uv.lock goes
// before a poetry.lock, and that before requirements files.
func Read(fsys fs.FS, p Policy) (Lock, error) {
	l := Lock{Files: map[string]string{}, Unhashed: p.AllowUnhashed, packages: map[string]string{}}
	var err error
	switch {
	case exists(fsys, "uv.lock"):
		err = l.readUv(fsys, p)
	case exists(fsys, "poetry.lock"):
		err = l.readPoetry(fsys, p)
	case exists(fsys, "requirements.txt"):
		err = l.readRequirements(fsys, p)
	default:
		err = fmt.Errorf("%s has no lock: no uv.lock, no poetry.lock, no requirements.txt. Make one with: %s", p.Path, missing(fsys))
	}
	return l, err
}

// NeedsTools says whether the checks' tools are to be installed besides, as
// the component does not lock them all itself.
func (l Lock) NeedsTools() bool {
	for _, tool := range []string{"ruff", "mypy", "pytest", "pytest-cov"} {
		if _, locked := l.packages[tool]; !locked {
			return true
		}
	}
	return false
}

// Install are the commands that install files lying in dir, with options of
// `uv pip install` after the first.
func (l Lock) Install(dir string, files []string, options ...string) [][]string {
	command := []string{"uv", "pip", "install", "--preview-features", "pylock"}
	if !l.Unhashed {
		command = append(command, "--require-hashes")
	}
	command = append(command, options...)
	if !l.Complete {
		for _, file := range files {
			command = append(command, "--requirement", dir+"/"+file)
		}
		return [][]string{command}
	}
	var commands [][]string
	for _, file := range files {
		commands = append(commands, slices.Concat(command, []string{"--no-deps", "--requirement", dir + "/" + file}))
	}
	return commands
}

// cpuExtra is the extra of a project that locks builds for the CPU.
const cpuExtra = "cpu"

// missing is the command that makes a lock where there is none.
func missing(fsys fs.FS) string {
	switch doc, _ := fs.ReadFile(fsys, "pyproject.toml"); {
	case exists(fsys, "requirements.in"):
		return compile
	case strings.Contains(string(doc), "[tool.poetry"):
		return "poetry lock"
	case strings.Contains(string(doc), "[project]"):
		return "uv lock"
	}
	return compile
}

var separators = regexp.MustCompile(`[-_.]+`)

// normal is a package's name as indexes compare it.
func normal(name string) string {
	return strings.ToLower(separators.ReplaceAllString(name, "-"))
}

// refused makes one error of what is wrong in a lock, with the way out once.
func refused(findings []string, wayOut string) error {
	const most = 10
	if len(findings) == 0 {
		return nil
	}
	said := findings
	if len(findings) > most {
		said = append(slices.Clone(findings[:most]), fmt.Sprintf("and %d more", len(findings)-most))
	}
	return errors.New(strings.Join(said, "\n") + "\n" + wayOut)
}

// exists is true of a file that cannot be read, too: whoever reads it says why.
func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return !isAbsent(err)
}

// isAbsent also tells of a path out of the component, which fs.FS takes for none.
func isAbsent(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) }

// absent explains the error of a file that a lock needs: that it is not there, or
// why it cannot be read.
func absent(err error, format string, args ...any) error {
	if isAbsent(err) {
		return fmt.Errorf(format, args...)
	}
	return err
}
