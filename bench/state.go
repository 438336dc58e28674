package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// kept delivers the example on engines of its own: on one that has nothing, on
// the same one again, and on one that has what was kept of it, of which what is new is
// kept. For that time the kit's engine is stopped.
func kept(ctx context.Context, work string) (rows []row, err error) {
	engine := os.Getenv("PINGVAS_ENGINE_STATE")
	if engine == "" {
		return []row{{what: "kept state", note: "not measured: the engine is not the kit's own"}}, nil
	}
	k, err := newKeeping(ctx, filepath.Dir(engine), filepath.Join(work, "kept"))
	if err != nil {
		return nil, err
	}
	if _, err := k.airgap(ctx, "down", k.users); err != nil {
		return nil, err
	}
	defer func() {
		back := context.WithoutCancel(ctx)
		_, down := k.airgap(back, "down", k.kit)
		_, up := k.airgap(back, "up", k.users)
		err = errors.Join(err, down, k.lose(back), up)
	}()
	steps := []struct {
		what             string
		before, measured func(context.Context) error
		note             string // is what the tool said of it
	}{
		{"cold: an engine with nothing", k.begin, k.deliver, ""},
		{"warm: the same engine again", nothing, k.deliver, ""},
		{"packing all of its state", k.down, k.save, "save"},
		{"restoring it", k.lose, k.restore, "restore"},
		{"restored: the delivery alone", k.up, k.deliver, ""},
		{"packing what is new", k.down, k.save, "save"},
	}
	for _, step := range steps {
		if err := step.before(ctx); err != nil {
			return rows, err
		}
		begin := time.Now()
		if err := step.measured(ctx); err != nil {
			return rows, err
		}
		rows = append(rows, row{what: step.what, took: time.Since(begin), note: k.said[step.note]})
	}
	cold, warm, again := &rows[0], rows[1].took, &rows[4]
	all := row{what: "restored, unpacking and packing in it", took: rows[3].took + rows[4].took + rows[5].took}
	for _, r := range []*row{cold, again, &all} {
		r.note = fmt.Sprintf("%.1f times warm", r.took.Seconds()/warm.Seconds())
	}
	return append(rows, all), nil
}

// keeping is an engine whose state is kept.
type keeping struct {
	users   string // state directory of the kit's engine that is there
	kit     string // state directory of the one that is measured, which has the other's builds
	work    string
	studio  string
	content string   // what the engine's image brings
	bin     string   // directory of the programs
	env     []string // of calls of the engine
	said    map[string]string
}

func newKeeping(ctx context.Context, users, work string) (*keeping, error) {
	k := &keeping{
		users: users, kit: filepath.Join(work, "kit"), work: work,
		studio: filepath.Join(work, "studio"), bin: filepath.Join(work, "bin"), said: map[string]string{},
	}
	for _, dir := range []string{k.kit, k.bin} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	for _, part := range []string{"cache", "bin"} {
		if err := os.Symlink(filepath.Join(users, part), filepath.Join(k.kit, part)); err != nil {
			return nil, err
		}
	}
	images, err := filepath.Glob(filepath.Join(users, "cache", "gosdk-image@*"))
	if err != nil || len(images) == 0 {
		return nil, fmt.Errorf("find the image of the SDK below %s: %w", users, err)
	}
	k.content = images[len(images)-1]
	const lock = "images.lock.json"
	if err := copyTo(filepath.Join(users, lock), filepath.Join(k.kit, lock)); err != nil {
		return nil, err
	}
	if _, err := program(ctx, nil, "go", "build", "-o", k.bin, "./airgap", "./enginestate"); err != nil {
		return nil, err
	}
	return k, lab.Commit(k.studio, "examples/studio", "The example monorepo")
}

// airgap is a call of the kit, for a state directory.
func (k *keeping) airgap(ctx context.Context, name, state string) (string, error) {
	return program(ctx, []string{"_EXPERIMENTAL_DAGGER_RUNNER_HOST=unix://" + filepath.Join(state, "run/socket/engine.sock")},
		filepath.Join(k.bin, "airgap"), name, "--state", state)
}

// up starts the engine.
func (k *keeping) up(ctx context.Context) error {
	lines, err := k.airgap(ctx, "up", k.kit)
	if err != nil {
		return err
	}
	said, err := program(ctx, nil, "sh", "-c", lines+"\nenv -0")
	k.env = strings.Split(strings.TrimSuffix(said, "\x00"), "\x00")
	return err
}

// begin starts it with nothing, in a directory that is marked as the run's.
func (k *keeping) begin(ctx context.Context) error {
	if err := k.restore(ctx); err != nil {
		return err
	}
	return k.up(ctx)
}

func (k *keeping) down(ctx context.Context) error {
	_, err := k.airgap(ctx, "down", k.kit)
	return err
}

// lose has a machine that kept nothing.
func (k *keeping) lose(ctx context.Context) error {
	_, err := program(ctx, nil, filepath.Join(k.bin, "enginestate"), "remove", "--dir", filepath.Join(k.kit, "engine"))
	return err
}

func nothing(context.Context) error { return nil }

func (k *keeping) deliver(ctx context.Context) error {
	call := exec.CommandContext(ctx, "dagger", "--progress=plain", "call", "--source", k.studio,
		"--image-lock", filepath.Join(k.kit, "images.lock.json"), "deliver", "report")
	call.Env = k.env
	if said, err := call.CombinedOutput(); err != nil {
		return fmt.Errorf("deliver: %w\n%s", err, lastPart(said))
	}
	return nil
}

func (k *keeping) save(ctx context.Context) error { return k.state(ctx, "save") }

func (k *keeping) restore(ctx context.Context) error { return k.state(ctx, "restore") }

// state is a call of enginestate, and keeps what it says.
func (k *keeping) state(ctx context.Context, name string) error {
	call := exec.CommandContext(ctx, filepath.Join(k.bin, "enginestate"), name, "--dir", filepath.Join(k.kit, "engine"),
		"--image-content", k.content, "--store", filepath.Join(k.work, "store"), "--repository", "pingvas/studio", "--branch", "main")
	said, err := call.CombinedOutput()
	if err != nil {
		return fmt.Errorf("enginestate %s: %w\n%s", name, err, said)
	}
	_, sizes, _ := strings.Cut(string(said), ": ")
	_, sizes, _ = strings.Cut(sizes, ": ")
	sizes, _, _ = strings.Cut(sizes, ", in ")
	k.said[name] = sizes
	return nil
}
