package workflow

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/sigstore"
)

const module = "github.com/pingvas/pingvas-ci@v1.0.0"

// samples are settings of which the workflows stand in testdata, where they are
// linted as GitHub's users lint theirs (internal/policy).
var samples = map[string]Settings{
	"guide": {
		Module: module, Codecov: Token, Chromatic: []string{"frontend"}, Keyless: true, SlackChannel: "C0123456789",
	},
	"registry": {
		Module: module, Registry: "registry.example/team", Environments: []string{"trunk=staging"}, Codecov: Tokenless, NoCodeScanning: true,
		SlackChannel: "C0123456789", SlackSuccess: true, Runner: "self-hosted", Secrets: []string{"NPM_TOKEN"},
		Options: []string{"with-gate --severity CRITICAL", "with-vex --document $GITHUB_WORKSPACE/openvex.json", "with-npm-registry --address npm.example --token env:NPM_TOKEN"},
	},
	"least":  {Module: module, Without: []string{"release", "nightly"}},
	"state":  {Module: module, State: "3GB", Without: []string{"release"}},
	"shards": {Module: module, Shards: 4, Codecov: Token, SlackChannel: "C0123456789", Without: []string{"release", "nightly"}},
}

// made has the workflows of settings, which must not fail.
func madeOf(t *testing.T, given Settings, files map[string]string) map[string]string {
	t.Helper()
	written, note, err := Make(given, files)
	require.NoError(t, err)
	require.Empty(t, note)
	return written
}

// TestSamples compares with testdata, which UPDATE=1 writes anew.
func TestSamples(t *testing.T) {
	for name, settings := range samples {
		written := madeOf(t, settings, nil)
		require.Len(t, written, len(Names)-len(settings.Without))
		for path, text := range written {
			file := filepath.Join("testdata", name, path)
			if os.Getenv("UPDATE") != "" {
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
				require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
			}
			kept, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(kept), text, "UPDATE=1 go test writes it")
		}
	}
}

// TestNothingThatWasSetIsLost: made again of nothing but its own files, with one
// more setting, and with one that a person took back.
func TestNothingThatWasSetIsLost(t *testing.T) {
	for name, settings := range samples {
		files := madeOf(t, settings, nil)
		assert.Equal(t, files, madeOf(t, Settings{}, files), name)
	}
	files := madeOf(t, samples["registry"], nil)
	renewed := madeOf(t, Settings{Module: "github.com/pingvas/pingvas-ci@v1.1.0"}, files)
	for path := range files {
		assert.Equal(t, strings.ReplaceAll(files[path], "@v1.0.0", "@v1.1.0"), renewed[path])
	}
	edited := maps.Clone(files)
	edited[Path] = regexp.MustCompile(`(?s)#   gates:\n.*?#   codecov: tokenless\n`).ReplaceAllString(files[Path], "#   gates: []\n")
	again := madeOf(t, Settings{}, edited)
	assert.Contains(t, again[Path], "#   gates: []\n")
	assert.NotContains(t, again[Path], "with-policy")
	assert.NotContains(t, again[Path], "codecov")
	assert.Equal(t, again, madeOf(t, Settings{}, again))
	amazon := madeOf(t, Settings{Account: "210987654321"}, files)
	assert.Contains(t, amazon[Path], "with-ecr --account 210987654321 --region ap-northeast-2 --role arn:aws:iam::210987654321:role/GitHubActionsRole")
	assert.NotContains(t, amazon[Path], "registry.example")
}

func TestWhatIsNotOursStays(t *testing.T) {
	_, note, err := Make(Settings{}, nil)
	require.NoError(t, err)
	assert.Contains(t, note, "no workflows are kept here")
	own := map[string]string{Path: "name: Own\n"}
	written, note, err := Make(Settings{}, own)
	require.NoError(t, err)
	assert.Empty(t, written)
	assert.NotEmpty(t, note)
	_, _, err = Make(Settings{Module: module}, own)
	require.ErrorContains(t, err, Path+" is there, and was not made by `workflows`")
	own = map[string]string{Folder + "release.yml": "name: Own\n"}
	_, _, err = Make(Settings{Module: module}, own)
	require.ErrorContains(t, err, "or leave ours out: --without release")
	written = madeOf(t, Settings{Module: module, Without: []string{"release"}}, own)
	assert.ElementsMatch(t, []string{Path, Folder + "nightly.yml"}, slices.Collect(maps.Keys(written)))
	less := madeOf(t, Settings{Without: []string{"release", "nightly"}}, madeOf(t, Settings{Module: module}, nil))
	assert.Empty(t, less[Folder+"nightly.yml"])
	assert.Contains(t, less, Folder+"nightly.yml", "it is removed")
}

