package pyenv_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// TestAsked: what only the project's automation installs for its tests is installed for
// the checks.
func TestAsked(t *testing.T) {
	const project = "[project]\nname = 'a'\n[build-system]\nrequires = ['x']\n"
	for name, test := range map[string]struct {
		files         map[string]string
		asked, checks []string
	}{
		"tox": {map[string]string{"pyproject.toml": project, "tox.ini": "[testenv]\ndeps =\n    dj42: django~=4.2\n    pytest>=8\n    coverage[toml]\n    {[base]deps}\n    -r{toxinidir}/testing/requirements.txt\n    pre-commit\ncommands = pytest\n" +
			"[testenv:lint]\ndeps = \n    flake8==7.3.0\n    sphinx\n[testenv:docs]\ndeps = -r docs/requirements.txt\n", "testing/requirements.txt": "idna\n", "docs/requirements.txt": "sphinx\n"},
			[]string{"pytest>=8", "coverage[toml]", "flake8==7.3.0"}, []string{at + "testing/requirements.txt", at + "pyproject.toml"}},
		"nox": {map[string]string{"pyproject.toml": project, "noxfile.py": "    session.install(\"-r\", \"tests/all.txt\")\n    session.install('mypy==2.4.1', 'rich', 'types-PyYAML')\n    session.run('pytest')\n", "tests/all.txt": "pytest\n"},
			[]string{"mypy==2.4.1", "types-PyYAML"}, []string{at + "tests/all.txt", at + "pyproject.toml"}},
		"a workflow": {map[string]string{"requirements.txt": "idna\n", ".github/workflows/ci.yml": "    - run: python -m pip install --upgrade pip ruff\n    - run: |\n        pip install -r requirements.txt -r requirements-min.txt\n        ruff check .\n", "requirements-min.txt": "idna==1\n"},
			[]string{"ruff"}, []string{at + "requirements.txt"}},
		"a job that runs the tests of what is published": {map[string]string{"pyproject.toml": project, ".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n    - run: pip install a attrs\n    - run: pytest\n"},
			[]string{"attrs"}, []string{at + "pyproject.toml"}},
		"a job that runs the tests": {map[string]string{"requirements.txt": "idna\n", ".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n    - run: pip install -U pip setuptools 'redis>=5' -c limits.txt . peewee django==${{ matrix.django }}\n    - run: pip install -r requirements.txt gevent==25.1 ./lib attrs.whl\n    - run: pip install torch --index-url https://index.example/cpu\n    - {run: pip install numpy, if: matrix.numpy}\n    - run: python runtests.py\n    - run: pip install twine\n  b:\n    steps:\n    - run: pip install sphinx\n", "runtests.py": ""},
			[]string{"peewee", "gevent"}, []string{at + "requirements.txt"}},
		"extras and spaces": {map[string]string{"requirements.txt": "idna\n", ".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n    - run: pip install 'black[jupyter, d]==24.1' \"flake8 >= 7, <8\" mypy[reports] '.[test]'\n    - run: pip install pylint\n      working-directory: docs\n"},
			[]string{"black[jupyter,d]==24.1", "flake8>=7,<8", "mypy[reports]"}, []string{at + "requirements.txt"}},
		"Hatch": {map[string]string{"pyproject.toml": project + "[tool.hatch.envs.default]\ndependencies = ['pytest>=8', 'rich @ git+https://a/b']\n[tool.hatch.envs.docs]\ndependencies = ['sphinx', 'black']\n[tool.hatch.envs.types]\nextra-dependencies = ['mypy', 'attrs']\n", "hatch.toml": "[envs.hatch-test]\nextra-dependencies = ['trustme']\n"},
			[]string{"coverage[toml]~=7.4", "pytest~=8.1", "pytest-mock~=3.12", "pytest-rerunfailures~=14.0", "pytest-xdist[psutil]~=3.5", "trustme", "mypy"}, []string{at + "pyproject.toml"}},
		"Hatch by itself": {map[string]string{"pyproject.toml": project, ".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n    - run: hatch test --randomize\n"},
			[]string{"coverage[toml]~=7.4", "pytest~=8.1", "pytest-mock~=3.12", "pytest-rerunfailures~=14.0", "pytest-xdist[psutil]~=3.5"}, []string{at + "pyproject.toml"}},
		"tox's TOML": {map[string]string{"pyproject.toml": project + "[tool.tox.env_run_base]\ndeps = ['pytest', 'attrs']\n[tool.tox.env.lint]\ndeps = ['flake8', 'attrs']\n"}, []string{"pytest", "attrs", "flake8"}, []string{at + "pyproject.toml"}},
		"what is asked for already": {map[string]string{"requirements.txt": "-r more/base.txt\n", "more/base.txt": "pytest==9.2.0\n", "tox.ini": "[testenv]\ndeps =\n    -r more/base.txt\n    pytest\ncommands = pytest\n"},
			nil, []string{at + "requirements.txt"}},
		"a manifest alone": {map[string]string{"pyproject.toml": "[project]\nname = 'a'\ndependencies = ['flask']\n", "tox.ini": "[testenv]\ndeps = -r tests/requirements.txt\ncommands = pytest\n[testenv:oldest]\ndeps = -r compat/all.txt\ncommands = pytest\n", "tests/requirements.txt": "pytest\n", "compat/all.txt": "flask==1\n"},
			nil, []string{at + "tests/requirements.txt", at + "pyproject.toml"}},
		"a lock": {map[string]string{"requirements.txt": "idna==3.10 --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000\n", "tox.ini": "[testenv]\ndeps = pytest\ncommands = pytest\n"}, nil, []string{at + "requirements.txt"}},
	} {
		files := map[string]string{}
		for file, text := range test.files {
			files[at+file] = text
		}
		p := read(t, files)
		assert.Equal(t, test.asked, p.Asked, name)
		assert.Equal(t, test.checks, p.Checks, name)
		if name == "a manifest alone" {
			assert.Equal(t, []string{at + "pyproject.toml"}, p.Image)
		}
	}
	workflow := read(t, map[string]string{at + "requirements.txt": "idna\n", ".github/workflows/ci.yml": "jobs:\n  a:\n    defaults: {run: {working-directory: " + strings.TrimSuffix(at, "/") + "}}\n    steps:\n    - run: pip install redis\n    - run: pytest\n"})
	assert.Equal(t, []string{"redis"}, workflow.Asked)
	above := read(t, map[string]string{at + "requirements.txt": "idna\n", at + "more/all.txt": "pytest\n", "Makefile": "x:\n\tcd services/a && pip install ruff==0.9.1 -r more/all.txt\n\tpip install black\n"})
	assert.Equal(t, []string{"ruff==0.9.1"}, above.Asked)
	assert.Equal(t, []string{at + "requirements.txt", at + "more/all.txt"}, above.Checks)
	p := read(t, map[string]string{at + "requirements.txt": "idna\n", at + "tox.ini": "[testenv]\ndeps = pytest>=8\ncommands = pytest\n"})
	assert.Equal(t, []string{"sh", "-c", `printf '%s\n' "$@" > "$0"`, "c.asked", "pytest>=8"}, p.Compile(pyenv.Use{}, "c", "i")[0])
	assert.Contains(t, p.Compile(pyenv.Use{}, "c", "i")[1], "c.asked")
	assert.Equal(t, []string{at + "tox.ini"}, p.Habits)
}

