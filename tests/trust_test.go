package tests

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
	"github.com/pingvas/pingvas-ci/internal/registryserver"
)

// TestSigned publishes a signed image, verifies it as a cluster would, and then
// an image that somebody else put in its place.
func TestSigned(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	registry := start(t, t.TempDir(), 0)
	o := w.publish(t.Context(), registry)
	require.NoError(t, o.err, o.output)
	for _, secret := range []string{registry.Password, strings.Split(w.key, "\n")[1]} {
		assert.NotContains(t, o.output, secret, "a secret was printed")
		assert.Empty(t, holding(t, registry, o.published.Digest, secret), "a secret was published")
	}
	public := filepath.Join(t.TempDir(), "pingvas.pub")
	pem := exec.Command("openssl", "ec", "-pubout", "-out", public)
	pem.Stdin = strings.NewReader(w.key)
	require.NoError(t, pem.Run())

	verify := func(digest string) (string, error) {
		args := slices.Concat(source(w.files), []string{
			"with-registry", "--address", "localhost:" + port(registry), "--service", "tcp://" + registry.Address,
			"verify", "--public-key", public, "--image", "user-service@" + digest,
		})
		stdout, all, err := call(t.Context(), args)
		if err != nil {
			return all, err
		}
		return stdout, nil
	}
	said, err := verify(o.published.Digest)
	require.NoError(t, err, said)
	assert.Contains(t, said, "built from "+commit)
	assert.Regexp(t, `linux/amd64 with [0-9]{2,} components`, said)

	evil := tampered(t, registry, o.published.Digest)
	said, err = verify(evil)
	require.Error(t, err)
	assert.Contains(t, said, "no signature by this key among 1")
	assert.Contains(t, said, "the signature is for "+o.published.Digest)
	assert.Contains(t, said, "no https://slsa.dev/provenance/v1 by this key")

	c := newCosign(t, registry)
	require.NoError(t, os.Rename(public, filepath.Join(c.files, "pingvas.pub")))
	c.agrees(t, "pingvas.pub", o.published.Digest, evil)
}

// TestEncryptedSigningKey takes a key as cosign keeps it.
func TestEncryptedSigningKey(t *testing.T) {
	t.Parallel()
	const key = "../ci/internal/attest/testdata/cosign"
	public := func(password string) (string, string, error) {
		return call(t.Context(), []string{
			"--source", t.TempDir(), "with-signing", "--key", "file:" + key + ".key", "--password", "env:PASSWORD", "public-key", "contents",
		}, "PASSWORD="+password)
	}
	want, err := os.ReadFile(key + ".pub")
	require.NoError(t, err)
	stdout, all, err := public("correct horse")
	require.NoError(t, err, all)
	assert.Equal(t, strings.TrimSpace(string(want)), strings.TrimSpace(stdout))
	_, all, err = public("wrong horse")
	require.Error(t, err)
	assert.Contains(t, all, "the password does not open the key")
	assert.NotContains(t, all, "wrong horse")
}

// tampered pushes a changed image, with all that is said of the original copied
// to it, and returns its digest.
func tampered(t *testing.T, registry *lab.Server, digest string) string {
	t.Helper()
	login := remote.WithAuth(&authn.Basic{Username: registry.Username, Password: registry.Password})
	repository, err := name.NewRepository(registry.Address + "/user-service")
	require.NoError(t, err)
	index, err := remote.Index(repository.Digest(digest), login)
	require.NoError(t, err)
	changed, isIndex := mutate.Annotations(index, map[string]string{"changed": "by somebody"}).(interface {
		remote.Taggable
	})
	require.True(t, isIndex)
	raw, err := changed.RawManifest()
	require.NoError(t, err)
	tag := repository.Tag("tampered")
	require.NoError(t, remote.Put(tag, changed, login))
	evil, err := remote.Get(tag, login)
	require.NoError(t, err)
	require.Equal(t, raw, evil.Manifest)

	impersonate(t, registry, digest, evil.Digest.String())
	return evil.Digest.String()
}

