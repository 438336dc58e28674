package definitions_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// compiled is a Dockerfile of two stages.
const compiled = `FROM --platform=$BUILDPLATFORM golang:1.26 AS build
COPY go.mod *.go ./
COPY testdata testdata
RUN go build -o /server .
FROM scratch
COPY --from=build /server /server
EXPOSE 9090/udp 8080
ENTRYPOINT ["/server"]
`

// TestContainers: what is one, what only looks so, and what is said of that.
func TestContainers(t *testing.T) {
	for name, test := range map[string]struct {
		files  map[string]string
		want   map[string]string // path to kind
		passed []string
	}{
		"a language's manifest": {
			files: map[string]string{
				"api/Dockerfile": compiled, "api/go.mod": "", "shop/Dockerfile": compiled, "shop/Shop.csproj": "", "svc/rust/Dockerfile": compiled,
				"svc/rust/Cargo.toml": "", "svc/ruby/Dockerfile": compiled, "svc/ruby/Gemfile": "", "java/Dockerfile": compiled, "java/pom.xml": "",
			},
			want: map[string]string{"api": "container", "shop": "container", "svc/rust": "container", "svc/ruby": "container", "java": "container"},
		},
		"a program for Node.js that another manager locks": {
			files: map[string]string{
				"pay/Dockerfile": compiled, "pay/package.json": `{"dependencies": {"express": "5.1.0"}}`, "pay/package-lock.json": "{}",
				"run/Dockerfile": compiled, "run/package.json": `{"scripts": {"start": "node ."}}`, "run/yarn.lock": "",
				"kit/Dockerfile": compiled, "kit/package.json": `{"devDependencies": {"prettier": "3.6.2"}}`,
			},
			want:   map[string]string{"pay": "container", "run": "container"},
			passed: []string{`kit: it has a Dockerfile, and no manifest of a language that is known; to include it, add a pingvas-ci.toml, even an empty one, or write include = ["**", "kit"] in the repository's settings`},
		},
		"settings of its own": {
			files: map[string]string{"tools/job/Dockerfile": compiled, "tools/job/pingvas-ci.toml": "", "x/pingvas-ci.toml": "dockerfile = 'deploy/Dockerfile.x'", "deploy/Dockerfile.x": compiled},
			want:  map[string]string{"tools/job": "container", "x": "container"},
		},
		"neither": {
			files: map[string]string{"api/Dockerfile": compiled, "api/go.mod": "", "docker/Dockerfile": compiled, "y/pingvas-ci.toml": "port = 1"},
			want:  map[string]string{"api": "container"},
			passed: []string{
				`docker: it has a Dockerfile, and no manifest of a language that is known; to include it, add a pingvas-ci.toml, even an empty one, or write include = ["**", "docker"] in the repository's settings`,
				`y: it has a pingvas-ci.toml and no Dockerfile; to include it, add one, or write include = ["**", "y"] in the repository's settings`,
			},
		},
		"named by the repository": {
			files: map[string]string{"docker/Dockerfile": compiled, "pingvas-ci.toml": "[repository]\ninclude = ['**', 'docker']\n"},
			want:  map[string]string{"docker": "container"},
		},
		"excluded": {
			files:  map[string]string{"docker/Dockerfile": compiled, "api/Dockerfile": compiled, "api/go.mod": "", "pingvas-ci.toml": "[repository]\nexclude = ['docker', 'api']\n"},
			want:   map[string]string{},
			passed: []string{`api: excluded by pingvas-ci.toml`},
		},
		"another name of the file": {
			files: map[string]string{"api/Dockerfile.dev": compiled, "api/go.mod": "", "b/dockerfile": compiled, "b/go.mod": ""},
			want:  map[string]string{},
		},
		"inside of other components": {
			files: map[string]string{
				"services/a/requirements.txt": "", "services/a/go/Dockerfile": compiled, "services/a/go/go.mod": "",
				"web/package.json": "{}", "web/pnpm-lock.yaml": "", "web/Dockerfile": "FROM node\n", "web/docker/Dockerfile": compiled, "web/docker/go.mod": "",
			},
			want: map[string]string{"services/a": "python", "web": "frontend"},
		},
		"another kind has the same directory": {
			files: map[string]string{"services/a/pyproject.toml": "[project]\nname = 'a'\n", "services/a/Cargo.toml": "", "services/a/Dockerfile": compiled},
			want:  map[string]string{"services/a": "python"},
		},
		"the repository itself": {
			files: map[string]string{"go.mod": "module example.org/api\n", "Dockerfile": compiled, "main.go": ""},
			want:  map[string]string{".": "container"},
		},
		"beside a root of another kind": {
			files:  map[string]string{"pyproject.toml": "[project]\nname = 'app'\n", "proxy/Dockerfile": compiled, "proxy/go.mod": "", "docker/Dockerfile": compiled},
			want:   map[string]string{".": "python"},
			passed: []string{`proxy: it lies in the component of the repository's root; to include it, write include = ["**", "proxy"] in the repository's settings`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := component.Discover(tree(test.files), kinds, nil)
			require.NoError(t, err)
			got := map[string]string{}
			for _, c := range found.Components {
				got[c.Path] = string(c.Kind)
			}
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.passed, found.PassedOver)
		})
	}
}

