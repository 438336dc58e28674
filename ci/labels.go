package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/provenance"
)

// oci is what the names begin with that the OCI has for labels.
const oci = "org.opencontainers.image."

// identity says what an image is, and of which commit: of none that is known, it
// says nothing.
func identity(c component.Component, commit string) map[string]string {
	labels := map[string]string{oci + "title": c.Name}
	if commit != "" {
		labels[oci+"revision"] = commit
		labels[oci+"version"] = commit + c.TagSuffix()
	}
	return labels
}

// contentLabel is the label with the hash of the files that an image is of.
const contentLabel = "io.github.pingvas.pingvas-ci.content"

// labels say what a delivered image is, and of which files: it is by these that
// a later run of the commit knows it again.
func (m *PingvasCi) labels(ctx context.Context, c component.Component, commit string) (map[string]string, error) {
	files := dag.Directory().WithDirectory(c.Path, m.Source.Directory(c.Path))
	for _, library := range c.Libraries {
		files = files.WithDirectory(library.Path, m.Source.Directory(library.Path))
	}
	if c.Workspace != "" {
		files = files.WithDirectory(c.Workspace, m.Source.Directory(c.Workspace), dagger.DirectoryWithDirectoryOpts{
			Include: []string{"package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", ".pnpmfile.cjs", "patches", "tsconfig*.json"},
		})
	}
	labels := identity(c, commit)
	err := exported(ctx, files, func(dir string) (err error) {
		labels[contentLabel], err = provenance.Content(os.DirFS(dir))
		return err
	})
	return labels, err
}

// revision is the commit that the source is, to the last file: empty for one
// with changes that are not committed, of which an image must not say that it
// is of the commit, and for one without history.
func (m *PingvasCi) revision(ctx context.Context) (string, error) {
	origin, err := m.origin(ctx)
	if err != nil || origin.head == "" {
		return "", err
	}
	changed, err := m.uncommitted(ctx)
	if err != nil || len(changed) > 0 {
		return "", err
	}
	return origin.head, nil
}

// origin is what the git history says of the source; nothing without one.
type origin struct {
	source  string
	head    string
	created time.Time
}

// labels say where the source is, and when its commit was made. That time is
// the commit's and not now: two builds of one commit are one image.
func (o origin) labels() map[string]string {
	labels := map[string]string{}
	if o.source != "" {
		labels[oci+"source"] = o.source
	}
	if !o.created.IsZero() {
		labels[oci+"created"] = o.created.Format(time.RFC3339)
	}
	return labels
}

// origins are what this process knows already: the history is large, and every
// image asks for it.
var origins sync.Map

func (m *PingvasCi) origin(ctx context.Context) (origin, error) {
	read, _ := origins.LoadOrStore(m.Source, sync.OnceValues(func() (o origin, err error) {
		err = m.withHistory(ctx, func(repository string) error {
			config, err := os.ReadFile(filepath.Join(repository, ".git", "config"))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			o.source = provenance.Source(config)
			if o.head, err = gitrepo.Head(ctx, repository); err != nil {
				return err
			}
			o.created, err = gitrepo.CommitTime(ctx, repository, o.head)
			return err
		})
		if errors.Is(err, errNoHistory) {
			return origin{}, nil
		}
		if err != nil {
			return origin{}, fmt.Errorf("read where the source comes from: %w", err)
		}
		return o, nil
	}))
	return read.(func() (origin, error))()
}

// withLabels adds labels in the order of their names.
func withLabels(image *dagger.Container, labels map[string]string) *dagger.Container {
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		image = image.WithLabel(name, labels[name])
	}
	return image
}

// withoutBaseLabels drops what the base image says of itself: in an image made
// from it, it would be said of that.
func withoutBaseLabels(image *dagger.Container) *dagger.Container {
	for _, label := range []string{"title", "description", "source", "url", "documentation", "vendor", "authors", "licenses", "version", "revision", "created"} {
		image = image.WithoutLabel(oci + label)
	}
	return image
}
