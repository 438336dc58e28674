// Package pyenv says how the environment of a Python project is made: by the tool
// that its dependencies are locked by, uv, Poetry or pip, of which uv does the
// installing. What a lock means, its tool decides; here is which one that is, what
// it is asked for, and what its words mean.
package pyenv

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// Manager is what locks a project's dependencies.
type Manager string

// The managers that there are.
const (
	// UV locks in a uv.lock, its own or that of a workspace.
	UV Manager = "uv"
	// Poetry locks in a poetry.lock.
	Poetry Manager = "poetry"
	// Pip has requirements files, or nothing but what the project names.
	Pip Manager = "pip"
)

// Where is a project in its repository, and what it is read for.
type Where struct {
	// Path is the project's directory, from the repository's root.
	Path string
	// Workspace is the root of the uv workspace that it is a member of; empty for a
	// project that is alone.
	Workspace string
	// Python is the version that it is installed for; where a .python-version names a
	// patch release that is not to be had, it says which one there is.
	Python string
	// Placed says that settings say where its tests lie, or what they are to cover: they run
	// where it lies itself.
	Placed bool
	// CPU has the checks install builds for the CPU where the project names some
	// besides: a requirements-cpu.txt, or the extra cpu.
	CPU bool
}

// Project is how one project is installed.
type Project struct {
	Where
	Manager Manager
	// Root is the directory that the lock lies in.
	Root string
	// Lock is the file that its packages are locked by; empty where they are chosen
	// when they are installed.
	Lock string
	// Image and Checks are pip's requirements files, for the image and for the checks,
	// from the repository's root.
	Image, Checks []string
	// Hashed says that a hash stands for each package.
	Hashed bool
	// Groups and Extras are what the checks install besides.
	Groups, Extras []string
	// Shared are groups of the root of its uv workspace that the checks install as well.
	Shared []string
	// Shipped are the groups that the image has besides.
	Shipped []string
	// Asked are packages that the checks install besides, as the project's automation does.
	Asked []string
	// Habits are the files of the project's automation that name some of what the checks
	// install.
	Habits []string
	// Members says that all members of its uv workspace are installed with it, as its
	// checks are for all of them.
	Members bool
	// Installs says that the project itself is installed, as it has a build system.
	Installs bool
	// Sourced says that installing it reads its sources, not only their names: a
	// change of any of them installs it anew.
	Sourced bool
	// GitVersion are the variables that tell its build the project's version, for which it
	// would ask git; nil where it does not.
	GitVersion []string
	// TorchCPU has PyTorch's packages come from its index of builds for the CPU.
	TorchCPU bool
	// Git says that a package comes from a repository, which takes git to install.
	Git bool
	// Unhashed says which packages no hash stands for, and ExtraIndex where a second
	// index for them is named; empty for none.
	Unhashed, ExtraIndex string

	declared []string          // the packages that it says itself that it needs
	versions map[string]string // the locked version of each package, where it is known
	brought  map[string]bool   // those that only other packages ask for, as far as it is known
	reached  map[string]bool   // the packages of a workspace's lock that its checks install; nil for all
	document map[string]any
	extras   map[string][]string // what each extra asks for, as far as it is known
	asked    string              // the file that names its extras and groups
	archives map[string]Archive  // the sources of each package that uv has from an index
	// automated are the lines of its automation, once somebody has asked for them.
	// They run where the project lies, and inner ones in directories there.
	automated, inner *[]habit
	// automates are the files of its automation, by the directory of which they are asked.
	automates map[string][]string
	// lines are the commands of each file, aboves those of files above, formatting the files there that have its code
	// formatted, and hooking the hooks, likewise.
	aboves     map[string][]habit
	lines      map[string][]habit
	formatting map[string][]string
	hooking    map[string]hooks
}