// TestBesideTests: of what jobs install before the tests, the checks install what each of them
// is sure to, of the index and in no version of one job's: it decides nothing of what is
// shipped.
func TestBesideTests(t *testing.T) {
	job := func(name, steps string) string {
		return "  " + name + ":\n    runs-on: ubuntu-latest\n    steps:\n" + steps
	}
	step := func(run string) string {
		return "    - run: |\n        " + strings.ReplaceAll(run, "\n", "\n        ") + "\n"
	}
	const test = "    - run: pytest\n"
	for name, of := range map[string]struct {
		workflow string
		asked    []string
	}{
		"one that the project asks for":   {job("a", step("pip install django==4.2 idna==2.10 redis==5.0")+test), []string{"redis"}},
		"of each job alone":               {job("a", step("pip install numpy scipy==1.5")+test) + job("b", step("pip install numpy==1.19")+test), []string{"numpy"}},
		"a job without":                   {job("a", step("pip install numpy")+test) + job("b", test), nil},
		"of Windows":                      {strings.ReplaceAll(job("a", step("pip install pywin32")+test), "ubuntu", "windows"), nil},
		"of a job that may not run":       {strings.ReplaceAll(job("a", step("pip install foo")+test), "    steps", "    if: false\n    steps"), nil},
		"of what a shell decides":         {job("a", step("if [ $X = y ]; then\n  pip install foo\nfi")+step("[ -z x ] && pip install bar")+step("pip install baz || pip install qux")+test), nil},
		"that may fail":                   {job("a", "    - {run: pip install foo, continue-on-error: true}\n"+step("pip install bar || true")+test), nil},
		"into another environment":        {job("a", step("docker exec x pip install foo1")+step("/tmp/venv/bin/pip install foo2")+step("pip install --target x foo3")+step("pip install --python other foo4")+test), nil},
		"files":                           {job("a", step("pip install foo.tar.gz bar.zip baz.whl")+step("pip install --no-index helper")+test), nil},
		"the project by its module":       {job("a", step("pip install my-pkg pytest-timeout")+test), []string{"pytest-timeout"}},
		"beside what a shell decides":     {job("a", step("pip install flake8 pytest pytest-mock\nif [ -f requirements.txt ]; then pip install -r requirements.txt; fi\nsudo apt-get update || true")+step("cd . && pip install foo")+test), []string{"flake8", "pytest", "pytest-mock", "foo"}},
		"extras":                          {job("a", step(`pip install 'celery[redis]<5' "idna[all]"`)+test), []string{"celery[redis]", "idna[all]"}},
		"a version about tests":           {job("a", step("pip install 'moto[s3]<5' redis==5")+test) + job("b", step("pip install 'moto[s3]<5' redis==5")+test), []string{"moto[s3]<5", "redis"}},
		"jobs of a part, or now and then": {job("a", step("pip install foo")+test) + job("b", "    - run: pytest -m smoke\n") + strings.ReplaceAll(job("c", test), "    steps", "    if: github.event_name == 'schedule'\n    steps") + strings.ReplaceAll(job("d", test), "ubuntu-latest", "[self-hosted, windows]"), []string{"foo"}},
		"a job with a condition":          {strings.ReplaceAll(job("a", step("pip install foo")+test), "    steps", "    if: ${{ !draft }}\n    steps"), []string{"foo"}},
		"a matrix of Windows":             {strings.ReplaceAll(job("a", step("pip install pywin32")+test), "    runs-on: ubuntu-latest", "    strategy: {matrix: {os: [windows-2022, windows-2025]}}\n    runs-on: '${{ matrix.os }}'"), nil},
		"a folder of the name":            {job("a", step("pip install alembic")+test), []string{"alembic"}},
		"as root":                         {job("a", step("sudo pip install --use-pep517 foo")+test), []string{"foo"}},
		"behind options without a value":  {job("a", step("python -m pip install --root-user-action=ignore -qU boto3")+test), []string{"boto3"}},
		"after the tests, or beside none": {job("a", test+step("pip install foo")) + job("b", step("pip install bar")), nil},
	} {
		p := read(t, map[string]string{
			at + "pyproject.toml": "[project]\nname = 'a'\ndependencies = ['django>=5', 'idna']\n", at + "src/my_pkg/__init__.py": "", at + "alembic/env.py": "", at + ".github/workflows/ci.yml": "jobs:\n" + of.workflow,
		})
		assert.Equal(t, of.asked, p.Asked, name)
	}
}

