// Package engineroot makes the root file system in which the engine runs:
// Debian is the recipe of its lower layers, which never change, and over them
// lie the built tools and the configuration, laid out anew at each start.
package engineroot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
	"github.com/pingvas/pingvas-ci/airgap/internal/host"
)

// Debian returns the recipe of what lies below the overlay.
func Debian(base *debian.Layer, machine host.Machine) *debian.Layer {
	return debian.Packages("engine", base, machine, debian.Install{Packages: packages})
}

// packages are the Debian packages that the engine calls.
var packages = []string{
	"ca-certificates", "git", "openssh-client", "openssl",
	"pigz", "xz-utils", "libisal2", "isal", // Layers
	"nftables", "iptables", "dnsmasq-base", "iproute2", // Network
	"e2fsprogs", "mount", "sqlite3", "ripgrep", "tini",
}

// Overlay is what is laid over Debian.
type Overlay struct {
	// Tools is the directory of the built binaries.
	Tools string
	// Config is the content of engine.json.
	Config []byte
}

// places are where the engine expects the binaries.
var places = map[string][]string{
	"usr/local/bin": {"dagger-engine", "dagger-init", "runc"},
	"opt/cni/bin":   {"bridge", "loopback", "firewall", "host-local", "dnsname"},
	"usr/bin":       {"dial-stdio"},
}

// Fill empties upper and lays the overlay out in it. Nothing of a former start
// is left.
func (o Overlay) Fill(ctx context.Context, upper string) error {
	if err := errors.Join(os.RemoveAll(upper), os.MkdirAll(upper, 0o755)); err != nil {
		return fmt.Errorf("empty the engine's root: %w", err)
	}
	for place, tools := range places {
		for _, tool := range tools {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := link(filepath.Join(o.Tools, tool), filepath.Join(upper, place, tool)); err != nil {
				return fmt.Errorf("lay out %s: %w", tool, err)
			}
		}
	}
	// The engine looks for these beside each other, Debian has them elsewhere.
	for _, kind := range []string{"legacy", "nft"} {
		name := "xtables-" + kind + "-multi"
		if err := os.Symlink("../sbin/"+name, filepath.Join(upper, "usr/bin", name)); err != nil {
			return fmt.Errorf("lay out %s: %w", name, err)
		}
	}
	return o.configure(upper)
}

// configure writes the files below /etc, and hides the machine's certificates
// where they lie singly: the engine would install each of them into each
// container. It trusts them by the bundle, as its base images do.
func (o Overlay) configure(upper string) error {
	singly := filepath.Join(upper, "usr/local/share/ca-certificates")
	if err := os.MkdirAll(singly, 0o755); err != nil {
		return fmt.Errorf("hide certificates: %w", err)
	}
	if err := unix.Setxattr(singly, "trusted.overlay.opaque", []byte("y"), 0); err != nil {
		return fmt.Errorf("hide certificates in %s: %w; the disk of the state directory must keep extended attributes, as ext4 and xfs do", singly, err)
	}
	// The engine replaces resolv.conf, so it must be a file of its own.
	for _, name := range []string{"etc/resolv.conf", "etc/hosts"} {
		if err := copyTo("/"+name, filepath.Join(upper, name)); err != nil {
			return fmt.Errorf("copy the machine's %s: %w", filepath.Base(name), err)
		}
	}
	path := filepath.Join(upper, "etc/dagger/engine.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("configure engine: %w", err)
	}
	if err := os.WriteFile(path, o.Config, 0o644); err != nil {
		return fmt.Errorf("configure engine: %w", err)
	}
	return nil
}

// link makes a second name for a file, or a copy on another file system.
func link(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if os.Link(from, to) == nil {
		return nil
	}
	if err := copyTo(from, to); err != nil {
		return err
	}
	return os.Chmod(to, 0o755)
}

func copyTo(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // Only read.
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}
