package definitions_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/compose"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python/pydef"
)

// TestServicesOfAPipeline: what every job that runs the tests has beside them, the tests
// have here, with the variables by which they find it; and nothing where one has others, or
// where only the runner knows what it is.
func TestServicesOfAPipeline(t *testing.T) {
	const workflow = ".github/workflows/ci.yml"
	const job = "jobs:\n  test:\n    runs-on: ubuntu-latest\n    services:\n      db:\n        image: postgres:16\n        env: {POSTGRES_PASSWORD: x}\n        ports: ['5432:5432']\n" +
		"        options: >-\n          --health-cmd \"pg_isready -U postgres\"\n          --health-interval=10s --health-retries 5 --network-alias y\n" +
		"    env:\n      DATABASE_URL: postgresql://postgres:x@127.0.0.1:5432/postgres\n      DEBUG: 1\n" +
		"    steps:\n      - run: pytest -q\n        env: {DB_HOST: localhost}\n"
	const other = "  more:\n    runs-on: ubuntu-latest\n    steps:\n      - run: python -m pytest -q\n"
	const started = "jobs:\n  test:\n    steps:\n      - run: docker compose up -d --wait\n      - run: pytest\n        env: {URL: 'postgresql://localhost/a'}\n"
	const both = "jobs:\n  test:\n    services: {cache: {image: 'redis:7'}, db: {image: 'postgres:16'}}\n    steps:\n      - run: pytest\n"
	joined := []compose.Service{{Name: "cache", Image: "redis:7", Environment: map[string]string{}, Files: []string{workflow}}, {Name: "db", Image: "postgres:16", Environment: map[string]string{}, Files: []string{workflow}}}
	files := map[string]string{"requirements.txt": "pytest\n", "main.py": "", workflow: job}
	db := compose.Service{Name: "db", Image: "postgres:16", Local: map[int]int{5432: 5432}, Environment: map[string]string{"POSTGRES_PASSWORD": "x"}, Ports: []int{5432},
		Health: compose.Health{Test: []string{"pg_isready -U postgres"}, Shell: true, Interval: 10 * time.Second, Retries: 5}, Said: []string{"--network-alias has no effect"}, Files: []string{workflow}}
	found := map[string]string{"DATABASE_URL": "postgresql://postgres:x@127.0.0.1:5432/postgres", "DEBUG": "1", "DB_HOST": "localhost"}

	for name, test := range map[string]struct {
		files    map[string]string
		services []compose.Service
		want     map[string]string
	}{
		"a workflow":                          {nil, []compose.Service{db}, found},
		"a Makefile beside it":                {map[string]string{"Makefile": "test:\n\tpytest\n"}, []compose.Service{db}, found},
		"the Makefile's tests":                {map[string]string{"Makefile": "test:\n\tpytest -q\n", workflow: strings.ReplaceAll(job, "pytest -q", "make test")}, []compose.Service{db}, found},
		"the Makefile's tests in a directory": {map[string]string{"src/test_a.py": "", "Makefile": "test:\n\tcd src && pytest -q\n", workflow: strings.ReplaceAll(job, "pytest -q", "make test")}, []compose.Service{db}, found},
		"tox, and its lint without":           {map[string]string{workflow: strings.ReplaceAll(job, "pytest -q", "tox") + strings.ReplaceAll(other, "python -m pytest -q", "tox -e lint")}, []compose.Service{db}, found},
		"a job without":                       {map[string]string{workflow: job + other}, nil, nil},
		"a matrix of versions":                {map[string]string{workflow: strings.NewReplacer("postgres:16", "postgres:${{ matrix.pg }}", "    services", "    strategy: {matrix: {pg: [14, 15, 16]}}\n    services").Replace(job)}, []compose.Service{db}, found},
		"an image that only a matrix knows":   {map[string]string{workflow: strings.ReplaceAll(job, "postgres:16", "${{ matrix.db }}")}, nil, map[string]string{"DEBUG": "1"}},
		"benchmarks with others":              {map[string]string{".github/workflows/b.yml": strings.NewReplacer("postgres:16", "postgres:15", "pytest -q", "pytest -m benchmark").Replace(job)}, []compose.Service{db}, found},
		"a script without that is called so":  {map[string]string{workflow: job + strings.ReplaceAll(other, "python -m pytest -q", "scripts/test_install.sh")}, []compose.Service{db}, found},
		"others for the same tests":           {map[string]string{".github/workflows/z.yml": strings.ReplaceAll(job, "postgres:16", "mysql:8")}, []compose.Service{db}, found},
		"a job for a part": {map[string]string{"tests/a/test_a.py": "", "tests/b/test_b.py": "", workflow: strings.ReplaceAll(job, "pytest -q", "pytest tests/a") + strings.ReplaceAll(other, "pytest -q", "pytest tests/b")},
			[]compose.Service{db}, found},
		"a step that hands variables on": {map[string]string{workflow: strings.NewReplacer("      DEBUG: 1\n", "", "    steps:\n", "    steps:\n      - run: |\n          echo \"DEBUG=1\" >> $GITHUB_ENV\n          if x; then\n            echo OTHER=2 >> \"$GITHUB_ENV\"\n          fi\n").Replace(job)}, []compose.Service{db}, found},
		"services that a step starts": {map[string]string{"compose.yaml": "services: {db: {image: 'postgres:16', ports: ['5432:5432']}, web: {build: .}}\n", workflow: started},
			[]compose.Service{{Name: "db", Image: "postgres:16", Local: map[int]int{5432: 5432}, Environment: map[string]string{}, Ports: []int{5432}, Files: []string{"compose.yaml", workflow}}}, map[string]string{"URL": "postgresql://localhost/a"}},
		"services that it ends before": {map[string]string{"compose.yaml": "services: {db: {image: 'postgres:16', ports: ['5432:5432']}}\n", workflow: strings.ReplaceAll(started, "      - run: pytest", "      - run: docker compose down\n      - run: pytest")},
			nil, map[string]string{"URL": "postgresql://localhost/a"}},
		"a container that a step runs": {map[string]string{workflow: "jobs:\n  test:\n    steps:\n      - run: |\n          sudo docker run -dp 5432:5432 --name db -e POSTGRES_PASSWORD=x --health-cmd='pg_isready -U a' postgres:16 -c fsync=off\n          docker run --rm alpine true\n" +
			"      - {run: pytest, env: {URL: postgresql://localhost/a}}\n"},
			[]compose.Service{{Name: "db", Image: "postgres:16", Local: map[int]int{5432: 5432}, Command: []string{"-c", "fsync=off"}, Environment: map[string]string{"POSTGRES_PASSWORD": "x"}, Ports: []int{5432}, Health: compose.Health{Test: []string{"pg_isready -U a"}, Shell: true}, Files: []string{workflow}}}, map[string]string{"URL": "postgresql://localhost/a"}},
		"another port":                   {map[string]string{workflow: strings.ReplaceAll(job, "5432:5432", "5433:5432")}, []compose.Service{with(db, func(s *compose.Service) { s.Local = map[int]int{5433: 5432} })}, found},
		"a port that its runner chooses": {map[string]string{workflow: strings.NewReplacer("5432:5432'", "5432'", "1:5432/", "1:${{ job.services.db.ports['5432'] }}/").Replace(job)}, []compose.Service{db}, found},
		"another port that is asked for": {map[string]string{workflow: strings.NewReplacer("5432:5432'", "5433:5432'", "1:5432/", "1:${{ job.services.db.ports[5432] }}/").Replace(job)}, []compose.Service{with(db, func(s *compose.Service) { s.Local = map[int]int{5433: 5432} })},
			map[string]string{"DATABASE_URL": "postgresql://postgres:x@127.0.0.1:5433/postgres", "DEBUG": "1", "DB_HOST": "localhost"}},
		"an address and a protocol beside a port": {map[string]string{workflow: strings.NewReplacer("5432:5432'", "127.0.0.1:5433:5432/tcp'", "1:5432/", "1:${{ job.services.db.ports[5432] }}/").Replace(job)}, []compose.Service{with(db, func(s *compose.Service) { s.Local = map[int]int{5433: 5432} })},
			map[string]string{"DATABASE_URL": "postgresql://postgres:x@127.0.0.1:5433/postgres", "DEBUG": "1", "DB_HOST": "localhost"}},
		"tests of another place without": {map[string]string{workflow: job + strings.ReplaceAll(other, "python -m pytest -q", "python e2e/run_tests.py"), "e2e/run_tests.py": ""}, []compose.Service{db}, found},
		"an action that waits":           {map[string]string{workflow: strings.Replace(job, "      - run: pytest", "      - uses: someone/wait-for-postgres@v1\n      - uses: tj-actions/install-postgresql@v3\n      - run: pytest", 1)}, []compose.Service{db}, found},
		"an action for a line of releases": {map[string]string{workflow: "jobs:\n  test:\n    steps:\n      - uses: shogo82148/actions-setup-redis@v1\n        with: {redis-version: 7.x}\n      - run: pytest\n"},
			[]compose.Service{{Name: "redis", Image: "redis:7", Environment: map[string]string{}, Ports: []int{6379}, Local: map[int]int{6379: 6379}, Files: []string{workflow}}}, nil},
		"CircleCI, by a digest and twice": {map[string]string{workflow: "", ".circleci/config.yml": "jobs:\n  test:\n    docker: [{image: a}, {image: 'redis@sha256:aa'}, {image: 'postgres:15'}, {image: 'cimg/postgres:14'}]\n    steps:\n      - run: pytest\n"},
			[]compose.Service{
				{Name: "postgres", Image: "postgres:15", Environment: map[string]string{}, Host: true, Files: []string{".circleci/config.yml"}},
				{Name: "postgres-3", Image: "cimg/postgres:14", Environment: map[string]string{}, Host: true, Files: []string{".circleci/config.yml"}},
				{Name: "redis", Image: "redis@sha256:aa", Environment: map[string]string{}, Host: true, Files: []string{".circleci/config.yml"}},
			}, nil},
		"an action for a client":                      {map[string]string{workflow: strings.Replace(job, "      - run: pytest", "      - uses: someone/install-postgres-client@v1\n      - run: pytest", 1)}, []compose.Service{db}, found},
		"a script of the pipeline's own, called test": {map[string]string{workflow: job + strings.ReplaceAll(other, "python -m pytest -q", "python .github/scripts/test.py")}, []compose.Service{db}, found},
		"an action that starts a server": {map[string]string{workflow: "jobs:\n  test:\n    strategy: {matrix: {include: [{redis: 6}, {redis: 7}]}}\n    steps:\n      - uses: supercharge/redis-github-action@1.8.1\n        with: {redis-version: '${{ matrix.redis }}', redis-port: 6380}\n" +
			"      - uses: ikalnytskyi/action-setup-postgres@v7\n      - run: pytest\n"},
			[]compose.Service{
				{Name: "postgres", Image: "postgres:latest", Environment: map[string]string{"POSTGRES_DB": "postgres", "POSTGRES_PASSWORD": "postgres", "POSTGRES_USER": "postgres"}, Ports: []int{5432}, Local: map[int]int{5432: 5432}, Files: []string{workflow}},
				{Name: "redis", Image: "redis:7", Environment: map[string]string{}, Ports: []int{6379}, Local: map[int]int{6380: 6379}, Files: []string{workflow}},
			}, nil},
		"an action by inputs with spaces": {map[string]string{workflow: "jobs:\n  test:\n    steps:\n      - uses: mirromutth/mysql-action@v1.1\n        with: {mysql version: 8.4, mysql root password: x, host port: 3800}\n      - run: pytest\n"},
			[]compose.Service{{Name: "mysql", Image: "mysql:8.4", Environment: map[string]string{"MYSQL_ALLOW_EMPTY_PASSWORD": "1", "MYSQL_ROOT_PASSWORD": "x"}, Ports: []int{3306}, Local: map[int]int{3800: 3306}, Files: []string{workflow}}}, nil},
		"an action that composes": {map[string]string{"deploy/compose.yaml": "services: {db: {image: 'postgres:16', ports: ['5432:5432']}, mail: {image: mailpit}}\n", workflow: "jobs:\n  test:\n    steps:\n      - uses: hoverkraft-tech/compose-action@v2\n        with: {compose-file: ./deploy/compose.yaml, services: db}\n      - run: pytest\n"},
			[]compose.Service{{Name: "db", Image: "postgres:16", Environment: map[string]string{}, Ports: []int{5432}, Local: map[int]int{5432: 5432}, Files: []string{"deploy/compose.yaml", workflow}}}, nil},
		"CircleCI": {map[string]string{workflow: "", ".circleci/config.yml": "executors:\n  py: {docker: [{image: 'cimg/python:3.13'}, {image: 'cimg/postgres:16.2', environment: {POSTGRES_USER: a}}]}\njobs:\n  test:\n    executor: py\n    steps:\n      - run: pytest\n  lint:\n    docker: [{image: a}]\n    steps: [run: ruff check]\n"},
			[]compose.Service{{Name: "postgres", Image: "cimg/postgres:16.2", Environment: map[string]string{"POSTGRES_USER": "a"}, Host: true, Files: []string{".circleci/config.yml"}}}, nil},
		"a container with a known variable, of the machine's network": {map[string]string{workflow: "jobs:\n  test:\n    env: {V: 16}\n    steps:\n      - run: docker run -d --network host --name db postgres:$V\n      - run: pytest\n"},
			[]compose.Service{{Name: "db", Image: "postgres:16", Environment: map[string]string{}, Host: true, Files: []string{workflow}}}, map[string]string{"V": "16"}},
		"one that compose runs": {map[string]string{"compose.yaml": "services: {db: {image: 'postgres:16', ports: ['5432:5432']}, web: {build: .}}\n", workflow: strings.Replace(started, "up -d --wait", "run -d -p 7777:5432 --name a db", 1)},
			[]compose.Service{{Name: "db", Image: "postgres:16", Local: map[int]int{7777: 5432}, Environment: map[string]string{}, Ports: []int{5432}, Files: []string{"compose.yaml", workflow}}}, map[string]string{"URL": "postgresql://localhost/a"}},
		"a command that compose runs": {map[string]string{"compose.yaml": "services: {db: {image: 'postgres:16'}}\n", workflow: strings.Replace(started, "up -d --wait", "run db createdb", 1)}, nil, map[string]string{"URL": "postgresql://localhost/a"}},
		"more beside the same tests":  {map[string]string{".github/workflows/a.yml": "jobs:\n  test:\n    services: {db: {image: 'postgres:16'}}\n    steps:\n      - run: pytest -q\n", workflow: both}, joined, nil},
		"more beside all but some":    {map[string]string{".github/workflows/a.yml": "jobs:\n  test:\n    services: {db: {image: 'postgres:16'}}\n    steps:\n      - run: pytest\n", workflow: strings.Replace(both, "pytest", "pytest -m 'not slow' --report=$OUT", 1)}, joined, nil},
		"a workflow that others call": {map[string]string{".github/workflows/all.yml": "jobs:\n  a:\n    strategy: {matrix: {v: [15, 16]}}\n    uses: ./" + workflow + "\n    with: {version: '${{ matrix.v }}', run: pytest -q}\n",
			workflow: "on: {workflow_call: {inputs: {version: {type: string}, run: {}, url: {default: 'redis://localhost'}}}}\njobs:\n  test:\n    services: {db: {image: 'postgres:${{ inputs.version }}'}}\n    steps:\n      - run: ${{ inputs.run }}\n        env: {URL: '${{ inputs.url }}'}\n"},
			[]compose.Service{{Name: "db", Image: "postgres:16", Environment: map[string]string{}, Files: []string{workflow}}}, map[string]string{"URL": "redis://localhost"}},
		"an action that runs a command":                      {map[string]string{workflow: strings.Replace(job, "run: pytest -q", "uses: nick-fields/retry@v3\n        with: {command: pytest -q, max_attempts: 3}", 1)}, []compose.Service{db}, found},
		"tests in a directory, and settings that place them": {map[string]string{"pingvas-ci.toml": "test-paths = ['src']\n", "src/test_a.py": "", workflow: strings.Replace(job, "run: pytest -q", "run: cd src && pytest -q", 1)}, []compose.Service{db}, found},
		"a program of the project's own":                     {map[string]string{"tests/runtests.py": "", "tests/test_smoke.py": "", "requirements.txt": "idna\n", workflow: strings.Replace(job, "pytest -q", "python tests/runtests.py", 1) + strings.Replace(other, "pytest -q", "unittest tests/test_smoke.py", 1)}, []compose.Service{db}, found},
		"a job of Windows without":                           {map[string]string{workflow: job + strings.Replace(other, "ubuntu", "windows", 1)}, []compose.Service{db}, found},
		"an action that starts nothing":                      {map[string]string{workflow: strings.Replace(job, "      - run: pytest", "      - uses: shogo82148/actions-setup-redis@v1\n        with: {auto-start: \"false\"}\n      - run: pytest", 1)}, []compose.Service{db}, found},
		"settings": {map[string]string{"pingvas-ci.toml": "test-services = ['cache']\n", "compose.yaml": "services: {cache: {image: redis}}\n"},
			[]compose.Service{{Name: "cache", Image: "redis", Environment: map[string]string{}, Files: []string{"compose.yaml"}}}, map[string]string{"DEBUG": "1"}},
		"GitLab": {map[string]string{workflow: "", ".gitlab-ci.yml": "variables: {PGPASSWORD: y}\ntest:\n  services:\n    - name: registry.example/a/postgres:16\n      alias: pg\n    - redis:7\n  variables: {URL: 'redis://redis:6379'}\n  script: [pytest]\n"},
			[]compose.Service{
				{Name: "pg", Image: "registry.example/a/postgres:16", Environment: map[string]string{"PGPASSWORD": "y", "URL": "redis://redis:6379"}, Files: []string{".gitlab-ci.yml"}},
				{Name: "redis", Image: "redis:7", Environment: map[string]string{"PGPASSWORD": "y", "URL": "redis://redis:6379"}, Files: []string{".gitlab-ci.yml"}},
			}, map[string]string{"PGPASSWORD": "y", "URL": "redis://redis:6379"}},
	} {
		repository := maps.Clone(files)
		maps.Copy(repository, test.files)
		list, err := discover(tree(repository))
		require.NoError(t, err, name)
		require.Len(t, list, 1, name)
		require.Empty(t, list[0].Fault, name)
		assert.Equal(t, test.services, list[0].Services, name)
		assert.Equal(t, test.want, list[0].Settings.Environment, name)
	}
	list, err := discover(tree(files))
	require.NoError(t, err)
	assert.Contains(t, list[0].Summary(), "test-services: db (postgres:16) (beside the tests in "+workflow+")")
	files[".github/workflows/z.yml"] = strings.ReplaceAll(job, "postgres:16", "mysql:8")
	list, err = discover(tree(files))
	require.NoError(t, err)
	assert.Contains(t, list[0].Unheard[0], "the tests run beside the services of "+workflow+"; .github/workflows/z.yml has others for the same tests")
	delete(files, ".github/workflows/z.yml")
	files[workflow] = job + strings.NewReplacer("jobs:\n  test:", "  more:", "postgres:16", "mysql:8").Replace(job)
	list, err = discover(tree(files))
	require.NoError(t, err)
	assert.Contains(t, list[0].Unheard[0], workflow+"; another of its jobs has others for the same tests")
	files[workflow] = "jobs:\n  test:\n    steps:\n      - run: docker compose up -d\n      - run: docker compose -p a run --name tests web tests --cov=a tests/\n"
	list, err = discover(tree(files))
	require.NoError(t, err)
	assert.Empty(t, list[0].Services)
	assert.Contains(t, strings.Join(list[0].Unheard, "\n"), workflow+" runs the tests in a container, which may have services beside it; here they run without")
	files[workflow] = job + other + strings.Replace(job, "jobs:\n  test:", "  third:", 1)
	list, err = discover(tree(files))
	require.NoError(t, err)
	assert.Empty(t, list[0].Services)
	assert.Contains(t, list[0].Unheard[0], "the tests run without services, as some jobs of the pipeline run them; "+workflow+" has them run beside some")
	for lost, workflows := range map[string]string{
		`service of-docker-run: name: "$(make" is known to its runner alone`:                                          strings.Replace(job, "      - run: pytest", "      - run: docker run -d $(make image)\n      - run: pytest", 1),
		`docker compose run starts db with --env`:                                                                     strings.Replace(job, "      - run: pytest", "      - run: docker compose run -d --env A=1 db\n      - run: pytest", 1),
		`service of-action-redis: name: "$(acme/install-redis-server)" is known to its runner alone`:                  strings.Replace(job, "      - run: pytest", "      - uses: acme/install-redis-server@v1\n      - run: pytest", 1),
		`service mongo: supercharge/mongodb-github-action starts it with mongodb-replica-set, which is not done here`: strings.Replace(job, "      - run: pytest", "      - uses: supercharge/mongodb-github-action@v1\n        with: {mongodb-replica-set: rs0}\n      - run: pytest", 1),
		`service of-action-mongodb: name: "$(someone/mongodb-action)" is known to its runner alone`:                   strings.Replace(job, "      - run: pytest", "      - uses: someone/mongodb-action@v1\n      - run: pytest", 1),
	} {
		files[workflow] = workflows
		list, err = discover(tree(files))
		require.NoError(t, err)
		assert.Equal(t, []compose.Service{db}, list[0].Services, lost)
		assert.Contains(t, list[0].Unheard[0], lost+". To have them, name services of a compose file: test-services")
	}
}