// Read reads how the project in a repository is installed.
func Read(fsys fs.FS, where Where) (Project, error) {
	p := Project{Where: where, Root: cmp.Or(where.Workspace, where.Path), versions: map[string]string{}, brought: map[string]bool{}, archives: map[string]Archive{}, automated: new([]habit), inner: new([]habit), automates: map[string][]string{}, aboves: map[string][]habit{}, lines: map[string][]habit{}, formatting: map[string][]string{}, hooking: map[string]hooks{}}
	doc, err := readTOML(fsys, path.Join(p.Path, "pyproject.toml"))
	if err != nil {
		return p, err
	}
	p.document = doc
	p.declared = p.declarations(fsys)
	p.Manager, err = p.manager(fsys)
	if err != nil {
		return p, err
	}
	p.Installs = p.hasBuildSystem(fsys)
	p.Sourced = p.Installs && p.buildReadsSources(fsys)
	if p.Installs {
		p.GitVersion = p.asksGit(fsys)
	}
	p.extras = p.declaredExtras(fsys)
	p.asked = cmp.Or(p.metadata(fsys), p.Manifest())
	p.Groups, p.Shipped = p.chosenGroups(), p.shippedGroups()
	p.Extras, p.Habits = p.chosenExtras(fsys)
	p.readMembers(fsys)
	p.readShared(fsys)
	switch p.Manager {
	case UV:
		err = p.readLock(fsys, "uv.lock")
		p.readReached(fsys)
	case Poetry:
		err = p.readLock(fsys, "poetry.lock")
	case Pip:
		err = p.readRequirements(fsys)
	}
	if p.Lock == "" && p.Manager != Pip && err == nil && p.asksForAny() {
		p.Unhashed = fmt.Sprintf("%s has no lock, and its packages are chosen when they are installed. Lock them with: %s lock", p.Path, p.Manager)
	}
	return p, err
}

// manager is what the project's packages are locked by: a lock before requirements
// files, and these before what the project says of itself.
func (p Project) manager(fsys fs.FS) (Manager, error) {
	own := func(name string) bool { return exists(fsys, path.Join(p.Path, name)) }
	project, poetry := p.document["project"] != nil, component.Lookup(p.document, "tool", "poetry") != nil
	switch {
	case exists(fsys, path.Join(p.Root, "uv.lock")):
		return UV, nil
	case own("poetry.lock"):
		return Poetry, nil
	case len(requirementFiles(fsys, p.Path)) > 0 || own("pylock.toml"):
		return Pip, nil
	case own("pdm.lock"):
		return "", p.foreign("pdm.lock", "PDM", "pdm export --format pylock --output pylock.toml")
	case own("Pipfile.lock"), own("Pipfile"):
		return "", p.foreign("Pipfile", "Pipenv", "pipenv requirements --hash > requirements.txt")
	case poetry && !project, poetry && component.Lookup(p.document, "tool", "poetry")["group"] != nil:
		return Poetry, nil
	case project && (component.Lookup(p.document, "tool", "uv") != nil || p.Workspace != ""):
		return UV, nil
	}
	// What a project of no manager's asks for is chosen as pip does: for this Python
	// alone, and of its groups and extras those that the checks take. To lock it whole,
	// as uv would, can be impossible where groups exclude each other.
	return Pip, nil
}

// foreign says what to do with the lock of a tool that is not used here.
func (p Project) foreign(file, tool, export string) error {
	return fmt.Errorf("%s is %s's, which is not installed from here. Write what it locks in a form that every installer reads, in %s, and commit that: %s",
		path.Join(p.Path, file), tool, p.Path, export)
}

// hasBuildSystem tells whether the project itself is installed.
func (p Project) hasBuildSystem(fsys fs.FS) bool {
	built := p.document["build-system"] != nil
	tool := map[Manager]string{UV: "package", Poetry: "package-mode"}[p.Manager]
	switch declared, is := component.Lookup(p.document, "tool", string(p.Manager))[tool].(bool); {
	case is:
		return declared
	case p.Manager == Poetry:
		return built && p.poetryPackage(fsys)
	case p.Manager == UV:
		return built // Whether it is installed is uv's to say; this is for where its sources lie.
	}
	return built || exists(fsys, path.Join(p.Path, "setup.py"))
}

// staticBackends are those that make the metadata and the list of modules of a
// project without dynamic fields from its manifest and its files' names alone.
var staticBackends = []string{
	"hatchling.build", "uv_build", "flit_core.buildapi", "poetry.core.masonry.api", "setuptools.build_meta", "pdm.backend",
}

// buildReadsSources tells whether an editable installation may depend on what the
// project's sources say.
func (p Project) buildReadsSources(fsys fs.FS) bool {
	backend, _ := component.Lookup(p.document, "build-system")["build-backend"].(string)
	dynamic, _ := component.Lookup(p.document, "project")["dynamic"].([]any)
	tool := func(keys ...string) bool {
		return component.Lookup(p.document, append([]string{"tool"}, keys...)...) != nil
	}
	return !slices.Contains(staticBackends, backend) || len(dynamic) > 0 ||
		exists(fsys, path.Join(p.Path, "setup.py")) || exists(fsys, path.Join(p.Path, "setup.cfg")) ||
		component.Lookup(p.document, "tool", "setuptools")["ext-modules"] != nil || component.Lookup(p.document, "tool", "poetry")["build"] != nil ||
		tool("hatch", "build", "hooks") || tool("hatch", "build", "targets", "wheel", "hooks") || tool("hatch", "metadata", "hooks") || tool("pdm", "build")
}

