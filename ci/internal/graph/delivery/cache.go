package delivery

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/scanning"
)

// Warm fetches what a first delivery would wait for: the packages of every lock
// file, what installs them, the scanner and its database.
func Warm(ctx context.Context, c Caller) error {
	if delivering, err := c.delivering(); err == nil {
		c = delivering // Else it is untrusted, and warmed as such.
	}
	steps := ground.NewSteps(c.Parallel)
	packages, err := c.Warming(ctx, steps)
	if err != nil {
		return err
	}
	scanner := func(ctx context.Context) error {
		return steps.Do(ctx, "", "scanner", func(ctx context.Context) (string, error) { return "", c.Scanner.Warm(ctx) })
	}
	return steps.All(ctx, append([]ground.Job{scanner}, packages...))
}

// Usage lists the cache volumes and the disk that each takes.
func Usage(ctx context.Context, c Caller) (string, error) {
	volumes, err := c.volumes(ctx)
	if err != nil {
		return "", err
	}
	within, err := c.mounted(ctx, volumes)
	if err != nil {
		return "", err
	}
	var list strings.Builder
	for _, v := range volumes {
		text, err := within.WithExec([]string{"du", "-sh", path.Join(volumesAt, v.Name)}).Stdout(ctx)
		if err != nil {
			return "", fmt.Errorf("measure the cache volume %s: %w", v.Name, err)
		}
		size, _, _ := strings.Cut(text, "\t")
		fmt.Fprintf(&list, "%-32s %8s\n", v.Name, size)
	}
	return list.String(), nil
}

// Clear empties a cache volume: the next run fills it again.
func Clear(ctx context.Context, c Caller, volume string) error {
	volumes, err := c.volumes(ctx)
	if err != nil {
		return err
	}
	var known []string
	for _, v := range volumes {
		known = append(known, v.Name)
	}
	at := slices.Index(known, volume)
	if at < 0 {
		return fmt.Errorf("there is no cache volume %q. Give one of %s", volume, strings.Join(known, ", "))
	}
	within, err := c.mounted(ctx, volumes[at:at+1])
	if err != nil {
		return err
	}
	_, err = within.WithExec([]string{"find", path.Join(volumesAt, volume), "-mindepth", "1", "-delete"}).Sync(ctx)
	return err
}

// volumes are the scanner's, and those that this repository's components use: in
// checks, at the caller's level of trust, and in deliveries.
func (c Caller) volumes(ctx context.Context) ([]ground.Volume, error) {
	all := scanning.Volumes()
	workshops := []*kinds.Workshop{c.Workshop}
	if delivering, err := c.ForDelivery(); err == nil {
		workshops = append(workshops, delivering)
	}
	for _, w := range workshops {
		ofComponents, err := w.Volumes(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, ofComponents...)
	}
	return all, nil
}

const volumesAt = "/volumes"

// mounted has volumes in a container that runs anew each time.
func (c Caller) mounted(ctx context.Context, volumes []ground.Volume) (*dagger.Container, error) {
	tool, err := c.Scanner.Tool(ctx)
	if err != nil {
		return nil, err
	}
	within := tool.WithEnvVariable("PINGVAS_AT", time.Now().Format(time.RFC3339Nano))
	for _, v := range volumes {
		within = within.With(v.At(path.Join(volumesAt, v.Name)))
	}
	return within, nil
}
