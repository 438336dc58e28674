package debian

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/airgap/internal/host"
)

// Foreign returns the recipe of one whole layer for another architecture with
// the packages of a native layer and those below it. The packages are unpacked
// and nothing of them is run, so no emulation is needed: configuration, users,
// certificates and what lies in /usr/local come from the native one. That is
// enough to copy files into, to scan, and to run programs that need no more
// than their files.
func (k Kitchen) Foreign(native *Layer, suite, architecture string, machine host.Machine) (*Layer, error) {
	key, err := native.Key()
	if err != nil {
		return nil, err
	}
	return &Layer{
		Name:   native.Name + "-" + architecture,
		Inputs: []any{key, suite, architecture, mergeUsr},
		Fill: func(ctx context.Context, site Site) error {
			model, err := k.Make(ctx, native)
			if err != nil {
				return err
			}
			f := foreign{
				base:         base{suite: suite, sources: machine.Apt.Lines(suite, "main")},
				architecture: architecture,
				model:        model,
			}
			return f.fill(ctx, site)
		},
	}, nil
}

type foreign struct {
	base
	architecture string
	model        []Made
}

// mergeUsr makes the links that an installation makes by a package's script
// when none of the files of a release has them.
const mergeUsr = `for dir in bin sbin lib; do mkdir -p "$1/usr/$dir"; ln -s "usr/$dir" "$1/$dir"; done`

func (f foreign) fill(ctx context.Context, site Site) error {
	packages, err := AllPackages(f.model)
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(packages))
	if err := f.bootstrap(ctx, site.Root, "--variant=extract", "--architectures="+f.architecture, "--setup-hook="+mergeUsr,
		"--include="+strings.Join(names, ",")); err != nil {
		return err
	}
	if err := keepLists(site); err != nil {
		return err
	}
	if err := f.register(ctx, site.Root); err != nil {
		return err
	}
	return f.configure(ctx, site.Root)
}

// AllPackages returns the version of each Debian package in a stack of layers.
func AllPackages(layers []Made) (map[string]string, error) {
	for _, made := range slices.Backward(layers) {
		if packages, err := made.Packages(); err != nil || len(packages) > 0 {
			return packages, err
		}
	}
	return map[string]string{}, nil
}

// register writes dpkg's database, which unpacking alone does not.
func (f foreign) register(ctx context.Context, root string) error {
	archives, err := filepath.Glob(filepath.Join(root, "var/cache/apt/archives/*.deb"))
	if err != nil || len(archives) == 0 {
		return errors.Join(fmt.Errorf("register packages in %s: no package archive is there", root), err)
	}
	var status bytes.Buffer
	for _, archive := range archives {
		stanza, err := describe(ctx, archive, filepath.Join(root, "var/lib/dpkg/info"))
		if err != nil {
			return fmt.Errorf("register package %s: %w", filepath.Base(archive), err)
		}
		status.Write(stanza)
	}
	return writeFile(filepath.Join(root, statusFile), status.String(), 0o644)
}

// describe returns a package's paragraph of the status file and lists its
// files below info.
func describe(ctx context.Context, archive, info string) ([]byte, error) {
	control, err := exec.CommandContext(ctx, "dpkg-deb", "--field", archive).Output()
	if err != nil {
		return nil, err
	}
	first, rest, _ := bytes.Cut(control, []byte("\n"))
	stanza := slices.Concat(first, []byte("\nStatus: install ok installed\n"), rest, []byte("\n"))

	name := strings.TrimSpace(strings.TrimPrefix(string(first), "Package:"))
	if bytes.Contains(rest, []byte("\nMulti-Arch: same\n")) {
		_, after, _ := strings.Cut(string(rest), "Architecture: ")
		architecture, _, _ := strings.Cut(after, "\n")
		name += ":" + architecture
	}
	listing, err := exec.CommandContext(ctx, "sh", "-euc", `dpkg-deb --fsys-tarfile "$1" | tar --list`, "sh", archive).Output()
	if err != nil {
		return nil, err
	}
	var files strings.Builder
	for line := range strings.Lines(string(listing)) {
		file := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "."), "/")
		if file == "" {
			file = "/."
		}
		files.WriteString(file + "\n")
	}
	return stanza, writeFile(filepath.Join(info, name+".list"), files.String(), 0o644)
}

// configure copies what the packages' scripts have made in the native layers
// and what is of no architecture. The linker's cache is of one.
func (f foreign) configure(ctx context.Context, root string) error {
	for _, made := range f.model {
		for _, dir := range []string{"etc", "usr/local"} {
			from := filepath.Join(made.Root(), dir)
			if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err := copyTree(ctx, from, filepath.Join(root, dir)); err != nil {
				return err
			}
		}
	}
	if err := os.RemoveAll(filepath.Join(root, "etc/ld.so.cache")); err != nil {
		return fmt.Errorf("configure foreign layer: %w", err)
	}
	return nil
}
