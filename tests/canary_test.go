package tests

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// delivered are the secret inputs that TestCanaries takes through a delivery
// that succeeds.
var delivered = []string{"WithRegistry.password", "WithGitops.token", "WithSigning.key", "WithBuildSecret.secret"}

// refused are calls that fail with a secret in hand, by the secret inputs that
// each gives. Nobody answers at their addresses.
var refused = map[string][]string{
	"ArgoCd.token":           {"argo-cd", "--address", "http://127.0.0.1:1", "--token", "env:CANARY", "status", "--application", "a", "--limit", "1s", "report"},
	"NotifyFailure.token":    {"notify-failure", "--channel", "C0", "--token", "env:CANARY", "--repository", "a/b", "--workflow", "w", "--ref", "main", "--actor", "a"},
	"WithRegistry.password":  {"with-registry", "--address", "127.0.0.1:1", "--username", "u", "--password", "env:CANARY", "service", "--name", "user-service", "publish", "--commit", commit, "digest"},
	"WithGitops.token":       {"with-gitops", "--repository", "http://127.0.0.1:1/a.git", "--token", "env:CANARY", "gitops", "validate"},
	"WithGitopsKey.key":      {"with-gitops", "--repository", "ssh://git@127.0.0.1:1/a.git", "with-gitops-key", "--key", "env:CANARY", "--known-hosts", "127.0.0.1 ssh-ed25519 AAAA", "gitops", "validate"},
	"WithSigning.key":        {"with-registry", "--address", "127.0.0.1:1", "with-signing", "--key", "env:CANARY", "service", "--name", "user-service", "publish", "--commit", commit, "digest"},
	"WithSigning.password":   {"with-signing", "--key", "file:../ci/internal/attest/testdata/cosign.key", "--password", "env:CANARY", "public-key", "contents"},
	"WithCodeScanning.token": {"with-code-scanning", "--repository", "a/b", "--ref", "refs/heads/main", "--token", "env:CANARY", "--api", "https://127.0.0.1:1", "service", "--name", "user-service", "scan", "upload", "--commit", commit},
	"WithEcr.secretKey":      ecr("--access-key", "env:ID", "--secret-key", "env:CANARY"),
	"WithEcr.accessKey":      ecr("--access-key", "env:CANARY", "--secret-key", "env:ID"),
	"WithEcr.sessionToken":   ecr("--access-key", "env:ID", "--secret-key", "env:ID", "--session-token", "env:CANARY"),
	"WithEcr.identityToken":  ecr("--role", "arn:aws:iam::123456789012:role/r", "--identity-token", "env:CANARY"),
}

// elsewhere are the secret inputs that other tests take, with where.
var elsewhere = map[string]string{
	"WithKeylessSigning.oidcUrl":       "ci/internal/github: oidc_test.go",
	"WithKeylessSigning.oidcToken":     "ci/internal/github: oidc_test.go",
	"WithKeylessSigning.identityToken": "tests: keyless_test.go",
	"WithEcr.oidcUrl":                  "ci/internal/github: oidc_test.go",
	"WithEcr.oidcToken":                "ci/internal/github: oidc_test.go",
	"WithGitopsCommits.signingKey":     "ci/internal/gitrepo: ssh_test.go",
	"WithGitopsReview.token":           "ci/internal/github: repository_test.go",
	"WithNpmRegistry.token":            "tests: npm_registry_test.go",
	"Chromatic.token":                  "tests: frontend_test.go",
}

func ecr(credentials ...string) []string {
	return slices.Concat([]string{"with-ecr", "--account", "123456789012", "--region", "ap-northeast-2", "--endpoint", "tcp://127.0.0.1:1"},
		credentials, []string{"service", "--name", "user-service", "publish", "--commit", commit, "digest"})
}

