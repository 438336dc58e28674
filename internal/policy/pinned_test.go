package policy

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unpinned is what functions install that nothing pins.
var unpinned = map[string]string{
	"graph/ground.WithKnownPackages: apt-get install $known: it has no version":           "a release of Debian has one version of a package at a time; they are for checks alone",
	"pyenv.var: apt-get install installs what nothing pins":                               "what an action has a workflow run: it is read, and nothing runs it",
	"missing.var: curl installs what nothing pins":                                        "a program's name: nothing runs it",
	"missing.var: wget installs what nothing pins":                                        "a program's name: nothing runs it",
	"graph/ground.WithSystemPackages: apt-get install …: it has no version":               "a release of Debian has one version of a package at a time, and settings may name it",
	"(pyenv.Project).Install: pip install installs what nothing pins":                     "what the project's own files ask for: where nothing locks it, that is said",
	"(pyenv.Project).InstallTool: pip install …==…: it has no version":                    "the version that its workspace locks",
	"(pyenv.Project).Within: pip install installs what nothing pins":                      "likewise",
	"(pyenv.Project).otherHooked: uv run installs what nothing pins":                      "the version that a hook of the project has",
	"graph/kinds/python/pydef.commands: pip install …: it has no version":                 "a line for a person to write, of a tool that the project does not install",
	"(graph/kinds/python.Project).alone: pip install installs what nothing pins":          "ruff in the version that the project locks, else our lock with hashes; mypy as a hook of the project has it",
	"(graph/kinds/frontend.Project).chromaticRun: apt-get install git: it has no version": "in a container of which nothing is kept",
}

// endOfLife are the versions that Renovate is not asked to look after.
var endOfLife = map[string]string{
	"pnpm@7.33.7": "the last release of that major version",
	"pnpm@8.15.9": "the last release of that major version",
}

// TestEveryToolIsPinned reads the pipeline's code: what a command installs is
// locked by hash, or has an exact version that Renovate finds.
func TestEveryToolIsPinned(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	repository := os.DirFS(root)
	judge := installs{repository: repository, renovate: renovateOf(t, repository), place: func(file string) string {
		relative, err := filepath.Rel(root, file)
		require.NoError(t, err)
		return filepath.ToSlash(relative)
	}}
	code := pipeline(t)
	var found []string
	for name, faults := range judge.of(shipped(code, find(t, code, ""))) {
		for _, fault := range faults {
			found = append(found, name+": "+fault)
			assert.Contains(t, unpinned, name+": "+fault, "Give it an exact version in a constant that Renovate finds, or a lock with hashes")
		}
	}
	for fault := range unpinned {
		assert.Contains(t, found, fault, "that is not so any more: correct the list")
	}
}

// TestEveryRequirementIsLocked: the files with requirements that the module
// carries are Renovate's, and have a hash for each.
func TestEveryRequirementIsLocked(t *testing.T) {
	repository := os.DirFS("../..")
	config, found := renovateOf(t, repository), 0
	require.NoError(t, fs.WalkDir(repository, "ci", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(file) != ".txt" || strings.Contains(file, "testdata/") {
			return err
		}
		text, err := fs.ReadFile(repository, file)
		for _, r := range requirement.FindAllStringSubmatch(string(text), -1) {
			found++
			assert.Contains(t, r[3], "--hash=sha256:", "%s: %s has no hash", file, r[1])
			assert.Contains(t, config.PipCompile.ManagerFilePatterns, file, "Renovate does not look after %s", file)
		}
		return err
	}))
	require.GreaterOrEqual(t, found, 4, "the test no longer finds what it looks for")
}

// TestTheReaderFindsWhatIsNotPinned is the other direction, on code of its own.
func TestTheReaderFindsWhatIsNotPinned(t *testing.T) {
	versions := text{"internal/versions", `package versions
// renovate: datasource=npm depName=kept
const Kept = "1.2.3"
const Lost = "1.2.3"
var releases = map[string]string{
	"9": "9.15.9", // renovate: datasource=npm depName=pnpm
	"8": "8.15.1",
}
func Release(v string) string { return releases[v] }
const Script = "set -e; curl https://example.com/install.sh"
const Health = "wget -q http://127.0.0.1:8080/healthz"
const Good = "uv==0.1.0 --hash=sha256:aa"
const Requirement = "uv==0.1.0\nruff==1.0 \\\n  --hash=sha256:aa"
const Workflow = "- uses: actions/checkout@v5\n- uses: actions/cache@0123456789012345678901234567890123456789 # v1\n"
`}
	commands := text{"internal/graph/kinds", `package kinds
import "github.com/pingvas/pingvas-ci/ci/internal/versions"
func run(argv ...string) {}
func words(text string) []string { return nil }
func failed(text string) error { return nil }
func Pinned() { run([]string{"npm", "install", "--global", "kept@" + versions.Kept}...) }
func Unkept() { run([]string{"npm", "install", "lost@" + versions.Lost}...) }
func Chosen() { run([]string{"npm", "install", "pnpm@" + versions.Release("9")}...) }
func Literal() { run([]string{"npm", "install", "a@1.2.3"}...) }
func Bare() []string { return append([]string{"npm", "--quiet", "install"}, "a") }
func Later(locked bool) []string {
	command := []string{"uv", "pip", "install", "--preview-features", "pylock"}
	if locked { command = append(command, "--require-hashes") }
	return command
}
func Locked() []string { return []string{"pnpm", "install", "--frozen-lockfile"} }
func Shell() []string { return []string{"sh", "-c", versions.Script} }
func Split() { run(words("pip install ruff")...) }
func Given(name string) []string { return []string{"sh", "-c", "apt-get update; apt-get install --yes " + name + "; true"} }
func Answers() []string { return []string{"sh", "-c", versions.Health} }
func Says() error { return failed("run npm install a") }
func Builds() []string { return []string{"pnpm", "run", "build"} }
`}
	const root = "internal/versions/a.go"
	var config renovate
	require.NoError(t, json.Unmarshal([]byte(`{"customManagers": [{"managerFilePatterns": ["`+root+`"], "matchStrings": [
		"depName=(?<depName>\\S+)\\nconst \\w+ = \"(?<currentValue>[^\"]+)\"", "\"(?<currentValue>[\\d.]+)\", // renovate: datasource=npm depName=pnpm",
		"uses: actions/cache@(?<currentValue>[^\\n\\\\]+)"
	]}]}`), &config))
	judge := installs{
		repository: fstest.MapFS{root: {Data: []byte(versions.code)}}, renovate: config, place: func(file string) string { return file },
	}
	found := judge.of(written(t, versions, commands))
	for name, fault := range map[string]string{
		"Unkept": "does not find its version 1.2.3", "Chosen": "does not find its version 8.15.1", "Literal": "no exact one of a constant",
		"Bare": "what nothing pins", "Shell": "no version", "Split": "no version", "Given": "no version",
	} {
		assert.Regexp(t, regexp.QuoteMeta(fault), strings.Join(found["graph/kinds."+name], "; "), name)
		delete(found, "graph/kinds."+name)
	}
	texts := strings.Join(found["versions.var"], "; ")
	for _, fault := range []string{"uv has no hash", "uv: Renovate", "ruff: Renovate", "actions/checkout@v5 is no commit", "curl"} {
		assert.Contains(t, texts, fault)
	}
	assert.NotContains(t, texts, "ruff has no hash")
	assert.NotContains(t, texts, "actions/cache")
	delete(found, "versions.var")
	assert.Empty(t, found)
}
