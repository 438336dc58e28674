// Package definitions_test proves what the kinds' definitions come to together.
package definitions_test

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/container/containerdef"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/cuda/cudadef"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/frontend/frontenddef"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python/pydef"
)

// kinds are those that are tried together.
var kinds = []component.Definition{cudadef.Definition{}, pydef.Definition{}, frontenddef.Definition{}, containerdef.Definition{}}

func discover(fsys fs.FS) ([]component.Component, error) {
	found, err := component.Discover(fsys, kinds, nil)
	return found.Components, err
}

// faults are what is wrong with the repository, or with any of its components.
func faults(fsys fs.FS) error {
	list, err := discover(fsys)
	all := []error{err}
	for _, c := range list {
		if c.Fault != "" {
			all = append(all, errors.New(c.Fault))
		}
	}
	return errors.Join(all...)
}

// tree makes a repository of path and content pairs.
func tree(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return fsys
}

// studio is the guide's application repository.
func studio(more map[string]string) fstest.MapFS {
	files := map[string]string{
		"pyproject.toml":                              "[tool.ruff]\nline-length = 100\n",
		"services/user-service/requirements.txt":      "fastapi\n",
		"services/generation-service/pyproject.toml":  "[project]\nname = \"generation\"\nrequires-python = \">=3.13\"\n",
		"services/payment-service/requirements.txt":   "",
		"services/payment-service/Dockerfile":         "FROM python\n",
		"services/payment-service/.python-version":    "# pyenv\n3.11.9\n",
		"services/gallery-service/requirements.txt":   "",
		"services/gallery-service/tests/package.json": "{}",
		"services/ai-worker/requirements.txt":         "torch\n",
		"services/ai-worker/Dockerfile.cuda":          "FROM nvidia/cuda\n",
		"frontend/web/package.json":                   `{"name": "@pingvas/web", "packageManager": "pnpm@9.15.4+sha512.abc"}`,
		"frontend/web/pnpm-lock.yaml":                 "",
		"frontend/web/node_modules/x/package.json":    "{}",
		"frontend/web/node_modules/x/pnpm-lock.yaml":  "",
		"libs/common/pyproject.toml":                  "[project]\nname = \"common\"\n",
		".hidden/requirements.txt":                    "",
		"tools/.venv/requirements.txt":                "",
		"tools/env/pyvenv.cfg":                        "",
		"tools/env/requirements.txt":                  "",
		"a/b/c/d/e/requirements.txt":                  "too deep",
	}
	for name, content := range more {
		files[name] = content
	}
	return tree(files)
}

func TestDiscoverTheGuidesRepository(t *testing.T) {
	list, err := discover(studio(nil))
	require.NoError(t, err)

	type row struct {
		Name, Path string
		Kind       component.Kind
	}
	var rows []row
	for _, c := range list {
		rows = append(rows, row{c.Name, c.Path, c.Kind})
	}
	assert.Equal(t, []row{
		{"frontend", "frontend/web", frontenddef.Kind},
		{"ai-worker", "services/ai-worker", cudadef.Kind},
		{"gallery-service", "services/gallery-service", pydef.Kind},
		{"generation-service", "services/generation-service", pydef.Kind},
		{"payment-service", "services/payment-service", pydef.Kind},
		{"user-service", "services/user-service", pydef.Kind},
	}, rows)
}

func TestDefaultsAreTheGuides(t *testing.T) {
	list, err := discover(studio(nil))
	require.NoError(t, err)
	find := func(name string) component.Component {
		c, err := component.Find(list, name)
		require.NoError(t, err)
		return c
	}

	user := find("user-service")
	assert.Equal(t, component.Version{Tool: "python", Value: "3.12", Source: "default"}, user.Version("python"))
	assert.Equal(t, []string{"linux/arm64", "linux/amd64"}, user.Settings.Platforms)
	assert.Empty(t, user.Settings.Dockerfile, "the built-in recipe")
	assert.Empty(t, user.Settings.TestPaths, "the tool's own")
	assert.Empty(t, user.TagSuffix)

	worker := find("ai-worker")
	assert.Equal(t, []string{"linux/amd64"}, worker.Settings.Platforms)
	assert.Equal(t, []string{"tests/unit"}, worker.Settings.TestPaths)
	assert.Equal(t, "services/ai-worker/Dockerfile.cuda", worker.Settings.Dockerfile)
	assert.Equal(t, "-cuda", worker.TagSuffix)

	web := find("frontend")
	assert.Equal(t, component.Version{Tool: "node", Value: "22", Source: "default"}, web.Version("node"))
	assert.Equal(t, component.Version{Tool: "pnpm", Value: "9.15.4", Source: "packageManager"}, web.Version("pnpm"))

	assert.Equal(t, component.Version{Tool: "python", Value: "3.13", Source: "requires-python"}, find("generation-service").Version("python"))
	payment := find("payment-service")
	assert.Equal(t, component.Version{Tool: "python", Value: "3.11.9", Source: ".python-version"}, payment.Version("python"))
	assert.Equal(t, "services/payment-service/Dockerfile", payment.Settings.Dockerfile)
	assert.Len(t, component.Of(list, pydef.Kind), 4)
}

