package tests

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/documents"
	"github.com/pingvas/pingvas-ci/internal/lab"
	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// newReader reads documents in a repository, with a registry and a git server to
// deliver to. It prints what stands for what no document can know: nothing else of a
// command is changed.
func newReader(t *testing.T, app *harness.Repository, registry harness.Registry, server *lab.Server) harness.Reader {
	t.Helper()
	project, err := filepath.Abs("..")
	require.NoError(t, err)
	harness.Run(t, "git", "-C", app.Dir, "update-ref", "refs/remotes/origin/main", "HEAD")
	at := strings.Join(append(registry.At(), "--username", registry.Username), " ")
	pushed := "with-registry " + at + " --password env:REGISTRY_PASSWORD"
	repository := "--repository http://" + server.Address + "/pingvas-gitops.git --service tcp://" + server.Address + " --username " + server.Username
	committed := "with-gitops " + repository + " --token env:GITOPS_TOKEN"
	const public, here, git = "--repository https://github.com/pingvas/pingvas-gitops.git", "a registry of this machine", "a git server of this machine"
	r := harness.Reader{
		Dir: app.Dir,
		Env: []string{registry.Env(), "GITOPS_TOKEN=" + server.Password, "SIGNING_KEY=" + harness.NewKey(t), "DAGGER_MODULE=" + project},
		Instead: []harness.Substitution{
			{Printed: "--address registry.example/team --username ci", Here: at, Why: here},
			{Printed: "--address registry.example/pingvas --username ci", Here: at, Why: here},
			{Printed: "with-registry --address REGISTRY", Here: pushed, Why: here},
			{Printed: "with-registry …", Here: pushed, Why: here},
			{Printed: "with-registry ...", Here: pushed, Why: here},
			{Printed: public + " --token", Here: repository + " --token", Why: git},
			{Printed: public + " gitops", Here: repository + " --token env:GITOPS_TOKEN gitops", Why: git + ", which is not public"},
			{Printed: "with-gitops --repository URL --token env:GITOPS_TOKEN", Here: committed, Why: git},
			{Printed: "with-gitops --repository ...", Here: committed, Why: git},
			{Printed: "with-gitops …", Here: committed, Why: git},
			{Printed: "with-gitops ...", Here: committed, Why: git},
			{Printed: "--directory examples/gitops", Here: "--directory ../pingvas-gitops", Why: "a copy of it"},
			{Printed: "OWNER/NAME", Here: "pingvas/pingvas-studio", Why: "a name"},
		},
	}
	if lock := os.Getenv("PINGVAS_IMAGE_LOCK"); lock != "" {
		r.Instead = append(r.Instead, harness.Substitution{Printed: "dagger call", Here: "dagger call --image-lock " + lock, Why: "no container registry in reach"})
	}
	t.Logf("DAGGER_MODULE=github.com/pingvas/pingvas-ci is the directory of this project, and origin/main is here: nothing was cloned")
	for _, s := range r.Instead {
		t.Logf("%q is %q: %s", s.Printed, s.Here, s.Why)
	}
	return r
}

