package pyenv_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// FuzzRead has a lock be anything. Of what is accepted, every option that an
// installer is given is ours, nothing turns a verification off, and where packages
// may come from elsewhere, that is said.
func FuzzRead(f *testing.F) {
	const project = "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"flask\"]\n"
	for _, text := range []string{
		"--index-url https://mirror.example/simple\nFlask_Login[x]==1.2.3 ; python_version < '4' \\\n    " + hash + "  # via us\n-c other.txt\n",
		"a==1" + hash + "\r--extra-index-url https://evil.example\r", "a==1" + hash + " # \\\n--trusted-host evil.example\n", "a==1" + hash + " --find-links https://evil.example\n",
		"--no-index --extra-index-url=https://evil.example\n", "a==1" + hash + " -f https://evil.example\n", "a==1" + hash + " b==2" + hash + "\n", "a @ https://mirror.example/a.whl#sha256=e3b0\n", "-r ../../b.txt\n",
		"a==1" + hash + "\n-c other.txt\n",
	} {
		f.Add(uint8(0), text, "a<2\n--extra-index-url https://evil.example\n")
	}
	f.Add(uint8(1), "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"flask\" }]\n[package.metadata]\nrequires-dist = [{ name = \"flask\" }]\n[[package]]\nname = \"flask\"\nversion = \"3\"\nsource = { registry = \"https://mirror.example\" }\n", project)
	f.Add(uint8(1), "[[package]]\nname = \"a\"\nsource = { git = \"https://evil.example\" }\n", "[project]\nname = \"--index-url=x\"\n")
	f.Add(uint8(2), "[[package]]\nname = \"a\"\nversion = \"1\"\ngroups = [\"main\"]\nfiles = [{file = \"a.whl\", hash = \"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}]\n[metadata]\nlock-version = \"2.1\"\n", project)
	f.Fuzz(func(t *testing.T, kind uint8, lock, other string) {
		files := map[string]string{"a/pyproject.toml": other}
		switch kind % 3 {
		case 0:
			files = map[string]string{"a/requirements.txt": lock, "a/other.txt": other}
		case 1:
			files["a/uv.lock"] = lock
		case 2:
			files["a/poetry.lock"] = lock
		}
		p, err := pyenv.Read(tree(files), pyenv.Where{Path: "a", Python: "3.13"})
		if err != nil {
			require.LessOrEqual(t, len(err.Error()), 4000+32*(len(lock)+len(other)))
			return
		}
		listed := p.Relative()
		for _, command := range slices.Concat(p.Install(pyenv.Use{}, listed), p.Install(pyenv.Use{Image: true}, listed), p.Compile(pyenv.Use{Image: true}, "c", "i"), p.Export("c", "i"), p.Fetch(pyenv.Use{}, listed)) {
			for _, word := range command {
				option, _, _ := strings.Cut(word, "=")
				require.False(t, strings.HasPrefix(word, "-") && !slices.Contains(ours, option), "%q", command)
			}
		}
		if kind%3 == 0 {
			said := comments.ReplaceAllString(lock, "$1")
			require.NotRegexp(t, `(^|\s)--trusted-host([\s=]|$)`, said)
			require.False(t, elsewhere.MatchString(said) && p.ExtraIndex == "", "%q", said)
		}
	})
}

// FuzzAutomation has a file of automation be anything: it is read, and what a tool is given
// of it are words.
func FuzzAutomation(f *testing.F) {
	for i, text := range []string{
		"export A := $(B)\nlint:\n\tcd x && (cd y; flake8 . --exclude a) || true\n", "jobs:\n  a:\n    env: {A: '${{ env.B }}'}\n    services: {db: {}}\n    steps: [{run: 'pytest \"a b', working-directory: ../..}]\n",
		"[testenv]\nset_env = a: B={env:C:d}\ncommands = {[testenv]commands}\n", "def a(session):\n    session.run('pytest', ['a', env={'A': 'b'})\n", "tasks: {a: {cmds: ['{{.A}}', {cmd: x}], vars: {A: {sh: x}}}}\n",
	} {
		f.Add(uint8(i), text)
	}
	f.Fuzz(func(t *testing.T, kind uint8, text string) {
		name := []string{"Makefile", ".github/workflows/a.yml", "tox.ini", "noxfile.py", "Taskfile.yml", ".gitlab-ci.yml", ".circleci/config.yml", "hatch.toml", "tox.toml", "scripts/test"}[kind%10]
		files := map[string]string{"a/pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['ruff', 'mypy', 'flake8', 'pytest']\n", "a/" + name: text, name: text, "a/b/c.py": ""}
		p, err := pyenv.Read(tree(files), pyenv.Where{Path: "a"})
		if err != nil {
			return
		}
		for _, tool := range p.Tooling(tree(files)) {
			require.NotContains(t, strings.Join(tool.Arguments, ""), "\x00")
		}
		for _, one := range p.Asked {
			require.NotContains(t, one, "\n")
			require.NotContains(t, one, " -")
		}
		p.Other(tree(files), "lint")
		p.Deciding(tree(files))
	})
}

// ours are the options that installers are given.
var ours = []string{
	"--inexact", "--frozen", "--locked", "--no-build", "--no-install-local", "--no-install-package", "--no-cache", "--python", "--group", "--extra", "--no-default-groups",
	"--no-editable", "--preview-features", "--require-hashes", "--requirement", "--only-binary", "--no-deps", "--editable", "--quiet", "--no-header",
	"--no-annotate", "--emit-index-url", "--output-file", "--constraints", "--no-interaction", "--format", "--output", "--with", "--extras", "--lock", "-n", "-E", "-c", "-i",
}

var (
	elsewhere = regexp.MustCompile(`(^|\s)(--extra-index-url|--find-links|-f)([\s=]|$)`)
	comments  = regexp.MustCompile(`(^|\s)#[^\r\n]*`)
)
