package mirror

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/airgap/internal/cache"
	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
	"github.com/pingvas/pingvas-ci/airgap/internal/host"
	"github.com/pingvas/pingvas-ci/airgap/internal/progress"
	"github.com/pingvas/pingvas-ci/airgap/internal/state"
)

// public is what a public image is to those who build on it, run it or scan it.
type public struct {
	// source says where the facts were read.
	source string
	// env are the variables, each with its value; "*" is one that tells the
	// version of the image itself.
	env map[string]string
	// config is the rest of the configuration.
	config v1.Config
	// places are files and directories that others count on, and absent what is
	// not there, as patterns.
	places, absent []string
	// otherwise are the variables that the kit's image does not have, and why.
	otherwise map[string]string
}

var (
	slimPython = v1.Config{Cmd: []string{"python3"}}
	slimNode   = v1.Config{Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"node"}}
)

// Places of the images of Python and of Node.js.
var (
	pythonPlaces = []string{"usr/local/include/python3.*/Python.h", "usr/local/include/python3.*/pyconfig.h", "usr/local/bin/python", "usr/local/bin/python3", "usr/local/bin/pip", "usr/local/bin/pip3"}
	nodePlaces   = []string{"usr/local/bin/node", "usr/local/bin/nodejs", "usr/local/bin/npm", "usr/local/bin/npx", "usr/local/bin/docker-entrypoint.sh", "home/node"}
	yarnPlaces   = []string{"usr/local/bin/yarn", "usr/local/bin/yarnpkg", "usr/local/bin/corepack"}
	notManaged   = []string{"usr/lib/python3*/EXTERNALLY-MANAGED", "usr/local/lib/python3*/EXTERNALLY-MANAGED"}
	noPnpm       = []string{"usr/local/bin/pnpm"}
)

