package gittest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Repository is one repository of a server, on disk and by address.
type Repository struct {
	// Dir is the bare repository.
	Dir string
	// URL is its address on the server.
	URL string
}

// Commit puts a commit with the given files on a branch, past the server. A
// branch that isn't there yet starts from main, or from nothing.
func (r *Repository) Commit(branch, message string, files map[string]string) error {
	work, err := os.MkdirTemp("", "gittest-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := run("", nil, "clone", "--quiet", "file://"+r.Dir, work); err != nil {
		return err
	}
	if err := checkout(work, branch); err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(work, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
	}
	if err := run(work, nil, "add", "--all"); err != nil {
		return err
	}
	if err := run(work, nil, "commit", "--quiet", "--allow-empty", "--message", message); err != nil {
		return err
	}
	return run(work, nil, "push", "--quiet", "origin", "HEAD:refs/heads/"+branch)
}

func checkout(work, branch string) error {
	if run(work, nil, "rev-parse", "--verify", "--quiet", "refs/remotes/origin/"+branch) == nil {
		return run(work, nil, "checkout", "--quiet", "-B", branch, "refs/remotes/origin/"+branch)
	}
	return run(work, nil, "symbolic-ref", "HEAD", "refs/heads/"+branch)
}

// Hook installs a hook, a shell script such as "exit 1", by its git name.
func (r *Repository) Hook(name, script string) error {
	return os.WriteFile(filepath.Join(r.Dir, "hooks", name), []byte("#!/bin/sh\n"+script+"\n"), 0o755)
}

// Git runs git in the repository and returns what it printed, trimmed.
func (r *Repository) Git(args ...string) (string, error) {
	var out bytes.Buffer
	err := run(r.Dir, &out, args...)
	return strings.TrimSpace(out.String()), err
}

func run(dir string, stdout *bytes.Buffer, args ...string) error {
	var stderr bytes.Buffer
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stderr = dir, &stderr
	if stdout != nil {
		cmd.Stdout = stdout
	}
	cmd.Env = append(isolated(), "GIT_AUTHOR_NAME=test", "GIT_AUTHOR_EMAIL=test@example.com",
		"GIT_COMMITTER_NAME=test", "GIT_COMMITTER_EMAIL=test@example.com")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return nil
}

// isolated is an environment in which the machine's configuration has no part.
func isolated() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_TERMINAL_PROMPT=0",
	}
}