// TestJobs: each action is pinned by commit, each job has an end, its own
// permissions and all of the history, and no expression reaches a shell.
func TestJobs(t *testing.T) {
	pinned := regexp.MustCompile(`^[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}$`)
	for name, settings := range samples {
		for path, text := range madeOf(t, settings, nil) {
			var parsed struct {
				Permissions map[string]string
				Jobs        map[string]struct {
					Timeout     int `yaml:"timeout-minutes"`
					Permissions map[string]string
					Steps       []struct {
						Uses, Run string
						Directory string `yaml:"working-directory"`
						With      map[string]string
					}
				}
			}
			require.NoError(t, yaml.Unmarshal([]byte(text), &parsed), path)
			assert.Empty(t, parsed.Permissions)
			for job, of := range parsed.Jobs {
				at := name + " " + path + " " + job
				assert.Positive(t, of.Timeout, at)
				assert.NotNil(t, of.Permissions, at)
				if job != "deliver" && job != "shard" && job != "release" && job != "verify" {
					assert.NotContains(t, slices.Collect(maps.Values(of.Permissions)), "write", at)
				}
				for _, step := range of.Steps {
					assert.NotContains(t, step.Run, "${{", at)
					if strings.Contains(step.Run, "dagger --") {
						assert.Equal(t, "${{ runner.temp }}", step.Directory, "a .env of the checkout sets what the call leaves out: "+at)
						assert.NotRegexp(t, `--(source|path|report|records|document) "?[^"$]`, step.Run, at)
					}
					if step.Uses != "" {
						assert.Regexp(t, pinned, step.Uses, at)
					}
					if strings.HasPrefix(step.Uses, "actions/checkout@") {
						assert.Equal(t, map[string]string{"fetch-depth": "0", "persist-credentials": "false"}, step.With, at)
					}
				}
			}
		}
	}
}

// TestTheNightBelievesDeliveries: of the branches that are delivered, and of no others,
// as the verifier reads the pattern that bash makes of nightly.yml.
func TestTheNightBelievesDeliveries(t *testing.T) {
	settings := Settings{Module: module, Keyless: true, Environments: []string{"develop=dev", "release/1.2=prod"}}
	night := madeOf(t, settings, nil)[Folder+"nightly.yml"]
	argument := regexp.MustCompile(`--certificate-identity-regexp ("\S+")`).FindStringSubmatch(night)
	require.NotNil(t, argument)
	bash := exec.Command("bash", "-c", "printf %s "+argument[1]) //nolint:gosec // it is the workflow's own
	bash.Env = []string{"GITHUB_SERVER_URL=https://github.com", "GITHUB_REPOSITORY=pingvas/studio.io"}
	pattern, err := bash.Output()
	require.NoError(t, err)
	const issuer = "https://token.actions.githubusercontent.com"
	believed, err := sigstore.Identity{SubjectPattern: string(pattern), Issuer: issuer}.Certified()
	require.NoError(t, err)
	for ref, is := range map[string]bool{
		"studio.io/.github/workflows/delivery.yml@refs/heads/develop":       true,
		"studio.io/.github/workflows/delivery.yml@refs/heads/release/1.2":   true,
		"studio.io/.github/workflows/delivery.yml@refs/heads/release/1x2":   false,
		"studio.io/.github/workflows/delivery.yml@refs/heads/develop-mine":  false,
		"studio.io/.github/workflows/delivery.yml@refs/heads/mine":          false,
		"studio.io/.github/workflows/delivery.yml@refs/tags/develop":        false,
		"studio.io/.github/workflows/release.yml@refs/heads/develop":        false,
		"studio-io/.github/workflows/delivery.yml@refs/heads/develop":       false,
		"studio.io/x/.github/workflows/delivery.yml@refs/heads/develop":     false,
		"studio.io/.github/workflows/delivery.yml@refs/heads/x@refs/heads/": false,
	} {
		run := certificate.Summary{SubjectAlternativeName: "https://github.com/pingvas/" + ref, Extensions: certificate.Extensions{Issuer: issuer}}
		assert.Equal(t, is, believed.Verify(run) == nil, ref)
	}
}