// publicImages are the facts of the images that the kit's stand in for.
var publicImages = map[string]public{
	"python:3.11-slim": {
		source: "docker-library/repo-info repos/python/remote/3.10-slim.md and docker-library/python 3.11/slim-trixie, 2026-08",
		env:    map[string]string{"PATH": pythonPath, "LANG": "C.UTF-8", "GPG_KEY": "A035C8C19219BA821ECEA86B64E628F8D684696D", "PYTHON_VERSION": "*", "PYTHON_SHA256": "*"},
		config: slimPython, places: pythonPlaces, absent: notManaged,
	},
	"python:3.13-slim": {
		source: "docker-library/python 3.13/slim-trixie, 2026-06",
		env:    map[string]string{"PATH": pythonPath, "GPG_KEY": "7169605F62C751356D054A26A821E680E5FA6305", "PYTHON_VERSION": "*", "PYTHON_SHA256": "*"},
		config: slimPython, places: pythonPlaces, absent: notManaged,
	},
	"python:3.14-slim": {
		source: "docker-library/repo-info repos/python/remote/3.14-slim.md, 2026-09-01",
		env:    map[string]string{"PATH": pythonPath, "PYTHON_VERSION": "*", "PYTHON_SHA256": "*"},
		config: slimPython, places: pythonPlaces, absent: notManaged,
	},
	"python:3.15-slim": {
		source: "docker-library/repo-info repos/python/remote/3.15-rc-slim.md, 2026-09-01",
		env:    map[string]string{"PATH": pythonPath, "PYTHON_VERSION": "*", "PYTHON_SHA256": "*"},
		config: slimPython, places: pythonPlaces, absent: notManaged,
	},
	"node:20-slim": {
		source: "nodejs/docker-node 22/bookworm-slim, 2026-08: the lines before 26 are alike",
		env:    map[string]string{"PATH": systemPath, "NODE_VERSION": "*", "YARN_VERSION": "1.22.22"},
		config: slimNode, places: slices.Concat(nodePlaces, yarnPlaces), absent: noPnpm,
	},
	"node:22-slim": {
		source: "nodejs/docker-node 22/bookworm-slim, 2026-08",
		env:    map[string]string{"PATH": systemPath, "NODE_VERSION": "*", "YARN_VERSION": "1.22.22"},
		config: slimNode, places: slices.Concat(nodePlaces, yarnPlaces), absent: noPnpm,
	},
	"node:24-slim": {
		source: "docker-library/repo-info repos/node/remote/24-slim.md, 2026-08-03",
		env:    map[string]string{"PATH": systemPath, "NODE_VERSION": "*", "YARN_VERSION": "1.22.22"},
		config: slimNode, places: slices.Concat(nodePlaces, yarnPlaces), absent: noPnpm,
	},
	"node:26-slim": {
		source: "docker-library/repo-info repos/node/remote/26-slim.md, 2026-08-05",
		env:    map[string]string{"PATH": systemPath, "NODE_VERSION": "*"},
		config: slimNode, places: nodePlaces, absent: slices.Concat(yarnPlaces, noPnpm),
	},
	"nginxinc/nginx-unprivileged:1.29-alpine": {
		source: "nginxinc/docker-nginx-unprivileged mainline/alpine-slim and mainline/alpine, 2025-03",
		env: map[string]string{
			"PATH": systemPath, "NGINX_VERSION": "*", "PKG_RELEASE": "1", "DYNPKG_RELEASE": "1", "NJS_VERSION": "*", "NJS_RELEASE": "1",
		},
		config: v1.Config{
			User: "101", Entrypoint: []string{"/docker-entrypoint.sh"}, Cmd: []string{"nginx", "-g", "daemon off;"},
			ExposedPorts: map[string]struct{}{"8080/tcp": {}}, StopSignal: "SIGQUIT",
		},
		places: []string{
			"docker-entrypoint.sh", "docker-entrypoint.d", "etc/nginx/nginx.conf", "etc/nginx/mime.types", "etc/nginx/conf.d/default.conf",
			"usr/share/nginx/html", "var/log/nginx/access.log", "var/log/nginx/error.log",
		},
		otherwise: map[string]string{"NJS_VERSION": "Debian's nginx has no njs", "NJS_RELEASE": "Debian's nginx has no njs"},
	},
	"aquasec/trivy:0.74.0": {
		source: "aquasecurity/trivy Dockerfile and goreleaser.yml, v0.74.0",
		env:    map[string]string{"PATH": systemPath},
		config: v1.Config{Entrypoint: []string{"trivy"}},
		places: []string{"usr/local/bin/trivy", "bin/sh", "bin/tar", "usr/bin/find", "usr/bin/du", "bin/cp"},
	},
	"registry:2": {
		source: "distribution/distribution-library-image, the 2.8 line",
		env:    map[string]string{"PATH": systemPath},
		config: v1.Config{
			Entrypoint: []string{"/entrypoint.sh"}, Cmd: []string{"/etc/docker/registry/config.yml"},
			ExposedPorts: map[string]struct{}{"5000/tcp": {}}, Volumes: map[string]struct{}{"/var/lib/registry": {}},
		},
		places: []string{"entrypoint.sh", "etc/docker/registry/config.yml", "bin/registry"},
	},
	"nvidia/cuda:12.6.3-base-ubuntu24.04": {
		source: "a copy of nvidia/container-images/cuda dist/12.6.3/ubuntu2404/base in two public Dockerfiles",
		env: map[string]string{
			"PATH": "/usr/local/nvidia/bin:/usr/local/cuda/bin:" + systemPath, "LD_LIBRARY_PATH": "/usr/local/nvidia/lib:/usr/local/nvidia/lib64",
			"NVARCH": "x86_64", "NVIDIA_REQUIRE_CUDA": "*", "NV_CUDA_CUDART_VERSION": "*", "CUDA_VERSION": "*",
			"NVIDIA_VISIBLE_DEVICES": "all", "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
		},
		config: v1.Config{Cmd: []string{"/bin/bash"}},
		places: []string{"usr/lib/x86_64-linux-gnu/libcudart.so.12"},
	},
	"debian:trixie-slim": {
		source: "docker-library/repo-info repos/debian/remote/trixie-slim.md",
		env:    map[string]string{"PATH": systemPath},
		config: v1.Config{Cmd: []string{"bash"}},
		places: []string{"bin/bash", "usr/bin/apt-get"},
	},
	"golang:1.26-bookworm": {
		source: "docker-library/golang 1.26/bookworm",
		env:    map[string]string{"PATH": "/go/bin:/usr/local/go/bin:" + systemPath, "GOLANG_VERSION": "*", "GOTOOLCHAIN": "local", "GOPATH": "/go"},
		config: v1.Config{Cmd: []string{"bash"}, WorkingDir: "/go"},
		places: []string{"usr/local/go/bin/go", "go/bin", "go/src", "usr/bin/git"},
	},
	"postgres:17": {
		source: "docker-library/postgres 17/trixie, commit 2603e26e",
		env: map[string]string{
			"PATH": systemPath + ":/usr/lib/postgresql/17/bin", "GOSU_VERSION": "*", "LANG": "en_US.utf8", "PG_MAJOR": "17", "PG_VERSION": "*",
			"PGDATA": "/var/lib/postgresql/data",
		},
		config: v1.Config{
			Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"postgres"}, ExposedPorts: map[string]struct{}{"5432/tcp": {}},
			Volumes: map[string]struct{}{"/var/lib/postgresql/data": {}}, StopSignal: "SIGINT",
		},
		places: []string{
			"usr/local/bin/docker-entrypoint.sh", "docker-entrypoint-initdb.d", "usr/lib/postgresql/17/bin/postgres", "usr/bin/pg_isready",
			"usr/bin/psql", "var/lib/postgresql/data",
		},
	},
	"redis:8": {
		source: "docker-library/repo-info repos/redis/local/8.md, 2026-08-05",
		env:    map[string]string{"PATH": systemPath, "REDIS_VERSION": "*"},
		config: v1.Config{
			Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"redis-server"}, ExposedPorts: map[string]struct{}{"6379/tcp": {}},
			Volumes: map[string]struct{}{"/data": {}}, WorkingDir: "/data",
		},
		places: []string{"usr/local/bin/docker-entrypoint.sh", "usr/bin/redis-server", "usr/bin/redis-sentinel", "usr/bin/redis-cli", "data"},
	},
	"ghcr.io/astral-sh/uv:0.13.9": {
		source: "astral-sh/uv Dockerfile",
		env:    map[string]string{"PATH": systemPath},
		config: v1.Config{Entrypoint: []string{"/uv"}, WorkingDir: "/io"},
		places: []string{"uv", "uvx"},
	},
	"alpine/git:2.49.1": {
		source: "alpine-docker/git Dockerfile",
		env:    map[string]string{"PATH": systemPath},
		config: v1.Config{Entrypoint: []string{"git"}, WorkingDir: "/git", Volumes: map[string]struct{}{"/git": {}}},
		places: []string{"usr/bin/git", "usr/bin/ssh"},
	},
}

