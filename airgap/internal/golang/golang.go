// Package golang makes the layers that the image for building Go and the
// engine's own image for it have in common, so that they are made once: git,
// and over it the machine's Go.
package golang

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
	"github.com/pingvas/pingvas-ci/airgap/internal/host"
)

// Places in an image, which are those of the public one.
const (
	Root = "/usr/local/go"
	Path = "/go"
)

// Git returns the recipe of a layer with git and the OpenSSH client, which
// `go get` calls.
func Git(base *debian.Layer, machine host.Machine) *debian.Layer {
	return debian.Packages("git", base, machine, debian.Install{Packages: []string{"git", "openssh-client"}})
}

// Layer returns the recipe of a layer with the machine's Go, over Git.
func Layer(base *debian.Layer, machine host.Machine) *debian.Layer {
	return debian.Files("go", Git(base, machine), func(ctx context.Context, site debian.Site) error {
		return fill(ctx, site, machine.GoRoot)
	}, machine.GoVersion, parts)
}

func fill(ctx context.Context, site debian.Site, from string) error {
	if from == "" {
		return errors.New("find the machine's Go: it does not tell its GOROOT; install Go and put it on the PATH")
	}
	if err := copyGo(ctx, from, filepath.Join(site.Root, Root)); err != nil {
		return fmt.Errorf("copy Go from %s: %w", from, err)
	}
	if err := makePath(filepath.Join(site.Root, Path)); err != nil {
		return fmt.Errorf("make GOPATH: %w", err)
	}
	// Go goes by the times of its own files, so that they have to stay.
	version, err := os.Stat(filepath.Join(from, "VERSION"))
	if err != nil {
		return fmt.Errorf("read the time of Go's release: %w", err)
	}
	return site.Dated(version.ModTime())
}

// parts are what building, vetting and testing need of Go: neither its own
// tests nor its documents.
var parts = []string{"LICENSE", "VERSION", "go.env", "bin", "lib", "pkg", "src"}

func copyGo(ctx context.Context, from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	args := []string{"--recursive", "--dereference", "--preserve=mode,timestamps", "--reflink=auto"}
	for _, part := range parts {
		path := filepath.Join(from, part)
		if _, err := os.Stat(path); err == nil {
			args = append(args, path)
		}
	}
	if out, err := exec.CommandContext(ctx, "cp", append(args, to)...).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// makePath makes a GOPATH that any user can write to.
func makePath(path string) error {
	for _, dir := range []string{path, filepath.Join(path, "src"), filepath.Join(path, "bin")} {
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.Chmod(dir, os.ModeSticky|0o777)); err != nil {
			return err
		}
	}
	return nil
}