// TestEverySecretHasACanary reads the module's code: a new secret input must be
// taken into one of the lists.
func TestEverySecretHasACanary(t *testing.T) {
	t.Parallel()
	inputs := secretInputs(t)
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
	w := newWorld(t, service)
	// In the stage that runs on the machine that builds, whatever the target.
	recipe, err := os.ReadFile(filepath.Join(w.files, service, "Dockerfile"))
	require.NoError(t, err)
	const lock = "COPY requirements.txt ./\n"
	require.Contains(t, string(recipe), lock)
	w.write(service+"/Dockerfile", strings.Replace(string(recipe), lock, lock+"RUN --mount=type=secret,id=npm-token test -s /run/secrets/npm-token\n", 1))
	require.NoError(t, lab.Commit(w.studio, w.files, "Change"))
	key := run(t, "openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout")
	collected, traced := collector(t)
	env := []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + traced, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
		"PASSWORD=" + w.registry.Password, "GIT=" + w.git.Password, "KEY=" + key, "NPM=" + canary,
	}
	said, err := debugged(append(source(w.studio),
		"with-registry", "--address", "localhost:"+port(w.registry), "--service", "tcp://"+w.registry.Address,
		"--username", w.registry.Username, "--password", "env:PASSWORD",
		"with-gitops", "--repository", "http://"+w.git.Address+"/pingvas-gitops.git", "--service", "tcp://"+w.git.Address,
		"--username", w.git.Username, "--token", "env:GIT",
		"with-signing", "--key", "env:KEY", "with-build-secret", "--name", "npm-token", "--secret", "env:NPM",
		"deliver", "json"), env)
	require.NoError(t, err, said[max(0, len(said)-3000):])
	places := map[string]string{"log": said, "trace": collected(), "commits": w.gitops("log", "--patch", "--all")}
	for _, blob := range blobs(t, w.registry.Dir) {
		places["registry "+filepath.Base(blob)] = unpacked(t, blob)
	}
	require.Contains(t, places["trace"], "with-build-secret", "the collector got no traces")
	secrets := map[string]string{
		"password": w.registry.Password, "token": w.git.Password, "key": strings.Split(key, "\n")[1], "build secret": canary,
	}
	for name, secret := range secrets {
		for place, text := range places {
			hasNot(t, text, secret, "the %s is in the %s", name, place)
		}
	}

	failing := "canary-" + rand.Text()
	secrets["secret of a failing call"] = failing
	for input, args := range refused {
		said, err := debugged(append(source(w.files), args...), append(env, "CANARY="+failing, "ID=an-id"))
		assert.Error(t, err, input)
		hasNot(t, said, failing, "%s was printed", input)
		for _, misspelt := range []string{"unknown flag", "unknown command", "required flag", "invalid argument"} {
			hasNot(t, said, misspelt, "%s never reached the module: %s", input, misspelt)
		}
	}
	hasNot(t, collected(), failing, "a secret of a failing call was traced")
	t.Run("nor does the engine keep one", func(t *testing.T) { keepsNone(t, begun, secrets) })
}

// hasNot is for texts that are too long to be shown.
func hasNot(t *testing.T, text, secret, message string, args ...any) {
	t.Helper()
	for _, form := range forms(secret) {
		if strings.Contains(text, form) {
			t.Errorf(message, args...)
			return
		}
	}
}

// forms are how a secret may be written: as it is, in hexadecimal, in a URL,
// and in base64 at each of the three places where it may begin, without the
// characters that its neighbours have a part in.
func forms(secret string) []string {
	all := []string{secret, hex.EncodeToString([]byte(secret)), url.QueryEscape(secret)}
	for before := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + secret))
		shared := (before*8 + 5) / 6
		all = append(all, encoded[shared:len(encoded)-1])
	}
	return all
}

// TestForms is the other direction: a secret is found inside of other texts.
func TestForms(t *testing.T) {
	t.Parallel()
	for _, around := range [][2]string{{"", ""}, {"u:", "!"}, {"user:", ""}, {"pingvas:", "\n\n"}} {
		text := around[0] + "a-secret/of mine" + around[1]
		for _, written := range []string{text, base64.StdEncoding.EncodeToString([]byte(text)), hex.EncodeToString([]byte(text)), url.QueryEscape(text)} {
			found := slices.ContainsFunc(forms("a-secret/of mine"), func(form string) bool { return strings.Contains(written, form) })
			assert.True(t, found, written)
		}
	}
}

// debugged calls the module with everything printed that there is.
func debugged(args, env []string) (string, error) {
	command := exec.Command("dagger", append([]string{"--progress=plain", "--debug", "--mod", module, "call"}, args...)...)
	command.Env = append(os.Environ(), append(env, "NO_COLOR=1")...)
	output, err := command.CombinedOutput()
	return string(output), err
}

// collector keeps all that it is sent.
func collector(t *testing.T) (collected func() string, address string) {
	t.Helper()
	var mu sync.Mutex
	var all bytes.Buffer
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		all.Write(inflated(body))
	}))
	t.Cleanup(server.Close)
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}, server.URL
}

func unpacked(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(inflated(content))
}

// inflated is the content, uncompressed where it was compressed.
func inflated(content []byte) []byte {
	reader, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return content
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		return content
	}
	return text
}

// secretInputs are the secret parameters of the module's functions.
func secretInputs(t *testing.T) (inputs []string) {
	t.Helper()
	files, err := filepath.Glob("../ci/*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, ".gen.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, declaration := range file.Decls {
			function, is := declaration.(*ast.FuncDecl)
			if !is || function.Recv == nil || !function.Name.IsExported() {
				continue
			}
			for _, field := range function.Type.Params.List {
				pointer, isPointer := field.Type.(*ast.StarExpr)
				if !isPointer {
					continue
				}
				if of, isSelector := pointer.X.(*ast.SelectorExpr); isSelector && of.Sel.Name == "Secret" {
					inputs = append(inputs, function.Name.Name+"."+field.Names[0].Name)
				}
			}
		}
	}
	return inputs
}
