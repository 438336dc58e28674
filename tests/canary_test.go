package tests

import (
	"crypto/rand"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// delivered are the secret inputs that TestCanaries takes through a delivery
// that succeeds.
var delivered = []string{"WithRegistry.password", "WithGitops.token", "WithSigning.key", "WithBuildSecret.secret"}

// publishing is the end of calls that publish with a secret.
var publishing = []string{"service", "--name", "user-service", "publish", "--commit", harness.SourceCommit, "digest"}

// refused are calls that fail with a secret in hand, by the secret inputs that
// each gives. Nobody answers at their addresses.
var refused = map[string][]string{
	"ArgoCd.token":                  {"argo-cd", "--address", "http://127.0.0.1:1", "--token", "env:CANARY", "status", "--application", "a", "--limit", "1s", "report"},
	"NotifyFailure.token":           {"notify-failure", "--channel", "C0", "--token", "env:CANARY", "--repository", "a/b", "--workflow", "w", "--ref", "main", "--actor", "a"},
	"NotifySuccess.token":           {"notify-success", "--channel", "C0", "--token", "env:CANARY", "--repository", "a/b", "--workflow", "w", "--ref", "main", "--actor", "a"},
	"WithRegistry.password":         append([]string{"with-registry", "--address", "127.0.0.1:1", "--username", "u", "--password", "env:CANARY"}, publishing...),
	"WithGitops.token":              {"with-gitops", "--repository", "http://127.0.0.1:1/a.git", "--token", "env:CANARY", "gitops", "validate"},
	"WithGitopsKey.key":             {"with-gitops", "--repository", "ssh://git@127.0.0.1:1/a.git", "with-gitops-key", "--key", "env:CANARY", "--known-hosts", "127.0.0.1 ssh-ed25519 AAAA", "gitops", "validate"},
	"WithSigning.key":               append([]string{"with-registry", "--address", "127.0.0.1:1", "with-signing", "--key", "env:CANARY"}, publishing...),
	"WithSigning.password":          {"with-signing", "--key", "file:" + cosignKey + ".key", "--password", "env:CANARY", "public-key", "contents"},
	"WithCodeScanning.token":        {"with-code-scanning", "--repository", "a/b", "--ref", "refs/heads/main", "--token", "env:CANARY", "--api", "https://127.0.0.1:1", "service", "--name", "user-service", "scan", "upload", "--commit", harness.SourceCommit},
	"WithEcr.secretKey":             ecr("", "--access-key env:ID --secret-key env:CANARY"),
	"WithEcr.accessKey":             ecr("", "--access-key env:CANARY --secret-key env:ID"),
	"WithEcr.sessionToken":          ecr("", "--access-key env:ID --secret-key env:ID --session-token env:CANARY"),
	"WithEcr.identityToken":         ecr("", "--role arn:aws:iam::123456789012:role/r --identity-token env:CANARY"),
	"WithAwsKeys.secretKey":         ecr("with-aws-keys --access-key env:ID --secret-key env:CANARY", ""),
	"WithAwsKeys.accessKey":         ecr("with-aws-keys --access-key env:CANARY --secret-key env:ID", ""),
	"WithAwsKeys.sessionToken":      ecr("with-aws-keys --access-key env:ID --secret-key env:ID --session-token env:CANARY", ""),
	"WithJobIdentity.identityToken": ecr("with-job-identity --identity-token env:CANARY", "--role arn:aws:iam::123456789012:role/r"),
}

// elsewhere are the secret inputs that other tests take, with where.
var elsewhere = map[string]string{
	"WithKeylessSigning.oidcUrl":       "ci/internal/github: oidc_test.go",
	"WithKeylessSigning.oidcToken":     "ci/internal/github: oidc_test.go",
	"WithKeylessSigning.identityToken": "tests: keyless_test.go",
	"WithEcr.oidcUrl":                  "ci/internal/github: oidc_test.go",
	"WithEcr.oidcToken":                "ci/internal/github: oidc_test.go",
	"WithJobIdentity.oidcUrl":          "ci/internal/github: oidc_test.go",
	"WithJobIdentity.oidcToken":        "ci/internal/github: oidc_test.go",
	"WithGitopsCommits.signingKey":     "ci/internal/gitrepo: ssh_test.go",
	"WithGitopsReview.token":           "ci/internal/github: repository_test.go",
	"WithNpmRegistry.token":            "tests: canary_code_test.go",
	"WithPythonIndex.token":            "tests: python_index_test.go",
	"Chromatic.token":                  "tests: chromatic_test.go",
	"Codecov.token":                    "tests: codecov_test.go",
	"OnGithub.token":                   "ci/internal/github: release_test.go",
}

// ecr publishes to Amazon's with what is given before with-ecr, or to it.
func ecr(before, to string) []string {
	return slices.Concat(words(before+" with-ecr --account 123456789012 --region ap-northeast-2 --endpoint tcp://127.0.0.1:1 "+to), publishing)
}

// TestEverySecretHasACanary reads the module's code: a new secret input must be
// taken into one of the lists.
func TestEverySecretHasACanary(t *testing.T) {
	t.Parallel()
	inputs := harness.SecretInputs(t)
	require.GreaterOrEqual(t, len(inputs), 14, "the test no longer finds what it looks for")
	for _, listed := range slices.Concat(delivered, slices.Collect(maps.Keys(refused)), slices.Collect(maps.Keys(elsewhere))) {
		assert.Contains(t, inputs, listed, "no such input")
	}
	for _, input := range inputs {
		_, isRefused := refused[input]
		assert.True(t, isRefused || slices.Contains(delivered, input) || elsewhere[input] != "", "no canary goes into %s", input)
	}
}

// TestCanaries delivers with a canary in every secret, and fails with one. No
// log, trace, layer, configuration or commit may have it, nor anything that the
// engine keeps.
func TestCanaries(t *testing.T) {
	t.Parallel()
	// What an earlier run has left is not this one's doing.
	begun, canary := time.Now(), "canary-"+rand.Text()
	w := harness.NewServiceWorld(t)
	// In the stage that runs on the machine that builds, whatever the target.
	const lock = "COPY requirements.txt ./\n"
	w.Replace(service+"/Dockerfile", lock, lock+"RUN --mount=type=secret,id=npm-token test -s /run/secrets/npm-token\n")
	key := harness.NewKey(t)
	collector := harness.NewCollector(t)
	w.Env = append(collector.Env(), "KEY="+key, "NPM="+canary)

	w.Commit(t)
	said := w.Debugged(slices.Concat(w.Ends(), []string{
		"with-signing", "--key", "env:KEY", "with-build-secret", "--name", "npm-token", "--secret", "env:NPM", "deliver", "json",
	})...)
	require.NoError(t, said.Err)
	places := map[string]string{"log": said.Output, "trace": collector.Collected(), "commits": w.Gitops("log", "--patch", "--all")}
	for _, blob := range w.Registry.Held(t) {
		places["registry "+blob] = harness.Unpacked(t, filepath.Join(w.Registry.Dir, blob))
	}
	require.Contains(t, places["trace"], "with-build-secret", "the collector got no traces")
	secrets := map[string]string{
		"password": w.Registry.Password, "token": w.Git.Password, "key": strings.Split(key, "\n")[1], "build secret": canary,
	}
	for name, secret := range secrets {
		for place, text := range places {
			harness.HasNot(t, text, secret, "the %s is in the %s", name, place)
		}
	}

	failing := "canary-" + rand.Text()
	secrets["secret of a failing call"] = failing
	w.Env = append(w.Env, "CANARY="+failing, "ID=an-id")
	inputs := slices.Sorted(maps.Keys(refused))
	var calls [][]string
	for _, input := range inputs {
		calls = append(calls, refused[input])
	}
	for i, failed := range w.DebuggedBatch(t, calls...) {
		assert.Error(t, failed.Err, inputs[i])
		harness.HasNot(t, failed.Output, failing, "%s was printed", inputs[i])
		for _, misspelt := range []string{"unknown flag", "unknown command", "required flag", "invalid argument"} {
			harness.HasNot(t, failed.Output, misspelt, "%s never reached the module: %s", inputs[i], misspelt)
		}
	}
	harness.HasNot(t, collector.Collected(), failing, "a secret of a failing call was traced")
	t.Run("nor does the engine keep one", func(t *testing.T) {
		long(t, "logs, traces, images and commits, above")
		harness.EngineKeepsNone(t, begun, secrets)
	})
}
