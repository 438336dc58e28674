package tests

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
	"github.com/pingvas/pingvas-ci/tests/internal/runner"
)

// plant is a world with the workflows that the module writes for it, and a runner of
// their jobs.
type plant struct {
	*harness.World
	runner.Runner
	slack    *harness.Slack
	codecov  *harness.Codecov
	hub      *harness.Hub
	releases *harness.Releases
}

func newPlant(t *testing.T) *plant {
	t.Helper()
	w := harness.NewServiceWorld(t)
	w.PinsOnlyUserService()
	p := &plant{
		World: w, hub: harness.NewHub(w), slack: harness.NewSlack(t, "xoxb-0123456789"), codecov: harness.NewCodecov(t, "codecov-0123456789"),
		releases: harness.NewReleases(t, "ghs_of_the_job"),
	}
	gitops := "http://" + w.Git.Address + "/pingvas-gitops.git"
	w.Must(t, "workflows", "--module", "github.com/pingvas/pingvas-ci@v1.0.0", "--registry", w.Registry.Host(), "--gitops", gitops, "--codecov", "TOKEN",
		"--slack-channel", "C0123456789", "--slack-success", "--no-code-scanning", "export", "--path", w.Dir)
	w.Commit(t)
	harness.Run(t, "git", "-C", w.Dir, "branch", "develop")
	project, err := filepath.Abs("..")
	require.NoError(t, err)
	p.Runner = runner.Runner{
		Repository: w.Dir, Name: "pingvas/pingvas-studio", CLI: "v0.21.8",
		Secrets: map[string]string{
			"REGISTRY_USERNAME": w.Registry.Username, "REGISTRY_PASSWORD": w.Registry.Password, "GITOPS_TOKEN": w.Git.Password,
			"SLACK_BOT_TOKEN": "xoxb-0123456789", "CODECOV_TOKEN": "codecov-0123456789",
		},
		Instead: []runner.Substitution{
			{Printed: "github.com/pingvas/pingvas-ci@v1.0.0", Here: project, Why: "this checkout"},
			{Printed: "--address " + w.Registry.Host(), Here: strings.Join(w.Registry.At(), " "), Why: "a registry of this machine"},
			{Printed: "--token env:GITOPS_TOKEN", Here: "--service tcp://" + w.Git.Address + " --username " + w.Git.Username + " --token env:GITOPS_TOKEN", Why: "a git server of this machine"},
			{Printed: "with-gitops-commits", Here: p.hub.Review() + " with-gitops-commits", Why: "who reviews is on this machine"},
			{Printed: "codecov --report", Here: "codecov " + strings.Join(p.codecov.At(), " ") + " --report", Why: "no Codecov in reach"},
			{Printed: "--channel C0123456789", Here: "--channel C0123456789 " + p.slack.At(), Why: "no Slack in reach"},
			{Printed: "on-github", Here: "on-github " + p.releases.At(), Why: "no GitHub in reach"},
		},
	}
	if lock := os.Getenv("PINGVAS_IMAGE_LOCK"); lock != "" {
		p.Instead = append(p.Instead, runner.Substitution{Printed: `--source "$GITHUB_WORKSPACE"`, Here: `--source "$GITHUB_WORKSPACE" --image-lock ` + lock, Why: "no container registry in reach"})
	}
	for _, s := range p.Instead {
		t.Logf("%q is %q: %s", s.Printed, s.Here, s.Why)
	}
	return p
}

// runs runs a workflow of the repository, of which each job that ran came through.
func (p *plant) runs(t *testing.T, name string, event runner.Event, results map[string]string) (map[string]*runner.Job, map[string]string) {
	t.Helper()
	jobs, artifacts := p.Run(t, p.Read(".github/workflows/"+name+".yml"), event)
	for job, result := range results {
		require.NotNil(t, jobs[job], "there is no job called %s", job)
		assert.Equal(t, result, jobs[job].Result, "%s:\n%s", job, jobs[job].Said)
	}
	return jobs, artifacts
}

