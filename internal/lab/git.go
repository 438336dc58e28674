package lab

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// gitBackend is git-http-backend on the repositories below root.
func gitBackend(root string) (http.Handler, error) {
	execPath, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return nil, fmt.Errorf("find git's http backend: %w. Install git", err)
	}
	return &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(execPath)), "git-http-backend"),
		Env: []string{
			"GIT_PROJECT_ROOT=" + root,
			"GIT_HTTP_EXPORT_ALL=1",
			// The backend pushes only for a user it knows; authentication is ours.
			"REMOTE_USER=pingvas",
			"GIT_CONFIG_COUNT=2",
			"GIT_CONFIG_KEY_0=http.receivepack", "GIT_CONFIG_VALUE_0=true",
			"GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=*",
		},
	}, nil
}

// Publish makes a bare repository of a directory's files, with one commit on
// main, unless it is there already.
func Publish(bare, files string) error {
	if _, err := os.Stat(bare); err == nil {
		return nil
	}
	work, err := os.MkdirTemp("", "publish-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := Commit(work, files, "Initial manifests"); err != nil {
		return err
	}
	// A rename makes the repository whole or not at all.
	partial := bare + ".partial"
	return errors.Join(
		os.RemoveAll(partial),
		run("", "clone", "--quiet", "--bare", work, partial),
		os.Rename(partial, bare),
	)
}

// Commit makes a directory a git repository whose main branch has the files,
// in a new commit when they differ from what is committed.
func Commit(repository, files, message string) error {
	if _, err := os.Stat(filepath.Join(repository, ".git")); err != nil {
		if err := run("", "init", "--quiet", "--initial-branch=main", repository); err != nil {
			return err
		}
	}
	files, err := filepath.Abs(files)
	if err != nil {
		return err
	}
	if err := run(repository, "--work-tree", files, "add", "--all"); err != nil {
		return err
	}
	if run(repository, "diff", "--cached", "--quiet") == nil && run(repository, "rev-parse", "--quiet", "--verify", "HEAD") == nil {
		return nil
	}
	return errors.Join(
		run(repository, "-c", "user.name=Pingvas", "-c", "user.email=studio@pingvas.example", "commit", "--quiet", "--message", message),
		run(repository, "reset", "--quiet", "--hard"),
	)
}

func run(dir string, args ...string) error {
	command := exec.Command("git", args...)
	command.Dir = dir
	// A person's configuration (hooks, signing) must not reach a demonstration.
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, output)
	}
	return nil
}