// holding lists what of an image has a text in it: its configuration, and the
// content of its layers.
func holding(t *testing.T, registry *lab.Server, digest, text string) []string {
	t.Helper()
	reference, err := name.NewDigest(registry.Address + "/user-service@" + digest)
	require.NoError(t, err)
	index, err := remote.Index(reference)
	require.NoError(t, err)
	manifest, err := index.IndexManifest()
	require.NoError(t, err)
	var found []string
	for _, m := range manifest.Manifests {
		image, err := index.Image(m.Digest)
		require.NoError(t, err)
		config, err := image.RawConfigFile()
		require.NoError(t, err)
		if strings.Contains(string(config), text) {
			found = append(found, "configuration")
		}
		layers, err := image.Layers()
		require.NoError(t, err)
		for i, layer := range layers {
			content, err := layer.Uncompressed()
			require.NoError(t, err)
			all, err := io.ReadAll(content)
			require.NoError(t, err)
			if strings.Contains(string(all), text) {
				found = append(found, fmt.Sprintf("layer %d", i))
			}
		}
	}
	return found
}

// TestECR publishes to Amazon's protocols, as the moto server speaks them: with
// keys, and with a role that an OIDC token is exchanged for.
func TestECR(t *testing.T) {
	t.Parallel()
	const account, canary = "123456789012", "canary-of-the-secret-key"
	aws := moto(t)
	registry := start(t, t.TempDir(), 0, registryserver.WithBasicAuth("AWS", account+"-auth-token", false))
	w := newWorkshop(t)
	policy := filepath.Join(t.TempDir(), "lifecycle.json")
	require.NoError(t, os.WriteFile(policy, []byte(lifecycle), 0o644))
	to := []string{
		"with-ecr", "--lifecycle", policy, "--account", account, "--region", "ap-northeast-2", "--endpoint", "tcp://" + aws,
		"--address", "localhost:" + port(registry), "--service", "tcp://" + registry.Address,
	}
	keys := w.publishTo(t.Context(), append(to, "--access-key", "env:KEY", "--secret-key", "env:SECRET"),
		[]string{"KEY=AKIAIOSFODNN7EXAMPLE", "SECRET=" + canary})
	require.NoError(t, keys.err, keys.output)
	assert.NotContains(t, keys.output, canary)
	assert.NotContains(t, keys.output, account+"-auth-token")
	role := w.publishTo(t.Context(), append(to, "--role", "arn:aws:iam::"+account+":role/GitHubActionsRole", "--identity-token", "env:TOKEN"),
		[]string{"TOKEN=" + canary})
	require.NoError(t, role.err, role.output)
	assert.NotContains(t, role.output, canary)
	assert.True(t, role.published.Kept, "another way to sign in finds what is there")
	role.published.Kept = false
	assert.Equal(t, keys.published, role.published)
	var made struct {
		Repositories []struct{ ImageTagMutability string }
	}
	askECR(t, aws, "DescribeRepositories", `{"repositoryNames":["user-service"]}`, &made)
	require.Len(t, made.Repositories, 1)
	assert.Equal(t, "IMMUTABLE_WITH_EXCLUSION", made.Repositories[0].ImageTagMutability)
	var given struct{ LifecyclePolicyText string }
	askECR(t, aws, "GetLifecyclePolicy", `{"repositoryName":"user-service"}`, &given)
	assert.JSONEq(t, lifecycle, given.LifecyclePolicyText)
}

// lifecycle is a policy as Amazon wants it.
const lifecycle = `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPrefixList":["develop-"],"countType":"imageCountMoreThan","countNumber":20},"action":{"type":"expire"}}]}`

// moto starts an AWS of its own on loopback.
func moto(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	venv := filepath.Join(cache, "pingvas-ci", "moto-5.2.5")
	if _, err := os.Stat(filepath.Join(venv, "bin", "moto_server")); err != nil {
		run(t, "python3", "-m", "venv", venv)
		run(t, filepath.Join(venv, "bin", "pip"), "install", "--quiet", "moto[server]==5.2.5")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	_, port, _ := strings.Cut(address, ":")
	server := exec.Command(filepath.Join(venv, "bin", "moto_server"), "-H", "127.0.0.1", "-p", port)
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	require.Eventually(t, func() bool {
		response, err := http.Get("http://" + address + "/moto-api/data.json")
		if err == nil {
			_ = response.Body.Close()
		}
		return err == nil
	}, 30*time.Second, 100*time.Millisecond)
	return address
}

// askECR asks the local AWS what it holds.
func askECR(t *testing.T, aws, action, body string, answer any) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, "http://"+aws, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921."+action)
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x/20260101/ap-northeast-2/ecr/aws4_request, SignedHeaders=host, Signature=x")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	require.NoError(t, json.NewDecoder(response.Body).Decode(answer))
}

