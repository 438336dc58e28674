// Package workflow writes the GitHub Actions workflow that calls the pipeline.
package workflow

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"text/template"
)

// Path is where the workflow lies in a repository.
const Path = ".github/workflows/delivery.yml"

// Settings are what differs between repositories.
type Settings struct {
	// Module is the module's address, with a version.
	Module string
	// Account, Region and Role say where on AWS images are published, and as whom.
	Account, Region, Role string
	// Gitops is the URL of the GitOps repository.
	Gitops string
	// Gates are those that no component may switch off, separated by commas.
	Gates string
	// Keyless signs images as the workflow, by Sigstore's public services.
	Keyless bool
}

// A value is put into YAML and into the environment of a shell: nothing that
// could end either is let in.
var plain = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@,-]*$`)

// Render returns the workflow.
func Render(s Settings) (string, error) {
	values := map[string]string{"module": s.Module, "account": s.Account, "region": s.Region, "role": s.Role, "gitops": s.Gitops, "gates": s.Gates}
	for name, value := range values {
		if !plain.MatchString(value) && (name != "gates" || value != "") {
			return "", fmt.Errorf("workflow: %s %q has characters outside A-Z a-z 0-9 . _ : / @ , -. Give it without them", name, value)
		}
	}
	if u, err := url.Parse(s.Gitops); err != nil || u.User != nil {
		return "", fmt.Errorf("workflow: gitops %q must be a URL without credentials", s.Gitops)
	}
	var out strings.Builder
	err := parsed.Execute(&out, s)
	return out.String(), err
}

// The delimiters leave GitHub's own expressions alone.
var parsed = template.Must(template.New("").Delims("[[", "]]").Parse(text))

// Actions are pinned by commit. Expressions reach the shell through the
// environment only, where nothing in them is run.
const text = `# Made by pingvas-ci: dagger call workflows. Change it there.
name: Delivery

on:
  push:
    branches: [main, develop]
  pull_request:
    branches: [main]

permissions:
  contents: read

concurrency:
  group: delivery-${{ github.ref }}
  cancel-in-progress: ${{ github.event_name == 'pull_request' }}

jobs:
  check:
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: dagger/dagger-for-github@27b130bf0f79a7f6fbbbe0fbca6760dc9bb40a77 # v8.4.1
        with:
          version: v0.21.8
          module: [[.Module]]
          args: --source . --untrusted [[if .Gates]]with-policy --gates [[.Gates]] [[end]]check --base origin/main

  deliver:
    if: github.event_name == 'push'
    runs-on: ubuntu-latest
    timeout-minutes: 60
    environment: ${{ github.ref_name == 'main' && 'prod' || 'dev' }}
    permissions:
      contents: read
      id-token: write
      security-events: write
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: dagger/dagger-for-github@27b130bf0f79a7f6fbbbe0fbca6760dc9bb40a77 # v8.4.1
        with:
          version: v0.21.8
          module: [[.Module]]
          args: >-
            --source .
[[- if .Gates]]
            with-policy --gates [[.Gates]]
[[- end]]
            with-code-scanning --repository "$GITHUB_REPOSITORY" --ref "$GITHUB_REF" --token env:GITHUB_TOKEN
            with-job-identity --oidc-url env:ACTIONS_ID_TOKEN_REQUEST_URL --oidc-token env:ACTIONS_ID_TOKEN_REQUEST_TOKEN
            with-ecr --account [[.Account]] --region [[.Region]] --role [[.Role]]
[[- if .Keyless]]
            with-keyless-signing --repository "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" --builder "$GITHUB_SERVER_URL/$GITHUB_WORKFLOW_REF"
[[- end]]
            with-gitops --repository [[.Gitops]] --token env:GITOPS_TOKEN
            with-gitops-commits --run "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"
            deliver --branch "$GITHUB_REF_NAME" --environment "$TARGET_ENVIRONMENT" report
        env:
          GITHUB_TOKEN: ${{ github.token }}
          GITOPS_TOKEN: ${{ secrets.GITOPS_TOKEN }}
          TARGET_ENVIRONMENT: ${{ github.ref_name == 'main' && 'prod' || 'dev' }}
`
