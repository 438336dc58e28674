package pydef

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// conventional is the port on which the servers of Python's frameworks listen by habit.
const conventional = 8000

// command is what a project without a Dockerfile is run by, as its files show it.
type command struct {
	words  []string
	source string
	port   int
}

// ofCommand fills in the command of the image, where no setting says one and the
// project's files show one.
func ofCommand(fsys fs.FS, c *component.Component, made pyenv.Project) {
	if len(c.Settings.Entrypoint) > 0 || c.Settings.Dockerfile != "" {
		return
	}
	found, is := inferred(fsys, c, made)
	if !is {
		return
	}
	c.Settings.Entrypoint = found.words
	c.Infer("entrypoint", strings.Join(found.words, " "), found.source)
	if found.port != 0 && c.Settings.Port == 0 {
		c.Settings.Port = found.port
		c.Infer("port", fmt.Sprint(found.port), "as the command says")
	}
}

// ofLibrary tells a package that others install, and a root that has no code beside its
// manifest, from a service: nothing starts it, and no setting speaks of an image. Where
// services are expected, one without a command is at fault.
func ofLibrary(fsys fs.FS, c *component.Component, made pyenv.Project) {
	starts := len(c.Settings.Entrypoint) > 0 || c.Settings.Dockerfile != ""
	if c.Kind != Kind || starts || c.WantsImage() || component.Expected(c.Path) {
		return
	}
	if c.Path == "." && component.HasRules(fsys) && !(Definition{}).Builds(fsys, c.Path) {
		c.ForAll, c.NoImage = true, forAll
		return
	}
	if !made.Installs {
		return
	}
	c.NoImage = fmt.Sprintf("it is a package without a Dockerfile and without a command to run. For an image, add entrypoint = [\"python\", \"-m\", \"...\"] to [tool.pingvas-ci] of %s, or a Dockerfile", made.Manifest())
}

const forAll = "it is the repository's root, without code of its own, and the gates there are for all of it"

// ofRoot gives the root that stands in for others no image, and of its gates the ones that
// the repository's automation or its hooks run there: what configures a tool at a root is
// for the components below.
func ofRoot(fsys fs.FS, c *component.Component, made pyenv.Project) (is bool) {
	if !c.StandsIn || c.WantsImage() {
		return false
	}
	c.ForAll, c.NoImage = true, forAll
	for _, of := range guides {
		_, has := c.Tool(of.tool)
		command, hooks := []string{of.name}, []string{of.name}
		switch of.gate {
		case "lint":
			command, hooks = []string{"ruff", "check"}, []string{"ruff", "ruff-check"}
		case "format":
			command, hooks = []string{"ruff", "format"}, []string{"ruff-format"}
		case "test":
			continue
		}
		if has && !made.Hooked(fsys, hooks...) && made.Automates(fsys, command...) == "" {
			c.SwitchOff(of.gate, fmt.Sprintf("nothing runs %s for the whole repository: its components have gates of their own", of.name), made.Manifest())
			c.Tools = slices.DeleteFunc(c.Tools, func(tool component.Tool) bool { return tool.Name == of.tool })
		}
	}
	return true
}

// inferred is what shows most plainly what is run: a Procfile, a script of the
// project's name, a framework's server that is installed, a main module.
func inferred(fsys fs.FS, c *component.Component, made pyenv.Project) (command, bool) {
	for _, look := range []func(fs.FS, *component.Component, pyenv.Project) (command, bool){procfile, script, django, server, module} {
		if found, is := look(fsys, c, made); is {
			return found, true
		}
	}
	return command{}, false
}

var webLine = regexp.MustCompile(`(?m)^web:\s*(\S.*)$`)

// procfile is the line of the process web. Its variables are the shell's.
func procfile(fsys fs.FS, c *component.Component, _ pyenv.Project) (command, bool) {
	file := path.Join(c.Path, "Procfile")
	text, err := fs.ReadFile(fsys, file)
	m := webLine.FindSubmatch(text)
	if err != nil || m == nil {
		return command{}, false
	}
	line := strings.TrimSpace(string(m[1]))
	if !strings.Contains(line, "$PORT") && !strings.Contains(line, "${PORT") {
		return command{words: []string{"sh", "-c", "exec " + line}, source: file}, true
	}
	return command{words: []string{"sh", "-c", fmt.Sprintf("PORT=${PORT:-%d}; export PORT; exec %s", conventional, line)}, source: file, port: conventional}, true
}

