package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Origin is the address from which a clone fetches, as its configuration says
// it: empty where that names none. It may have credentials in it.
func Origin(ctx context.Context, dir string) (string, error) {
	urls, err := configured(ctx, dir, "--get-all", "remote.origin.url")
	if err != nil || len(urls) == 0 {
		return "", err
	}
	return urls[0], nil // Git pushes to all of them, and fetches from the first.
}

// configured is what git finds in a clone's configuration, which it reads as a
// file like any other: from outside the clone, so that nothing of it takes
// effect, and without the files that it includes.
func configured(ctx context.Context, dir string, query ...string) ([]string, error) {
	file, err := filepath.Abs(filepath.Join(dir, ".git", "config"))
	if err != nil {
		return nil, fmt.Errorf("read the configuration of %s: %w", dir, err)
	}
	switch info, err := os.Lstat(file); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the configuration of %s: %w", dir, err)
	case !info.Mode().IsRegular() || info.Size() > 1<<20:
		return nil, fmt.Errorf("read the configuration of %s: .git/config is no file of at most 1 MiB. Give another clone", dir)
	}
	outside := git{dir: os.TempDir(), env: []string{"GIT_DIR=" + os.DevNull}}
	out, err := outside.run(ctx, append([]string{"config", "--file", file, "--no-includes", "--null"}, query...)...)
	switch {
	case exitCode(err) == 1:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the configuration of %s: %w", dir, err)
	}
	return strings.Split(strings.TrimSuffix(out, "\x00"), "\x00"), nil
}
