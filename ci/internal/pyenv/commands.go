package pyenv

import (
	"path/filepath"
	"slices"
	"strings"
)

// Use is what an environment is made for.
type Use struct {
	// Image leaves out what only the checks take, and installs the project's files
	// instead of a way to its sources.
	Image bool
	// Target is the platform as uv names it; empty for the one that installs.
	Target string
}

// Files are the requirements files of pip's commands, as they are seen from where the
// project lies.
type Files struct {
	Image, Checks []string
}

// Fetch are the commands that install what can be had as wheels, which run no code of
// anybody's; none where there is nothing to fetch. They run where the project lies.
// Without are packages that have no wheel, for uv's own projects.
func (p Project) Fetch(use Use, files Files, without ...string) [][]string {
	if p.Manager == UV {
		var passed []string
		for _, name := range without {
			passed = append(passed, "--no-install-package="+name)
		}
		own := slices.Concat([]string{"uv", "sync", "--inexact", "--frozen", "--no-build", "--no-install-local"}, p.python(), p.selected(use), passed)
		return append([][]string{own}, p.shared(use, append(passed, "--no-build")...)...)
	}
	if len(files.of(use)) == 0 {
		return nil
	}
	return [][]string{slices.Concat(p.pip(use, files), []string{"--only-binary", ":all:"})}
}

// Install are the commands that install the rest: what has to be built, and the
// project itself. uv refuses a lock that is out of date.
func (p Project) Install(use Use, files Files) [][]string {
	if p.Manager == UV {
		own := slices.Concat([]string{"uv", "sync", "--inexact", "--locked", "--no-cache"}, p.python(), p.selected(use))
		return append([][]string{own}, p.shared(use, "--no-cache")...)
	}
	var commands [][]string
	if len(files.of(use)) > 0 {
		commands = append(commands, slices.Concat(p.pip(use, files), []string{"--no-cache"}))
	}
	if p.Installs {
		own := []string{"--editable", "."}
		if use.Image {
			own = []string{"."}
		}
		// What it depends on is there.
		command := slices.Concat([]string{"uv", "pip", "install", "--no-cache", "--no-deps"}, use.options(), own)
		commands = append(commands, command)
	}
	return commands
}

// InstallArchives builds and installs packages of a list from the files of their
// sources, which lie in a directory.
func (p Project) InstallArchives(use Use, dir, list string) []string {
	return slices.Concat([]string{"uv", "pip", "install", "--no-cache", "--no-deps", "--require-hashes", "--find-links", dir}, use.options(), []string{"--requirement", list})
}

// Unbuilt is a command that chooses packages, and builds none to ask what it depends on.
func Unbuilt(command []string) []string {
	if command[0] != "uv" {
		return command
	}
	return append(slices.Clone(command), "--no-build")
}

func (f Files) of(use Use) []string {
	if use.Image {
		return f.Image
	}
	return f.Checks
}

// pip installs requirements files.
func (p Project) pip(use Use, files Files) []string {
	command := []string{"uv", "pip", "install", "--preview-features", "pylock"}
	if p.Hashed && p.Manager == Pip {
		command = append(command, "--require-hashes")
	}
	if p.TorchCPU && !use.Image {
		// PyTorch has its builds for the CPU on an index of their own: uv takes
		// PyTorch's packages from there, and no others.
		command = append(command, "--torch-backend", "cpu")
	}
	command = append(command, use.options()...)
	for _, file := range files.of(use) {
		command = append(command, "--requirement", file)
	}
	return command
}

// selected are the groups and extras of uv's projects.
func (p Project) selected(use Use) []string {
	if use.Image {
		options := []string{"--no-default-groups", "--no-editable"}
		for _, name := range p.Shipped {
			options = append(options, "--group="+name)
		}
		return append(options, use.options()...)
	}
	var options []string
	if p.Members {
		options = append(options, "--all-packages")
	}
	for _, name := range p.Groups {
		options = append(options, "--group="+name)
	}
	for _, name := range p.Extras {
		options = append(options, "--extra="+name)
	}
	return options
}

// options have no --compile-bytecode: it starts the environment's Python, which runs
// what packages have in .pth files.
func (u Use) options() []string {
	if u.Target == "" {
		return nil
	}
	return []string{"--python-platform", u.Target}
}

// Locking are the commands that choose the packages of a project of which no lock
// does, for uv; nil where one does.
func (p Project) Locking() []string {
	if p.Manager != UV || p.Lock != "" {
		return nil
	}
	return append([]string{"uv", "lock", "--no-cache"}, p.python()...)
}

// python is the minor version that uv is to take, whatever the project's files say of
// a patch release.
func (p Project) python() []string {
	if p.Python == "" {
		return nil
	}
	parts := strings.SplitN(p.Python, ".", 3)
	return []string{"--python", strings.Join(parts[:min(2, len(parts))], ".")}
}

