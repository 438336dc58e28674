package gosdk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	"github.com/pingvas/pingvas-ci/airgap/internal/cache"
	"github.com/pingvas/pingvas-ci/airgap/internal/golang"
	"github.com/pingvas/pingvas-ci/airgap/internal/nsroot"
)

// A module is loaded in two ways, both by the code generator: for its types the
// internal packages are taken away and the library is fetched, and for its
// runtime the dependencies are tidied and everything is compiled. Warming does
// just that, so that the caches hold what a load asks for: archives, the go.mod
// files of the whole graph, answers of the checksum database, and compiled
// packages.
const (
	typesScript = `go get dagger.io/dagger@` + libraryCommit + ` github.com/dagger/querybuilder`

	// tidyScript is one pass of the generator, of which it makes two.
	tidyScript = `
go get dagger.io/dagger@` + libraryCommit + `
go mod tidy
`
	// buildScript builds as the engine does, and what the program leaves out.
	buildScript = `
go build -ldflags '-s -w' -o /tmp/runtime .
go build ./...
`
	// bareScript is for a module that requires no more than the library.
	bareScript = `go get dagger.io/dagger@` + libraryCommit + `
go get ` + telemetry + `
go mod tidy
go build ./...`
)

// runtimeScript is what the generator and the engine do in order to compile a
// module. The replacements come between the two passes: it is the first that
// adds to go.mod what they are for.
func runtimeScript(sdk sdkModule) string {
	var replace strings.Builder
	for _, r := range sdk.mod.Replace {
		fmt.Fprintf(&replace, "! grep -q '%s v' go.mod || go mod edit -replace %s=%s@%s\n", r.New.Path, r.Old.Path, r.New.Path, r.New.Version)
	}
	return tidyScript + replace.String() + tidyScript + buildScript
}

// warming is one module and what is done in it.
type warming struct {
	dir    string // Relative to the place where modules are prepared.
	script string
}

// moduleSet prepares modules below a directory.
type moduleSet struct {
	// inputs decide, with the layers below, whether the layer is still good.
	inputs []any
	// prepare writes the modules below dir and tells what to do in them.
	prepare func(dir string, sdk sdkModule) ([]warming, error)
	// err is why there is no set.
	err error
}

// warmLayer adds what modules leave in Go's caches when they are built in the
// image as it is so far.
func (b Builder) warmLayer(ctx context.Context, name string, machine goEnv, below stack, modules moduleSet) (stack, error) {
	if modules.err != nil {
		return stack{}, modules.err
	}
	key, err := cache.Key("warm", 2, below.key, modules.inputs)
	if err != nil {
		return stack{}, err
	}
	return b.layer(below, name, key, func(root string) error {
		sdk, err := readSDK(ctx)
		if err != nil {
			return err
		}
		work, err := os.MkdirTemp(filepath.Dir(root), "warm-")
		if err != nil {
			return fmt.Errorf("make working directory: %w", err)
		}
		todo, err := modules.prepare(filepath.Join(work, "src"), sdk)
		if err != nil {
			return err
		}
		for _, w := range todo {
			if err := w.run(ctx, root, work, below, machine); err != nil {
				return err
			}
		}
		return os.RemoveAll(work)
	})
}

// run runs one warming over the layers below, and leaves in upper what it adds
// to them.
func (w warming) run(ctx context.Context, upper, work string, below stack, machine goEnv) error {
	scratch, mountpoint := filepath.Join(work, "overlay"), filepath.Join(work, "root")
	if err := errors.Join(os.RemoveAll(scratch), os.MkdirAll(scratch, 0o755), os.MkdirAll(mountpoint, 0o755)); err != nil {
		return fmt.Errorf("make directories for %s: %w", w.dir, err)
	}
	command := nsroot.Command{
		Lower: below.roots, Upper: upper, Work: scratch, Mountpoint: mountpoint,
		Binds: []nsroot.Bind{
			// The module is to be where the engine mounts it.
			{Source: filepath.Join(work, "src", w.dir), Target: "/src"},
			{Source: "/etc/resolv.conf", Target: "/etc/resolv.conf"},
			{Source: "/etc/hosts", Target: "/etc/hosts"},
		},
		Dir:  "/src",
		Env:  append(environment(), append(machine.variables(), "HOME=/root")...),
		Args: []string{"/bin/sh", "-euc", w.script},
	}
	if _, err := command.Run(ctx); err != nil {
		return fmt.Errorf("warm %s: %w; the module proxy must serve what go.mod requires: pin a version that it serves", w.dir, err)
	}
	if err := withoutArchives(filepath.Join(upper, golang.Path, "pkg/mod/cache/download")); err != nil {
		return fmt.Errorf("warm %s: %w", w.dir, err)
	}
	// What the mounts needed is no part of the layer.
	return errors.Join(os.RemoveAll(filepath.Join(upper, "src")), os.RemoveAll(filepath.Join(upper, "etc")))
}

