package ecr_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	api "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/registry"
	"github.com/pingvas/pingvas-ci/ci/internal/registry/ecr"
)

const (
	region = "ap-northeast-2"
	role   = "arn:aws:iam::123456789012:role/GitHubActionsRole"
)

// moto returns the address of a local AWS: the one that MOTO_SERVER names, or
// a moto_server (PyPI moto[server]) started for the test.
func moto(t *testing.T) string {
	t.Helper()
	if url := os.Getenv("MOTO_SERVER"); url != "" {
		return url
	}
	program, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("no local AWS: moto_server is not on PATH and MOTO_SERVER is not set")
	}
	port := freePort(t)
	server := exec.Command(program, "-H", "127.0.0.1", "-p", port)
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	url := "http://127.0.0.1:" + port
	require.Eventually(t, func() bool {
		response, err := http.Get(url + "/moto-api/")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, 60*time.Second, 50*time.Millisecond, "moto_server does not answer")
	return url
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port
}

func TestFromTokenToRepository(t *testing.T) {
	ctx, endpoint := context.Background(), ecr.WithEndpoint(moto(t))

	c, err := ecr.AssumeRole(ctx, region, ecr.Role{
		ARN: role, Session: "pingvas/pingvas-studio run 1", Accounts: []string{"123456789012"}, Duration: 15 * time.Minute,
	}, "an.oidc.token", endpoint)
	require.NoError(t, err)
	assert.NotEmpty(t, c.SessionToken)
	assert.WithinDuration(t, time.Now().Add(15*time.Minute), c.Expires, time.Minute)

	client := ecr.New(region, c, endpoint)
	auth, err := client.Login(ctx)
	require.NoError(t, err)
	assert.Equal(t, "AWS", auth.Username)
	assert.NotEmpty(t, auth.Password)
	assert.Equal(t, "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com", auth.Endpoint)
	assert.False(t, auth.Expires.IsZero())

	for range 2 { // The second time it exists, which is success.
		require.NoError(t, client.EnsureRepository(ctx, "user-service"))
		require.NoError(t, client.EnsureRepository(ctx, "gallery-service", registry.MutableTags()...))
	}
	assertRepository(t, c, endpoint, "user-service", types.ImageTagMutabilityImmutable, 0)
	assertRepository(t, c, endpoint, "gallery-service", types.ImageTagMutabilityImmutableWithExclusion, 2)

	const first, second = `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPrefixList":["develop-"],"countType":"imageCountMoreThan","countNumber":20},"action":{"type":"expire"}}]}`, `{"rules":[{}]}`
	require.NoError(t, client.EnsureLifecycle(ctx, "user-service", first))
	require.NoError(t, client.EnsureLifecycle(ctx, "user-service", second))
	assert.JSONEq(t, first, lifecycle(t, c, endpoint, "user-service"), "a policy that is there is kept")
	require.ErrorContains(t, client.EnsureLifecycle(ctx, "user-service", "rules: []"), `no JSON object with "rules"`)
	require.ErrorContains(t, client.EnsureLifecycle(ctx, "nobody-service", first), "lifecycle policy of ECR repository nobody-service")

	_, err = ecr.AssumeRole(ctx, region, ecr.Role{ARN: role, Session: strings.Repeat("x", 100)}, "t", endpoint)
	require.NoError(t, err, "a long session name is cut")
}

func lifecycle(t *testing.T, c ecr.Credentials, endpoint ecr.Option, name string) string {
	t.Helper()
	config := aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)}
	endpoint(&config)
	out, err := api.NewFromConfig(config).GetLifecyclePolicy(context.Background(), &api.GetLifecyclePolicyInput{RepositoryName: aws.String(name)})
	require.NoError(t, err)
	return aws.ToString(out.LifecyclePolicyText)
}

func assertRepository(t *testing.T, c ecr.Credentials, endpoint ecr.Option, name string, want types.ImageTagMutability, filters int) {
	t.Helper()
	config := aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)}
	endpoint(&config)
	out, err := api.NewFromConfig(config).DescribeRepositories(context.Background(), &api.DescribeRepositoriesInput{RepositoryNames: []string{name}})
	require.NoError(t, err)
	require.Len(t, out.Repositories, 1)
	assert.True(t, out.Repositories[0].ImageScanningConfiguration.ScanOnPush)
	assert.Equal(t, want, out.Repositories[0].ImageTagMutability)
	assert.Len(t, out.Repositories[0].ImageTagMutabilityExclusionFilters, filters)
}

func TestRefusedBeforeAnyRequest(t *testing.T) {
	ctx := context.Background()
	nowhere := ecr.WithEndpoint("http://127.0.0.1:1")
	for name, test := range map[string]struct {
		role  ecr.Role
		token string
		want  string
	}{
		"no ARN":          {ecr.Role{ARN: "GitHubActionsRole"}, "t", "it is no ARN of a role"},
		"another account": {ecr.Role{ARN: role, Accounts: []string{"999999999999"}}, "t", "account 123456789012 is not among the allowed 999999999999"},
		"no token":        {ecr.Role{ARN: role}, "", "Give the job the permission id-token: write"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ecr.AssumeRole(ctx, region, test.role, test.token, nowhere)
			require.ErrorContains(t, err, test.want)
		})
	}
	err := ecr.New(region, ecr.Credentials{}, nowhere).EnsureRepository(ctx, "User Service")
	require.ErrorContains(t, err, "create ECR repository")
}

// TestErrorsOfAWS uses the answers that AWS gives when it refuses.
func TestErrorsOfAWS(t *testing.T) {
	ctx := context.Background()
	answer := func(status int, contentType, body string) ecr.Option {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(server.Close)
		return func(c *aws.Config) {
			ecr.WithEndpoint(server.URL)(c)
			c.RetryMaxAttempts = 1
		}
	}
	const xml = `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`
	_, err := ecr.AssumeRole(ctx, region, ecr.Role{ARN: role}, "secret-token",
		answer(http.StatusForbidden, "text/xml", fmt.Sprintf(xml, "AccessDenied")))
	require.ErrorContains(t, err, "Check that the role trusts this repository")
	assert.NotContains(t, err.Error(), "secret-token")

	_, err = ecr.AssumeRole(ctx, region, ecr.Role{ARN: role}, "t",
		answer(http.StatusBadRequest, "text/xml", fmt.Sprintf(xml, "ExpiredTokenException")))
	require.ErrorContains(t, err, "Fetch a new OIDC token")

	key := ecr.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}
	json := "application/x-amz-json-1.1"
	_, err = ecr.New(region, key, answer(http.StatusOK, json, `{"authorizationData":[]}`)).Login(ctx)
	require.ErrorContains(t, err, "AWS sent no authorization")
	_, err = ecr.New(region, key, answer(http.StatusOK, json, `{"authorizationData":[{"authorizationToken":"QVdT"}]}`)).Login(ctx)
	require.ErrorContains(t, err, "is no user and password")
	err = ecr.New(region, key, answer(http.StatusBadRequest, json, `{"__type":"LimitExceededException","message":"no"}`)).EnsureRepository(ctx, "x")
	require.ErrorContains(t, err, "create ECR repository x")
}
