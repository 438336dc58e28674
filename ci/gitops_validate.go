package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/manifests"
)

// Validate checks the whole repository, without a cluster and without network.
//
// It fails with everything that it finds: overlays that do not render, or that
// no application deploys, paths that do not exist, images that match nothing,
// nameless and double entries, files that no kustomization names, API versions
// that are no longer served, fields that Kubernetes 1.37 or the custom kinds do
// not know, and Argo CD objects that promise what they do not keep. It does not
// see what only a cluster knows: values that a field does not take, fields that
// are missing from kinds newer than Kubernetes 1.21, and other custom kinds,
// which it names. It returns what was checked.
// +cache="session"
func (g *Gitops) Validate(
	ctx context.Context,
	// The environments to check; all when absent.
	// +optional
	environments []string,
	// The environments that a person syncs in Argo CD: automated sync of these is
	// a mistake. One that is approved by pull request is not among them.
	// +optional
	manual []string,
) (string, error) {
	var report manifests.Report
	err := g.read(ctx, func(dir string) (err error) {
		report, err = manifests.Validate(dir, environments, argocd.Policy{Manual: manual})
		return err
	})
	if err != nil {
		return "", err
	}
	if err := report.Err(); err != nil {
		return "", fmt.Errorf("the GitOps repository has %d mistakes:\n%w", len(report.Findings), err)
	}
	text := fmt.Sprintf("%d objects checked: sound.\n", report.Objects)
	if len(report.Unknown) > 0 {
		text += "Of these kinds no schema is known, only that they render: " + strings.Join(report.Unknown, ", ") + "\n"
	}
	return text, nil
}
