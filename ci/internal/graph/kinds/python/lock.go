package python

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
	"github.com/pingvas/pingvas-ci/ci/internal/pylock"
)

// lock reads the component's lock, and refuses one that is not.
func (p Project) lock(ctx context.Context) (lock pylock.Lock, err error) {
	root, member, files := p.Spec.Path, "", pylock.Candidates
	if p.Spec.Workspace != "" {
		member, _ = inputs.Below(p.Spec.Workspace, p.Spec.Path)
		root, files = p.Spec.Workspace, []string{"uv.lock", "pyproject.toml", member + "/pyproject.toml"}
	}
	read := p.Source.Directory.Directory(root).Filter(dagger.DirectoryFilterOpts{Include: files})
	err = ground.Exported(ctx, read, func(dir string) error {
		return bounds.In(dir, func(tree fs.FS) (err error) {
			lock, err = pylock.Read(tree, pylock.Policy{
				Path:            p.Spec.Path,
				Member:          member,
				Root:            root,
				CPU:             p.CPU,
				AllowUnhashed:   p.Spec.Settings.AllowUnhashed,
				AllowExtraIndex: p.Spec.Settings.AllowExtraIndex,
			})
			return err
		})
	})
	if err != nil {
		return lock, err
	}
	return p.exportedLock(ctx, lock)
}

// exportedLock makes the files that the installer reads. They are known by
// their content: of a workspace's lock that changed for another member, the
// same come out, and nothing is installed anew.
func (p Project) exportedLock(ctx context.Context, lock pylock.Lock) (pylock.Lock, error) {
	if len(lock.Export) == 0 {
		return lock, nil
	}
	base, err := p.base(ctx, "")
	if err != nil {
		return lock, err
	}
	exporter := withLock(withUv(base), lock)
	for _, command := range lock.Export {
		exporter = exporter.WithExec(command)
	}
	made := map[string]string{}
	for _, name := range slices.Concat(lock.Image, lock.Checks) {
		if made[name], err = exporter.File(name).Contents(ctx); err != nil {
			return lock, fmt.Errorf("read what %s locks: %w", lock.Source, err)
		}
	}
	lock.Files = made
	return lock, nil
}

// withLock puts what the installer reads at its place.
func withLock(c *dagger.Container, lock pylock.Lock) *dagger.Container {
	files := dag.Directory()
	for _, name := range slices.Sorted(maps.Keys(lock.Files)) {
		files = files.WithNewFile(name, lock.Files[name])
	}
	return c.WithDirectory(requirement, files).WithWorkdir(requirement)
}
