package source

import (
	"context"
	"maps"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
)

// Identity says what an image is, and of which commit: of none that is known, it
// says nothing.
func (r *Repository) Identity(c component.Component, commit string) map[string]string {
	labels := map[string]string{ground.OCI + "title": c.Name}
	if commit != "" {
		labels[ground.OCI+"revision"] = commit
		labels[ground.OCI+"version"] = commit + c.TagSuffix
	}
	return labels
}

// Labels say what a delivered image is, and of which files: it is by these that
// a later run of the commit knows it again.
func (r *Repository) Labels(ctx context.Context, c component.Component, commit string) (map[string]string, error) {
	labels := r.Identity(c, commit)
	hash, err := r.content(ctx, c)
	labels[contentLabel] = hash
	return labels, err
}

// WithOrigin adds where the source is, and when its commit was made. That time
// is the commit's and not now: two builds of one commit are one image.
func (r *Repository) WithOrigin(ctx context.Context, labels map[string]string) (map[string]string, error) {
	origin, err := r.origin(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	if origin.source != "" {
		all[ground.OCI+"source"] = origin.source
	}
	if !origin.created.IsZero() {
		all[ground.OCI+"created"] = origin.created.Format(time.RFC3339)
	}
	maps.Copy(all, labels)
	return all, nil
}
