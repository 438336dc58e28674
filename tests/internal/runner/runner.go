// Package runner runs the jobs of a GitHub Actions workflow on this machine, step by
// step, as GitHub documents them. An action is a stand-in that reads its inputs.
package runner

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"github.com/stretchr/testify/require"
)

// Runner is where jobs run.
type Runner struct {
	// Repository is what is checked out, and Name what it is called, as OWNER/NAME.
	Repository, Name string
	// Secrets are the repository's. A pull request from a fork is given none.
	Secrets map[string]string
	// Instead are texts of the workflow that stand for others on this machine.
	Instead []Substitution
	// CLI is the version of Dagger's that there is.
	CLI string
}

// Substitution is a text of a workflow, and what stands for it here.
type Substitution struct{ Printed, Here, Why string }

// Event is why a workflow runs.
type Event struct {
	// Name is the event's, and Ref what it is about, whole.
	Name, Ref string
	// Base and Fork are of a pull request: the branch that it is for, and whose fork it
	// comes from, as OWNER/NAME.
	Base, Fork string
	// Inputs are those of a workflow_dispatch.
	Inputs map[string]any
}

// Job is what became of a job.
type Job struct {
	// Result is success, failure or skipped.
	Result string
	// Ran are the steps that were run, by their names or their actions.
	Ran []string
	// Said is all that its steps printed, and Summary what they put there.
	Said, Summary string
	// Environment is the one of its secrets, and Permissions those of its token.
	Environment string
	Permissions map[string]string
	// Outputs are what it hands to those that need it.
	Outputs map[string]any
}

// Run runs a workflow's jobs, each after those that it needs; nil where the event does
// not start it. Artifacts are the directories that were uploaded, by their names.
func (r Runner) Run(t *testing.T, workflow string, event Event) (jobs map[string]*Job, artifacts map[string]string) {
	t.Helper()
	parsed, faults := actionlint.Parse([]byte(workflow))
	require.Empty(t, faults)
	if !starts(parsed, event) {
		return nil, nil
	}
	run := &run{Runner: r, t: t, workflow: parsed, event: event, jobs: map[string]*Job{}, artifacts: map[string]string{}}
	run.sha = run.git("rev-parse", event.Ref+"^{commit}")
	for len(run.jobs) < len(parsed.Jobs) {
		ready := run.ready()
		require.NotEmpty(t, ready, "jobs that need one another")
		for _, id := range ready {
			require.NoError(t, run.job(id), id)
		}
	}
	return run.jobs, run.artifacts
}

// starts tells whether an event starts a workflow.
func starts(w *actionlint.Workflow, event Event) bool {
	return slices.ContainsFunc(w.On, func(on actionlint.Event) bool {
		if on.EventName() != event.Name {
			return false
		}
		hook, is := on.(*actionlint.WebhookEvent)
		if !is || event.Name != "push" {
			return true
		}
		branch, isBranch := strings.CutPrefix(event.Ref, "refs/heads/")
		tag, isTag := strings.CutPrefix(event.Ref, "refs/tags/")
		return isBranch && named(hook.Branches, branch) || isTag && named(hook.Tags, tag)
	})
}

// named tells whether a filter lets a name through.
func named(filter *actionlint.WebhookEventFilter, name string) bool {
	return !filter.IsEmpty() && slices.ContainsFunc(filter.Values, func(pattern *actionlint.String) bool {
		is, err := filepath.Match(pattern.Value, name)
		return err == nil && is
	})
}

// run is one run of a workflow.
type run struct {
	Runner
	t         *testing.T
	workflow  *actionlint.Workflow
	event     Event
	sha       string
	jobs      map[string]*Job
	artifacts map[string]string
}

func (r *run) git(args ...string) string {
	r.t.Helper()
	output, err := exec.Command("git", append([]string{"-C", r.Repository}, args...)...).CombinedOutput() //nolint:gosec // the arguments are the test's own
	require.NoError(r.t, err, string(output))
	return strings.TrimSpace(string(output))
}

