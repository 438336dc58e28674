package mirror

import (
	"context"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
	"github.com/pingvas/pingvas-ci/airgap/internal/golang"
	"github.com/pingvas/pingvas-ci/airgap/internal/host"
)

// The Debian releases of the images, and the native architecture and the one
// whose packages are only unpacked.
const (
	forky    = "forky"
	trixie   = "trixie"
	bookworm = "bookworm"
	amd64    = "amd64"
	arm64    = "arm64"
)

// recipes are those of one machine.
type recipes struct {
	kitchen debian.Kitchen
	machine host.Machine
	trixie  *debian.Layer
}

func newRecipes(kitchen debian.Kitchen, machine host.Machine) recipes {
	return recipes{kitchen: kitchen, machine: machine, trixie: debian.Base(trixie, machine)}
}

func (r recipes) debian() (image, error) {
	foreign, err := r.kitchen.Foreign(r.trixie, trixie, arm64, r.machine)
	return image{
		lock: "debian:trixie-slim", repository: "library/debian", tag: fixed("trixie-slim"),
		about: "Debian 13 with ca-certificates, which the public image has not. " +
			"For arm64 its packages are unpacked, not configured.",
		stacks: []stack{{amd64, r.trixie}, {arm64, foreign}},
		config: v1.Config{Env: r.environment(), Cmd: []string{"bash"}},
	}, err
}

func (r recipes) git() image {
	return image{
		lock: "alpine/git:2.49.1", repository: "alpine/git", tag: versionOf("git"),
		about:  "Git and the OpenSSH client on Debian 13.",
		stacks: []stack{{amd64, golang.Git(r.trixie, r.machine)}},
		config: v1.Config{Env: r.environment(), Entrypoint: []string{"git"}, WorkingDir: "/git", Volumes: map[string]struct{}{"/git": {}}},
	}
}

// registryConfig is that of the public image, with deletion allowed.
const registryConfig = `version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/registry
  delete:
    enabled: true
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`

// registryEntrypoint serves what a file configures, or runs the registry as it is
// told.
const registryEntrypoint = `#!/bin/sh
case "${1-}" in
*.yml | *.yaml) set -- serve "$@" ;;
esac
exec registry "$@"
`

func (r recipes) registry() image {
	packages := debian.Packages("registry-packages", r.trixie, r.machine, debian.Install{
		Packages: []string{"docker-registry"},
	})
	const config = "/etc/docker/registry/config.yml"
	return image{
		lock: "registry:2", repository: "library/registry", tag: versionOf("docker-registry"),
		about: "Debian 13's docker-registry, which lists no referrers.",
		stacks: []stack{{amd64, debian.Files("registry", packages, func(_ context.Context, site debian.Site) error {
			if err := site.Write(config, registryConfig, 0o644); err != nil {
				return err
			}
			if err := site.Write("entrypoint.sh", registryEntrypoint, 0o755); err != nil {
				return err
			}
			return site.Link("docker-registry", "usr/bin/registry")
		}, registryConfig, registryEntrypoint)}},
		config: v1.Config{
			Env: r.environment(), Entrypoint: []string{"/entrypoint.sh"}, Cmd: []string{config},
			ExposedPorts: map[string]struct{}{"5000/tcp": {}},
			Volumes:      map[string]struct{}{"/var/lib/registry": {}},
		},
	}
}

// pythonScript makes /usr/local a virtual environment of Debian's Python, which
// gives the paths of the public image: programs in /usr/local/bin, packages in
// site-packages, headers in /usr/local/include, which are taken without the package
// that they come with, as that needs a C library's own. A tool that asks
// /usr/bin/python3 instead, as uv does for --system, comes to the same packages. The
// setuptools that Debian brings along for Python 3.11 goes: it has vulnerabilities
// that the public image's newer one is mended of.
const pythonScript = `
python3 -m venv /usr/local
rm -rf /usr/local/bin/[Aa]ctivate* /usr/local/.gitignore
/usr/local/bin/python3 -m pip uninstall --quiet --yes --root-user-action=ignore setuptools
for lib in /usr/local/lib/python3.*; do
	rm -rf "$lib/dist-packages"
	ln -s site-packages "$lib/dist-packages"
	version=${lib##*/}
	(cd /tmp && apt-get -qq -o APT::Sandbox::User=root download "lib$version-dev" &&
		dpkg-deb --extract "lib$version-dev"_*.deb headers && rm -rf "/usr/local/include/$version" &&
		mv "headers/usr/include/$version" /usr/local/include/ &&
		cp headers/usr/include/*/"$version"/pyconfig.h "/usr/local/include/$version/" &&
		ln -s "/usr/local/include/$version" "/usr/include/$version")
done
`

