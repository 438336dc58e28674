package source

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/workflow"
)

// Workflows are the repository's with what was given now and what they keep, as a
// change.
func Workflows(ctx context.Context, directory *dagger.Directory, given workflow.Settings) (*dagger.Changeset, error) {
	present := map[string]string{}
	for _, name := range workflow.Names {
		path := workflow.Folder + name + ".yml"
		is, err := directory.Exists(ctx, path)
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", path, err)
		}
		if !is {
			continue
		}
		if present[path], err = directory.File(path).Contents(ctx); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
	written, note, err := workflow.Make(given, present)
	if err != nil {
		return nil, err
	}
	if note != "" {
		fmt.Println(note)
	}
	changed := directory
	for path, text := range written {
		if text == "" {
			changed = changed.WithoutFile(path)
			continue
		}
		changed = changed.WithNewFile(path, text)
	}
	return changed.Changes(directory), nil
}
