// Package netcheck looks at the machine's network: whether a port is free and
// who holds it, and what an engine has left behind.
package netcheck

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// FreePort fails when the loopback port is taken, and names the process that
// holds it. flag is the command line flag by which another can be chosen.
func FreePort(port int, flag string) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err == nil {
		return listener.Close()
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("try port %d: %w", port, err)
	}
	return fmt.Errorf("port %d is taken by %s; stop it, or choose another port with %s", port, holder(port), flag)
}

// holder describes the process that listens on port, as far as it can be seen.
func holder(port int) string {
	inodes := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		for inode := range listeners(table, port) {
			inodes["socket:["+inode+"]"] = true
		}
	}
	handles, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return "another process"
	}
	for _, handle := range handles {
		if target, err := os.Readlink(handle); err == nil && inodes[target] {
			return describe(strings.Split(handle, "/")[2])
		}
	}
	return "a process of another user or namespace"
}

// listeners returns the inodes of the sockets that listen on port.
func listeners(table string, port int) map[string]bool {
	file, err := os.Open(table)
	if err != nil {
		return nil
	}
	defer file.Close() //nolint:errcheck // Only read.
	const localField, stateField, inodeField, listening = 1, 3, 9, "0A"
	inodes := map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) > inodeField && fields[stateField] == listening &&
			strings.HasSuffix(fields[localField], fmt.Sprintf(":%04X", port)) {
			inodes[fields[inodeField]] = true
		}
	}
	return inodes
}

func describe(pid string) string {
	cmdline, err := os.ReadFile(filepath.Join("/proc", pid, "cmdline"))
	if err != nil {
		return "process " + pid
	}
	command := strings.ReplaceAll(strings.TrimRight(string(cmdline), "\x00"), "\x00", " ")
	const longest = 80
	if len(command) > longest {
		command = command[:longest] + "…"
	}
	return fmt.Sprintf("process %s (%s)", pid, command)
}