// notTyped are the commands that are not run as they are printed, by what they have in
// them, with the reason.
var notTyped = []struct{ has, why string }{
	{"make ", "it runs tests, or builds for long"},
	{"go run ./airgap", "it is an engine's: make kit"},
	{"go install", "it is a program's that no call of the module needs: make state"},
	{"enginestate", "it is an engine's: make state"},
	{"docker ", "there is no container runtime: make state"},
	{"dagger install", "TestImportedModule"},
	{"dagger check", "TestDaggerCheck"},
	{"dagger generate", "it writes what workflows does, where there are some: TestWorkflows"},
	{"--progress=plain …", "its call is any"},
	{"image terminal", "it waits for somebody at a terminal"},
	{"--image-lock images.lock.json", "the lock of another machine: TestLockImages"},
	{"lock-images", "a mirror on the internet: TestLockImages"},
	{"lock-updates", "Debian's package source, for minutes: TestBaseUpdates"},
	{"with-base-updates", "the lock of lock-updates: TestBaseUpdates"},
	{"scan upload", "GitHub: TestCodeScanning"},
	{"on-github", "GitHub: TestWorkflows"},
	{"release --version", "a delivery to prod before: TestWorkflows"},
	{"codecov --report", "Codecov: TestCodecov"},
	{"notify-failure", "Slack: TestWorkflows"},
	{"argo-cd", "Argo CD: TestArgoStatus"},
	{"with-npm-registry", "a private registry: TestPrivateNpmRegistry"},
	{"with-python-index", "a private index: TestPrivatePythonIndex"},
	{"container --name go-service", "the example has none: TestContainer"},
	{"--manual prod", "what is wrong with the example by that: TestGitopsTree"},
	{"promote", "a review on GitHub: TestDeliveryToProduction"},
	{"rollback", "a history: TestRollbackSticks"},
	{"lift-hold", "a history: TestRollbackSticks"},
	{"verify --", "a signed delivery: TestSigned, TestKeyless"},
	{"--records records", "the records of all shards: TestShards"},
	{"cache clear", "it takes from other tests what they wait for: TestCache"},
	{"OTEL_EXPORTER", "a collector: TestTraces"},
	{"--source PATH", "its call is any: TestDotEnv"},
	{"--name NAME", "its component is any: TestPythonShapes"},
}

// inSample are the commands that make test runs, of which make commands runs all.
var inSample = []string{"plan --base origin/main table", "validation json"}

// says has what some commands are to print.
var says = map[string]string{
	"plan --base origin/main table":                 "Nothing",
	"services summary":                              "user-service",
	"deliver --branch develop --environment dev":    "gitops dev",
	"gitops metrics --environments prod":            "prod",
	"jq --exit-status .passed report/delivery.json": "true",
}

// TestCommands runs every command of every document, in the example, but for those of
// docs/first-steps.md, which TestFirstSteps runs in a repository that has nothing of
// ours.
func TestCommands(t *testing.T) {
	t.Parallel()
	w := harness.NewWorld(t, service, worker, "frontend", "docker", "libs") // What documents name.
	w.BuiltFor(service, "linux/arm64")
	w.Write(".gitignore", "# What documents export into the checkout, so that it is committed still.\n/storybook/\n*.sarif\n/report/\n/records/\n/scans/\n")
	w.Write("openvex.json", `{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://pingvas.example/vex/1", "author": "security", "timestamp": "2026-11-01T00:00:00Z", "version": 1, "statements": [
		{"vulnerability": {"name": "CVE-2020-0001"}, "products": [{"@id": "pkg:oci/user-service", "subcomponents": [{"@id": "pkg:pypi/example@1"}]}], "status": "not_affected", "justification": "vulnerable_code_not_present"}]}`)
	w.Commit(t)
	files, err := documents.All("..")
	require.NoError(t, err)
	seen, read := map[string]bool{}, 0
	reader := newReader(t, w.Repository, w.Registry, w.Git)
	files = slices.DeleteFunc(files, func(file string) bool { return file == "docs/first-steps.md" })
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			read++
			app := w.Copied(t)
			app.Copy("../pingvas-gitops", "../examples/gitops")
			reader.Dir = app.Dir
			for _, section := range harness.Document(t, file) {
				for _, command := range slices.Concat(section.Commands, section.Mentions) {
					typed(t, reader, command, seen)
				}
			}
		})
	}
	for _, of := range notTyped {
		assert.True(t, seen[of.has] || read < len(files), "no document has %q any more: correct the list", of.has)
	}
}

// typed runs a command, which must not fail, or says why it does not.
func typed(t *testing.T, reader harness.Reader, command string, seen map[string]bool) {
	t.Helper()
	has := func(part string) bool { return strings.Contains(command, part) }
	for _, of := range notTyped {
		if has(of.has) {
			t.Logf("not run here: %s: %s", command, of.why)
			seen[of.has] = true
			return
		}
	}
	if testing.Short() && !slices.ContainsFunc(inSample, has) {
		return
	}
	t.Run(command, func(t *testing.T) {
		said := reader.Run(t, command)
		said.Must(t)
		for part, text := range says {
			if has(part) {
				assert.Contains(t, said.Output, text)
			}
		}
	})
}
