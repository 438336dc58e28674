package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
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

	unregister, err := emulator()
	if err != nil {
		return append(rows, row{what: "the same under emulation", note: "not measured: " + err.Error()}), nil
	}
	defer unregister()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(guideDockerfile), 0o644); err != nil {
		return rows, err
	}
	base, err := exec.CommandContext(ctx, "dagger", append(append([]string{"--progress=plain", "call"}, lockArgs()...), "images")...).Output()
	if err != nil {
		return rows, fmt.Errorf("read the table of images: %w", err)
	}
	emulated, err := timed(ctx, ".", "core", "host", "directory", "--path", dir, "docker-build",
		"--platform", "linux/arm64", "--build-args", `{"name":"BASE","value":"`+pythonBase(string(base))+`"}`, "sync")
	if err != nil {
		return rows, err
	}
	note := fmt.Sprintf("%.0f times as long", emulated.Seconds()/native.Seconds())
	return append(rows, row{what: "the same under emulation (qemu-user)", took: emulated, note: note}), nil
}

// pythonBase finds the Python base image in the module's list.
func pythonBase(list string) string {
	for line := range strings.Lines(list) {
		if strings.Contains(line, "python:3.13") {
			return strings.TrimSpace(line)
		}
	}
	return "python:3.13-slim"
}

const (
	binfmt   = "/proc/sys/fs/binfmt_misc"
	qemu     = "/usr/bin/qemu-aarch64-static"
	handler  = "pingvas-bench-aarch64"
	aarch64  = `\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`
	aarch64m = `\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`
)

// emulator has the kernel run arm64 programs, until unregister is called.
func emulator() (unregister func(), err error) {
	if _, err := os.Stat(qemu); err != nil {
		return nil, errors.New("install qemu-user-static to compare")
	}
	mounted := false
	if _, err := os.Stat(filepath.Join(binfmt, "register")); err != nil {
		if output, err := exec.Command("mount", "-t", "binfmt_misc", "binfmt_misc", binfmt).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("mount binfmt_misc: %s", strings.TrimSpace(string(output)))
		}
		mounted = true
	}
	entry := fmt.Sprintf(":%s:M::%s:%s:%s:F", handler, aarch64, aarch64m, qemu)
	if err := os.WriteFile(filepath.Join(binfmt, "register"), []byte(entry), 0); err != nil {
		return nil, fmt.Errorf("register %s: %w", qemu, err)
	}
	return func() {
		_ = os.WriteFile(filepath.Join(binfmt, handler), []byte("-1"), 0)
		if mounted {
			_ = exec.Command("umount", binfmt).Run()
		}
	}, nil
}