// with is a service that differs.
func with(s compose.Service, change func(*compose.Service)) compose.Service {
	change(&s)
	return s
}

// TestPreparations: what the jobs that run the tests have before them, and no gate runs, is
// said: what makes a database's tables, what copies settings, and the script that does.
func TestPreparations(t *testing.T) {
	const before = "jobs:\n  test:\n    steps:\n      - run: sudo apt-get update && sudo apt-get install -y --no-install-recommends ffmpeg libgl1\n      - run: |\n          cp .env.example .env\n          cp main.py main.py\n          mkdir -p data /tmp/x\n          mkdir -p ~/.config/app\n          mkdir scripts\n          touch data\n          uv run bash scripts/start.sh\n          echo x\n          poetry run alembic upgrade head\n"
	files := map[string]string{
		"requirements.txt": "pytest\n", "main.py": "", ".env.example": "", "scripts/start.sh": "set -e\nalembic upgrade head\n",
		".github/workflows/ci.yml": before + "      - run: pytest -q\n      - run: alembic upgrade +1\n",
	}
	list, err := discover(tree(files))
	require.NoError(t, err)
	tool, _ := list[0].Tool("pytest")
	assert.Equal(t, []string{"cp .env.example .env", "touch data", "bash scripts/start.sh", "alembic upgrade head"}, tool.Before)
	assert.Empty(t, list[0].Unheard)
	files[".github/workflows/ci.yml"] = "env: {KEY: '${{ secrets.KEY }}'}\n" + before + "      - run: pytest -q\n"
	list, err = discover(tree(files))
	require.NoError(t, err)
	tool, _ = list[0].Tool("pytest")
	assert.Equal(t, []string{"cp .env.example .env", "touch data"}, tool.Before, "a database's tables may need what is not known")
	assert.Contains(t, list[0].Unheard, ".github/workflows/ci.yml runs before the tests what no gate does: bash scripts/start.sh; alembic upgrade head. "+
		`Where they need it, write gates = {test = ["cp .env.example .env", "touch data", "bash scripts/start.sh", "alembic upgrade head", "pytest"]} in [tool.pingvas-ci] of pyproject.toml`)
	for line, run := range map[string][]string{
		"uv run --frozen alembic upgrade head": {"alembic upgrade head"}, "poetry run python manage.py migrate": {"python manage.py migrate"}, "docker compose exec -T web alembic upgrade head": nil, "conda run -n x alembic upgrade head": nil,
		"if [ -f alembic.ini ]; then alembic upgrade head; fi": nil, "alembic upgrade head &": nil, "bash -c 'alembic upgrade head'": nil, "alembic upgrade head || python manage.py migrate": nil, "mkdir out": {"mkdir out"},
		"alembic -c db/alembic.ini upgrade head": {"alembic -c db/alembic.ini upgrade head"}, "PYTHONPATH=. alembic upgrade head": {"PYTHONPATH=. alembic upgrade head"}, "uv run --env-file .env.test alembic upgrade head": nil,
		"if [ ! -f .env ]; then cp .env.example .env; fi; alembic upgrade head": {"alembic upgrade head"},
	} {
		files[".github/workflows/ci.yml"] = "jobs:\n  test:\n    steps:\n      - run: \"" + line + "\"\n      - run: pytest -q\n"
		list, err := discover(tree(files))
		require.NoError(t, err)
		tool, _ := list[0].Tool("pytest")
		assert.Equal(t, run, tool.Before, line)
	}
	files[".github/workflows/ci.yml"] = "jobs:\n  a: {steps: [{run: mkdir out}, {run: pytest}]}\n  b: {runs-on: windows-latest, steps: [{run: md out}, {run: pytest}]}\n"
	list, err = discover(tree(files))
	require.NoError(t, err)
	tool, _ = list[0].Tool("pytest")
	assert.Equal(t, []string{"mkdir out"}, tool.Before, "another system has its own")
	files[".github/workflows/ci.yml"] = before + "      - run: pytest -q\n      - run: alembic upgrade +1\n"
	list, err = discover(tree(files))
	require.NoError(t, err)
	assert.Equal(t, []string{"ffmpeg", "libgl1"}, list[0].Settings.TestPackages)
	source, is := list[0].InferredFrom(pydef.TestPackages)
	assert.True(t, is)
	assert.Equal(t, "as in .github/workflows/ci.yml", source)
	files["pyproject.toml"] = "[tool.pingvas-ci]\ntest-packages = []\n"
	list, err = discover(tree(files))
	require.NoError(t, err)
	assert.Empty(t, list[0].Settings.TestPackages, "a setting wins")
	delete(files, "pyproject.toml")

	for name, workflow := range map[string]string{"another job": before + "  other:\n    steps:\n      - run: pytest -q\n", "after them": "jobs: {test: {steps: [{run: pytest}, {run: alembic upgrade head}]}}\n"} {
		files[".github/workflows/ci.yml"] = workflow
		list, err = discover(tree(files))
		require.NoError(t, err)
		assert.Empty(t, list[0].Unheard, name)
		assert.Empty(t, list[0].Settings.TestPackages, name)
	}
}