// ofTheMachine are the variables by which the kit's images trust whom the machine
// trusts, and use its indexes.
var ofTheMachine = []string{
	"SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "PIP_INDEX_URL", "UV_DEFAULT_INDEX",
	"NODE_EXTRA_CA_CERTS", "NPM_CONFIG_REGISTRY", "GOPROXY",
}

// TestImagesAreConfiguredAsThePublicOnes: who builds on the kit's images or scans
// them sees what he would see with the public ones.
func TestImagesAreConfiguredAsThePublicOnes(t *testing.T) {
	all := imagesOf(t, machine)
	for _, image := range all {
		if image.lock == "trivy-db" {
			continue // It has no public counterpart.
		}
		facts, known := publicImages[image.lock]
		require.True(t, known, "%s: write down what the public image has", image.lock)
		t.Run(image.lock, func(t *testing.T) {
			require.NotEmpty(t, facts.source)
			config := image.configured(map[string]string{})
			assert.Equal(t, facts.environment(), environment(config.Env))
			config.Env = nil
			assert.Equal(t, facts.config, config)
		})
	}
	assert.Len(t, all, len(publicImages)+1, "an image is gone: delete its facts")
}

// environment is what the kit's image is to have.
func (p public) environment() map[string]string {
	env := maps.Clone(p.env)
	for name := range p.otherwise {
		delete(env, name)
	}
	for name, value := range env {
		if value == "*" {
			env[name] = ""
		}
	}
	return env
}