// script is the project's own command: the only one, or the one of its name.
func script(_ fs.FS, c *component.Component, made pyenv.Project) (command, bool) {
	if !made.Installs {
		return command{}, false
	}
	names := made.Scripts()
	own := slices.IndexFunc(names, func(name string) bool { return pyenv.Normal(name) == pyenv.Normal(made.Name()) })
	switch {
	case own >= 0:
		names = names[own:][:1]
	case len(names) != 1:
		return command{}, false
	}
	return command{words: names, source: "[project.scripts] of " + path.Join(c.Path, "pyproject.toml")}, true
}

var wsgiApplication = regexp.MustCompile(`(?m)^WSGI_APPLICATION\s*=\s*["']([\w.]+)\.(\w+)["']`)

// django is a Django site, by the server that is installed.
func django(fsys fs.FS, c *component.Component, made pyenv.Project) (command, bool) {
	if !component.Exists(fsys, path.Join(c.Path, "manage.py")) || !made.Asks("gunicorn") {
		return command{}, false
	}
	var files []string
	for _, pattern := range []string{"*/settings.py", "*/settings/*.py"} {
		found, _ := fs.Glob(fsys, path.Join(c.Path, pattern))
		files = append(files, found...)
	}
	for _, file := range files {
		text, _ := fs.ReadFile(fsys, file)
		if m := wsgiApplication.FindSubmatch(text); m != nil {
			target := fmt.Sprintf("%s:%s", m[1], m[2])
			return command{words: []string{"gunicorn", "--bind", fmt.Sprintf("0.0.0.0:%d", conventional), target}, source: "WSGI_APPLICATION of " + file, port: conventional}, true
		}
	}
	return command{}, false
}

// mains are where applications have their main module.
var mains = []string{"main.py", "app.py", "app/main.py", "src/main.py", "server.py", "wsgi.py", "asgi.py", "start.py", "run.py", "bot.py", "hello.py"}

// ofPackage are the places for it in the package of a project's name.
func ofPackage(made pyenv.Project) (names []string) {
	if made.Name() == "" {
		return nil
	}
	for _, dir := range []string{"", "src"} {
		for _, file := range []string{"main.py", "app.py", "asgi.py"} {
			names = append(names, path.Join(dir, pyenv.Module(made.Name()), file))
		}
	}
	return names
}

var application = regexp.MustCompile(`(?m)^(\w+)(?:\s*:\s*\w+)?\s*=\s*(FastAPI|FastHTML|Starlette|Litestar|Quart|Flask)\(`)

// ofSrc is how a module imports others by the name of the folder src.
var ofSrc = regexp.MustCompile(`(?m)^\s*(?:from|import)\s+src\b`)

// server runs an application by the server that the project installs for it.
func server(fsys fs.FS, c *component.Component, made pyenv.Project) (command, bool) {
	for _, name := range append(slices.Clone(mains), ofPackage(made)...) {
		file := path.Join(c.Path, name)
		text, err := fs.ReadFile(fsys, file)
		m := application.FindSubmatch(text)
		if err != nil || m == nil {
			continue
		}
		target := strings.ReplaceAll(strings.TrimSuffix(name, ".py"), "/", ".") + ":" + string(m[1])
		if !ofSrc.Match(text) { // Else it calls its own modules by that name.
			target = strings.TrimPrefix(target, "src.")
		}
		found := command{source: file, port: conventional}
		switch framework := string(m[2]); {
		case framework == "Flask" && made.Asks("gunicorn"):
			found.words = []string{"gunicorn", "--bind", fmt.Sprintf("0.0.0.0:%d", conventional), target}
		case framework != "Flask" && made.Asks("uvicorn"):
			found.words = []string{"uvicorn", target, "--host", "0.0.0.0", "--port", fmt.Sprint(conventional)}
		default:
			continue
		}
		return found, true
	}
	return command{}, false
}

// module is a main module, or a package that can be run.
func module(fsys fs.FS, c *component.Component, made pyenv.Project) (command, bool) {
	for _, name := range mains {
		if file := path.Join(c.Path, name); component.Exists(fsys, file) {
			return command{words: []string{"python", name}, source: file}, true
		}
	}
	found := map[string]string{}
	for _, pattern := range []string{"*/__main__.py", "src/*/__main__.py"} {
		files, _ := fs.Glob(fsys, path.Join(c.Path, pattern))
		for _, file := range files {
			if name := path.Base(path.Dir(file)); !slices.Contains(notCode, name) {
				found[name] = file
			}
		}
	}
	if len(found) != 1 {
		return command{}, false
	}
	name := slices.Collect(maps.Keys(found))[0]
	return command{words: []string{"python", "-m", name}, source: found[name]}, true
}
