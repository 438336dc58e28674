// Package daemon starts a process that outlives its starter, and finds and stops
// it again by a file that identifies it.
//
// The file is written before the process does anything: the process waits at a
// gate for it, and ends when its starter dies first. So there is never a
// process without a file. A file without its process is harmless, since the
// identity in it is more than a number that the system may give out again.
package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// gateVariable names the file descriptor at which a started process waits.
const gateVariable = "PINGVAS_AIRGAP_GATE"

// Process is a process that Start has started, in this run or an earlier one.
type Process struct {
	PID int `json:"pid"`
	// Ticks is the process's start, in clock ticks since Boot began.
	Ticks uint64 `json:"ticks"`
	// Boot identifies the run of the kernel.
	Boot string `json:"boot"`
}

// Start starts cmd in a session of its own, with its output appended to
// logFile, and identifies it in pidFile. The program that cmd runs must call
// Gate first.
func Start(cmd *exec.Cmd, pidFile, logFile string) (Process, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return Process{}, fmt.Errorf("open log: %w", err)
	}
	defer log.Close() //nolint:errcheck // The process has its own handle.
	gate, open, err := os.Pipe()
	if err != nil {
		return Process{}, fmt.Errorf("make gate: %w", err)
	}
	defer gate.Close() //nolint:errcheck // Only read by the process.
	defer open.Close() //nolint:errcheck // Closing unwritten is the signal to end.

	cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, log, log
	cmd.ExtraFiles = []*os.File{gate}
	cmd.Env = append(cmd.Environ(), gateVariable+"=3")
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setsid = true
	if err := cmd.Start(); err != nil {
		return Process{}, fmt.Errorf("start %s: %w", filepath.Base(cmd.Path), err)
	}
	// A starter that lives on must not keep the ended process as a zombie.
	go func() { _ = cmd.Wait() }()

	process, err := identify(cmd.Process.Pid)
	if err != nil {
		return Process{}, fmt.Errorf("identify started process: %w", err)
	}
	if err := process.write(pidFile); err != nil {
		return Process{}, err
	}
	if _, err := open.Write([]byte{1}); err != nil {
		return Process{}, fmt.Errorf("open gate of process %d: %w", process.PID, err)
	}
	return process, nil
}

// Gate waits, in a process that Start has started, until the process is on
// file. It returns at once in every other process.
func Gate() {
	value, set := os.LookupEnv(gateVariable)
	if !set {
		return
	}
	fd, err := strconv.Atoi(value)
	if err != nil {
		os.Exit(125)
	}
	gate := os.NewFile(uintptr(fd), "gate")
	if n, _ := gate.Read(make([]byte, 1)); n != 1 {
		os.Exit(125)
	}
	_ = gate.Close()
	_ = os.Unsetenv(gateVariable)
}

// Find returns the process that pidFile identifies, if it still runs.
func Find(pidFile string) (Process, bool) {
	data, err := os.ReadFile(pidFile)
	if err != nil {
		return Process{}, false
	}
	var process Process
	if json.Unmarshal(data, &process) != nil || !process.Alive() {
		return Process{}, false
	}
	return process, true
}

// Alive tells whether the process runs.
func (p Process) Alive() bool {
	now, err := identify(p.PID)
	return err == nil && now == p
}

// Uptime returns how long the process has run.
func (p Process) Uptime() time.Duration {
	data, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0
	}
	seconds, _, _ := strings.Cut(string(data), " ")
	up, err := strconv.ParseFloat(seconds, 64)
	if err != nil {
		return 0
	}
	// Linux counts these ticks by the hundredth of a second on every platform.
	start := float64(p.Ticks) / 100
	return time.Duration((up - start) * float64(time.Second)).Truncate(time.Second)
}

// Stop asks the process to end, waits for at most grace, and kills it then.
func (p Process) Stop(grace time.Duration) error {
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGTERM, grace}, {syscall.SIGKILL, 10 * time.Second}} {
		if !p.Alive() {
			return nil
		}
		if err := syscall.Kill(p.PID, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("send %s to process %d: %w", step.signal, p.PID, err)
		}
		for deadline := time.Now().Add(step.wait); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if !p.Alive() {
				return nil
			}
		}
	}
	return fmt.Errorf("process %d does not end; look at it with `ps -p %d -o stat,wchan,cmd`", p.PID, p.PID)
}

func (p Process) write(path string) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode process: %w", err)
	}
	partial := path + ".partial"
	if err := os.WriteFile(partial, data, 0o644); err != nil {
		return fmt.Errorf("write process file: %w", err)
	}
	if err := os.Rename(partial, path); err != nil {
		return fmt.Errorf("write process file: %w", err)
	}
	return nil
}

// identify reads a live process's identity. A zombie is not alive.
func identify(pid int) (Process, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Process{}, err
	}
	// The second field is the command in brackets, which may hold anything.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const stateField, startField = 0, 19
	if len(fields) <= startField || fields[stateField] == "Z" || fields[stateField] == "X" {
		return Process{}, fmt.Errorf("process %d has ended", pid)
	}
	ticks, err := strconv.ParseUint(fields[startField], 10, 64)
	if err != nil {
		return Process{}, fmt.Errorf("read start of process %d: %w", pid, err)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return Process{}, err
	}
	return Process{PID: pid, Ticks: ticks, Boot: strings.TrimSpace(string(boot))}, nil
}
