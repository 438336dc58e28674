package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
	"github.com/pingvas/pingvas-ci/ci/internal/registry/ecr"
)

// Amazon is how Amazon's container registry is logged in to.
type Amazon struct {
	// Account is the AWS account that the registry belongs to.
	Account string
	// Region is where it is.
	Region string
	// Role is what a workflow becomes there; empty with keys.
	Role string
	// +private
	Identity *JobIdentity
	// +private
	AccessKey *dagger.Secret
	// +private
	SecretKey *dagger.Secret
	// +private
	SessionToken *dagger.Secret
	// +private
	Endpoint *dagger.Service
	// +private
	Lifecycle *dagger.File
}

var (
	awsAccount = regexp.MustCompile(`^\d{12}$`)
	awsRegion  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
)

// WithEcr publishes to Amazon's container registry.
//
// Repositories are made as they are needed: scanned on push, and with immutable
// tags. Without keys, the job's OIDC token is exchanged for a role: on GitHub
// give the request's URL and token, elsewhere the token itself.
func (m *PingvasCi) WithEcr(
	// The AWS account's twelve digits.
	account string,
	// The region, such as ap-northeast-2.
	region string,
	// The role to assume: arn:aws:iam::123456789012:role/GitHubActionsRole.
	// +optional
	role string,
	// GitHub's ACTIONS_ID_TOKEN_REQUEST_URL.
	// +optional
	oidcUrl *dagger.Secret,
	// GitHub's ACTIONS_ID_TOKEN_REQUEST_TOKEN.
	// +optional
	oidcToken *dagger.Secret,
	// Another host than GitHub's that the request's token may be sent to.
	// +optional
	oidcHost string,
	// An OIDC token for the audience sts.amazonaws.com, made by another CI.
	// +optional
	identityToken *dagger.Secret,
	// AWS_ACCESS_KEY_ID, where there is no role.
	// +optional
	accessKey *dagger.Secret,
	// AWS_SECRET_ACCESS_KEY.
	// +optional
	secretKey *dagger.Secret,
	// AWS_SESSION_TOKEN, for keys that end.
	// +optional
	sessionToken *dagger.Secret,
	// A path prefix that image names are put behind.
	// +optional
	prefix string,
	// What answers for AWS instead of Amazon, such as tcp://127.0.0.1:5000.
	// +optional
	endpoint *dagger.Service,
	// The registry instead of the account's own, as host:port.
	// +optional
	address string,
	// What answers for that registry.
	// +optional
	service *dagger.Service,
	// Nobody but this pipeline can push there: what is found under a commit's tag
	// is an earlier run's, even without a signature.
	// +optional
	exclusive bool,
	// A lifecycle policy, in Amazon's JSON, for repositories that have none. The
	// default is none: whether an image still runs somewhere, Amazon cannot know.
	// +optional
	lifecycle *dagger.File,
) (*PingvasCi, error) {
	identity, err := newJobIdentity(oidcUrl, oidcToken, identityToken, oidcHost)
	if err != nil {
		return nil, fmt.Errorf("ECR: %w", err)
	}
	amazon := &Amazon{
		Account: account, Region: region, Role: role, Identity: identity,
		AccessKey: accessKey, SecretKey: secretKey, SessionToken: sessionToken, Endpoint: endpoint, Lifecycle: lifecycle,
	}
	if err := amazon.check(); err != nil {
		return nil, fmt.Errorf("ECR: %w", err)
	}
	if address == "" {
		address = account + ".dkr.ecr." + region + ".amazonaws.com"
	}
	if prefix != "" {
		address += "/" + prefix
	}
	target, err := newRegistryTarget(address, "", nil, service)
	if err != nil {
		return nil, err
	}
	target.Amazon, target.Exclusive = amazon, exclusive
	return m.with(target)
}