// environment is that of an image, without what is of the machine, and without
// values that differ from version to version.
func environment(variables []string) map[string]string {
	versions := map[string]bool{}
	for _, facts := range publicImages {
		for name, value := range facts.env {
			versions[name] = versions[name] || value == "*"
		}
	}
	env := map[string]string{}
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		switch {
		case slices.Contains(ofTheMachine, name):
		case versions[name]:
			env[name] = ""
		default:
			env[name] = value
		}
	}
	return env
}

// TestImagesHaveThePlacesOfThePublicOnes looks into the layers that the kit has
// made on this machine.
func TestImagesHaveThePlacesOfThePublicOnes(t *testing.T) {
	if os.Getenv("PINGVAS_AIRGAP_E2E") == "" {
		t.Skip("it reads what `go run ./airgap build` has made: PINGVAS_AIRGAP_E2E is not set")
	}
	for _, image := range madeImages(t) {
		facts := publicImages[image.lock]
		for _, stack := range image.layers {
			for _, place := range facts.places {
				assert.True(t, stack.has(t, place), "%s for %s: %s", image.lock, stack.architecture, place)
			}
			for _, place := range facts.absent {
				assert.False(t, stack.has(t, place), "%s for %s: %s", image.lock, stack.architecture, place)
			}
		}
	}
}

type madeImage struct {
	image
	layers []madeStack
}

type madeStack struct {
	architecture string
	made         []debian.Made
}

// madeImages are the images whose layers are all in the state directory.
func madeImages(t *testing.T) (all []madeImage) {
	t.Helper()
	kitchen, machine := kitchenOfThisMachine(t)
	images, err := newRecipes(kitchen, machine).images(Choice{Every: true})
	require.NoError(t, err)
	for _, image := range images {
		made := madeImage{image: image}
		for _, stack := range image.stacks {
			if key, err := stack.top.Key(); err == nil && kitchen.Entries.Has("debian-"+stack.top.Name, key) {
				layers, err := kitchen.Make(t.Context(), stack.top)
				require.NoError(t, err)
				made.layers = append(made.layers, madeStack{stack.architecture, layers})
			}
		}
		if len(made.layers) == len(image.stacks) {
			all = append(all, made)
		}
	}
	require.GreaterOrEqual(t, len(all), 10, "the images are not made: run `go run ./airgap build`")
	return all
}

func kitchenOfThisMachine(t *testing.T) (debian.Kitchen, host.Machine) {
	t.Helper()
	place := os.Getenv("PINGVAS_AIRGAP_STATE")
	if place == "" {
		var err error
		place, err = state.Default()
		require.NoError(t, err)
	}
	dir, err := state.Open(place)
	require.NoError(t, err)
	entries, err := cache.Open(dir.Cache())
	require.NoError(t, err)
	machine, err := host.Read(t.Context())
	require.NoError(t, err)
	return debian.Kitchen{Entries: entries, Log: progress.New(os.Stderr)}, machine
}

// has tells whether a place is in one of the layers. Debian's /bin is /usr/bin.
func (s madeStack) has(t *testing.T, place string) bool {
	t.Helper()
	for _, layer := range s.made {
		for _, name := range []string{place, filepath.Join("usr", place)} {
			found, err := filepath.Glob(filepath.Join(layer.Root(), name))
			require.NoError(t, err)
			if len(found) > 0 {
				return true
			}
		}
	}
	return false
}
