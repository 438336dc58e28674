package tests

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// told is what is read of a report's JSON.
type told struct {
	Passed  bool
	Failure string
	Steps   []struct{ Component, Name, State, Started, Failure string }
}

// TestReports delivers what is good and what is not, and keeps what is told of both:
// the files, and the page in a browser.
func TestReports(t *testing.T) {
	long(t, "TestDelivery; ci/internal/report, ci/internal/sarif, ci/internal/github")
	t.Parallel()
	w := harness.NewServiceWorld(t)
	w.PinsOnlyUserService()
	broken := w.Copied(t)
	broken.Append(service+"/user_service/users.py", "\n\ndef wrong() -> int:\n    return \"x\"\n\n\nimport os\n")
	broken.Append(service+"/tests/test_users.py", "\n\ndef test_wrong() -> None:\n    import uuid\n\n    assert 1 == 2, f\"::add-mask::no {uuid.uuid4()}\"\n")
	broken.Commit(t)
	kept := harness.NewFiles(t, nil)
	deliver := func(to string) []string {
		return append(w.Ends(), append(words("deliver --keep-failure files export --path"), kept.At(to))...)
	}

	failing := map[string]string{"delivery.json": "failed"}
	calls := w.On(deliver("passed"), append(w.WithGitops(), words("gitops metrics --environments dev json")...))
	calls = append(calls, broken.On(deliver("failed"))...)
	if !testing.Short() {
		failing["check.json"] = "checked"
		calls = append(calls, broken.On(append(words("checked files export --path"), kept.At("checked")))...)
	}
	came := harness.Batch(t, w.Environment(), calls...)
	for _, c := range came {
		c.Must(t)
	}

	t.Run("a failure is told", func(t *testing.T) {
		for file, dir := range failing {
			files := kept.In(dir)
			run := read(t, files, file)
			assert.False(t, run.Passed)
			assert.Contains(t, run.Failure, "user-service lint")
			summary := files.Read("summary.md")
			assert.Contains(t, summary, "### What failed")
			assert.Contains(t, summary, "<details><summary>user-service typecheck</summary>")
			said := files.Read("annotations.txt")
			assert.Regexp(t, `(?m)^::error file=services/user-service/user_service/users\.py,line=\d+,col=\d+,title=user-service lint::F401: `, said)
			assert.Regexp(t, `(?m)^::error file=services/user-service/user_service/users\.py,line=\d+,title=user-service typecheck::return-value: `, said)
			assert.Regexp(t, `(?m)^::error file=services/user-service/tests/test_users\.py,line=\d+,title=user-service test::`, said)
			for line := range strings.Lines(said) {
				assert.Regexp(t, `^::(error|warning|notice) `, line)
			}
			assert.Contains(t, files.Read("sarif/user-service/gates.sarif"), "services/user-service/tests/test_users.py")
			assert.Empty(t, files.Holding("no reports of its tests"))
			failed := regexp.MustCompile(`add-mask::no [0-9a-f-]{36}`).FindString(run.Failure)
			require.NotEmpty(t, failed)
			assert.Contains(t, files.Read("junit/user-service.xml"), failed, "the report is of the very run that the gate has judged")
		}
		assert.Equal(t, 2, w.Commits(), "the good one alone is committed")
	})
	t.Run("a success has everything that it left", func(t *testing.T) {
		files := kept.In("passed")
		run := read(t, files, "delivery.json")
		assert.True(t, run.Passed)
		assert.Empty(t, run.Failure)
		for _, s := range run.Steps {
			assert.Equal(t, "PASSED", s.State)
			assert.Regexp(t, `^20\d\d-\d\d-\d\dT`, s.Started)
		}
		assert.Contains(t, files.Read("junit/user-service.xml"), "<testcase")
		assert.Contains(t, files.Read("coverage/user-service.xml"), "<coverage")
		assert.Contains(t, files.Read("sarif/user-service/linux-arm64.sarif"), `"2.1.0"`)
		assert.Contains(t, files.Read("sbom/user-service/linux-arm64.cdx.json"), "CycloneDX")
		assert.Contains(t, files.Read("sbom/user-service/linux-arm64.spdx.json"), "SPDX")
		assert.Contains(t, files.Read("changes.diff"), "+++ Deployment pingvas-dev/user-service")
		assert.Contains(t, files.Read("summary.md"), "GitOps [`"+w.Gitops("rev-parse", "main")[:12]+"`](<")
		assert.Empty(t, files.Read("annotations.txt"))
	})
	t.Run("the page has the layers, and whose they are", func(t *testing.T) {
		page := kept.In("passed").Read("report.html")
		assert.Regexp(t, `<h3>Layers for linux/arm64: \d+ layers, \d+ MB: \d+ MB of its base, [\d.]+ [kM]B its own</h3>`, page)
		assert.Regexp(t, `<th scope="row"><code>sha256:[0-9a-f]{64}</code></th><td class="number">[\d.]+ [kM]?B</td><td class="number">\d+ %</td><td>its own</td><td><code>[^<]+</code>`, page)
		assert.Contains(t, w.Gitops("log", "-1", "--format=%B", "main"), "\nFindings: user-service none\n")
	})
	t.Run("it is a deployment", func(t *testing.T) {
		measured := harness.JSON[struct {
			Measures []struct {
				Environment, Component         string
				Deployments, LeadKnown, Failed int
				LeadSeconds                    *float64
			}
		}](t, came[1])
		require.Len(t, measured.Measures, 2)
		last := measured.Measures[1]
		assert.Equal(t, "dev user-service", last.Environment+" "+last.Component)
		assert.Equal(t, 1, last.LeadKnown)
		assert.Positive(t, *last.LeadSeconds)
	})
	for _, password := range []string{w.Registry.Password, w.Git.Password} {
		assert.Empty(t, kept.Holding(password))
	}
	t.Run("the pages are read by everybody", func(t *testing.T) {
		axe := harness.NewAxe(t)
		axe.Accepts(t, kept.In("passed").Read("report.html"))
		if !testing.Short() {
			axe.Accepts(t, kept.In("failed").Read("report.html"))
		}
	})
}

func read(t *testing.T, files harness.Files, name string) (run told) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(files.Read(name)), &run))
	return run
}
