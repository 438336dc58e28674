package main

import (
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/workflow"
)

// Workflows returns the GitHub Actions wrapper of the pipeline, as a change.
//
// One workflow checks pull requests, and delivers develop and main. It holds no
// logic: each job is a checkout and one call of this module.
// +generate
func (m *PingvasCi) Workflows(
	// The module that the workflow calls, with the version to pin.
	// +default="github.com/pingvas/pingvas-ci@main"
	module string,
	// The AWS account whose registry images are published to.
	// +default="123456789012"
	account string,
	// Its region.
	// +default="ap-northeast-2"
	region string,
	// The role to assume with GitHub's OIDC token; no key is kept anywhere.
	// +default="arn:aws:iam::123456789012:role/GitHubActionsRole"
	role string,
	// The GitOps repository.
	// +default="https://github.com/pingvas/pingvas-gitops.git"
	gitops string,
	// The gates that every component must have, and none may switch off: those that
	// with-policy takes. A kind or a frontend that has no such gate is left out.
	// +default=["lint", "format", "typecheck", "test"]
	gates []string,
	// Sign images as the workflow, without a key, by Sigstore's public services:
	// the names of the image and of the workflow are in its log for anybody.
	// +optional
	keyless bool,
) (*dagger.Changeset, error) {
	text, err := workflow.Render(workflow.Settings{Module: module, Account: account, Region: region, Role: role, Gitops: gitops, Gates: strings.Join(gates, ","), Keyless: keyless})
	if err != nil {
		return nil, err
	}
	return m.Source.WithNewFile(workflow.Path, text).Changes(m.Source), nil
}