func TestSettings(t *testing.T) {
	list, err := discover(studio(map[string]string{
		"services/user-service/pyproject.toml": `
[project]
name = "user"
[tool.pingvas-ci]
name = "users"
libraries = ["libs/common", "../../shared/auth"]
context = "."
dockerfile = "docker/Dockerfile.api"
target = "runtime"
platforms = ["linux/arm64"]
system-packages = ["libpq5", "curl=7.88.1-10+deb12u12"]
build-packages = ["gcc"]
entrypoint = ["uvicorn", "app.main:app"]
coverage-threshold = 80
test-paths = ["tests/unit", "tests/api"]
cache-volumes = ["/root/.cache/models"]
writable = ["./", "data/"]
port = 8000
health-path = "/healthz"
allow-unhashed = true
allow-extra-index = true
allow-emulation = true
[tool.pingvas-ci.build-args]
VITE_API_URL = "https://api.pingvas.studio"
[tool.pingvas-ci.environment]
LOG_LEVEL = "debug"
[tool.pingvas-ci.image-environment]
LOG_LEVEL = "info"
`,
		"docker/Dockerfile.api":      "FROM scratch\n",
		"docker/Dockerfile.frontend": "FROM nginx\n",
		"shared/auth/pyproject.toml": "[project]\nname='auth'\n[tool.pingvas-ci]\nlibraries = ['libs/common', 'libs/crypto']\n",
		"libs/crypto/pyproject.toml": "[tool.pingvas-ci]\nlibraries = ['../../shared/auth']\n",
		"frontend/web/package.json":  `{"pingvas-ci": {"buildArgs": {"VITE_WS_URL": "wss://api.pingvas.studio"}, "coverageThreshold": 70.5}}`,
	}))
	require.NoError(t, err)

	users, err := component.Find(list, "users")
	require.NoError(t, err)
	assert.Equal(t, component.Settings{
		Name: "users", Libraries: []string{"libs/common", "shared/auth"}, Context: ".",
		Dockerfile: "docker/Dockerfile.api", Target: "runtime", Platforms: []string{"linux/arm64"},
		SystemPackages: []string{"libpq5", "curl=7.88.1-10+deb12u12"}, BuildPackages: []string{"gcc"}, CoverageThreshold: 80,
		Entrypoint:  []string{"uvicorn", "app.main:app"},
		TestPaths:   []string{"tests/unit", "tests/api"},
		BuildArgs:   map[string]string{"VITE_API_URL": "https://api.pingvas.studio"},
		Environment: map[string]string{"LOG_LEVEL": "debug"}, ImageEnvironment: map[string]string{"LOG_LEVEL": "info"},
		CacheVolumes: []string{"/root/.cache/models"},
		Writable:     []string{".", "data"},
		Port:         8000, HealthPath: "/healthz", AllowUnhashed: true, AllowExtraIndex: true, AllowEmulation: true,
	}, users.Settings)
	assert.Equal(t, []component.Library{
		{Path: "libs/common", Import: "libs/common/src"}, {Path: "shared/auth", Import: "shared/auth/src"},
		{Path: "libs/crypto", Via: "shared/auth", Import: "libs/crypto/src"},
	}, users.Libraries, "transitively, and a circle ends")

	web, err := component.Find(list, "frontend")
	require.NoError(t, err)
	assert.Equal(t, "docker/Dockerfile.frontend", web.Settings.Dockerfile)
	assert.InDelta(t, 70.5, web.Settings.CoverageThreshold, 0)
	assert.Equal(t, "wss://api.pingvas.studio", web.Settings.BuildArgs["VITE_WS_URL"])

	auth, err := component.Find(list, "auth")
	require.NoError(t, err)
	assert.Equal(t, "it is a library of users. For an image of its own, add a Dockerfile", auth.NoImage)
}