// TestNamesOfServices: what a service is called is a host's name.
func TestNamesOfServices(t *testing.T) {
	for image, names := range map[string][]string{"bitnami/redis:7": {"bitnami-redis", "bitnami__redis"}, "redis:7": {"redis"}, "registry.example:5000/a/b@sha256:x": {"registry.example:5000-a-b", "registry.example:5000__a__b"}} {
		assert.Equal(t, names, compose.Names("", image))
	}
	assert.Equal(t, []string{"pg", "postgres"}, compose.Names("pg,postgres", "x"))
	for name, of := range map[string]map[string]any{"x\ny": {"image": "a"}, "": {"image": "a"}, "c": {"image": "a", "options": "--health-cmd='x ${{ env.A }}'"}} {
		_, err := (&compose.Beside{Services: map[string]map[string]any{name: of}}).Ready(nil)
		assert.Error(t, err, name)
	}
}

// TestCompositeActions: the repository's own actions are steps of the workflows that use
// them, with their inputs; another's are not known.
func TestCompositeActions(t *testing.T) {
	const action = "inputs:\n  suite: {default: all}\n  dir: {required: true}\nruns:\n  using: composite\n  steps:\n" +
		"    - uses: ./tools/packages\n    - run: pytest --suite ${{ inputs.suite }} tests\n      shell: bash\n      working-directory: ${{ inputs.dir }}\n      env: {MODE: \"${{ inputs.suite }}\"}\n"
	files := map[string]string{
		"services/a/pyproject.toml": "[project]\nname = 'a'\n[tool.pytest.ini_options]\n", "services/a/tests/test_a.py": "",
		".github/workflows/ci.yml":        "jobs:\n  test:\n    steps:\n      - uses: actions/checkout@v4\n      - uses: ./.github/actions/test\n        with: {dir: services/a}\n        env: {LEVEL: debug}\n",
		".github/actions/test/action.yml": action,
		"tools/packages/action.yaml":      "runs: {using: composite, steps: [{run: sudo apt-get install -y graphviz, shell: bash}]}\n",
	}
	list, err := discover(tree(files))
	require.NoError(t, err)
	require.Len(t, list, 1)
	tool, has := list[0].Tool("pytest")
	assert.True(t, has)
	assert.Equal(t, []string{"--suite", "all", "tests"}, tool.Arguments)
	assert.Equal(t, "all", list[0].Settings.Environment["MODE"])
	assert.Equal(t, "debug", list[0].Settings.Environment["LEVEL"])
	assert.Equal(t, []string{"graphviz"}, list[0].Settings.TestPackages)
	matcher, err := list[0].Inputs.Matcher()
	require.NoError(t, err)
	for file, want := range map[string]bool{".github/actions/test/action.yml": true, "tools/packages/action.yaml": true, "tools/packages/other.yaml": false} {
		why, err := matcher.Why(file)
		require.NoError(t, err)
		assert.Equal(t, want, why != "", file)
	}

	files["tools/packages/action.yaml"] = "runs: {using: composite, steps: [{uses: awalsh128/cache-apt-pkgs-action@v1, with: {packages: graphviz jq, version: 1}}]}\n"
	list, err = discover(tree(files))
	require.NoError(t, err)
	assert.Equal(t, []string{"graphviz", "jq"}, list[0].Settings.TestPackages)

	files["tools/packages/action.yaml"] = "runs: {using: composite, steps: [{uses: ./.github/actions/test}]}\n" // Each uses the other.
	list, err = discover(tree(files))
	require.NoError(t, err)
	assert.Empty(t, list[0].Settings.TestPackages)
}