// ofSuite is a Python that a release of Debian has.
type ofSuite struct {
	version, suite string
	machine        host.Machine
	base           *debian.Layer
	// about says what Debian it is of.
	about string
	// packages bring it, and script comes before pythonScript.
	packages []string
	script   string
	// env are variables of this version: up to 3.13, GPG_KEY is whose signature the
	// public image's archive has, which is no secret.
	env []string
}

func (r recipes) python313() (image, error) {
	return r.python(ofSuite{
		version: "3.13", suite: trixie, machine: r.machine, base: r.trixie, about: "Debian 13",
		packages: defaultPython, env: []string{"GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305"},
	})
}

func (r recipes) python311() (image, error) {
	return r.python(ofSuite{
		version: "3.11", suite: bookworm, machine: r.machine, base: debian.Base(bookworm, r.machine), about: "Debian 12",
		packages: defaultPython, env: []string{"LANG=C.UTF-8", "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D"},
	})
}

func (r recipes) python314() (image, error) {
	return r.python(r.ofNextDebian("3.14", "", defaultPython...))
}

func (r recipes) python315() (image, error) {
	return r.python(r.ofNextDebian("3.15", "ln -s python3.15 /usr/bin/python3\n", "python3.15", "python3.15-venv"))
}

// ofNextDebian is a Python of the Debian to come, which changes by the day: what
// a layer was made of, its image's label says.
func (r recipes) ofNextDebian(version, script string, packages ...string) ofSuite {
	machine := r.machine
	machine.Apt.Lagging = true
	return ofSuite{
		version: version, suite: forky, machine: machine, base: debian.Base(forky, machine),
		about: "the Debian that comes after 13, where the public image is of 13", packages: packages, script: script,
	}
}

// defaultPython are the packages of the one that is a suite's python3.
var defaultPython = []string{"python3", "python3-venv"}

// pythonPath has its first directory twice, as that of the public image.
const pythonPath = "/usr/local/bin:" + systemPath

func (r recipes) python(p ofSuite) (image, error) {
	native := debian.Packages("python"+p.version, p.base, p.machine, debian.Install{
		Packages: append(slices.Clone(p.packages), "netbase", "tzdata"),
		Script:   p.script + pythonScript,
	})
	foreign, err := r.kitchen.Foreign(native, p.suite, arm64, p.machine)
	return image{
		lock: "python:" + p.version + "-slim", repository: "library/python", tag: fixed(p.version + "-slim"),
		about: "Python " + p.version + " of " + p.about + ", with pip and the paths of the public image. " +
			"For arm64 its packages are unpacked, not configured.",
		versions: map[string]func(map[string]string) string{"PYTHON_VERSION": releaseOf("python" + p.version)},
		stacks:   []stack{{amd64, native}, {arm64, foreign}},
		config: v1.Config{
			Env: r.pythonEnvironment(pythonPath, append(p.env, "PYTHON_SHA256="+noArchive)...),
			Cmd: []string{"python3"},
		},
	}, err
}

// noArchive is the sum of nothing: Debian's Python is made of no archive that the
// public image's variable could name.
const noArchive = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// nginxConfig writes nowhere but to /tmp, so that any user can run it.
const nginxConfig = `worker_processes auto;
error_log stderr notice;
pid /tmp/nginx.pid;
events { worker_connections 1024; }
http {
    proxy_temp_path /tmp/proxy_temp;
    client_body_temp_path /tmp/client_temp;
    fastcgi_temp_path /tmp/fastcgi_temp;
    uwsgi_temp_path /tmp/uwsgi_temp;
    scgi_temp_path /tmp/scgi_temp;
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log /dev/stdout;
    sendfile on;
    keepalive_timeout 65;
    include /etc/nginx/conf.d/*.conf;
}
`

