// Package nsroot runs a command in a root file system of its own: an overlay of
// directories, in its own mount and process namespaces, without a container
// runtime. Nothing of it is visible in the namespaces of the caller, and when
// the command ends, or is killed, the kernel takes its children and mounts away.
//
// The program that uses it calls Main first in its main function, because the
// command is started by way of the program itself.
package nsroot

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// arg0 is the name under which the program starts itself to enter a root.
const arg0 = "pingvas-airgap-nsroot"

// Command is a command and the root file system it sees.
type Command struct {
	// Lower are the read-only directories of the overlay, the topmost first.
	Lower []string
	// Upper takes what the command writes; Work is an empty directory beside
	// it, on the same file system. Both must exist.
	Upper, Work string
	// Mountpoint is an existing directory over which the root is mounted, in
	// the command's namespace only.
	Mountpoint string
	// Binds are directories and files of the host, mounted into the root.
	Binds []Bind
	// Dir is the working directory, "/" when empty.
	Dir string
	// Env is the whole environment.
	Env []string
	// Args is the command, its first element an absolute path in the root.
	Args []string
}

// Bind is one path of the host that the root shares. A missing target is made.
type Bind struct{ Source, Target string }

// Cmd returns the command, ready to be started with the streams its caller
// sets. Its process identifier is that of process 1 in the namespace: killing
// it kills all the others.
func (c Command) Cmd(ctx context.Context) (*exec.Cmd, error) {
	spec, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("describe root of %s: %w", c.Args[0], err)
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Args = []string{arg0, string(spec)}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID}
	return cmd, nil
}

// Run runs the command and returns its output as part of the error when it
// fails. The command does not outlive the caller.
func (c Command) Run(ctx context.Context) ([]byte, error) {
	cmd, err := c.Cmd(ctx)
	if err != nil {
		return nil, err
	}
	// The death signal comes when the thread that started the child ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	out, err := cmd.CombinedOutput()
	if err != nil {
		return out, fmt.Errorf("run %s in %s: %w\n%s", strings.Join(c.Args, " "), c.Mountpoint, err, tail(out))
	}
	return out, nil
}

// Main enters the root and becomes the command when the program was started by
// Cmd. It returns at once otherwise.
func Main() {
	if os.Args[0] != arg0 {
		return
	}
	if err := enter([]byte(os.Args[1])); err != nil {
		fmt.Fprintf(os.Stderr, "enter root: %v\n", err)
		os.Exit(125)
	}
}

func enter(spec []byte) error {
	var c Command
	if err := json.Unmarshal(spec, &c); err != nil {
		return fmt.Errorf("read description: %w", err)
	}
	if err := c.mount(); err != nil {
		return err
	}
	if err := pivot(c.Mountpoint); err != nil {
		return err
	}
	if c.Dir != "" {
		if err := os.Chdir(c.Dir); err != nil {
			return fmt.Errorf("change to working directory: %w", err)
		}
	}
	return fmt.Errorf("execute %s: %w", c.Args[0], syscall.Exec(c.Args[0], c.Args, c.Env))
}

func (c Command) mount() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", strings.Join(c.Lower, ":"), c.Upper, c.Work)
	if err := unix.Mount("overlay", c.Mountpoint, "overlay", 0, options); err != nil {
		return fmt.Errorf("mount overlay on %s: %w", c.Mountpoint, err)
	}
	mounts := []struct {
		source, target, fstype string
		flags                  uintptr
	}{
		{"proc", "proc", "proc", 0},
		{"/sys", "sys", "", unix.MS_BIND | unix.MS_REC},
		{"/dev", "dev", "", unix.MS_BIND | unix.MS_REC},
		{"tmpfs", "tmp", "tmpfs", 0},
	}
	for _, m := range mounts {
		target := filepath.Join(c.Mountpoint, m.target)
		if err := os.MkdirAll(target, 0o755); err != nil {
			return fmt.Errorf("make mount point: %w", err)
		}
		if err := unix.Mount(m.source, target, m.fstype, m.flags, ""); err != nil {
			return fmt.Errorf("mount %s on %s: %w", m.source, target, err)
		}
	}
	for _, bind := range c.Binds {
		if err := bind.mount(c.Mountpoint); err != nil {
			return err
		}
	}
	return nil
}

func (b Bind) mount(root string) error {
	target := filepath.Join(root, b.Target)
	info, err := os.Stat(b.Source)
	if err != nil {
		return fmt.Errorf("find what to bind: %w", err)
	}
	if info.IsDir() {
		err = os.MkdirAll(target, 0o755)
	} else {
		err = touch(target)
	}
	if err != nil {
		return fmt.Errorf("make mount point: %w", err)
	}
	if err := unix.Mount(b.Source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %s on %s: %w", b.Source, target, err)
	}
	return nil
}

func touch(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o644)
	if err != nil {
		return err
	}
	return file.Close()
}

// pivot makes root the root of the process. A chroot would not do: runc pivots
// in its turn, which the kernel refuses below a root that is no mount point.
func pivot(root string) error {
	const old = ".pivot"
	if err := os.MkdirAll(filepath.Join(root, old), 0o700); err != nil {
		return fmt.Errorf("make place for the old root: %w", err)
	}
	if err := unix.PivotRoot(root, filepath.Join(root, old)); err != nil {
		return fmt.Errorf("pivot to %s: %w", root, err)
	}
	if err := os.Chdir("/"); err != nil {
		return fmt.Errorf("change to the new root: %w", err)
	}
	if err := unix.Unmount("/"+old, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("detach the old root: %w", err)
	}
	if err := os.Remove("/" + old); err != nil {
		return fmt.Errorf("remove place of the old root: %w", err)
	}
	return nil
}

// tail keeps the end of a long output, which is where tools tell what failed.
func tail(out []byte) []byte {
	const limit = 4000
	if len(out) > limit {
		return out[len(out)-limit:]
	}
	return out
}