// TestCalledWorkflows: a workflow is read as those of the repository call it, and each of
// their files decides.
func TestCalledWorkflows(t *testing.T) {
	const called = ".github/workflows/_test.yml"
	files := map[string]string{
		"pyproject.toml": "[project]\nname = 'a'\n[tool.pytest.ini_options]\n", "tests/unit/test_a.py": "", "tests/api/test_b.py": "",
		".github/workflows/ci.yml": "jobs:\n  test:\n    uses: ./.github/workflows/_test.yml\n    with: {options: --suite fast}\n",
		called:                     "on:\n  workflow_call:\n    inputs: {options: {type: string, default: --suite all}}\njobs:\n  run:\n    steps:\n      - run: pytest ${{ inputs.options }}\n",
	}
	arguments := func() []string {
		list, err := discover(tree(files))
		require.NoError(t, err)
		require.Len(t, list, 1)
		tool, _ := list[0].Tool("pytest")
		matcher, err := list[0].Inputs.Matcher()
		require.NoError(t, err)
		why, err := matcher.Why(".github/workflows/ci.yml")
		require.NoError(t, err)
		assert.Equal(t, files[".github/workflows/ci.yml"] != "", why != "")
		return tool.Arguments
	}
	assert.Equal(t, []string{"--suite", "fast"}, arguments())
	delete(files, ".github/workflows/ci.yml")
	assert.Equal(t, []string{"--suite", "all"}, arguments(), "nobody calls it")

	files[called] = "on:\n  push:\n  workflow_call:\n    inputs: {path: {type: string, default: tests/unit}}\njobs:\n  run:\n    steps:\n      - run: pytest ${{ inputs.path }}\n"
	assert.Empty(t, arguments(), "it starts by itself as well")
	files[called] = "on:\n  workflow_call:\n    inputs: {path: {type: string}}\njobs:\n  run:\n    steps:\n      - run: pytest ${{ inputs.path }}\n"
	files[".github/workflows/ci.yml"] = "jobs:\n  test:\n    uses: ./.github/workflows/_test.yml\n    with: {path: tests/api}\n"
	files[".github/workflows/pr.yml"] = "jobs:\n  test:\n    uses: ./.github/workflows/_test.yml\n    with: {path: tests/unit}\n"
	assert.Empty(t, arguments(), "two jobs of one name")
	files[".github/workflows/pr.yml"] = "jobs:\n  test:\n    if: false\n    uses: ./.github/workflows/_test.yml\n    with: {path: tests/unit}\n"
	assert.Equal(t, []string{"tests/api"}, arguments(), "one never runs")
	delete(files, ".github/workflows/pr.yml")
	files[".github/workflows/ci.yml"] = "jobs:\n  test:\n    strategy: {matrix: {suite: [api, unit]}}\n    uses: ./.github/workflows/_test.yml\n    with: {path: 'tests/${{ matrix.suite }}'}\n"
	assert.Empty(t, arguments(), "each cell runs a part")
}
