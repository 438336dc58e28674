package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/github"
)

// CodeScanning is where findings are shown: GitHub's code scanning.
type CodeScanning struct {
	// Repository is the application's, as OWNER/NAME.
	Repository string
	// Ref is the branch or tag that is scanned, such as refs/heads/main.
	Ref string
	// +private
	Token *dagger.Secret
	// +private
	API string
	// +private
	Service *dagger.Service
}

// WithCodeScanning shows in GitHub's code scanning what scans find.
//
// A delivery uploads the SARIF of each component and platform before its gate
// decides, so that what stopped it is there to see. Without a token, as a fork's
// pull request is given none, uploading is skipped, and the report says so.
func (m *PingvasCi) WithCodeScanning(
	// The application's repository on GitHub, as OWNER/NAME.
	repository string,
	// The branch or tag that is scanned, whole: refs/heads/main.
	ref string,
	// GitHub's token; the job needs the permission security-events: write.
	// +optional
	token *dagger.Secret,
	// GitHub's interface.
	// +default="https://api.github.com"
	api string,
	// The interface as a service, where the engine cannot reach its address by
	// itself.
	// +optional
	service *dagger.Service,
) *PingvasCi {
	with := *m
	with.CodeScanning = &CodeScanning{Repository: repository, Ref: ref, Token: token, API: api, Service: service}
	return &with
}

// Upload gives the findings to GitHub's code scanning.
//
// To the repository of with-code-scanning: one category for each platform, so
// that none replaces another's. It returns a line a platform, "skipped: " and
// the reason where there is no token.
// +cache="never"
func (s *Scan) Upload(
	ctx context.Context,
	// The commit that was scanned, all forty digits; the source's HEAD when absent.
	// +optional
	commit string,
) (said []string, err error) {
	if s.Ci.CodeScanning == nil {
		return nil, fmt.Errorf("upload the findings of %s where to? Name the repository with with-code-scanning", s.Component)
	}
	if commit == "" {
		if commit, err = s.Ci.commit(ctx); err != nil {
			return nil, err
		}
	}
	for _, p := range s.Platforms {
		shown, err := s.Ci.CodeScanning.show(ctx, commit, p)
		if err != nil {
			return said, err
		}
		said = append(said, fmt.Sprintf("%s %s: %s", p.Component, p.Platform, shown))
	}
	return said, nil
}

// check finds out early whether a commit's findings could be uploaded.
func (s *CodeScanning) check(commit string) error {
	if s == nil || s.Token == nil {
		return nil
	}
	if err := github.CheckScanned(commit, s.Ref); err != nil {
		return fmt.Errorf("code scanning of %s: %w", s.Repository, err)
	}
	return nil
}

// show uploads what one scan found, and says so, or why not.
func (s *CodeScanning) show(ctx context.Context, commit string, p *PlatformScan) (string, error) {
	const skipped = "skipped: GitHub's code scanning is given no token"
	if s.Token == nil {
		return skipped, nil
	}
	token, err := s.Token.Plaintext(ctx)
	if err != nil {
		return "", fmt.Errorf("read the token for code scanning: %w", err)
	}
	if token = strings.TrimSpace(token); token == "" {
		return skipped, nil
	}
	file, err := p.Sarif(ctx)
	if err != nil {
		return "", err
	}
	sarif, err := file.Contents(ctx)
	if err != nil {
		return "", fmt.Errorf("%s %s: read the SARIF: %w", p.Component, p.Platform, err)
	}
	hub, err := openGitHub(ctx, s.Repository, token, s.API, s.Service)
	if err != nil {
		return "", err
	}
	id, err := hub.UploadSARIF(ctx, commit, s.Ref, []byte(sarif))
	if err != nil {
		return "", err
	}
	return "shown in code scanning as " + id, nil
}

// openGitHub is a repository on GitHub, or on what answers for it.
func openGitHub(ctx context.Context, repository, token, api string, service *dagger.Service) (github.Repository, error) {
	at, err := through(ctx, api, service)
	if err != nil {
		return github.Repository{}, err
	}
	options := []github.Option{github.WithBase(at)}
	if service != nil {
		options = append(options, github.WithPlainHTTP())
	}
	return github.Open(repository, token, options...)
}
