package debian

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pingvas/pingvas-ci/airgap/internal/host"
)

// HostPackages are the Debian packages that the machine needs for this package.
// The keyring is the one that knows the suites.
var HostPackages = []string{"mmdebstrap", "debian-archive-keyring", "util-linux"}

// accounts is the date of the passwords of the accounts that packages make; it
// only has to stand still. 0 would mean that each has expired.
const accounts = "1735689600"

// CertBundle is the file in every base that holds all trusted certificate
// authorities.
const CertBundle = "/etc/ssl/certs/ca-certificates.crt"

// Base returns the recipe of a minimal Debian of a suite for this machine's
// architecture. It trusts whom the machine trusts, and its apt uses the
// machine's mirror.
func Base(suite string, machine host.Machine) *Layer {
	b := base{suite: suite, sources: machine.Apt.Lines(suite, "main"), bundle: machine.CABundle}
	sum := sha256.Sum256(b.bundle)
	return &Layer{
		Name:   suite,
		Inputs: []any{suite, b.sources, hex.EncodeToString(sum[:]), baseFiles},
		Fill:   b.fill,
	}
}

type base struct {
	suite   string
	sources []string
	bundle  []byte
}

// baseFiles are those that a container's Debian has besides the packages'.
var baseFiles = map[string]string{
	"etc/resolv.conf":                 "",
	"etc/hostname":                    "",
	"etc/dpkg/dpkg.cfg.d/container":   "force-unsafe-io\n",
	"etc/apt/apt.conf.d/docker-clean": "Binary::apt-get::APT::Keep-Downloaded-Packages \"false\";\nAPT::Keep-Downloaded-Packages \"false\";\nAcquire::Languages \"none\";\n",
	"usr/sbin/policy-rc.d":            "#!/bin/sh\n# A container starts its service itself.\nexit 101\n",
}

func (b base) fill(ctx context.Context, site Site) error {
	if err := b.bootstrap(ctx, site.Root, "--variant=minbase", "--include=ca-certificates"); err != nil {
		return err
	}
	for name, content := range baseFiles {
		mode := os.FileMode(0o644)
		if strings.HasPrefix(name, "usr/sbin/") {
			mode = 0o755
		}
		if err := writeFile(filepath.Join(site.Root, name), content, mode); err != nil {
			return err
		}
	}
	if err := b.writeSources(site.Root); err != nil {
		return err
	}
	if err := b.trust(ctx, site.Root); err != nil {
		return err
	}
	return keepLists(site)
}

// bootstrap runs mmdebstrap and leaves its package lists and archives in root.
func (b base) bootstrap(ctx context.Context, root string, args ...string) error {
	args = append(args, "--mode=root", "--quiet", "--skip=cleanup/apt", b.suite, root, "-")
	cmd := isolated(ctx, append([]string{"mmdebstrap"}, args...)...)
	cmd.Stdin = strings.NewReader(strings.Join(b.sources, "\n") + "\n")
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+accounts, "LC_ALL=C.UTF-8")
	if out, err := output(cmd); err != nil {
		return fmt.Errorf("install Debian %s by mmdebstrap: %w: %s. Check that the mirror in /etc/apt has this suite, and that debian-archive-keyring is new enough to know it",
			b.suite, err, lastLines(out))
	}
	return nil
}

// writeSources puts the mirror into the one place where people look for it.
func (b base) writeSources(root string) error {
	others, err := filepath.Glob(filepath.Join(root, "etc/apt/sources.list.d/*"))
	for _, other := range others {
		err = errors.Join(err, os.Remove(other))
	}
	if err != nil {
		return fmt.Errorf("write package sources: %w", err)
	}
	return writeFile(filepath.Join(root, "etc/apt/sources.list"), strings.Join(b.sources, "\n")+"\n", 0o644)
}

// trust adds what the machine trusts and Debian does not, as local
// certificates, so that OpenSSL finds them by hash as well.
func (b base) trust(ctx context.Context, root string) error {
	known, err := os.ReadFile(filepath.Join(root, CertBundle))
	if err != nil {
		return fmt.Errorf("read the base's certificates: %w", err)
	}
	for number, certificate := range certificates(b.bundle) {
		if bytes.Contains(known, certificate) {
			continue
		}
		name := fmt.Sprintf("usr/local/share/ca-certificates/machine-%03d.crt", number)
		if err := writeFile(filepath.Join(root, name), string(certificate)+"\n", 0o644); err != nil {
			return err
		}
	}
	if out, err := exec.CommandContext(ctx, "chroot", root, "update-ca-certificates").CombinedOutput(); err != nil {
		return fmt.Errorf("trust the machine's certificates: %w: %s", err, lastLines(out))
	}
	return nil
}

// certificates splits a PEM bundle and leaves out what stands between.
func certificates(bundle []byte) [][]byte {
	const begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
	var found [][]byte
	for {
		_, rest, ok := bytes.Cut(bundle, []byte(begin))
		body, after, closed := bytes.Cut(rest, []byte(end))
		if !ok || !closed {
			return found
		}
		found = append(found, []byte(begin+string(body)+end))
		bundle = after
	}
}

// keepLists moves apt's package lists out of the layer, for the layers above,
// and dates the layer by them.
func keepLists(site Site) error {
	lists := filepath.Join(site.Keep, "lists")
	inRoot := filepath.Join(site.Root, "var/lib/apt/lists")
	if err := os.Rename(inRoot, lists); err != nil {
		return fmt.Errorf("keep package lists: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(inRoot, "partial"), 0o755); err != nil {
		return fmt.Errorf("keep package lists: %w", err)
	}
	at, err := released(lists)
	if err != nil {
		return err
	}
	return site.Dated(at)
}

func writeFile(path, content string, mode os.FileMode) error {
	// A file that is there may have another mode.
	err := os.Remove(path)
	if err == nil || errors.Is(err, os.ErrNotExist) {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = os.WriteFile(path, []byte(content), mode)
	}
	if err != nil {
		return fmt.Errorf("write file of a layer: %w", err)
	}
	return nil
}

// lastLines is the part of a tool's output that tells why it failed.
func lastLines(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}