// Compile chooses the packages of pip's requirements once, for checks and image
// alike: the command writes all of them, and for an image the next ones those of it by
// the same choice. What has no name, such as a directory, constrains nothing: uv takes
// it for no constraint. Nil where a hash stands for each already, or none is asked for.
func (p Project) Compile(use Use, checks, image string) [][]string {
	if p.Manager != Pip || p.Hashed {
		return nil
	}
	compile := func(to string, files []string, options ...string) []string {
		command := []string{"uv", "pip", "compile", "--quiet", "--no-cache", "--no-header", "--no-annotate", "--emit-index-url", "--output-file", to}
		return slices.Concat(command, options, files)
	}
	if len(p.Checks)+len(p.Groups)+len(p.Asked) == 0 {
		return nil
	}
	var options []string
	if p.TorchCPU {
		options = []string{"--torch-backend", "cpu"}
	}
	for _, group := range p.Groups {
		options = append(options, "--group="+group)
	}
	files, own := p.itself(checks)
	commands := slices.Clone(own)
	if len(p.Asked) > 0 {
		files = append(files, checks+".asked")
		commands = append(commands, slices.Concat([]string{"sh", "-c", `printf '%s\n' "$@" > "$0"`, checks + ".asked"}, p.Asked))
	}
	if own == nil {
		for _, extra := range p.Extras {
			options = append(options, "--extra="+extra)
		}
	}
	commands = append(commands, compile(checks, files, options...))
	if own != nil { // It is installed by a command of its own.
		commands = append(commands, []string{"sed", "-i", `/^-e \.$/d`, checks})
	}
	if len(p.Image) == 0 || !use.Image {
		return commands
	}
	if p.TorchCPU {
		return append(commands, compile(image, relativeTo(p.Path, p.Image)))
	}
	named := checks + ".named"
	return append(commands,
		[]string{"sed", "-n", "-E", `/^(-e |--editable|[a-z+]+:|[.\/])/!w ` + named, checks},
		compile(image, relativeTo(p.Path, p.Image), "--constraints", named))
}

// itself are the files that the checks' packages are chosen by, where the project is
// one of them: named by what pip would be given for it. So an extra that another one,
// or a group, names is its own, not that of a package of its name; and one that its
// build does not know of is no error.
func (p Project) itself(checks string) (files []string, write [][]string) {
	files = relativeTo(p.Path, p.Checks)
	last := len(files) - 1
	if !p.Installs || last < 0 || !slices.Contains(manifests, files[last]) {
		return files, nil
	}
	extras := slices.DeleteFunc(slices.Clone(p.Extras), func(name string) bool { return requirementName.FindString(name) != name })
	itself := "."
	if len(extras) > 0 {
		itself += "[" + strings.Join(extras, ",") + "]"
	}
	files[last] = checks + ".own"
	return files, [][]string{{"sh", "-c", `printf -- '-e %s\n' "$0" > "$1"`, itself, files[last]}}
}

// Export are the commands that write what a poetry.lock locks as requirements: Poetry
// refuses one that is out of date. Its own check would ask more, such as for the README.
func (p Project) Export(checks, image string) [][]string {
	if p.Manager != Poetry {
		return nil
	}
	var commands [][]string
	if p.Lock == "" {
		commands = append(commands, []string{"poetry", "lock", "--no-interaction"})
	}
	export := []string{"poetry", "export", "--no-interaction", "--format", "requirements.txt", "--output"}
	whole := append(slices.Clone(export), checks)
	if len(p.Groups) > 0 {
		whole = append(whole, "--with="+strings.Join(p.Groups, ","))
	}
	for _, extra := range p.Extras {
		whole = append(whole, "--extras="+extra)
	}
	shipped := append(slices.Clone(export), image)
	if len(p.Shipped) > 0 {
		shipped = append(shipped, "--with="+strings.Join(p.Shipped, ","))
	}
	return append(commands, whole, shipped)
}

// relativeTo are files of the repository as they are seen from a directory of it.
func relativeTo(dir string, files []string) []string {
	var all []string
	for _, file := range files {
		seen, err := filepath.Rel(dir, file)
		if err != nil {
			seen = file // Both are from the repository's root.
		}
		all = append(all, filepath.ToSlash(seen))
	}
	return all
}

// Relative are the project's requirements files as they are seen from where it lies.
func (p Project) Relative() Files {
	return Files{Image: relativeTo(p.Path, p.Image), Checks: relativeTo(p.Path, p.Checks)}
}

// Within are the commands that install what the checks ask for, the project itself
// aside, into an environment that options name. A uv.lock is first written to a list.
func (p Project) Within(files Files, list string, options ...string) [][]string {
	install := func(files []string) []string {
		command := slices.Concat([]string{"uv", "pip", "install", "--no-cache"}, options)
		for _, file := range files {
			command = append(command, "--requirement", file)
		}
		return command
	}
	if p.Manager != UV {
		if len(files.Checks) == 0 {
			return nil
		}
		return [][]string{install(files.Checks)}
	}
	export := []string{"uv", "export", "--quiet", "--frozen", "--no-emit-local", "--format", "requirements.txt", "--output-file", list}
	return [][]string{slices.Concat(export, p.selected(Use{})), install([]string{list})}
}