// ready are the jobs whose needs have ended, in the order of their names.
func (r *run) ready() (ids []string) {
	for id, job := range r.workflow.Jobs {
		if r.jobs[id] == nil && !slices.ContainsFunc(job.Needs, func(need *actionlint.String) bool { return r.jobs[need.Value] == nil }) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// fork tells whether the event comes from somebody else's repository.
func (r *run) fork() bool { return r.event.Fork != "" && r.event.Fork != r.Name }

// contexts are what the expressions of a job name.
func (r *run) contexts(id string, job *actionlint.Job) contexts {
	secrets, needs := map[string]any{}, map[string]any{}
	if !r.fork() {
		for name, value := range r.Secrets {
			secrets[strings.ToLower(name)] = value
		}
	}
	for _, need := range job.Needs {
		needs[need.Value] = map[string]any{"result": r.jobs[need.Value].Result, "outputs": r.jobs[need.Value].Outputs}
	}
	payload := map[string]any{}
	if r.event.Name == "pull_request" {
		payload["pull_request"] = map[string]any{
			"number": float64(7),
			"base":   map[string]any{"sha": r.git("rev-parse", r.event.Base)},
			"head":   map[string]any{"sha": r.sha, "repo": map[string]any{"full_name": r.event.Fork}},
		}
	}
	inputs := map[string]any{}
	maps.Copy(inputs, r.event.Inputs)
	return contexts{
		"github": map[string]any{
			"event_name": r.event.Name, "event": payload, "ref": r.event.Ref, "ref_name": r.refName(), "sha": r.sha, "job": id,
			"repository": r.Name, "run_id": "42", "token": "ghs_of_the_job", "head_ref": r.headRef(),
		},
		"secrets": secrets, "needs": needs, "inputs": inputs,
	}
}

func (r *run) refName() string {
	name := strings.TrimPrefix(strings.TrimPrefix(r.event.Ref, "refs/heads/"), "refs/tags/")
	return strings.TrimPrefix(name, "refs/pull/")
}

func (r *run) headRef() string {
	if r.event.Name == "pull_request" {
		return "a-change"
	}
	return ""
}

// job runs one job.
func (r *run) job(id string) error {
	job := r.workflow.Jobs[id]
	done := &Job{Result: "skipped", Permissions: map[string]string{}, Outputs: map[string]any{}}
	r.jobs[id] = done
	known := r.contexts(id, job)
	failed := slices.ContainsFunc(job.Needs, func(need *actionlint.String) bool { return r.jobs[need.Value].Result != "success" })
	if is, err := known.condition(valueOf(job.If), failed); err != nil || !is {
		return err
	}
	done.Result = "success"
	for name, scope := range job.Permissions.Scopes {
		done.Permissions[name] = scope.Value.Value
	}
	if job.Environment != nil {
		environment, err := known.interpolated(job.Environment.Name.Value)
		if err != nil {
			return err
		}
		done.Environment = environment
	}
	cases, err := matrix(job, known)
	if err != nil {
		return err
	}
	for index, of := range cases {
		at := known.with("matrix", of).with("strategy", map[string]any{"job-index": float64(index)}).with("steps", map[string]any{})
		if err := r.steps(job, at, done); err != nil {
			return err
		}
	}
	return nil
}

// matrix are the cases that a job runs for: one, where it has no matrix.
func matrix(job *actionlint.Job, known contexts) ([]any, error) {
	if job.Strategy == nil || job.Strategy.Matrix == nil {
		return []any{nil}, nil
	}
	text := strings.TrimSpace(job.Strategy.Matrix.Include.Expression.Value)
	value, err := known.value(strings.TrimSuffix(strings.TrimPrefix(text, "${{"), "}}"))
	cases, is := value.([]any)
	if err == nil && (!is || len(cases) == 0) {
		return nil, fmt.Errorf("the matrix %s is no list, or one of nothing, which GitHub refuses", text)
	}
	return cases, err
}

// steps runs a job's steps, in a directory of its own.
func (r *run) steps(job *actionlint.Job, known contexts, done *Job) error {
	m := &machine{run: r, workspace: r.t.TempDir(), temporary: r.t.TempDir(), done: done}
	known = known.with("runner", map[string]any{"temp": m.temporary})
	var err error
	if m.env, err = m.environment(known); err != nil {
		return err
	}
	for _, s := range job.Steps {
		is, err := known.condition(valueOf(s.If), m.failed)
		if err != nil {
			return err
		}
		if !is {
			continue
		}
		var refused *refusal
		switch err := m.step(s, known); {
		case errors.As(err, &refused):
			done.Said += refused.Error() + "\n"
			if s.ContinueOnError == nil || !s.ContinueOnError.Value {
				m.failed, done.Result = true, "failure"
			}
		case err != nil:
			return err
		}
	}
	if summary, err := os.ReadFile(m.summary()); err == nil {
		done.Summary += string(summary)
	}
	for name, output := range job.Outputs {
		if done.Outputs[name], err = known.interpolated(output.Value.Value); err != nil {
			return err
		}
	}
	for name, secret := range r.Secrets {
		if len(secret) > 10 && strings.Contains(done.Said+done.Summary, secret) {
			return fmt.Errorf("the secret %s was printed", name)
		}
	}
	return nil
}

func valueOf(s *actionlint.String) string {
	if s == nil {
		return ""
	}
	return s.Value
}