func (a *Amazon) check() error {
	keys := a.AccessKey != nil && a.SecretKey != nil
	switch {
	case !awsAccount.MatchString(a.Account):
		return fmt.Errorf("account %q: give its twelve digits", a.Account)
	case !awsRegion.MatchString(a.Region):
		return fmt.Errorf("region %q: give one such as ap-northeast-2", a.Region)
	case (a.AccessKey == nil) != (a.SecretKey == nil):
		return errors.New("an access key and a secret key belong together. Give both, or a role")
	case keys == (a.Role != ""):
		return errors.New("give either keys or a role, which a job takes without any secret of AWS")
	case a.Role != "" && a.Identity == nil:
		return errors.New("a role is taken with an OIDC token. Give --oidc-url and --oidc-token on GitHub, or --identity-token")
	case keys && a.Identity != nil:
		return errors.New("keys need no OIDC token. Give one of them")
	}
	return nil
}

// amazonSession is one run's login to Amazon. The registry's token is fetched
// when something is published, once, and again only when it ends.
type amazonSession struct {
	amazon *Amazon

	mu    sync.Mutex
	api   *ecr.Client
	ends  time.Time
	token ecr.Auth
	made  map[string]bool
}

// spare is how long before its end a login is renewed: longer than the upload
// of one large layer.
const spare = 15 * time.Minute

func (s *amazonSession) login(ctx context.Context) (registry.Auth, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token.Password != "" && (s.token.Expires.IsZero() || time.Until(s.token.Expires) > spare) {
		return s.token.Auth, nil
	}
	api, err := s.client(ctx)
	if err != nil {
		return registry.Auth{}, err
	}
	s.token, err = api.Login(ctx)
	return s.token.Auth, err
}

// ensure makes a repository unless it exists.
func (s *amazonSession) ensure(ctx context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made[name] {
		return nil
	}
	api, err := s.client(ctx)
	if err != nil {
		return err
	}
	if err := api.EnsureRepository(ctx, name, registry.MutableTags()...); err != nil {
		return err
	}
	if s.amazon.Lifecycle != nil {
		policy, err := s.amazon.Lifecycle.Contents(ctx)
		if err != nil {
			return fmt.Errorf("read the lifecycle policy: %w", err)
		}
		if err := api.EnsureLifecycle(ctx, name, policy); err != nil {
			return err
		}
	}
	if s.made == nil {
		s.made = map[string]bool{}
	}
	s.made[name] = true
	return nil
}

// client signs requests with the keys, or with those of the role.
func (s *amazonSession) client(ctx context.Context) (*ecr.Client, error) {
	if s.api != nil && (s.ends.IsZero() || time.Until(s.ends) > spare) {
		return s.api, nil
	}
	var options []ecr.Option
	if s.amazon.Endpoint != nil {
		endpoint, err := s.amazon.Endpoint.Endpoint(ctx, dagger.ServiceEndpointOpts{Scheme: "http"})
		if err != nil {
			return nil, fmt.Errorf("find AWS's stand-in: %w", err)
		}
		options = append(options, ecr.WithEndpoint(endpoint))
	}
	credentials, err := s.amazon.credentials(ctx, options)
	if err != nil {
		return nil, err
	}
	s.api, s.ends = ecr.New(s.amazon.Region, credentials, options...), credentials.Expires
	return s.api, nil
}

func (a *Amazon) credentials(ctx context.Context, options []ecr.Option) (c ecr.Credentials, err error) {
	if a.Role == "" {
		return a.keys(ctx)
	}
	token, err := a.Identity.token(ctx, "sts.amazonaws.com")
	if err != nil {
		return c, err
	}
	role := ecr.Role{ARN: a.Role, Session: "pingvas-ci", Accounts: []string{a.Account}, Policy: ecr.PublishPolicy(a.Role, a.Region, a.Account)}
	return ecr.AssumeRole(ctx, a.Region, role, token, options...)
}

// keys are the account's own credentials.
func (a *Amazon) keys(ctx context.Context) (c ecr.Credentials, err error) {
	if c.AccessKeyID, err = plaintext(ctx, a.AccessKey, "the access key"); err != nil {
		return c, err
	}
	if c.SecretAccessKey, err = plaintext(ctx, a.SecretKey, "the secret key"); err != nil {
		return c, err
	}
	c.SessionToken, err = plaintext(ctx, a.SessionToken, "the session token")
	return c, err
}
