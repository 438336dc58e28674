package mirror

import (
	"context"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
	"github.com/pingvas/pingvas-ci/airgap/internal/golang"
	"github.com/pingvas/pingvas-ci/airgap/internal/host"
)

// The Debian releases of the images, and the native architecture and the one
// whose packages are only unpacked.
const (
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
		config: v1.Config{Env: r.environment(), Entrypoint: []string{"git"}, WorkingDir: "/git"},
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
			return site.Link("/usr/bin/docker-registry", "usr/local/bin/registry")
		}, registryConfig)}},
		config: v1.Config{
			Env: r.environment(), Entrypoint: []string{"docker-registry", "serve"}, Cmd: []string{config},
			ExposedPorts: map[string]struct{}{"5000/tcp": {}},
			Volumes:      map[string]struct{}{"/var/lib/registry": {}},
		},
	}
}

// pythonScript makes /usr/local a virtual environment of Debian's Python, which
// gives the paths of the public image: programs in /usr/local/bin, packages in
// site-packages. A tool that asks /usr/bin/python3 instead, as uv does for
// --system, comes to the same packages.
const pythonScript = `
python3 -m venv /usr/local
rm -rf /usr/local/bin/[Aa]ctivate* /usr/local/.gitignore
for lib in /usr/local/lib/python3.*; do
	rm -rf "$lib/dist-packages"
	ln -s site-packages "$lib/dist-packages"
done
`

func (r recipes) python313() (image, error) {
	return r.python("3.13", r.trixie, trixie, "13")
}

func (r recipes) python311() (image, error) {
	return r.python("3.11", debian.Base(bookworm, r.machine), bookworm, "12")
}

func (r recipes) python(version string, base *debian.Layer, suite, release string) (image, error) {
	native := debian.Packages("python"+version, base, r.machine, debian.Install{
		Packages: []string{"python3", "python3-venv", "netbase", "tzdata"},
		Script:   pythonScript,
	})
	foreign, err := r.kitchen.Foreign(native, suite, arm64, r.machine)
	return image{
		lock: "python:" + version + "-slim", repository: "library/python", tag: fixed(version + "-slim"),
		about: "Python " + version + " of Debian " + release + ", with pip and the paths of the public image. " +
			"For arm64 its packages are unpacked, not configured.",
		stacks: []stack{{amd64, native}, {arm64, foreign}},
		config: v1.Config{Env: r.pythonEnvironment("PIP_ROOT_USER_ACTION=ignore"), Cmd: []string{"python3"}},
	}, err
}

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

func (r recipes) nginx() (image, error) {
	native := debian.Packages("nginx-packages", r.trixie, r.machine, debian.Install{Packages: []string{"nginx"}})
	foreign, err := r.kitchen.Foreign(native, trixie, arm64, r.machine)
	if err != nil {
		return image{}, err
	}
	configured := func(name string, below *debian.Layer) *debian.Layer {
		return debian.Files(name, below, configureNginx, nginxConfig, nginxDefault)
	}
	return image{
		lock: "nginxinc/nginx-unprivileged:1.29-alpine", repository: "nginxinc/nginx-unprivileged",
		tag:    versionOf("nginx"),
		about:  "Debian 13's nginx as user 101 on port 8080, without the public image's entrypoint scripts.",
		stacks: []stack{{amd64, configured("nginx", native)}, {arm64, configured("nginx-arm64", foreign)}},
		config: v1.Config{
			Env: r.environment(), User: "101", Cmd: []string{"nginx", "-e", "stderr", "-g", "daemon off;"},
			ExposedPorts: map[string]struct{}{"8080/tcp": {}}, StopSignal: "SIGQUIT",
		},
	}, nil
}

func configureNginx(_ context.Context, site debian.Site) error {
	if err := site.AddUser("nginx", 101, "/nonexistent", "/usr/sbin/nologin"); err != nil {
		return err
	}
	if err := site.Write("etc/nginx/nginx.conf", nginxConfig, 0o644); err != nil {
		return err
	}
	return site.Write("etc/nginx/conf.d/default.conf", nginxDefault, 0o644)
}

func (r recipes) cuda() image {
	return image{
		lock: "nvidia/cuda:12.6.3-base-ubuntu24.04", repository: "nvidia/cuda", tag: fixed("12.4.1-base-debian13"),
		about: "The CUDA 12.4.1 runtime of Debian 13, without cuBLAS and other libraries.",
		stacks: []stack{{amd64, debian.Packages("cuda", r.trixie, r.machine, debian.Install{
			Packages: []string{"libcudart12"}, Components: []string{"main", "contrib", "non-free"},
		})}},
		config: v1.Config{
			Env: r.pythonEnvironment("CUDA_VERSION=12.4.1", "NVIDIA_VISIBLE_DEVICES=all",
				"NVIDIA_DRIVER_CAPABILITIES=compute,utility"),
			Cmd: []string{"/bin/bash"},
		},
	}
}