// readLock reads the versions of a lock, for what is to be said of them.
func (p *Project) readLock(fsys fs.FS, name string) error {
	file := path.Join(p.Root, name)
	raw, err := fs.ReadFile(fsys, file)
	if isAbsent(err) {
		return nil
	}
	if err != nil {
		return err
	}
	p.Lock, p.Hashed = file, true
	var lock struct {
		Package []struct {
			Name, Version string
			Source        source
			Sdist         struct{ URL, Hash string }
		}
	}
	if err := bounds.TOML(raw, &lock); err != nil {
		return fmt.Errorf("%s: %w. Make it anew with: %s lock", file, err, p.Manager)
	}
	for _, pkg := range lock.Package {
		p.versions[Normal(pkg.Name)] = pkg.Version
		p.Git = p.Git || pkg.Source.fromGit()
		if pkg.Source["registry"] != nil && pkg.Sdist.URL != "" {
			p.archives[Normal(pkg.Name)] = Archive{pkg.Name, pkg.Version, pkg.Sdist.URL, pkg.Sdist.Hash}
		}
	}
	if p.Manager == Poetry {
		p.brought = p.broughtBy(p.versions)
		return nil
	}
	asked, err := readUvLock(fsys, file)
	p.brought = asked.onlyBrought()
	return err
}

// source is where a lock has a package from.
type source map[string]any

func (s source) fromGit() bool { return s["git"] != nil || s["type"] == "git" }

// Locked is the version that a package is locked to; empty where it is not known to be.
func (p Project) Locked(name string) string { return p.versions[Normal(name)] }

// readTOML is a document; an empty one where there is no file.
func readTOML(fsys fs.FS, file string) (map[string]any, error) {
	doc, err := component.ReadTOML(fsys, file)
	if isAbsent(err) {
		return nil, nil
	}
	return doc, err
}

// Normal is a package's name as indexes compare it.
func Normal(name string) string {
	return strings.ToLower(separators.ReplaceAllString(name, "-"))
}

// Module is what the module of a project is called by habit.
func Module(project string) string { return strings.ReplaceAll(Normal(project), "-", "_") }

// exists is true of a file that cannot be read, too: whoever reads it says why.
func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return !isAbsent(err)
}

// isAbsent also tells of a path out of the repository, which fs.FS takes for none.
func isAbsent(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) }

// Has tells whether a package is locked, or asked for.
func (p Project) Has(name string) bool {
	_, locked := p.versions[Normal(name)]
	return locked || p.declares(name)
}

// declares tells whether the project itself says that it needs a package.
func (p Project) declares(name string) bool { return slices.Contains(p.declared, Normal(name)) }

// Asks tells whether it has a package that not only its automation installs, for the checks.
func (p Project) Asks(name string) bool {
	return p.Has(name) && (p.declares(name) || !p.asksHabitually(name))
}

// Name is the project's name; empty where it has none.
func (p Project) Name() string {
	name, _ := component.Lookup(p.document, "project")["name"].(string)
	if name == "" {
		name, _ = component.Lookup(p.document, "tool", "poetry")["name"].(string)
	}
	return name
}

// Scripts are the names of the commands that it installs.
func (p Project) Scripts() []string {
	scripts := component.Lookup(p.document, "project", "scripts")
	if scripts == nil {
		scripts = component.Lookup(p.document, "tool", "poetry", "scripts")
	}
	return slices.Sorted(maps.Keys(scripts))
}

// poetryPackage tells whether Poetry finds the package that it is to install, which
// an application without one asks for all the same.
func (p Project) poetryPackage(fsys fs.FS) bool {
	if component.Lookup(p.document, "tool", "poetry")["packages"] != nil {
		return true
	}
	name := Module(p.Name())
	for _, at := range []string{name, name + ".py", "src/" + name, "src/" + name + ".py"} {
		if name != "" && exists(fsys, path.Join(p.Path, at)) {
			return true
		}
	}
	return false
}

// asksForAny tells whether the project asks for packages at all.
func (p Project) asksForAny() bool {
	groups := len(component.Lookup(p.document, "dependency-groups")) + len(component.Lookup(p.document, "tool", "poetry", "group"))
	project, _ := component.Lookup(p.document, "project")["dependencies"].([]any)
	return groups+len(project) > 0 || len(component.Lookup(p.document, "tool", "poetry", "dependencies")) > 1 // Python is one.
}

// Described are the files in which the project is described, which building it reads.
func (p Project) Described() []string { return component.Described(p.document) }
