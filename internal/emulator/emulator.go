// Package emulator has the kernel of this machine run arm64 programs, by QEMU.
// What is registered is seen in every container: an engine on this machine can
// then build under emulation.
package emulator

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	binfmt = "/proc/sys/fs/binfmt_misc"
	qemu   = "/usr/bin/qemu-aarch64-static"
	// The head of an arm64 program's file, and which of its bits count.
	magic = `\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`
	mask  = `\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`
)

// Registered tells whether the machine runs arm64 programs already.
func Registered() bool {
	handlers, _ := filepath.Glob(binfmt + "/*aarch64*")
	return len(handlers) > 0
}

// Register has the kernel run arm64 programs until unregister is called. It
// takes root and the Debian package qemu-user-static.
func Register(name string) (unregister func(), err error) {
	if _, err := os.Stat(qemu); err != nil {
		return nil, errors.New("there is no emulator for arm64: install qemu-user-static")
	}
	unmount := func() {}
	if _, err := os.Stat(filepath.Join(binfmt, "register")); err != nil {
		if output, err := exec.Command("mount", "-t", "binfmt_misc", "binfmt_misc", binfmt).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("mount binfmt_misc: %s", strings.TrimSpace(string(output)))
		}
		unmount = func() { _ = exec.Command("umount", binfmt).Run() }
	}
	// F opens the emulator now, so that containers need not have it.
	entry := fmt.Sprintf(":%s:M::%s:%s:%s:F", name, magic, mask, qemu)
	if err := os.WriteFile(filepath.Join(binfmt, "register"), []byte(entry), 0); err != nil {
		unmount()
		return nil, fmt.Errorf("register %s: %w", qemu, err)
	}
	return func() {
		_ = os.WriteFile(filepath.Join(binfmt, name), []byte("-1"), 0)
		unmount()
	}, nil
}
