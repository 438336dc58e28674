package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// byHand are what a developer types to check the service, where its environment is.
const byHand = "ruff check . && ruff format --check . && mypy . && pytest --quiet"

// checks compares the gates of one service with the same commands by hand, in a plain
// container: first with nothing installed, then after an edit of one source file.
func checks(ctx context.Context, work string) ([]row, error) {
	studio := filepath.Join(work, "checked")
	dir := filepath.Join(studio, service)
	if err := copyTo(filepath.Join("examples/studio", service), dir); err != nil {
		return nil, err
	}
	base, err := pythonBase(ctx)
	if err != nil {
		return nil, err
	}
	gates := append(append([]string{"call", "--source", studio}, lockArgs()...), "service", "--name", "user-service", "check")
	plain := []string{
		"core", "container", "from", "--address", base, "with-exec", "--args", "pip,install,--quiet,uv==0.13.9",
		"with-directory", "--path", "/locks", "--source", dir, "--include", "requirements*.txt",
		"with-exec", "--args", "uv,pip,install,--quiet,--system,--requirement,/locks/requirements.txt,--requirement,/locks/requirements-dev.txt",
		"with-directory", "--path", "/src", "--source", dir, "with-workdir", "--path", "/src", "with-exec", "--args", "sh,-c," + byHand, "sync",
	}
	var rows []row
	for _, scene := range []struct{ what, edit, text string }{
		{"the first", "requirements.txt", "\n# %d\n"}, {"one source file changed", "user_service/users.py", "\n\nMEASURED = %d\n"},
	} {
		if err := appendTo(filepath.Join(dir, scene.edit), fmt.Sprintf(scene.text, time.Now().UnixNano())); err != nil {
			return rows, err
		}
		hand, err := timed(ctx, ".", plain...)
		if err != nil {
			return rows, err
		}
		ours, err := timed(ctx, ".", gates...)
		if err != nil {
			return append(rows, row{what: scene.what + ", by hand", took: hand}), err
		}
		note := fmt.Sprintf("%.1f times as long", ours.Seconds()/hand.Seconds())
		rows = append(rows, row{what: scene.what + ", by hand", took: hand}, row{what: scene.what + ", check", took: ours, note: note})
	}
	return rows, nil
}
