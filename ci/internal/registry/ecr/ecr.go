// Package ecr logs in to Amazon's container registry and creates repositories
// there. It is the one place that speaks to AWS, and takes all it needs as
// arguments: no profile, no instance metadata, no environment.
package ecr

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// Credentials are what AWS requests are signed with.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	// Expires is zero for credentials that do not.
	Expires time.Time
}

// Auth is a login to the registry. AWS gives it for 12 hours and for all
// repositories: ask once a run, when something is to be published.
type Auth struct {
	registry.Auth
	// Endpoint is the registry's host.
	Endpoint string
	Expires  time.Time
}

// Client speaks to ECR in one region.
type Client struct{ api *ecr.Client }

// Option changes how AWS is spoken to.
type Option func(*aws.Config)

// WithEndpoint sends all requests to another address than Amazon's.
func WithEndpoint(url string) Option {
	return func(c *aws.Config) {
		if url != "" {
			c.BaseEndpoint = aws.String(url)
		}
	}
}

// New returns a client for the region, such as ap-northeast-2.
func New(region string, c Credentials, opts ...Option) *Client {
	config := newConfig(region, opts)
	config.Credentials = credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
	return &Client{ecr.NewFromConfig(config)}
}

// Login exchanges the credentials for the registry's user name and password.
func (c *Client) Login(ctx context.Context) (Auth, error) {
	fail := func(err error) (Auth, error) { return Auth{}, fmt.Errorf("log in to ECR: %w", err) }
	out, err := c.api.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return fail(err)
	}
	if len(out.AuthorizationData) == 0 {
		return fail(errors.New("AWS sent no authorization. Check that the role allows ecr:GetAuthorizationToken"))
	}
	data := out.AuthorizationData[0]
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(data.AuthorizationToken))
	if err != nil {
		return fail(fmt.Errorf("decode the authorization: %w", err))
	}
	user, password, found := strings.Cut(string(raw), ":")
	if !found {
		return fail(errors.New("the authorization is no user and password; report this to AWS"))
	}
	endpoint := strings.TrimPrefix(aws.ToString(data.ProxyEndpoint), "https://")
	return Auth{registry.Auth{Username: user, Password: password}, endpoint, aws.ToTime(data.ExpiresAt)}, nil
}

// EnsureRepository creates the repository unless it exists: scanned on push,
// with immutable tags but for those that match one of the mutable patterns,
// such as develop-latest*. One that exists keeps its settings.
func (c *Client) EnsureRepository(ctx context.Context, name string, mutable ...string) error {
	if err := names.Repository(name); err != nil {
		return fmt.Errorf("create ECR repository: %w", err)
	}
	input := &ecr.CreateRepositoryInput{
		RepositoryName:             aws.String(name),
		ImageScanningConfiguration: &types.ImageScanningConfiguration{ScanOnPush: true},
		ImageTagMutability:         types.ImageTagMutabilityImmutable,
	}
	for _, pattern := range mutable {
		input.ImageTagMutability = types.ImageTagMutabilityImmutableWithExclusion
		input.ImageTagMutabilityExclusionFilters = append(input.ImageTagMutabilityExclusionFilters,
			types.ImageTagMutabilityExclusionFilter{
				Filter: aws.String(pattern), FilterType: types.ImageTagMutabilityExclusionFilterTypeWildcard,
			})
	}
	_, err := c.api.CreateRepository(ctx, input)
	var exists *types.RepositoryAlreadyExistsException
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("create ECR repository %s: %w", name, err)
	}
	return nil
}

// EnsureLifecycle gives the repository a lifecycle policy, a JSON document of
// Amazon's, unless it has one: that is kept, whatever is in it.
func (c *Client) EnsureLifecycle(ctx context.Context, name, policy string) error {
	fail := func(err error) error { return fmt.Errorf("lifecycle policy of ECR repository %s: %w", name, err) }
	var document struct{ Rules []json.RawMessage }
	if err := json.Unmarshal([]byte(policy), &document); err != nil || len(document.Rules) == 0 {
		return fail(errors.New(`it is no JSON object with "rules". Take one from Amazon's console or from aws ecr get-lifecycle-policy`))
	}
	_, err := c.api.GetLifecyclePolicy(ctx, &ecr.GetLifecyclePolicyInput{RepositoryName: aws.String(name)})
	var none *types.LifecyclePolicyNotFoundException
	if err == nil {
		return nil
	} else if !errors.As(err, &none) {
		return fail(err)
	}
	_, err = c.api.PutLifecyclePolicy(ctx, &ecr.PutLifecyclePolicyInput{RepositoryName: aws.String(name), LifecyclePolicyText: aws.String(policy)})
	if err != nil {
		return fail(err)
	}
	return nil
}

func newConfig(region string, opts []Option) aws.Config {
	config := aws.Config{Region: region, RetryMaxAttempts: 5, RetryMode: aws.RetryModeStandard}
	for _, set := range opts {
		set(&config)
	}
	return config
}