func TestRefusals(t *testing.T) {
	python := func(table string) map[string]string {
		return map[string]string{"services/user-service/pyproject.toml": "[tool.pingvas-ci]\n" + table}
	}
	frontend := func(content string) map[string]string {
		return map[string]string{"frontend/web/package.json": content}
	}
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"unknown TOML key": {python("system-pakages = []"),
			`services/user-service/pyproject.toml: [tool.pingvas-ci]: unknown key "system-pakages"; did you mean "system-packages"?`},
		"camelCase in TOML": {python("buildArgs = {}"), `Write it in kebab-case: "build-args"`},
		"unknown JSON key": {frontend(`{"pingvas-ci": {"build-args": {}}}`),
			`frontend/web/package.json: "pingvas-ci": unknown key "build-args"; did you mean "buildArgs"?`},
		"wrong type":      {python(`coverage-threshold = "much"`), `key "coverage-threshold" holds a string where a float64 belongs`},
		"no table":        {map[string]string{"services/user-service/pyproject.toml": "[tool]\npingvas-ci = 1"}, "is no table"},
		"broken TOML":     {python("name = "), "services/user-service/pyproject.toml:2:"},
		"broken JSON":     {frontend("{"), "frontend/web/package.json: unexpected end of JSON input"},
		"CUDA on arm":     {map[string]string{"services/ai-worker/pyproject.toml": "[tool.pingvas-ci]\nplatforms = ['linux/arm64']"}, "a CUDA worker is published for linux/amd64 only"},
		"foreign OS":      {python("platforms = ['windows/amd64']"), `platform "windows/amd64" is not supported`},
		"platform twice":  {python("platforms = ['linux/amd64', 'linux/amd64']"), "is named twice"},
		"lost Dockerfile": {python("dockerfile = 'Dockerfile.gone'"), `dockerfile "Dockerfile.gone" is neither in services/user-service nor`},
		"lost library":    {python("libraries = ['libs/gone']"), "library libs/gone (named by services/user-service) is no directory"},
		"library outside": {python("libraries = ['../../../etc']"), "lies outside of the repository"},
		"context":         {python("context = '..'"), `context "..": write "."`},
		"coverage":        {python("coverage-threshold = 101"), "coverage threshold 101 is no percentage"},
		"option as package": {python("system-packages = ['--allow-unauthenticated']"),
			`package "--allow-unauthenticated" is no name of a Debian package`},
		"option as test path": {python("test-paths = ['-pno:cov']"), `test path "-pno:cov"`},
		"test path outside":   {python("test-paths = ['../x']"), `test path "../x" leaves`},
		"writable elsewhere":  {python("writable = ['../data']"), `writable "../data" is no directory of the component's`},
		"cache of the root":   {python("cache-volumes = ['/']"), `cache volume "/": write a path of the component's own`},
		"relative cache":      {python("cache-volumes = ['models']"), `cache volume "models"`},
		"a cache of tools":    {python("cache-volumes = ['/usr/local/lib']"), `cache volume "/usr/local/lib"`},
		"the uv cache":        {python("cache-volumes = ['/root/.cache/uv']"), `cache volume "/root/.cache/uv"`},
		"leaving cache":       {python("cache-volumes = ['/root/../etc']"), `cache volume "/root/../etc"`},
		"port":                {python("port = 70000"), "port 70000 is none"},
		"health path":         {python("port = 80\nhealth-path = '/a b'"), `health path "/a b"`},
		"health without port": {python("health-path = '/healthz'"), "and the port setting with it"},
		"image variable":      {python("image-environment = {'1X' = 'c'}"), `variable "1X" is no variable's name`},
		"variable":            {python("environment = {'A=B' = 'c'}"), `variable "A=B" is no variable's name`},
		"name":                {python("name = 'User Service'"), `User Service`},
		"stage":               {python("target = '--x'"), `target "--x"`},
		"yarn":                {frontend(`{"packageManager": "yarn@4.0.0"}`), `packageManager "yarn@4.0.0" is no version of pnpm`},
		"two of one name": {map[string]string{"apps/user-service/requirements.txt": ""},
			`two components are called "user-service": apps/user-service and services/user-service`},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, faults(studio(test.files)), test.want)
		})
	}
}

func TestEveryFailureIsReported(t *testing.T) {
	err := faults(studio(map[string]string{
		"services/user-service/pyproject.toml":    "[tool.pingvas-ci]\nport = 70000",
		"services/gallery-service/pyproject.toml": "[tool.pingvas-ci]\nport = 70000",
	}))
	require.ErrorContains(t, err, "services/user-service")
	require.ErrorContains(t, err, "services/gallery-service")
}

