package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// loads compares loading this module with loading one that has a single
// function: first on an engine that has not seen its code, then again.
func loads(ctx context.Context, work string) ([]row, error) {
	hello := filepath.Join(work, "hello")
	if err := os.Mkdir(hello, 0o755); err != nil {
		return nil, err
	}
	if _, err := timed(ctx, hello, "init", "--sdk=go", "--name=hello", "--source=."); err != nil {
		return nil, err
	}
	ours := filepath.Join(work, "ours")
	for _, part := range []string{"dagger.json", "ci"} {
		if err := copyTo(part, filepath.Join(ours, part)); err != nil {
			return nil, err
		}
	}
	var rows []row
	for _, module := range []struct{ name, dir, edit string }{{"hello world", hello, "main.go"}, {"pingvas-ci", ours, "ci/main.go"}} {
		// A changed comment makes the module new to the engine.
		if err := appendTo(filepath.Join(module.dir, module.edit), fmt.Sprintf("\n// %d\n", time.Now().UnixNano())); err != nil {
			return rows, err
		}
		for _, state := range []string{"after an edit", "again"} {
			took, err := timed(ctx, module.dir, "functions")
			if err != nil {
				return rows, err
			}
			rows = append(rows, row{what: module.name + ", " + state, took: took})
		}
	}
	return rows, nil
}

const service = "services/user-service"

// another is one more package in the service's lock file.
const another = "six==1.17.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274\n"

// deliveries delivers one service again and again, with a smaller or a larger
// change in between.
func deliveries(ctx context.Context, work string) ([]row, error) {
	studio := filepath.Join(work, "studio")
	if err := copyTo(filepath.Join("examples/studio", service), filepath.Join(studio, service)); err != nil {
		return nil, err
	}
	// A comment in the lock file is another lock file to every cache: this
	// benchmark's earlier runs have left nothing for it.
	stamp := fmt.Sprintf("\n# %d\n", time.Now().UnixNano())
	source, lock := filepath.Join(studio, service, "user_service/users.py"), filepath.Join(studio, service, "requirements.txt")
	var rows []row
	for _, scene := range []struct {
		what string
		edit func() error
	}{
		{"the first, nothing of it cached but packages", func() error { return appendTo(lock, stamp) }},
		{"nothing changed", func() error { return nil }},
		{"one source file changed", func() error { return appendTo(source, "\n\nMEASURED = "+strings.TrimSpace(stamp)[2:]+"\n") }},
		{"one dependency changed", func() error { return appendTo(lock, another) }},
	} {
		if err := scene.edit(); err != nil {
			return rows, err
		}
		args := append([]string{"call", "--source", studio}, lockArgs()...)
		before := stateSize()
		took, err := timed(ctx, ".", append(args, "deliver", "report")...)
		if err != nil {
			return rows, err
		}
		rows = append(rows, row{what: scene.what, took: took, note: grown(before, stateSize())})
	}
	return rows, nil
}

// stateSize is how many bytes the engine's state takes on disk; 0 where it is not on
// this machine.
func stateSize() (size int64) {
	root := os.Getenv("PINGVAS_ENGINE_STATE")
	if root == "" {
		return 0
	}
	seen := map[uint64]bool{}
	_ = filepath.WalkDir(root, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // It went while it was looked at.
		}
		if info, err := entry.Info(); err == nil {
			if stat, is := info.Sys().(*syscall.Stat_t); is && !seen[stat.Ino] {
				seen[stat.Ino] = true
				size += stat.Blocks * 512
			}
		}
		return nil
	})
	return size
}

// grown says by how much an engine's state has grown.
func grown(before, after int64) string {
	if before == 0 {
		return ""
	}
	return fmt.Sprintf("%d MB more on the engine's disk", (after-before)/1e6)
}

// lockArgs name the machine's own base images, if it has some.
func lockArgs() []string {
	if lock := os.Getenv("PINGVAS_IMAGE_LOCK"); lock != "" {
		return []string{"--image-lock", lock}
	}
	return nil
}

func copyTo(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}

func appendTo(path, text string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := file.WriteString(text); err != nil {
		return err
	}
	return file.Close()
}
