package runner

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// TestConditions compares with what GitHub's documentation says of expressions.
func TestConditions(t *testing.T) {
	t.Parallel()
	known := contexts{"github": map[string]any{"ref_name": "Main", "event": map[string]any{}}, "inputs": map[string]any{}}
	for expression, want := range map[string]any{
		"inputs.environment || github.ref_name == 'main' && 'prod'": "prod",
		"github.event.pull_request.head.sha":                        nil,
		"github.event.pull_request.number || 3":                     3.0,
		"!github.ref_name":                                          false,
		"github.ref_name != 'dev' && 'it''s' || ''":                 "it's",
	} {
		value, err := known.value(expression)
		require.NoError(t, err, expression)
		assert.Equal(t, want, value, expression)
	}
	for text, want := range map[string][2]bool{ // After success, and after failure.
		"":                                 {true, false},
		"github.ref_name == 'main'":        {true, false},
		"${{ failure() }}":                 {false, true},
		"always() && github.ref_name == 1": {false, false},
		"${{ always() }}":                  {true, true},
		"!cancelled() && 'x'":              {true, true},
	} {
		for i, failed := range []bool{false, true} {
			is, err := known.condition(text, failed)
			require.NoError(t, err, text)
			assert.Equal(t, want[i], is, "%q after failure: %v", text, failed)
		}
	}
	_, err := known.value("secrets.A")
	require.ErrorContains(t, err, `no context is called "secrets"`)
}

const workflow = `name: Sample
on:
  push:
    branches: [main]
  pull_request:
jobs:
  first:
    runs-on: x
    environment: ${{ github.ref_name }}
    permissions: {contents: read}
    steps:
      - uses: actions/checkout@v5
        with: {fetch-depth: 0, persist-credentials: false}
      - uses: dagger/dagger-for-github@v8
        with: {version: v1}
      - name: Write
        run: |
          mkdir out && cp file out/ && echo "$TOLD elsewhere" > out/told
          echo "# Done" >> "$GITHUB_STEP_SUMMARY"
        env: {TOLD: "${{ secrets.TOLD }}"}
      - uses: actions/upload-artifact@v5
        with: {name: out, path: out}
      - name: Fail softly
        continue-on-error: true
        run: exit 1
      - name: Fail
        run: "false; echo never"
      - name: Not any more
        run: echo never
  second:
    needs: first
    runs-on: x
    permissions: {}
    if: always() && needs.first.result == 'failure'
    steps:
      - uses: actions/download-artifact@v6
        with: {name: out, path: in}
      - name: Read
        run: wc -c in/told && cat in/file
  deal:
    runs-on: x
    permissions: {}
    outputs: {parts: "${{ steps.deal.outputs.parts }}"}
    steps: [{id: deal, name: Deal, run: "echo 'parts=[{\"of\": [\"a\", \"b\"]}, {\"of\": [\"c\"]}]' >> \"$GITHUB_OUTPUT\""}]
  each:
    needs: deal
    runs-on: x
    permissions: {}
    strategy: {matrix: {include: "${{ fromJSON(needs.deal.outputs.parts) }}"}}
    steps:
      - {name: Part, run: 'mkdir out && echo "$PART" | tee out/part', env: {PART: "${{ strategy.job-index }}: ${{ join(matrix.of, ',') }}"}}
      - {uses: actions/upload-artifact@v5, with: {name: "part-${{ strategy.job-index }}", path: out/part}}
  all:
    needs: each
    runs-on: x
    permissions: {}
    steps:
      - {uses: actions/download-artifact@v6, with: {pattern: part-*, path: in}}
      - {name: All, run: "find in -name part | sort"}
      - {name: Outside, run: 'test "$PWD" = "$RUNNER_TEMP" && echo outside', working-directory: "${{ runner.temp }}"}
  third:
    needs: first
    runs-on: x
    permissions: {}
    steps: [{name: Never, run: echo never}]
`

func TestJobs(t *testing.T) {
	t.Parallel()
	repository := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(repository, "file"), []byte("text of a file\n"), 0o600))
	require.NoError(t, lab.Commit(repository, repository, "Change"))
	r := Runner{Repository: repository, Name: "pingvas/sample", Secrets: map[string]string{"TOLD": "a-secret-text"}, CLI: "v1", Instead: []Substitution{{"elsewhere", "here", "a test"}}}
	jobs, artifacts := r.Run(t, workflow, Event{Name: "push", Ref: "refs/heads/main"})
	assert.Equal(t, "failure", jobs["first"].Result)
	assert.Equal(t, "main", jobs["first"].Environment)
	assert.Equal(t, "# Done\n", jobs["first"].Summary)
	assert.Equal(t, []string{"actions/checkout", "dagger/dagger-for-github", "Write", "actions/upload-artifact", "Fail softly", "Fail"}, jobs["first"].Ran)
	assert.NotContains(t, jobs["first"].Said, "never")
	assert.Equal(t, "success", jobs["second"].Result)
	assert.Contains(t, jobs["second"].Said, "19 in/told\ntext of a file")
	assert.Equal(t, "skipped", jobs["third"].Result)
	assert.FileExists(t, filepath.Join(artifacts["out"], "file"))
	assert.Equal(t, "0: a,b\n1: c\n", jobs["each"].Said)
	assert.Equal(t, "in/part-0/part\nin/part-1/part\noutside\n", jobs["all"].Said)

	jobs, _ = r.Run(t, workflow, Event{Name: "pull_request", Ref: "refs/heads/main", Base: "refs/heads/main", Fork: "somebody/sample"})
	assert.Contains(t, jobs["second"].Said, "6 in/told", "a fork is given no secret")
	jobs, _ = r.Run(t, workflow, Event{Name: "push", Ref: "refs/heads/other"})
	assert.Nil(t, jobs)
}