// TestToxOfSetupCfg: tox has its environments there, too; one that checks types needs all of
// its packages, which have the types of others.
func TestToxOfSetupCfg(t *testing.T) {
	files := map[string]string{
		at + "setup.py": "from setuptools import setup\nsetup()\n",
		at + "setup.cfg": "[metadata]\nname = a\n[tox:tox]\nenvlist = py\n[testenv]\ndeps =\n    dj: Django\n    pytest\n    pytest-xdist\ncommands = pytest -n 4 tests\n" +
			"[testenv:{lint,mypy}]\ndeps =\n    django-stubs\n    mypy\ncommands = mypy: mypy a\n[testenv:docs]\ndeps = sphinx\ncommands = sphinx-build\n[mypy]\nstrict = true\n",
		at + "tests/test_a.py": "", at + "a/__init__.py": "",
	}
	project := read(t, files)
	assert.Equal(t, []string{"pytest", "pytest-xdist", "django-stubs", "mypy"}, project.Asked)
	for _, tool := range project.Tooling(tree(files)) {
		switch tool.Name {
		case "pytest":
			assert.Equal(t, []string{"tests", "-n", "4"}, tool.Arguments)
		case "mypy":
			assert.Equal(t, []string{"a"}, tool.Arguments)
		}
	}
}

// TestDescribed: what describes a project may lie anywhere in it.
func TestDescribed(t *testing.T) {
	project := read(t, map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\nreadme = 'docs/README.md'\nlicense = {file = 'legal/LICENSE'}\n", at + "docs/README.md": ""})
	assert.Equal(t, []string{"docs/README.md", "legal/LICENSE"}, project.Described())
}

// TestExtrasOfEnvironments: Hatch installs the project with those of its environment of tests.
func TestExtrasOfEnvironments(t *testing.T) {
	p := read(t, map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[project.optional-dependencies]\nsql = ['sqlalchemy']\nall = ['x']\ncli = ['y']\n" +
		"[tool.hatch.envs.hatch-test]\nfeatures = ['sql', 'none']\n[tool.hatch.envs.docs]\nfeatures = ['all']\n[tool.hatch.envs.types]\nfeatures = ['cli']\n"})
	assert.Equal(t, []string{"cli", "sql"}, p.Extras)
}
