package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/pingvas/pingvas-ci/ci/internal/notary"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// A run that was killed and is started again keeps the images that the first
// one published, and does not build them again: a build is not always the same
// to the last byte, and a tag is never moved.
//
// What is kept is proven to be ours, by a signature of who signs now or by the
// caller's word that nobody else can push (see notary.Claim), and it is scanned
// anew: its bytes are fetched from the registry, and go through the gate of
// today as those of a new build do.

const keptNote = "already published by an earlier run of this commit: kept"

// earlier is an image that an earlier run has published.
type earlier struct {
	client registryClient
	image  registry.Resolved
}

// findEarlier looks for a component's image in the registries.
func (d *delivery) findEarlier(ctx context.Context, c *candidate) (err error) {
	if c.labels, err = d.ci.labels(ctx, c.component, d.commit); err != nil {
		return err
	}
	claim := notary.Claim{
		Tag: d.commit + c.component.TagSuffix(), Component: c.component.Name, Commit: d.commit,
		Platforms: c.component.Settings.Platforms, Labels: c.labels,
	}
	if claim.By, err = d.ci.Signing.verifier(ctx); err != nil {
		return err
	}
	for _, target := range d.registries {
		if claim.By == nil && !target.Exclusive {
			continue
		}
		client, err := target.client(ctx)
		if err != nil {
			return err
		}
		image, err := client.notary(c.component.Name).Earlier(ctx, claim)
		var unproven *notary.UnprovenError
		switch {
		case errors.As(err, &unproven):
			c.unproven = errors.Join(c.unproven, err)
		case err != nil:
			return fmt.Errorf("look for what an earlier run published: %w", err)
		case image != nil:
			c.earlier = &earlier{client, *image}
			return nil
		}
	}
	return nil
}

// keptVariant fetches and scans an earlier run's image of one platform.
func (d *delivery) keptVariant(ctx context.Context, c candidate, platform string) (v variant, err error) {
	return v, d.run.step(c.component.Name, "scan "+platform, func() (string, error) {
		// The engine takes files of this process from below its work directory.
		dir, err := os.MkdirTemp(".", "kept-")
		if err != nil {
			return "", fmt.Errorf("make room for the image: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		client := c.earlier.client
		at := client.repository(c.component.Name) + "@" + c.earlier.image.Platforms[platform]
		if err := registry.Fetch(ctx, at, dir, client.options...); err != nil {
			return "", err
		}
		layout, err := dag.CurrentModule().Workdir(dir).Sync(ctx)
		if err != nil {
			return "", fmt.Errorf("take the fetched image into the engine: %w", err)
		}
		scanner, err := d.ci.scanner(ctx)
		if err != nil {
			return "", err
		}
		if v.scan, err = d.ci.scanLayout(ctx, scanner, c.component, platform, layout); err != nil {
			return "", err
		}
		detail, err := d.judged(ctx, v.scan)
		return detail + "; " + keptNote, err
	})
}
