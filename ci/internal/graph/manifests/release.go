package manifests

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
	"github.com/pingvas/pingvas-ci/ci/internal/notary"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// Release gives the images that an environment runs a version's tag, in all
// registries. It goes by their digests: nothing is built or pushed again.
func (r *Repository) Release(ctx context.Context, targets []publishing.Target, version, environment string) (*Released, error) {
	if err := names.Tag(version); err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	if len(targets) == 0 || r == nil {
		return nil, errors.New("a release needs the registry and the GitOps repository. Name them with with-registry and with-gitops")
	}
	running, err := r.digests(ctx, environment)
	if err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	if err := r.releasable(ctx, environment); err != nil {
		return nil, fmt.Errorf("release %s: %w", version, err)
	}
	registries, err := opened(ctx, targets)
	if err != nil {
		return nil, err
	}
	// All may get the tag before one does: a release is whole, in every registry.
	// One that was cut off is ended by calling it again.
	all, tags := released(registries, running), []string{version}
	for _, i := range all {
		if err := registry.Taggable(ctx, i.at.Reference, tags, i.registry.Options...); err != nil {
			return nil, fmt.Errorf("release %s: %w. Nothing was tagged now. Where %s has changed since %s was begun, release what it runs as another version", version, err, environment, version)
		}
	}
	done := &Released{Version: version}
	for _, i := range all {
		if err := registry.Tag(ctx, i.at, tags, i.registry.Options...); err != nil {
			return nil, fmt.Errorf("release %s: %w. Run it again: what is tagged already stays", version, err)
		}
		done.Images = append(done.Images, fmt.Sprintf("%s:%s@%s", i.registry.Name(i.name), version, i.at.Digest))
	}
	for _, name := range slices.Sorted(maps.Keys(running)) {
		done.Digests = append(done.Digests, name+"@"+running[name])
	}
	return done, nil
}

// Released is what a version names.
type Released struct {
	Version string
	// Images are their references in all registries.
	Images []string
	// Digests are those of the components, as COMPONENT@DIGEST.
	Digests []string
}

// Papers are the provenance and the bills of materials of what was released, from the
// first registry.
func (r Released) Papers(ctx context.Context, targets []publishing.Target) (all []notary.Paper, err error) {
	registries, err := opened(ctx, targets[:1])
	if err != nil {
		return nil, err
	}
	for _, of := range r.Digests {
		component, digest, _ := strings.Cut(of, "@")
		found, err := registries[0].Notary(component).Papers(ctx, component, digest)
		if err != nil {
			return nil, fmt.Errorf("release %s: what is attached to %s: %w", r.Version, of, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// Files are the papers as files.
func (r Released) Files(ctx context.Context, targets []publishing.Target) (*dagger.Directory, error) {
	papers, err := r.Papers(ctx, targets)
	if err != nil {
		return nil, err
	}
	files := dag.Directory()
	for _, p := range papers {
		files = files.WithNewFile(p.Name, string(p.Content))
	}
	return files, nil
}

// releasable refuses to release what a person has asked to be rolled back, or waits
// for a person's word. What a rollback brought is released, and that is said.
func (r *Repository) releasable(ctx context.Context, environment string) error {
	withdrawing, err := r.withdrawing(ctx, environment)
	if err != nil {
		return err
	}
	if len(withdrawing) > 0 {
		return fmt.Errorf("a rollback of %s in %s waits for its review. Merge it or close it first", strings.Join(withdrawing, ", "), environment)
	}
	running, err := r.Deployed(ctx, environment)
	if err != nil {
		return err
	}
	var waiting []error
	for _, name := range slices.Sorted(maps.Keys(running.Held)) {
		if running.Held[name][0].Component != name {
			continue // It is there by its last part as well.
		}
		for _, h := range running.Held[name] {
			if h.Waits {
				waiting = append(waiting, fmt.Errorf("%s: %s", name, h))
			}
		}
		fmt.Printf("%s is released as %s: %s\n", name, running.Tags[name], running.Held[name][0])
	}
	return errors.Join(waiting...)
}

// tagged is an image that is to get a version's tag in one registry.
type tagged struct {
	registry *publishing.Registry
	name     string
	at       registry.Resolved
}

// released are the images, registry by registry and by their names.
func released(registries []*publishing.Registry, running map[string]string) (all []tagged) {
	for _, r := range registries {
		for _, name := range slices.Sorted(maps.Keys(running)) {
			all = append(all, tagged{r, name, registry.Resolved{Reference: r.Repository(name) + "@" + running[name], Digest: running[name]}})
		}
	}
	return all
}

// opened starts what the registries are reached through, and opens them. The
// engine ends the services when the call ends.
func opened(ctx context.Context, targets []publishing.Target) ([]*publishing.Registry, error) {
	if err := publishing.Services(targets).Start(ctx); err != nil {
		return nil, err
	}
	return publishing.OpenAll(ctx, targets)
}