// withoutArchives removes the archives of modules, which stand there unpacked: Go asks for
// their sums alone.
func withoutArchives(downloads string) error {
	return filepath.WalkDir(downloads, func(file string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() || filepath.Ext(file) != ".zip" {
			return err
		}
		return os.Remove(file)
	})
}

// sdkModule is the library's own go.mod, which the code generator merges into
// each module's.
type sdkModule struct {
	mod *modfile.File
	sum []byte
}

func readSDK(ctx context.Context) (sdkModule, error) {
	files, err := download(ctx, library)
	if err != nil {
		return sdkModule{}, err
	}
	mod, err := os.ReadFile(filepath.Join(files.Dir, "go.mod"))
	if err != nil {
		return sdkModule{}, fmt.Errorf("read requirements of %s: %w", library, err)
	}
	sum, err := os.ReadFile(filepath.Join(files.Dir, "go.sum"))
	if err != nil {
		return sdkModule{}, fmt.Errorf("read sums of %s: %w", library, err)
	}
	parsed, err := modfile.Parse("go.mod", mod, nil)
	if err != nil {
		return sdkModule{}, fmt.Errorf("read requirements of %s: %w", library, err)
	}
	return sdkModule{mod: parsed, sum: sum}, nil
}

// merge raises a module's requirements to the library's, as the code generator
// does.
func (sdk sdkModule) merge(goMod []byte) ([]byte, error) {
	mod, err := modfile.Parse("go.mod", goMod, nil)
	if err != nil {
		return nil, err
	}
	required := map[string]string{}
	for _, r := range mod.Require {
		required[r.Mod.Path] = r.Mod.Version
	}
	for _, r := range sdk.mod.Require {
		if have, ok := required[r.Mod.Path]; ok && semver.Compare(have, r.Mod.Version) >= 0 {
			continue
		}
		required[r.Mod.Path] = r.Mod.Version
		if err := mod.AddRequire(r.Mod.Path, r.Mod.Version); err != nil {
			return nil, err
		}
	}
	for _, r := range sdk.mod.Replace {
		if _, ok := required[r.New.Path]; !ok {
			continue
		}
		if err := mod.AddReplace(r.Old.Path, r.Old.Version, r.New.Path, r.New.Version); err != nil {
			return nil, err
		}
	}
	mod.Cleanup()
	return mod.Format()
}

// program is a main package that imports what generated code does, and more.
func program(imports ...string) []byte {
	var source bytes.Buffer
	source.WriteString("package main\n\nimport (\n")
	for _, path := range append(strings.Fields(generatedImports), imports...) {
		fmt.Fprintf(&source, "\t_ %q\n", path)
	}
	source.WriteString(")\n\nfunc main() {}\n")
	return source.Bytes()
}

// generatedImports are the imports of generated code.
const generatedImports = `
context encoding/json errors fmt log/slog net net/http os reflect strconv strings
github.com/Khan/genqlient/graphql
github.com/dagger/otel-go
github.com/dagger/querybuilder
github.com/vektah/gqlparser/v2/gqlerror
go.opentelemetry.io/otel
go.opentelemetry.io/otel/propagation
go.opentelemetry.io/otel/sdk/resource
go.opentelemetry.io/otel/semconv/v1.40.0
go.opentelemetry.io/otel/trace
`