// TestAContainersSettings are read from its Dockerfile where they say nothing.
func TestAContainersSettings(t *testing.T) {
	list, err := discover(tree(map[string]string{
		"api/Dockerfile": compiled, "api/go.mod": "",
		"api/pingvas-ci.toml": "gates-target = 'Build'\nhealth-path = '/healthz'\ngates = {test = ['go test ./...'], lint = ['go vet ./...']}\n",
		"job/Dockerfile":      "FROM scratch\n", "job/go.mod": "", "job/pingvas-ci.toml": "platforms = ['linux/amd64']\n[gates]\ntest = ['/job --check']\n",
	}))
	require.NoError(t, err)
	api, job := list[0], list[1]
	assert.Equal(t, component.Deployment{Port: 8080, HealthPath: "/healthz", User: 65532, Secret: true, Route: component.API}, api.Deployment)
	assert.Equal(t, "build", api.Settings.GatesTarget)
	assert.Equal(t, []string{"lint", "test"}, api.Settings.NamedGates())
	assert.Equal(t, component.Deployment{User: 65532, Secret: true}, job.Deployment)
	assert.Empty(t, job.Settings.GatesTarget, "the only stage")
}

// TestAContainersName is its directory's, unless that says nothing; at the root, its
// project's.
func TestAContainersName(t *testing.T) {
	for want, files := range map[string]map[string]string{
		"podinfo": {"Dockerfile": compiled, "go.mod": "module github.com/stefan/podinfo/v6\n\ngo 1.26\n"},
		"crate":   {"Dockerfile": compiled, "Cargo.toml": "[package]\nname = 'crate'\n"},
		"cart":    {"services/cart/src/Dockerfile": compiled, "services/cart/src/cart.csproj": ""},
		"set":     {"services/cart/src/Dockerfile": compiled, "services/cart/src/pingvas-ci.toml": "name = 'set'"},
		"app":     {"Dockerfile": compiled, "pom.xml": ""},
		"shop":    {"Dockerfile": compiled, "package.json": `{"name": "@acme/shop", "scripts": {"start": "node ."}}`, "yarn.lock": ""},
		"src":     {"src/Dockerfile": compiled, "src/go.mod": "module x\n"},
	} {
		list, err := discover(tree(files))
		require.NoError(t, err, want)
		assert.Equal(t, want, list[0].Name)
	}
}

// TestAContainersInputs are what the stages of its image and of its gates copy.
func TestAContainersInputs(t *testing.T) {
	files := map[string]string{
		"api/Dockerfile": "FROM golang AS build\nCOPY *.go ./\nFROM build AS check\nCOPY testdata testdata\nFROM scratch\nCOPY --from=build /s /s\n",
		"api/go.mod":     "", "api/pingvas-ci.toml": "gates-target = 'check'\ngates = {test = ['go test ./...']}\n",
	}
	list, err := discover(tree(files))
	require.NoError(t, err)
	for file, want := range map[string]bool{
		"api/main.go": true, "api/testdata/a": true, "api/Dockerfile": true, "api/Dockerfile.dockerignore": true, "api/.dockerignore": true,
		"api/README.md": false, ".golangci.yml": false, "ruff.toml": false, "go.work": false, "api/deep/main.go": false,
	} {
		plan, err := affected.Plan(list, []string{file})
		require.NoError(t, err)
		assert.Equal(t, want, len(plan) > 0, file)
	}
}

// TestRefusedContainers says what is wrong, and what to write.
func TestRefusedContainers(t *testing.T) {
	for says, settings := range map[string]string{
		`Write gates-target = "…", one of build, 1`:                     "gates = {test = ['x']}",
		`gates-target names a stage, and there are no gates`:            "gates-target = 'build'",
		`gate lint: command "a | b": no shell reads "|"`:                "gates-target = 'build'\ngates = {lint = ['a | b']}",
		`the setting "coverage-threshold" does nothing for a container`: "coverage-threshold = 1",
		`the setting "system-packages" does nothing for a container`:    "system-packages = ['gcc']",
		`unknown key "gate"; did you mean "gates"?`:                     "gate = 1",
		`key "gatesTarget". Write it in kebab-case: "gates-target"`:     "gatesTarget = 'build'",
		`"repository" is of the whole repository, and this is api`:      "[repository]\ninclude = ['x']",
		`there is no stage "run"`:                                       "target = 'run'",
	} {
		assert.ErrorContains(t, faults(tree(map[string]string{"api/Dockerfile": compiled, "api/go.mod": "", "api/pingvas-ci.toml": settings})), says)
	}
	assert.ErrorContains(t, faults(tree(map[string]string{"services/a/pyproject.toml": "[project]\nname = 'a'\n[tool.pingvas-ci]\nport = 1\n", "services/a/pingvas-ci.toml": "port = 2\n"})), "its settings stand in services/a/pyproject.toml and in services/a/pingvas-ci.toml. Keep them in one")
	list, err := discover(tree(map[string]string{"services/a/requirements.txt": "", "services/a/pingvas-ci.toml": "port = 2\n"}))
	require.NoError(t, err)
	assert.Equal(t, 2, list[0].Settings.Port, "the settings of a service without a pyproject.toml")
	assert.Equal(t, 2, list[0].Deployment.Port, "where it listens is where it is asked")
}

// TestPortOfAFrontend: who listens is the recipe's server, or what a Dockerfile starts.
func TestPortOfAFrontend(t *testing.T) {
	files := map[string]string{
		"web/package.json":   `{"name": "web", "scripts": {"build": "next build"}, "pingvas-ci": {"port": 3000, "healthPath": "/api/health"}}`,
		"web/pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
	}
	assert.ErrorContains(t, faults(tree(files)), "the server of the built-in recipe listens on 8080 and answers /healthz: port and healthPath are for an image by a Dockerfile. Take them out of web/package.json")
	files["web/Dockerfile"] = "FROM scratch\n"
	list, err := discover(tree(files))
	require.NoError(t, err)
	assert.Equal(t, 3000, list[0].Deployment.Port)
	assert.Equal(t, "/api/health", list[0].Deployment.HealthPath)
}