// TestADeliveryCanBeCancelled: always() would have it run on. What came of the jobs
// before decides, so that a part that failed or was cancelled is never committed.
func TestADeliveryCanBeCancelled(t *testing.T) {
	var parsed struct {
		Jobs struct{ Deliver struct{ If string } }
	}
	require.NoError(t, yaml.Unmarshal([]byte(madeOf(t, samples["shards"], nil)[Path]), &parsed))
	assert.Equal(t, "!cancelled() && (github.event_name == 'push' || github.event_name == 'workflow_dispatch') "+
		"&& (needs.plan.result == 'success' || needs.plan.result == 'skipped') && (needs.shard.result == 'success' || needs.shard.result == 'skipped')",
		parsed.Jobs.Deliver.If)
}

// TestNamesAreTexts: YAML would read numbers, and nothing, in these.
func TestNamesAreTexts(t *testing.T) {
	files := madeOf(t, Settings{Module: module, Environments: []string{"1.10=null", "0x10=1e3"}}, nil)
	var delivery struct {
		On struct {
			Push     struct{ Branches []any }
			Dispatch struct {
				Inputs struct{ Environment struct{ Options []any } }
			} `yaml:"workflow_dispatch"`
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(files[Path]), &delivery))
	assert.Equal(t, []any{"1.10", "0x10"}, delivery.On.Push.Branches)
	assert.Equal(t, []any{"null", "1e3"}, delivery.On.Dispatch.Inputs.Environment.Options)
	var release struct {
		Jobs struct{ Release struct{ Environment any } }
	}
	require.NoError(t, yaml.Unmarshal([]byte(files[Folder+"release.yml"]), &release))
	assert.Equal(t, "1e3", release.Jobs.Release.Environment)
	assert.Equal(t, files, madeOf(t, Settings{}, files))
}

// TestStateIsNoCondition: what a job before has left is removed, what cannot be
// installed is a cold start, and nothing that was not kept is an entry of the cache.
func TestStateIsNoCondition(t *testing.T) {
	type step struct{ Name, ID, If, Uses, Run string }
	var parsed struct {
		Jobs map[string]struct{ Steps []step }
	}
	require.NoError(t, yaml.Unmarshal([]byte(madeOf(t, samples["state"], nil)[Path]), &parsed))
	for job, of := range parsed.Jobs {
		steps := map[string]step{}
		for _, s := range of.Steps {
			action, _, _ := strings.Cut(s.Uses, "@")
			steps[s.Name+action] = s
		}
		const own = "steps.state.outputs.program != ''"
		assert.Equal(t, own, steps["actions/cache/restore"].If, job)
		start := steps["Start the engine"]
		assert.Equal(t, own, start.If, job)
		assert.Regexp(t, `^docker rm --force engine \|\| true\nsudo "\$PROGRAM" remove --dir /srv/engine\nsudo -E "\$PROGRAM" restore `, start.Run, job)
		assert.Equal(t, "always() && "+own, steps["Stop the engine"].If, job)
		if job == "deliver" {
			assert.Equal(t, own, steps["Keep the engine's state"].If)
			assert.Equal(t, "steps.keep.outputs.kept == 'true'", steps["actions/cache/save"].If)
			assert.Empty(t, kept(t, steps["Keep the engine's state"].Run, ""), "over its budget")
			assert.Equal(t, "true", kept(t, steps["Keep the engine's state"].Run, "sha256:1"))
		}
		assert.Empty(t, output(t, "go() { false; }; "+steps["Find what was kept of the engine"].Run), job)
	}
}

// kept is what the step says that keeps a state, where `save` prints a digest.
func kept(t *testing.T, script, digest string) string {
	said := output(t, `docker() { :; }; prune() { :; }; mksquashfs() { :; }; sudo() { if [ "$3" = save ]; then echo "$DIGEST"; else [ -n "$DIGEST" ]; fi; }; DIGEST=`+digest+" PROGRAM=prune; "+script)
	return strings.TrimSuffix(strings.TrimPrefix(said, "kept="), "\n")
}

