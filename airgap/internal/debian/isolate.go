package debian

import (
	"context"
	"os/exec"
	"runtime"
	"syscall"
)

// isolated returns a command in a mount and a process namespace of its own:
// its mounts are seen by nobody else, and they and all that it has started end
// with it.
func isolated(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "unshare",
		append([]string{"--mount", "--pid", "--mount-proc", "--fork", "--kill-child", "--"}, args...)...)
}

// output runs a command that ends with this process, even when this process
// is killed: it must not go on in a directory that the next run clears.
func output(cmd *exec.Cmd) ([]byte, error) {
	// The kernel signals at the end of the thread that has started the command.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd.CombinedOutput()
}