// TestBadInputs gives each a wrong value, and wants the reason and the advice.
func TestBadInputs(t *testing.T) {
	t.Parallel()
	files := t.TempDir()
	at := filepath.Join(files, service)
	require.NoError(t, os.CopyFS(at, os.DirFS(filepath.Join("../examples/studio", service))))
	expired := filepath.Join(t.TempDir(), "accepted.yaml")
	require.NoError(t, os.WriteFile(expired, []byte("ignore: [{id: CVE-2020-1, reason: not reachable, expires: 2020-01-31}]\n"), 0o644))
	publish := []string{"service", "--name", "user-service", "publish", "digest"}
	here := []string{"with-registry", "--address", "127.0.0.1:1"}
	for _, bad := range []struct {
		args []string
		says string
	}{
		{[]string{"with-registry", "--address", "https://registry.example", "plan", "table"}, "give a host, an optional port"},
		{[]string{"with-registry", "--address", "r.example", "--username", "u", "plan", "table"}, "username and password belong together"},
		{[]string{"with-registry", "--address", "r.example", "with-registry", "--address", "r.example", "plan", "table"}, "is given twice"},
		{[]string{"with-ecr", "--account", "1234", "--region", "ap-northeast-2", "plan", "table"}, "give its twelve digits"},
		{[]string{"with-ecr", "--account", "123456789012", "--region", "seoul", "plan", "table"}, "give one such as ap-northeast-2"},
		{[]string{"with-ecr", "--account", "123456789012", "--region", "ap-northeast-2", "plan", "table"}, "give either keys or a role"},
		{[]string{"with-gate", "--severity", "SEVERE", "plan", "table"}, "SEVERE"},
		{slices.Concat(here, []string{"with-gate", "--ignore", expired}, publish), "expired on 2020-01-31 (not reachable)"},
		{slices.Concat(here, []string{"with-signing", "--key", "env:CANARY"}, publish), "it is no PEM"},
		{slices.Concat(here, []string{"with-signing", "--key", "env:CANARY", "--builder", "https://user:pw@ci.example"}, publish), "no URI without credentials"},
	} {
		_, all, err := call(t.Context(), slices.Concat(source(files), bad.args), "CANARY=canary-of-the-key")
		require.Error(t, err, "%q", bad.args)
		assert.Contains(t, all, bad.says, "%q", bad.args)
		assert.NotContains(t, all, "canary-of-the-key")
	}
}

// TestAcceptedFindings lets a known vulnerability pass, for a reason and until
// a day. Another one's rule helps nothing.
func TestAcceptedFindings(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	requirements := filepath.Join(w.files, service, "requirements.txt")
	text, err := os.ReadFile(requirements)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(requirements, append(text, vulnerable...), 0o644))
	scan := func(ids ...string) (string, error) {
		rules := filepath.Join(t.TempDir(), "accepted.yaml")
		var lines []string
		for _, id := range ids {
			lines = append(lines, fmt.Sprintf("- {id: %s, component: user-service, reason: no form is read, expires: 2099-12-31}", id))
		}
		require.NoError(t, os.WriteFile(rules, []byte("ignore:\n"+strings.Join(lines, "\n")), 0o644))
		_, all, err := call(t.Context(), slices.Concat(source(w.files), []string{
			"with-gate", "--ignore", rules, "service", "--name", "user-service", "scan", "gate",
		}))
		return all, err
	}
	all, err := scan("CVE-0000-0000")
	require.Error(t, err)
	assert.Contains(t, all, vulnerability)
	ids := regexp.MustCompile(`HIGH (CVE-[0-9]+-[0-9]+)`).FindAllStringSubmatch(all, -1)
	require.NotEmpty(t, ids)
	var accepted []string
	for _, id := range ids {
		accepted = append(accepted, id[1])
	}
	all, err = scan(accepted...)
	require.NoError(t, err, all)
}
