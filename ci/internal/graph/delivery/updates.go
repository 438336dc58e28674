package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/updates"
)

// based is a base image on a platform.
type based struct {
	reference string
	platform  dagger.Platform
}

// LockUpdates is the text of a lock of updates: of the bases of components, or of
// the images of the table that only names, the packages that a scan finds to be
// mended by an update which their own package sources have. Unrun are packages of
// which nothing need run.
func LockUpdates(ctx context.Context, c Caller, only, unrun []string) (string, error) {
	bases, err := c.bases(ctx, only)
	if err != nil {
		return "", err
	}
	lock := updates.Lock{Asked: time.Now().UTC().Format(time.DateOnly), Images: map[string]updates.Platforms{}}
	steps := ground.NewSteps(c.Parallel)
	var mu sync.Mutex
	var jobs []ground.Job
	for _, base := range bases {
		jobs = append(jobs, func(ctx context.Context) error {
			return steps.Do(ctx, base.reference, "updates "+string(base.platform), func(ctx context.Context) (string, error) {
				answer, err := c.ask(ctx, base, unrun)
				mu.Lock()
				defer mu.Unlock()
				if lock.Images[base.reference] == nil {
					lock.Images[base.reference] = updates.Platforms{}
				}
				lock.Images[base.reference][string(base.platform)] = append([]updates.Package{}, answer.Packages...)
				for _, refused := range answer.Refused {
					lock.Refused = append(lock.Refused, fmt.Sprintf("%s %s: %s", base.reference, base.platform, refused))
				}
				return fmt.Sprintf("%d packages, %d refused", len(answer.Packages), len(answer.Refused)), err
			})
		})
	}
	if err := steps.All(ctx, jobs); err != nil {
		return "", err
	}
	for _, refused := range lock.Refused {
		fmt.Println("! " + refused)
	}
	text, err := lock.JSON()
	return string(text), err
}

// ask is what the package sources of a base have for what a scan finds in it.
func (c Caller) ask(ctx context.Context, base based, unrun []string) (answer updates.Answer, err error) {
	found, err := c.Scanner.Image(ctx, base.reference, string(base.platform), kinds.Pulled(base.reference, base.platform))
	if err != nil {
		return answer, err
	}
	distribution, mends, err := found.Updatable(ctx)
	if err != nil || len(mends) == 0 {
		return answer, err
	}
	if refused := updates.Unsupported(distribution); refused != "" {
		return updates.Answer{Refused: []string{refused}}, nil
	}
	names := slices.Sorted(maps.Keys(mends))
	asked := kinds.AskForUpdates(base.reference, base.platform, names, time.Now().Format(time.RFC3339Nano))
	err = ground.Exported(ctx, asked, func(dir string) error {
		answer, err = updates.Read(os.DirFS(dir), distribution, mends, unrun)
		return err
	})
	return answer, err
}

// bases are the images of the table by their names, on every platform of a
// component; without names the bases of the components, each on its own.
func (c Caller) bases(ctx context.Context, only []string) (all []based, err error) {
	projects, err := c.All(ctx)
	if err != nil {
		return nil, err
	}
	platforms := map[dagger.Platform]bool{}
	seen := map[based]bool{}
	for _, p := range projects {
		for _, platform := range p.Spec.Settings.Platforms {
			platforms[dagger.Platform(platform)] = true
			if len(only) > 0 {
				continue
			}
			reference, err := p.Base(ctx, dagger.Platform(platform))
			if err != nil {
				return nil, ground.Failed(p.Spec.Name, err)
			}
			if reference != "" {
				seen[based{reference, dagger.Platform(platform)}] = true
			}
		}
	}
	var failures []error
	for _, name := range only {
		reference, err := c.Pinned.Reference(ctx, name)
		failures = append(failures, err)
		for platform := range platforms {
			seen[based{reference, platform}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b based) int {
		return cmp.Or(cmp.Compare(a.reference, b.reference), cmp.Compare(a.platform, b.platform))
	}), errors.Join(failures...)
}
