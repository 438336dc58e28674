package scanning

import (
	"context"
	"errors"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/github"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
)

// CodeScanning is where findings are shown: GitHub's code scanning. Where there
// is none, nothing is shown.
type CodeScanning struct {
	// Repository is the application's, as OWNER/NAME.
	Repository string
	// Ref is the branch or tag that is scanned, such as refs/heads/main.
	Ref string
	// Token is GitHub's; without one, uploading is skipped.
	Token *dagger.Secret
	// API is GitHub's interface, and Service what answers for it where the
	// engine cannot reach it by itself.
	API     string
	Service *dagger.Service
}

// Check finds out early whether a commit's findings could be uploaded.
func (c *CodeScanning) Check(commit string) error {
	if c == nil || c.Token == nil {
		return nil
	}
	if err := github.CheckScanned(commit, c.Ref); err != nil {
		return fmt.Errorf("code scanning of %s: %w", c.Repository, err)
	}
	return nil
}

// Judged shows what a scan found, where that is asked for, and then has the
// policy decide: what stopped an image is there to see. The detail says what was
// found and what was shown.
func (c *CodeScanning) Judged(ctx context.Context, commit string, s *Scan) (detail string, err error) {
	detail = s.Summary
	if c != nil {
		shown, failed := c.Show(ctx, commit, s)
		detail, err = detail+"; "+shown, failed
	}
	return detail, errors.Join(err, s.Gate(ctx, ""))
}

// Upload shows what the scans found, and says so in a line for each.
func (c *CodeScanning) Upload(ctx context.Context, commit string, all Scans) (said []string, err error) {
	for _, s := range all {
		shown, err := c.Show(ctx, commit, s)
		if err != nil {
			return said, err
		}
		said = append(said, fmt.Sprintf("%s %s: %s", s.Component, s.Platform, shown))
	}
	return said, nil
}

// Show uploads what one scan found, and says so, or why not.
func (c *CodeScanning) Show(ctx context.Context, commit string, s *Scan) (string, error) {
	token, err := ground.Optional(ctx, c.Token, "the token for code scanning")
	if err != nil {
		return "", err
	}
	if token == "" {
		return "skipped: GitHub's code scanning is given no token", nil
	}
	sarif, err := s.sarif(ctx)
	if err != nil {
		return "", err
	}
	hub, err := ground.GitHub(ctx, c.Repository, token, c.API, c.Service)
	if err != nil {
		return "", err
	}
	id, err := hub.UploadSARIF(ctx, commit, c.Ref, sarif)
	if err != nil {
		return "", err
	}
	return "shown in code scanning as " + id, nil
}
