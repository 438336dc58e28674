package definitions_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// TestGatesInside: where the automation has a gate's tool run in one directory of the
// project, it runs there; not where a line runs it for all of the project, where tests lie
// elsewhere, or where that is another project's.
func TestGatesInside(t *testing.T) {
	const workflow = ".github/workflows/ci.yml"
	files := map[string]string{
		"requirements.txt": "django\npytest\nmypy\n", "src/manage.py": "import django\n", "src/shop/__init__.py": "", "src/shop/tests.py": "",
	}
	inSrc := func(run string) string {
		return "jobs:\n  test:\n    defaults: {run: {working-directory: src}}\n    steps:\n      - run: " + run + "\n"
	}
	for name, test := range map[string]struct {
		files   map[string]string
		gate    string
		command string
	}{
		"Django's own runner":           {map[string]string{workflow: inSrc("python manage.py test --parallel 2")}, "test", "env --chdir=src python manage.py test --parallel 2"},
		"pytest":                        {map[string]string{workflow: inSrc("pytest -q -m 'not slow'")}, "test", "env --chdir=src pytest --junitxml=../junit.xml -m 'not slow'"},
		"by a Makefile":                 {map[string]string{"Makefile": "test:\n\tcd src && pytest shop\n", workflow: "jobs: {test: {steps: [{run: make test}]}}\n"}, "test", "env --chdir=src pytest --junitxml=../junit.xml shop"},
		"unittest":                      {map[string]string{"requirements.txt": "flask\n", "src/shop/tests.py": "", "tests/test_a.py": "import unittest\n", "src/shop": "", workflow: "jobs: {test: {steps: [{run: cd tests && python -m unittest -v}]}}\n"}, "test", "env --chdir=tests python -m unittest -v"},
		"mypy":                          {map[string]string{workflow: inSrc("mypy shop")}, "typecheck", "env --chdir=src mypy shop"},
		"a tool that nobody installs":   {map[string]string{workflow: inSrc("black --check .")}, "format", ""},
		"tests elsewhere":               {map[string]string{workflow: inSrc("pytest"), "tests/test_a.py": ""}, "test", ""},
		"also for all of it":            {map[string]string{workflow: inSrc("pytest") + "  all: {steps: [{run: pytest}]}\n"}, "test", ""},
		"of two directories":            {map[string]string{workflow: inSrc("pytest") + "  more: {steps: [{run: cd other && pytest}]}\n", "other/a.py": ""}, "test", ""},
		"also where is not known":       {map[string]string{workflow: inSrc("pytest") + "  all: {steps: [{run: cd $WHERE && pytest}]}\n"}, "test", ""},
		"two lines of Django's":         {map[string]string{workflow: inSrc("python manage.py test shop") + "  more: {steps: [{run: cd src && python manage.py test other}]}\n"}, "test", "env --chdir=src python manage.py test other && env --chdir=src python manage.py test shop"},
		"a task that runs the tests":    {map[string]string{workflow: inSrc("pytest shop/test_smoke.py") + "  all: {steps: [{run: hatch test}]}\n"}, "test", ""},
		"a smoke test alone":            {map[string]string{workflow: inSrc("pytest shop/test_a.py"), "src/shop/test_a.py": ""}, "test", "env --chdir=src pytest --junitxml=../junit.xml"},
		"the one file that there is":    {map[string]string{workflow: inSrc("pytest shop/tests.py")}, "test", "env --chdir=src pytest --junitxml=../junit.xml shop/tests.py"},
		"all that there are":            {map[string]string{workflow: inSrc("pytest shop other"), "src/other/test_a.py": ""}, "test", "env --chdir=src pytest --junitxml=../junit.xml shop other"},
		"all, and a choice":             {map[string]string{workflow: inSrc("pytest") + "      - run: pytest -m smoke\n"}, "test", "env --chdir=src pytest --junitxml=../junit.xml"},
		"what is left out and measured": {map[string]string{workflow: inSrc("pytest --ignore tests/e2e --cov shop --cov-report xml --log-level INFO -m 'not slow'"), "src/tests/e2e/test_net.py": ""}, "test", "env --chdir=src pytest --junitxml=../junit.xml --ignore tests/e2e --log-level INFO -m 'not slow'"},
		"the settings of a choice":      {map[string]string{"src/other/tests.py": "", workflow: inSrc("python manage.py test shop.tests --settings=a.test --parallel auto")}, "test", "env --chdir=src python manage.py test --settings=a.test --parallel auto"},
		"a task of a part, and all":     {map[string]string{"Makefile": "test:\n\tcd src && pytest shop/unit\n", "src/shop/unit/test_a.py": "", workflow: inSrc("pytest")}, "test", "env --chdir=src pytest --junitxml=../junit.xml"},
		"all but a name":                {map[string]string{workflow: inSrc("pytest -k 'not slow'")}, "test", "env --chdir=src pytest --junitxml=../junit.xml -k 'not slow'"},
		"a choice by a variable":        {map[string]string{workflow: "env: {PYTEST_ADDOPTS: -m smoke}\n" + inSrc("pytest")}, "test", "env --chdir=src pytest --junitxml=../junit.xml"},
		"one module of unittest's":      {map[string]string{"requirements.txt": "flask\n", "src/test_a.py": "", workflow: inSrc("python -m unittest shop.tests")}, "test", "env --chdir=src python -m unittest"},
		"one that is discovered":        {map[string]string{"requirements.txt": "flask\n", "src/unit/test_a.py": "", workflow: inSrc("python -m unittest discover -s unit -p 'test*.py' -v")}, "test", "env --chdir=src python -m unittest discover -p 'test*.py' -v"},
		"one module, and more words":    {map[string]string{"requirements.txt": "flask\n", "src/test_a.py": "", workflow: inSrc("python -m unittest -v shop.tests")}, "test", "env --chdir=src python -m unittest -v"},
		"a part, and more words":        {map[string]string{"src/other/test_a.py": "", workflow: inSrc("pytest -v shop")}, "test", "env --chdir=src pytest --junitxml=../junit.xml"},
		"one module of Django's":        {map[string]string{"src/other/tests.py": "", workflow: inSrc("python manage.py test shop.tests")}, "test", "env --chdir=src python manage.py test"},
		"some of Django's by a tag":     {map[string]string{workflow: inSrc("python manage.py test --tag smoke")}, "test", "env --chdir=src python manage.py test"},
		"helpers elsewhere":             {map[string]string{workflow: inSrc("pytest"), "shop/testing.py": "def testdata(): ...\n", "config/settings/test.py": "DEBUG = True\n"}, "test", "env --chdir=src pytest --junitxml=../junit.xml"},
		"Django's, and a threshold":     {map[string]string{"pyproject.toml": "[tool.pingvas-ci]\ncoverage-threshold = 80\n", workflow: inSrc("python manage.py test")}, "test", "env --chdir=src python manage.py test"},
		"a choice of tests":             {map[string]string{workflow: inSrc("pytest -m smoke")}, "test", "env --chdir=src pytest --junitxml=../junit.xml"},
		"in a container":                {map[string]string{workflow: inSrc("pytest") + "  all: {steps: [{run: docker compose run --rm app pytest}]}\n"}, "test", ""},
		"in a display":                  {map[string]string{workflow: inSrc("pytest") + "  all: {steps: [{run: xvfb-run -a pytest}]}\n"}, "test", ""},
		"by a manager's task":           {map[string]string{workflow: inSrc("pytest") + "  all: {steps: [{run: pdm run test}]}\n"}, "test", ""},
		"by a script":                   {map[string]string{workflow: inSrc("pytest") + "  all: {steps: [{run: ./ci/all.sh}]}\n", "ci/all.sh": "set -e\nexec pytest\n"}, "test", ""},
		"beside a script of deployment": {map[string]string{workflow: inSrc("pytest") + "  all: {steps: [{run: ./deploy.sh}, {run: bash codecov.sh}]}\n", "deploy.sh": "# not the tests: pytest\nkubectl apply\n"}, "test", "env --chdir=src pytest --junitxml=../junit.xml"},
		"beside what is called test": {map[string]string{"Makefile": ".PHONY: test lint\nall: lint test\n", "justfile": "alias t := test\n",
			workflow: inSrc("pytest") + "  all:\n    steps:\n      - run: |\n          mysql -e 'create database test'\n          rm -rf test\n          docker compose --profile test up -d\n          kubectl -n test apply\n          CI=true npm run test\n          sudo npm test\n          corepack pnpm test\n          codecov --flags test\n          docker run -d --network test redis\n"}, "test", "env --chdir=src pytest --junitxml=../junit.xml"},
		"beside an install of pytest":   {map[string]string{workflow: "jobs:\n  test:\n    steps:\n      - run: pip install pytest\n      - run: npm test\n      - {run: pytest, working-directory: src}\n"}, "test", "env --chdir=src pytest --junitxml=../junit.xml"},
		"settings that place the tests": {map[string]string{"pyproject.toml": "[tool.pingvas-ci]\ntest-paths = ['src/shop']\n", workflow: inSrc("pytest")}, "test", ""},
		"unittest's names elsewhere":    {map[string]string{"requirements.txt": "flask\n", "tests/testbar.py": "import unittest\n\n\nclass A(unittest.TestCase): ...\n", "src/shop/testfoo.py": "import unittest\n", workflow: inSrc("python -m unittest")}, "test", ""},
		"documents":                     {map[string]string{"src/shop/tests.py": "", workflow: "jobs: {docs: {steps: [{run: cd docs && pytest --doctest-glob=x}]}}\n", "docs/x.py": ""}, "test", ""},
		"another tool than the guide's": {map[string]string{"requirements.txt": "django\nruff\npylint\n", workflow: inSrc("pylint shop")}, "lint", ""},
		"another project":               {map[string]string{workflow: "jobs: {test: {steps: [{run: cd examples/x && pytest}]}}\n", "examples/x/pyproject.toml": "[project]\nname = 'x'\n"}, "test", ""},
	} {
		repository := maps.Clone(files)
		maps.Copy(repository, test.files)
		if name == "unittest" {
			delete(repository, "src/shop/tests.py")
			delete(repository, "src/shop")
		}
		list, err := discover(tree(repository))
		require.NoError(t, err, name)
		require.Len(t, list, 1, name)
		require.Empty(t, list[0].Fault, name)
		commands := list[0].Settings.Gates[test.gate].Commands
		if test.command == "" {
			assert.Empty(t, commands, name)
			continue
		}
		assert.Equal(t, strings.Split(test.command, " && "), commands, name)
		for _, command := range commands {
			_, err := component.Words(command)
			require.NoError(t, err, name)
		}
		for _, tool := range []string{"pytest", "mypy"} {
			if of, has := list[0].Tool(tool); has {
				assert.NotEqual(t, test.gate, of.Gate, name)
			}
		}
		matcher, err := list[0].Inputs.Matcher()
		require.NoError(t, err)
		why, err := matcher.Why(workflow)
		require.NoError(t, err)
		assert.Equal(t, name != "by a Makefile", why != "", name)
	}
}
