package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/internal/emulator"
)

// guideDockerfile is how the service is built where nobody thinks of platforms:
// every RUN is executed for the target, under emulation.
const guideDockerfile = `ARG BASE
FROM ${BASE}
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes --target /deps -r requirements.txt && python -m compileall -q /deps
COPY user_service /app/user_service
`

// emulation builds one arm64 image both ways, each from changed lock files.
func emulation(ctx context.Context, work string) ([]row, error) {
	studio := filepath.Join(work, "emulated")
	dir := filepath.Join(studio, service)
	if err := copyTo(filepath.Join("examples/studio", service), dir); err != nil {
		return nil, err
	}
	if err := appendTo(filepath.Join(dir, "requirements.txt"), fmt.Sprintf("\n# %d\n", time.Now().UnixNano())); err != nil {
		return nil, err
	}
	args := append([]string{"call", "--source", studio}, lockArgs()...)
	native, err := timed(ctx, ".", append(args, "service", "--name", "user-service", "image", "--platform", "linux/arm64", "sync")...)
	if err != nil {
		return nil, err
	}
	rows := []row{{what: "pingvas-ci, no emulation", took: native}}

	unregister, err := emulator.Register("pingvas-bench-aarch64")
	if err != nil {
		return append(rows, row{what: "the same under emulation", note: "not measured: " + err.Error()}), nil
	}
	defer unregister()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(guideDockerfile), 0o644); err != nil {
		return rows, err
	}
	base, err := pythonBase(ctx)
	if err != nil {
		return rows, err
	}
	emulated, err := timed(ctx, ".", "core", "host", "directory", "--path", dir, "docker-build",
		"--platform", "linux/arm64", "--build-args", "BASE="+base, "sync")
	if err != nil {
		return rows, err
	}
	note := fmt.Sprintf("%.0f times as long", emulated.Seconds()/native.Seconds())
	return append(rows, row{what: "the same under emulation (qemu-user)", took: emulated, note: note}), nil
}

// pythonBase finds the Python base image in the module's list.
func pythonBase(ctx context.Context) (string, error) {
	list, err := program(ctx, nil, "dagger", append(append([]string{"--progress=plain", "call"}, lockArgs()...), "images")...)
	for line := range strings.Lines(list) {
		if strings.Contains(line, "python:3.13") {
			return strings.TrimSpace(line), err
		}
	}
	return "python:3.13-slim", err
}
