package main

import (
	"context"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/source"
	"github.com/pingvas/pingvas-ci/ci/internal/workflow"
)

// CodecovUpload is how coverage is uploaded to Codecov.
type CodecovUpload string

const (
	// CodecovUploadToken uploads with the secret CODECOV_TOKEN.
	CodecovUploadToken CodecovUpload = "TOKEN"
	// CodecovUploadTokenless uploads without one, as Codecov takes it of public repositories that say so.
	CodecovUploadTokenless CodecovUpload = "TOKENLESS"
)

// Workflows returns the GitHub Actions wrapper of the pipeline, as a change.
//
// delivery.yml checks pull requests and merge groups and delivers branches,
// release.yml releases a version's tag, nightly.yml checks everything. They hold no
// logic: each job is a checkout, one call of this module, and what it reported put
// where people look. What is given here stands at the beginning of delivery.yml, and
// is read back there: made again, as by `dagger generate`, nothing has to be said
// again. Where no workflows of ours are and nothing is given, nothing changes.
// +generate
func (m *PingvasCi) Workflows(
	ctx context.Context,
	// The module that the workflows call, by a version or a commit's whole hash, never
	// by a branch: github.com/pingvas/pingvas-ci@v1.2.0. Needed the first time.
	// +optional
	module string,
	// The branches that are delivered, each with its environment. The default is
	// develop=dev,main=prod. The last one's is what release.yml releases.
	// +optional
	environments []string,
	// The AWS account whose registry images are published to. The default is 123456789012.
	// +optional
	account string,
	// Its region. The default is ap-northeast-2.
	// +optional
	region string,
	// The role to assume with GitHub's OIDC token; no key is kept anywhere. The default
	// is the account's GitHubActionsRole.
	// +optional
	role string,
	// Another registry than Amazon's, such as registry.example/team; the secrets
	// REGISTRY_USERNAME and REGISTRY_PASSWORD are who pushes.
	// +optional
	registry string,
	// The GitOps repository, written with the secret GITOPS_TOKEN. The default is
	// https://github.com/pingvas/pingvas-gitops.git.
	// +optional
	gitops string,
	// The gates that every component must have, and none may switch off: those that
	// with-policy takes. A kind or a frontend that has no such gate is left out. The
	// default is lint,format,typecheck,test.
	// +optional
	gates []string,
	// Sign images as the workflow, without a key, by Sigstore's public services:
	// the names of the image and of the workflow are in its log for anybody.
	// +optional
	keyless bool,
	// Show findings in the reports alone, where GitHub's code scanning is not on.
	// +optional
	noCodeScanning bool,
	// Upload coverage to Codecov, a flag a component.
	// +optional
	codecov CodecovUpload,
	// The frontends whose Storybook Chromatic is given, with the secret
	// CHROMATIC_PROJECT_TOKEN.
	// +optional
	chromatic []string,
	// The Slack channel that is told of failures, by its id such as C0123456789, with
	// the secret SLACK_BOT_TOKEN.
	// +optional
	slackChannel string,
	// Tell it of successful deliveries and releases as well.
	// +optional
	slackSuccess bool,
	// Further calls of this module before each check and delivery, such as
	// "with-gate --severity CRITICAL". A file of the repository is
	// $GITHUB_WORKSPACE/PATH, as calls are made outside of the checkout.
	// +optional
	options []string,
	// Secrets of the repository that those calls name, as env:NPM_TOKEN.
	// +optional
	secrets []string,
	// The runners that a delivery is dealt out to at most. One is enough until its times
	// say otherwise.
	// +optional
	shards int,
	// Keep the engine's state from one run to the next in GitHub's cache, as long as it is
	// not larger than this, packed, such as 3GB: jobs start an engine of their own, in
	// Docker, as root. The secret STATE_KEY of the environments signs what deliveries
	// keep. The default is to keep nothing.
	// +optional
	state string,
	// What the jobs run on. The default is ubuntu-latest.
	// +optional
	runner string,
	// When everything is checked, as cron has it. The default is "17 18 * * *".
	// +optional
	nightly string,
	// Workflows that are not wanted: release, nightly.
	// +optional
	without []string,
) (*dagger.Changeset, error) {
	return source.Workflows(ctx, m.Source, workflow.Settings{
		Module: module, Environments: environments, Account: account, Region: region, Role: role, Registry: registry, Gitops: gitops,
		Gates: gates, Keyless: keyless, NoCodeScanning: noCodeScanning, Codecov: workflow.Codecov(strings.ToLower(string(codecov))),
		Chromatic: chromatic, SlackChannel: slackChannel, SlackSuccess: slackSuccess, Options: options, Secrets: secrets,
		Shards: shards, State: state, Runner: runner, Nightly: nightly, Without: without,
	})
}