func TestAVersionThatNobodyKnowsIsItsComponentsAlone(t *testing.T) {
	for name, test := range map[string]struct {
		file, text, tool string
		want             component.Version
	}{
		"python": {"services/user-service/.python-version", "pypy\n", "python", component.Version{
			Value: "pypy", Source: ".python-version", Fault: `services/user-service/.python-version: "pypy" is no version. Write one like 3.12`,
		}},
		"empty": {"services/user-service/.python-version", "\n", "python", component.Version{
			Source: ".python-version", Fault: "services/user-service/.python-version is empty. Write a version or delete the file",
		}},
		"requires-python": {"services/user-service/pyproject.toml", "[project]\nrequires-python='<3'", "python", component.Version{
			Value: "<3", Source: "requires-python", Fault: `services/user-service/pyproject.toml: requires-python "<3": none of 3.12, 3.13, 3.14, 3.15, 3.11, 3.10, 3.9 fits. Widen the range`,
		}},
		"node": {"frontend/web/.nvmrc", "lts/unobtainium\n", "node", component.Version{
			Value: "lts/unobtainium", Source: ".nvmrc", Fault: `frontend/web/.nvmrc: "lts/unobtainium" is no version of Node.js. Write one like 22 or lts/jod`,
		}},
		"node range": {"frontend/web/package.json", `{"engines": {"node": ">=99"}}`, "node", component.Version{
			Value: ">=99", Source: "engines.node", Fault: `frontend/web/package.json: engines.node ">=99": none of 22, 24, 26, 25, 23, 20, 18 fits. Widen the range`,
		}},
		"no range": {"frontend/web/package.json", `{"engines": {"node": "whatever"}}`, "node", component.Version{
			Value: "whatever", Source: "engines.node", Fault: `frontend/web/package.json: engines.node "whatever": improper constraint: "whatever". Write a range like >=22`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := discover(studio(nil))
			require.NoError(t, err)
			list, err := discover(studio(map[string]string{test.file: test.text}))
			require.NoError(t, err)
			assert.Len(t, list, len(all))
			at := slices.IndexFunc(list, func(c component.Component) bool { return c.Path == path.Dir(test.file) })
			require.GreaterOrEqual(t, at, 0)
			test.want.Tool = test.tool
			assert.Equal(t, test.want, list[at].Version(test.tool))
		})
	}
}

func TestVersions(t *testing.T) {
	for specifier, want := range map[string]string{
		">=3.11": "3.12", ">=3.13": "3.13", "<3.12": "3.11", "==3.11.*": "3.11", "~=3.13": "3.13", "~=3.11": "3.12",
		"~=3.11.4": "3.11", ">=3.10,<3.12": "3.11", "!=3.12.*": "3.13", "!=3.12.1": "3.12", ">3.12": "3.12",
		"<=3.12": "3.11", ">=3.12.4, <4": "3.12", "==3.14.2": "3.14", ">=3": "3.12", ">=3.15": "3.15",
	} {
		list, err := discover(tree(map[string]string{
			"services/a/pyproject.toml": "[project]\nname='a'\nrequires-python = '" + specifier + "'",
		}))
		require.NoError(t, err, specifier)
		assert.Equal(t, want, list[0].Version("python").Value, specifier)
	}
	for engine, want := range map[string]string{
		">=20": "22", "^22.1.0": "22", "22": "22", "22.x": "22", ">=20 <22": "20", "18 || 20": "20", ">=24": "24", "22.11.0": "22.11.0",
		">=26": "26", "~22.11.0": "22", "22.11.x": "22", ">=22.4 <22.12": "22", ">=18 <=20": "20", "^20.19.0 || >=22.12.0": "22", "^26.1": "26",
	} {
		list, err := discover(tree(map[string]string{
			"web/package.json": `{"engines": {"node": "` + engine + `"}}`, "web/pnpm-lock.yaml": "",
		}))
		require.NoError(t, err, engine)
		assert.Equal(t, component.Version{Tool: "node", Value: want, Source: "engines.node"}, list[0].Version("node"), engine)
	}
}