const nginxDefault = `server {
    listen 8080;
    server_name localhost;
    root /usr/share/nginx/html;
    index index.html;
}
`

// nginxEntrypoint runs what lies in /docker-entrypoint.d, in the order of its
// names, before the server.
const nginxEntrypoint = `#!/bin/sh
set -e
case "$1" in
nginx | nginx-debug)
	for script in /docker-entrypoint.d/*; do
		[ -x "$script" ] || continue
		case "$script" in
		*.envsh) . "$script" ;;
		*.sh) "$script" ;;
		esac
	done
	;;
esac
exec "$@"
`

func (r recipes) nginx() (image, error) {
	native := debian.Packages("nginx-packages", r.trixie, r.machine, debian.Install{Packages: []string{"nginx"}})
	foreign, err := r.kitchen.Foreign(native, trixie, arm64, r.machine)
	if err != nil {
		return image{}, err
	}
	configured := func(name string, below *debian.Layer) *debian.Layer {
		return debian.Files(name, below, configureNginx, nginxConfig, nginxDefault, nginxEntrypoint)
	}
	return image{
		lock: "nginxinc/nginx-unprivileged:1.29-alpine", repository: "nginxinc/nginx-unprivileged",
		tag:      versionOf("nginx"),
		about:    "Debian 13's nginx as user 101 on port 8080, with no module of others and no script in /docker-entrypoint.d.",
		versions: map[string]func(map[string]string) string{"NGINX_VERSION": releaseOf("nginx")},
		stacks:   []stack{{amd64, configured("nginx", native)}, {arm64, configured("nginx-arm64", foreign)}},
		config: v1.Config{
			Env: r.environment("PKG_RELEASE=1", "DYNPKG_RELEASE=1"), User: "101",
			Entrypoint: []string{"/docker-entrypoint.sh"}, Cmd: []string{"nginx", "-g", "daemon off;"},
			ExposedPorts: map[string]struct{}{"8080/tcp": {}}, StopSignal: "SIGQUIT",
		},
	}, nil
}

func configureNginx(_ context.Context, site debian.Site) error {
	if err := site.AddUser("nginx", 101, "/nonexistent", "/usr/sbin/nologin"); err != nil {
		return err
	}
	for name, content := range map[string]string{"etc/nginx/nginx.conf": nginxConfig, "etc/nginx/conf.d/default.conf": nginxDefault} {
		if err := site.Write(name, content, 0o644); err != nil {
			return err
		}
	}
	if err := site.Write("docker-entrypoint.sh", nginxEntrypoint, 0o755); err != nil {
		return err
	}
	for name, to := range map[string]string{"access.log": "/dev/stdout", "error.log": "/dev/stderr"} {
		if err := site.Link(to, "var/log/nginx/"+name); err != nil {
			return err
		}
	}
	return site.Directory("docker-entrypoint.d", 0o755)
}

func (r recipes) cuda() image {
	return image{
		lock: "nvidia/cuda:12.6.3-base-ubuntu24.04", repository: "nvidia/cuda", tag: fixed("12.4.1-base-debian13"),
		about:    "The CUDA 12.4.1 runtime of Debian 13, without cuBLAS and other libraries.",
		versions: map[string]func(map[string]string) string{"NV_CUDA_CUDART_VERSION": releaseOf("libcudart12")},
		stacks: []stack{{amd64, debian.Packages("cuda", r.trixie, r.machine, debian.Install{
			Packages: []string{"libcudart12"}, Components: []string{"main", "contrib", "non-free"},
		})}},
		config: v1.Config{
			Env: r.pythonEnvironment("/usr/local/nvidia/bin:/usr/local/cuda/bin:"+systemPath,
				"NVARCH=x86_64", "NVIDIA_REQUIRE_CUDA=cuda>=12.4", "CUDA_VERSION=12.4.1",
				"LD_LIBRARY_PATH=/usr/local/nvidia/lib:/usr/local/nvidia/lib64",
				"NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_DRIVER_CAPABILITIES=compute,utility"),
			Cmd: []string{"/bin/bash"},
		},
	}
}