// pushed commits the files as they are to a branch.
func (p *plant) pushed(t *testing.T, branch string) runner.Event {
	t.Helper()
	harness.Run(t, "git", "-C", p.Dir, "symbolic-ref", "HEAD", "refs/heads/"+branch)
	p.Commit(t)
	return runner.Event{Name: "push", Ref: "refs/heads/" + branch}
}

// TestWorkflows runs what `workflows` writes, job by job and step by step, against the
// lab's registry and repositories.
func TestWorkflows(t *testing.T) {
	long(t, "ci/internal/workflow, TestDaggerCheck")
	t.Parallel()
	p := newPlant(t)
	t.Run("a push to develop is delivered to dev, and told", func(t *testing.T) {
		jobs, artifacts := p.runs(t, "delivery", runner.Event{Name: "push", Ref: "refs/heads/develop"},
			map[string]string{"check": "skipped", "deliver": "success", "notify": "success"})
		deliver := jobs["deliver"]
		assert.Equal(t, "dev", deliver.Environment)
		assert.Equal(t, map[string]string{"contents": "read"}, deliver.Permissions)
		assert.Contains(t, deliver.Summary, "user-service")
		record, err := os.ReadFile(filepath.Join(artifacts["report-deliver"], "delivery.json"))
		require.NoError(t, err)
		var delivered harness.Report
		require.NoError(t, json.Unmarshal(record, &delivered))
		require.Len(t, delivered.Components, 1)
		assert.Contains(t, p.Gitops("show", "main:"+harness.Manifests), delivered.Components[0].Digest)
		assert.FileExists(t, filepath.Join(artifacts["report-deliver"], "report.html"))
		require.Len(t, p.codecov.Uploads(), 1)
		assert.Equal(t, "user-service develop", p.codecov.Uploads()[0].Flag+" "+p.codecov.Uploads()[0].Branch)
		require.Len(t, p.slack.Messages(), 1)
		told := p.slack.Messages()[0]
		assert.Equal(t, "CI Passed: pingvas/pingvas-studio", told.Text)
		assert.Contains(t, told.Blocks[0].Text.Text, "*Workflow:* Delivery\n*Branch:* refs/heads/develop\n*Author:* octo-cat_corp\n"+
			"*Run:* <https://github.com/pingvas/pingvas-studio/actions/runs/42|open>")
	})
	t.Run("a failure is told with what failed, and changes nothing", func(t *testing.T) {
		commits, good := p.Commits(), p.Read(service+"/user_service/__init__.py")
		p.Append(service+"/user_service/__init__.py", "import os\n")
		jobs, artifacts := p.runs(t, "delivery", p.pushed(t, "develop"), map[string]string{"check": "skipped", "deliver": "failure", "notify": "success"})
		assert.Equal(t, commits, p.Commits())
		assert.Contains(t, jobs["deliver"].Said, "::error file="+service+"/user_service/__init__.py")
		assert.Contains(t, jobs["deliver"].Summary, "lint")
		assert.FileExists(t, filepath.Join(artifacts["report-deliver"], "delivery.json"))
		told := p.slack.Messages()[len(p.slack.Messages())-1]
		assert.Equal(t, "CI Failed: pingvas/pingvas-studio", told.Text)
		assert.Contains(t, told.Blocks[1].Text.Text, "/"+service+"|user-service>: format, lint")
		p.Write(service+"/user_service/__init__.py", good)
	})
	if testing.Short() {
		return
	}
	t.Run("a pull request from a fork is checked, and given no secret", func(t *testing.T) {
		harness.Run(t, "git", "-C", p.Dir, "branch", "change", "main")
		p.Append(service+"/user_service/__init__.py", "# Changed.\n")
		p.pushed(t, "change")
		harness.Run(t, "git", "-C", p.Dir, "update-ref", "refs/pull/7/merge", "refs/heads/change")
		uploads := len(p.codecov.Uploads())
		jobs, artifacts := p.runs(t, "delivery", runner.Event{Name: "pull_request", Ref: "refs/pull/7/merge", Base: "refs/heads/main", Fork: "somebody/pingvas-studio"},
			map[string]string{"check": "success", "deliver": "skipped", "notify": "skipped"})
		assert.Contains(t, jobs["check"].Said, "skipped: a fork's pull request is given no secrets")
		assert.Len(t, p.codecov.Uploads(), uploads)
		assert.FileExists(t, filepath.Join(artifacts["report-check"], "check.json"))
	})
	t.Run("a push to main waits in a pull request for prod", func(t *testing.T) {
		jobs, _ := p.runs(t, "delivery", p.pushed(t, "main"), map[string]string{"check": "skipped", "deliver": "success", "notify": "success"})
		assert.Equal(t, "prod", jobs["deliver"].Environment)
		require.Len(t, p.hub.Pulls, 1)
		assert.Contains(t, jobs["deliver"].Summary, "https://github.test/pull/1")
	})
	t.Run("what was asked for by hand is delivered there", func(t *testing.T) {
		jobs, _ := p.runs(t, "delivery", runner.Event{Name: "workflow_dispatch", Ref: "refs/heads/main", Inputs: map[string]any{"environment": "dev", "components": "user-service"}},
			map[string]string{"deliver": "success"})
		assert.Equal(t, "dev", jobs["deliver"].Environment)
	})
	t.Run("a version's tag releases what prod runs", func(t *testing.T) {
		p.Gitops("update-ref", "refs/heads/main", "refs/heads/pingvas-ci/prod") // The pull request is merged.
		harness.Run(t, "git", "-C", p.Dir, "tag", "v1.4.0", "main")
		jobs, _ := p.runs(t, "release", runner.Event{Name: "push", Ref: "refs/tags/v1.4.0"}, map[string]string{"release": "success", "notify": "success"})
		assert.Contains(t, jobs["release"].Said, "https://github.test/releases/1")
		assert.Equal(t, "v1.4.0", p.releases.Shown["tag_name"])
		assert.Equal(t, false, p.releases.Shown["draft"])
		assert.Contains(t, p.releases.Shown["body"], "## user-service\n\n- Change")
		assert.Contains(t, p.releases.Shown["body"], p.Registry.Host()+"/user-service:v1.4.0@sha256:")
	})
	t.Run("by night everything is checked", func(t *testing.T) {
		jobs, _ := p.runs(t, "nightly", runner.Event{Name: "schedule", Ref: "refs/heads/main"}, map[string]string{"check": "success", "notify": "skipped"})
		assert.Contains(t, jobs["check"].Summary, "user-service")
	})
	t.Run("made again, they stay as they are", func(t *testing.T) {
		came := p.Batch(t, words("workflows is-empty"), words("workflows --nightly none is-empty"))
		assert.Equal(t, "true", strings.TrimSpace(came[0].Must(t)))
		came[1].Refused(t, `nightly "none" is no time of cron's`)
	})
	t.Run("dealt out to runners, each publishes a part and the last one commits", func(t *testing.T) {
		p.Must(t, "workflows", "--shards", "2", "export", "--path", p.Dir)
		commits := p.Commits()
		p.Append(service+"/user_service/__init__.py", "# Changed again.\n")
		jobs, artifacts := p.runs(t, "delivery", p.pushed(t, "develop"),
			map[string]string{"check": "skipped", "plan": "success", "shard": "success", "deliver": "success", "notify": "success"})
		assert.Contains(t, jobs["plan"].Outputs["shards"], `"components":["user-service"]`)
		assert.FileExists(t, filepath.Join(artifacts["record-0"], "record.json"))
		assert.Equal(t, commits+1, p.Commits())
		again, _ := p.runs(t, "delivery", runner.Event{Name: "push", Ref: "refs/heads/develop"}, map[string]string{"plan": "success", "shard": "skipped", "deliver": "success"})
		assert.Equal(t, "[]", again["plan"].Outputs["shards"])
		assert.Equal(t, commits+1, p.Commits(), "there was nothing to do")
	})
}
