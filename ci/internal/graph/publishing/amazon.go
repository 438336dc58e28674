package publishing

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
	"github.com/pingvas/pingvas-ci/ci/internal/registry/ecr"
)

// Amazon is how Amazon's container registry is logged in to.
type Amazon struct {
	// Account is the AWS account that the registry belongs to, and Region where
	// it is.
	Account, Region string
	// Role is what a job becomes there by its Identity; empty with keys.
	Role     string
	Identity *Identity
	// Keys are the account's, where there is no role.
	Keys *Keys
	// Endpoint answers for AWS instead of Amazon.
	Endpoint *dagger.Service
	// Lifecycle is the policy, in Amazon's JSON, for repositories that have none.
	Lifecycle *dagger.File
}

// Keys are those of an AWS account.
type Keys struct {
	AccessKey, SecretKey, SessionToken *dagger.Secret
}

// Take has the login use who runs the job for a role, and the keys without one;
// or what was given in the deprecated arguments of with-ecr.
func (a *Amazon) Take(identities Identities, keys *Keys, given Identity, givenKeys Keys) {
	if a.Role != "" {
		a.Identity = identities.For(tokenAudience)
	} else {
		a.Keys = keys
	}
	if given != (Identity{}) {
		ground.Deprecated("with-ecr --oidc-url, --oidc-token, --oidc-host and --identity-token", "with-job-identity before with-ecr")
		a.Identity = &given
	}
	if givenKeys != (Keys{}) {
		ground.Deprecated("with-ecr --access-key, --secret-key and --session-token", "with-aws-keys before with-ecr")
		a.Keys = &givenKeys
	}
}

// tokenAudience is whom an OIDC token is for that a role is taken with.
const tokenAudience = "sts.amazonaws.com"

// Address is that of the registry, or the given one instead, with a path prefix.
// It refuses a login that cannot be.
func (a *Amazon) Address(instead, prefix string) (string, error) {
	if err := a.check(); err != nil {
		return "", fmt.Errorf("ECR: %w", err)
	}
	address := ecr.Address(a.Account, a.Region)
	if instead != "" {
		address = instead
	}
	if prefix != "" {
		address += "/" + prefix
	}
	return address, nil
}

func (a *Amazon) check() error {
	if err := a.Identity.Check(); err != nil {
		return err
	}
	if err := ecr.CheckRegistry(a.Account, a.Region); err != nil {
		return err
	}
	keys := a.Keys != nil
	switch {
	case keys && (a.Keys.AccessKey == nil || a.Keys.SecretKey == nil):
		return errors.New("an access key and a secret key belong together. Give both, or a role")
	case keys == (a.Role != ""):
		return errors.New("give either keys, by with-aws-keys, or a role, which a job takes without any secret of AWS")
	case a.Role != "" && !a.Identity.given():
		return errors.New("a role is taken with an OIDC token. Give it with with-job-identity, before with-ecr")
	case keys && a.Identity.given():
		return errors.New("keys need no OIDC token. Give one of them")
	}
	return nil
}

// session is one call's login to Amazon. The registry's token is fetched when
// something is asked of the registry, once, and again only when it ends.
type session struct {
	amazon  *Amazon
	options []ecr.Option
	// keys are the account's own; empty with a role.
	keys ecr.Credentials
	// lifecycle is the text of the policy.
	lifecycle string

	mu    sync.Mutex
	api   *ecr.Client
	ends  time.Time
	token ecr.Auth
	made  map[string]bool
}

// open reads all that the session needs, so that nothing of it is missing later.
func (a *Amazon) open(ctx context.Context) (s *session, err error) {
	s = &session{amazon: a, made: map[string]bool{}}
	if a.Endpoint != nil {
		endpoint, err := a.Endpoint.Endpoint(ctx, dagger.ServiceEndpointOpts{Scheme: "http"})
		if err != nil {
			return nil, fmt.Errorf("find AWS's stand-in: %w", err)
		}
		s.options = append(s.options, ecr.WithEndpoint(endpoint))
	}
	if s.lifecycle, err = ground.Text(ctx, a.Lifecycle, "the lifecycle policy"); err != nil {
		return nil, err
	}
	if a.Role != "" {
		return s, nil
	}
	if s.keys.AccessKeyID, err = ground.Plaintext(ctx, a.Keys.AccessKey, "the access key"); err != nil {
		return nil, err
	}
	if s.keys.SecretAccessKey, err = ground.Plaintext(ctx, a.Keys.SecretKey, "the secret key"); err != nil {
		return nil, err
	}
	s.keys.SessionToken, err = ground.Plaintext(ctx, a.Keys.SessionToken, "the session token")
	return s, err
}

// spare is how long before its end a login is renewed: longer than the upload
// of one large layer.
const spare = 15 * time.Minute

func (s *session) login(ctx context.Context) (registry.Auth, error) {
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
func (s *session) ensure(ctx context.Context, name string) error {
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
		if err := api.EnsureLifecycle(ctx, name, s.lifecycle); err != nil {
			return err
		}
	}
	s.made[name] = true
	return nil
}

// client signs requests with the keys, or with those of the role while they
// hold. Who calls it has the lock.
func (s *session) client(ctx context.Context) (*ecr.Client, error) {
	if s.api != nil && (s.ends.IsZero() || time.Until(s.ends) > spare) {
		return s.api, nil
	}
	credentials, err := s.credentials(ctx)
	if err != nil {
		return nil, err
	}
	s.api, s.ends = ecr.New(s.amazon.Region, credentials, s.options...), credentials.Expires
	return s.api, nil
}

func (s *session) credentials(ctx context.Context) (ecr.Credentials, error) {
	a := s.amazon
	if a.Role == "" {
		return s.keys, nil
	}
	token, err := a.Identity.token(ctx, tokenAudience)
	if err != nil {
		return ecr.Credentials{}, err
	}
	role := ecr.Role{ARN: a.Role, Session: "pingvas-ci", Accounts: []string{a.Account}, Policy: ecr.PublishPolicy(a.Role, a.Region, a.Account)}
	return ecr.AssumeRole(ctx, a.Region, role, token, s.options...)
}