// output is what a script writes as a step's outputs, which must not fail.
func output(t *testing.T, script string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "output")
	bash := exec.Command("bash", "-e", "-c", script) //nolint:gosec // it is the workflow's own
	bash.Env = append(os.Environ(), "GITHUB_OUTPUT="+file, "RUNNER_TEMP="+t.TempDir())
	said, err := bash.CombinedOutput()
	require.NoError(t, err, string(said))
	written, err := os.ReadFile(file)
	if err != nil {
		require.ErrorIs(t, err, os.ErrNotExist)
	}
	return string(written)
}

func TestRefusals(t *testing.T) {
	for says, given := range map[string]Settings{
		"which version of the module they call is not said. Say it with --module: write": {Account: "1"},
		`"main" is a branch, or another name that moves`:                                 {Module: "github.com/pingvas/pingvas-ci@main"},
		`"v1" is a branch`:                                             {Module: "github.com/pingvas/pingvas-ci@v1"},
		`"0123abc" is a branch`:                                        {Module: "github.com/pingvas/pingvas-ci@0123abc"},
		"has no version, so that what it is may change":                {Module: "github.com/pingvas/pingvas-ci"},
		"is no address that a runner can call":                         {Module: "./ci@v1.0.0"},
		`account "$(id)" has characters`:                               {Module: module, Account: "$(id)"},
		`role "arn; id" has characters`:                                {Module: module, Role: "arn; id"},
		`registry "registry.example/x y" has characters`:               {Module: module, Registry: "registry.example/x y"},
		"gitops \"https://user:token@github.com/x.git\" is no URL, or": {Module: module, Gitops: "https://user:token@github.com/x.git"},
		`environments has "main=Prod"`:                                 {Module: module, Environments: []string{"main=Prod"}},
		`environments has "it's=dev"`:                                  {Module: module, Environments: []string{"it's=dev"}},
		`gates has "lint; id". Write gates' names`:                     {Module: module, Gates: []string{"lint; id"}},
		`options has "with-gate --severity $(id)". Write calls`:        {Module: module, Options: []string{"with-gate --severity $(id)"}},
		`options has "with-gate --severity $HOME/x". Write calls`:      {Module: module, Options: []string{"with-gate --severity $HOME/x"}},
		`secrets has "npm token"`:                                      {Module: module, Secrets: []string{"npm token"}},
		`without has "delivery". Write release or nightly`:             {Module: module, Without: []string{"delivery"}},
		`nightly "17 18 * * *\nevil: true" is no time of cron's`[:20]:  {Module: module, Nightly: "17 18 * * *\nevil: true"},
		"shards is 300. Write how many runners":                        {Module: module, Shards: 300},
		`codecov "always" is unknown`:                                  {Module: module, Codecov: "always"},
		"Name the one or the other":                                    {Module: module, Registry: "registry.example", Account: "1"},
		`chromatic has "Web". Write frontends' names`:                  {Module: module, Chromatic: []string{"Web"}},
		`slack-channel "#general" has characters outside`:              {Module: module, SlackChannel: "#general"},
	} {
		_, _, err := Make(given, nil)
		require.ErrorContains(t, err, says)
	}
	files := madeOf(t, Settings{Module: module}, nil)
	files[Path] = strings.Replace(files[Path], "#   runner:", "#   runer:", 1)
	_, _, err := Make(Settings{}, files)
	require.ErrorContains(t, err, "field runer not found")
	require.ErrorContains(t, err, "Correct them there")
}

// TestTheSettingsAreDocumented compares them with docs/github-actions.md.
func TestTheSettingsAreDocumented(t *testing.T) {
	raw, err := os.ReadFile("../../../docs/github-actions.md")
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(raw), "| Setting |")
	table, _, _ = strings.Cut(table, "\n\n")
	var documented, there []string
	for _, row := range strings.Split(table, "\n")[2:] {
		first, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " |")
		for _, name := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(first, -1) {
			documented = append(documented, name[1])
		}
	}
	of := reflect.TypeFor[Settings]()
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("yaml"), ",")
		there = append(there, name)
	}
	assert.Equal(t, sorted(there), sorted(documented))
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
