// Package toolbuild makes the engine, the CLI and what they run (runc, the CNI
// plugins) from Go modules, on a machine that reaches a module proxy and no
// container registry.
//
// Install HostPackages, then call Build. A second call finds everything made
// and returns at once.
package toolbuild

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/pingvas/pingvas-ci/airgap/internal/cache"
)

// HostPackages are the Debian packages that Build needs besides Go. The caller
// installs them.
var HostPackages = []string{"gcc", "libc6-dev", "libseccomp-dev", "pkg-config"}

// Build makes every tool of Tools in outDir, as outDir/<name>. A tool whose
// inputs are those of the binary that is there is skipped. Each build is
// handed to log as a named step, which has to run it and return its error.
func Build(ctx context.Context, repoRoot, outDir string, log func(step string, fn func() error) error) error {
	return buildAll(ctx, Tools(), repoRoot, outDir, log)
}

// BuildTrivy makes the scanner in outDir, as Build does the others, and returns
// the binary.
func BuildTrivy(ctx context.Context, repoRoot, outDir string, log func(step string, fn func() error) error) (binary string, err error) {
	return filepath.Join(outDir, Trivy().Name), buildAll(ctx, []Tool{Trivy()}, repoRoot, outDir, log)
}

func buildAll(ctx context.Context, tools []Tool, repoRoot, outDir string, log func(step string, fn func() error) error) error {
	// go build runs in the tool's module, where a relative path means another place.
	outDir, err := filepath.Abs(outDir)
	if err != nil {
		return fmt.Errorf("find the output directory %s: %w", outDir, err)
	}
	if err := os.MkdirAll(outDir, 0o755); err != nil {
		return fmt.Errorf("make the output directory: %w", err)
	}
	toolchain, err := goToolchain(ctx)
	if err != nil {
		return err
	}
	for _, tool := range tools {
		key, err := tool.key(repoRoot, toolchain)
		if err != nil {
			return fmt.Errorf("look at the inputs of %s: %w", tool.Name, err)
		}
		if isFresh(outDir, tool.Name, key) {
			continue
		}
		err = log("build "+tool.Name, func() error { return tool.buildOnce(ctx, repoRoot, outDir, key) })
		if err != nil {
			return err
		}
	}
	return nil
}

// goToolchain describes the Go that builds, and what it builds for.
func goToolchain(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION", "GOOS", "GOARCH")
	cmd.Env = buildEnv(false)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("ask go for its version: %w. Install Go and put it on the PATH", err)
	}
	return string(out), nil
}

// buildOnce makes one tool, unless another process does so just now.
func (t Tool) buildOnce(ctx context.Context, repoRoot, outDir, key string) error {
	unlock, err := cache.Lock(filepath.Join(outDir, "."+t.Name+".lock"))
	if err != nil {
		return err
	}
	defer unlock()
	if isFresh(outDir, t.Name, key) {
		return nil
	}
	return t.build(ctx, repoRoot, outDir, key)
}

// build makes one tool. The binary appears whole or not at all, and its key
// only after it.
func (t Tool) build(ctx context.Context, repoRoot, outDir, key string) error {
	work, err := os.MkdirTemp(outDir, ".build-")
	if err != nil {
		return fmt.Errorf("build %s: make a working directory: %w", t.Name, err)
	}
	defer func() { _ = os.RemoveAll(work) }()

	made := filepath.Join(work, t.Name)
	cmd := exec.CommandContext(ctx, "go", t.args(made)...)
	cmd.Dir = filepath.Join(repoRoot, t.Module)
	cmd.Env = append(buildEnv(t.CGO), t.Env...)
	cmd.WaitDelay = 5 * time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("build %s: %w", t.Name, context.Cause(ctx))
		}
		return t.explain(output.String(), err)
	}
	return install(made, outDir, t.Name, key)
}

// args returns go's arguments for building the tool as a file.
func (t Tool) args(output string) []string {
	args := []string{"build", "-trimpath", "-o", output}
	return append(append(args, t.flags()...), t.Package)
}

// buildEnv is the caller's environment, with what would change the binaries
// fixed. The module proxy and the checksum database stay the machine's own.
func buildEnv(cgo bool) []string {
	enabled := "0"
	if cgo {
		enabled = "1"
	}
	return append(os.Environ(),
		"CGO_ENABLED="+enabled,
		"GOFLAGS=-mod=readonly -buildvcs=false",
		"GOTOOLCHAIN=local",
		"GOWORK=off",
	)
}
