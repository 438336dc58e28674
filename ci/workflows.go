package main

import (
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
	// The registry that images are published to.
	// +default="123456789012.dkr.ecr.ap-northeast-2.amazonaws.com"
	registry string,
	// The GitOps repository.
	// +default="https://github.com/pingvas/pingvas-gitops.git"
	gitops string,
) (*dagger.Changeset, error) {
	text, err := workflow.Render(workflow.Settings{Module: module, Registry: registry, Gitops: gitops})
	if err != nil {
		return nil, err
	}
	return m.Source.WithNewFile(workflow.Path, text).Changes(m.Source), nil
}