func TestVersionFiles(t *testing.T) {
	for line, want := range map[string]string{
		"v22.3.0": "22.3.0", "22": "22", "lts/*": "26", "lts/jod": "22", "lts/Krypton": "24", "lts/-1": "24", "node": "26", "stable": "26",
		"24 # until the next": "24", "node-v24.1.0": "24.1.0",
	} {
		list, err := discover(tree(map[string]string{"web/package.json": "{}", "web/pnpm-lock.yaml": "", "web/.nvmrc": line + "\n"}))
		require.NoError(t, err, line)
		assert.Equal(t, component.Version{Tool: "node", Value: want, Source: ".nvmrc"}, list[0].Version("node"), line)
	}
	for line, want := range map[string]string{
		"3.12": "3.12", "3.12.4\n3.11": "3.12.4", "# ours\n3.13": "3.13", "cpython-3.14.2": "3.14.2", "cpython@3.13": "3.13",
	} {
		list, err := discover(tree(map[string]string{"services/a/pyproject.toml": "[project]\nname='a'", "services/a/.python-version": line + "\n"}))
		require.NoError(t, err, line)
		assert.Equal(t, component.Version{Tool: "python", Value: want, Source: ".python-version"}, list[0].Version("python"), line)
	}
}

func TestRepositoryPythonVersion(t *testing.T) {
	list, err := discover(studio(map[string]string{".python-version": "3.13"}))
	require.NoError(t, err)
	user, err := component.Find(list, "user-service")
	require.NoError(t, err)
	assert.Equal(t, component.Version{Tool: "python", Value: "3.13", Source: "repository .python-version"}, user.Version("python"))
}

func TestTwoFrontendsKeepTheirNames(t *testing.T) {
	list, err := discover(studio(map[string]string{
		"frontend/admin/package.json": "{}", "frontend/admin/pnpm-lock.yaml": "",
	}))
	require.NoError(t, err)
	assert.Equal(t, "admin", list[0].Name)
	assert.Equal(t, "web", list[1].Name)
}

func TestRepositoryThatIsOneComponent(t *testing.T) {
	list, err := discover(tree(map[string]string{"package.json": `{"name": "@pingvas/site"}`, "pnpm-lock.yaml": ""}))
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, "site", list[0].Name)

	none, err := discover(tree(map[string]string{"README.md": ""}))
	require.NoError(t, err)
	_, err = component.Find(none, "x")
	assert.ErrorContains(t, err, "has no components")
}

// TestExampleRepository reads the application repository that the project ships.
func TestExampleRepository(t *testing.T) {
	const example = "../../../../../examples/studio"
	if _, err := os.Stat(example); err != nil {
		t.Skip("the module stands alone, without the project's examples")
	}
	list, err := discover(os.DirFS(example))
	require.NoError(t, err)
	kinds := map[string]component.Kind{}
	for _, c := range list {
		kinds[c.Name] = c.Kind
	}
	assert.Equal(t, map[string]component.Kind{
		"user-service": pydef.Kind, "generation-service": pydef.Kind, "payment-service": pydef.Kind,
		"gallery-service": pydef.Kind, "notification-service": pydef.Kind, "ai-worker": cudadef.Kind, "frontend": frontenddef.Kind,
	}, kinds)
}

func TestTable(t *testing.T) {
	list, err := discover(tree(map[string]string{
		"services/payment/requirements.txt": "", "services/payment/Dockerfile": "", "services/payment/.python-version": "3.13",
		"frontend/web/package.json": `{"packageManager": "pnpm@10.1.0"}`, "frontend/web/pnpm-lock.yaml": "",
	}))
	require.NoError(t, err)
	assert.Equal(t, `NAME      KIND      PATH              VERSIONS                                         IMAGE BY                     PLATFORMS
frontend  frontend  frontend/web      node 22 (default), pnpm 10.1.0 (packageManager)  built-in recipe              linux/arm64 linux/amd64
payment   python    services/payment  python 3.13 (.python-version)                    services/payment/Dockerfile  linux/arm64 linux/amd64
`, component.Table(component.Found{Components: list}))
	assert.Contains(t, component.Table(component.Found{}), "no components: nothing to do")
}

// TestAllPassedOver: a repository of which nothing is read is an error, and one
// that has nothing yet is none.
func TestAllPassedOver(t *testing.T) {
	_, err := component.Found{PassedOver: []string{"docs: a folder called docs is for documents, tools or templates", "e2e: excluded by pingvas-ci.toml"}}.All()
	assert.ErrorContains(t, err, "passed over (docs: a folder called docs is for documents, tools or templates). Say with --source")
	none, err := component.Found{}.All()
	require.NoError(t, err)
	assert.Empty(t, none)
}

// TestDockerFolder: a component's folder called docker has its Dockerfile.
func TestDockerFolder(t *testing.T) {
	found, err := discover(tree(map[string]string{"pyproject.toml": "[project]\nname = 'shop'\n", "shop/__init__.py": "", "docker/Dockerfile": "FROM scratch\nCOPY shop /shop\n"}))
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, "docker/Dockerfile", found[0].Settings.Dockerfile)
	assert.Empty(t, found[0].Settings.Context)
}
