package gosdk

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// farFuture is newer than any file.
var farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// goEnv is how the machine's Go reaches its registries.
type goEnv struct{ GOPROXY, GOSUMDB string }

func readGoEnv(ctx context.Context) (goEnv, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "-json", "GOPROXY", "GOSUMDB").Output()
	if err != nil {
		return goEnv{}, fmt.Errorf("read Go's configuration: %w; install Go and put it on the PATH", err)
	}
	var env goEnv
	if err := json.Unmarshal(out, &env); err != nil {
		return goEnv{}, fmt.Errorf("read Go's configuration: %w", err)
	}
	return env, nil
}

// proxy is the image's own proxy and then the machine's.
func (e goEnv) proxy() string { return proxy + "," + e.GOPROXY }

// variables are what a command in the image needs in order to download.
func (e goEnv) variables() []string {
	return []string{"GOPROXY=" + e.proxy(), "GOSUMDB=" + e.GOSUMDB}
}

func copyFile(from, to string, mode os.FileMode) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy file: %w", err)
	}
	defer in.Close() //nolint:errcheck // Only read.
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("copy file: %w", err)
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return fmt.Errorf("copy file: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, in); err != nil {
		return fmt.Errorf("copy %s to %s: %w", from, to, err)
	}
	return out.Chmod(mode)
}

func fileDigest(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("digest file: %w", err)
	}
	defer file.Close() //nolint:errcheck // Only read.
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", fmt.Errorf("digest %s: %w", path, err)
	}
	return fmt.Sprintf("%x", hash.Sum(nil)), nil
}
