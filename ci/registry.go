package main

import (
	"context"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
)

// RegistryTarget is where images are published.
type RegistryTarget struct {
	// Address is the host and path prefix that image names are put behind.
	Address string
	// Exclusive says that nobody but this pipeline can push there.
	Exclusive bool
	// +private
	Username string
	// +private
	Password *dagger.Secret
	// +private
	Service *dagger.Service
	// +private
	Amazon *Amazon
}

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

// WithRegistry says where images are published.
//
// Called again, it adds a registry; the manifests name the first.
func (m *PingvasCi) WithRegistry(
	// Host and optional path prefix that image names are put behind, such as
	// 123456789012.dkr.ecr.ap-northeast-2.amazonaws.com.
	address string,
	// The user name, for a registry that wants one.
	// +optional
	username string,
	// The password or token that goes with it.
	// +optional
	password *dagger.Secret,
	// The registry as a service, where the engine cannot reach its address by
	// itself: tcp://127.0.0.1:5000 for one on this machine.
	// +optional
	service *dagger.Service,
	// Nobody but this pipeline can push there: what is found under a commit's tag
	// is an earlier run's, even without a signature.
	// +optional
	exclusive bool,
) (*PingvasCi, error) {
	return m.publishedTo(&RegistryTarget{
		Address: address, Exclusive: exclusive, Username: username, Password: password, Service: service,
	})
}

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
	amazon := &Amazon{
		Account: account, Region: region, Role: role,
		Identity:  &JobIdentity{RequestURL: oidcUrl, RequestToken: oidcToken, Token: identityToken, Host: oidcHost},
		AccessKey: accessKey, SecretKey: secretKey, SessionToken: sessionToken, Endpoint: endpoint, Lifecycle: lifecycle,
	}
	at, err := amazon.amazon().Address(address, prefix)
	if err != nil {
		return nil, err
	}
	return m.publishedTo(&RegistryTarget{Address: at, Exclusive: exclusive, Service: service, Amazon: amazon})
}

// publishedTo adds a registry to those that are published to. The first is the
// one that manifests name.
func (m *PingvasCi) publishedTo(t *RegistryTarget) (*PingvasCi, error) {
	checked, err := publishing.NewTarget(t.target(), m.targets()...)
	if err != nil {
		return nil, err
	}
	t.Address = checked.Address
	with := *m
	with.Registries = append(slices.Clone(m.Registries), t)
	return &with, nil
}

// targets are the registries that are published to.
func (m *PingvasCi) targets() []publishing.Target {
	var targets []publishing.Target
	for _, t := range m.Registries {
		targets = append(targets, t.target())
	}
	return targets
}

// registry opens the one that manifests name, when it is needed; nil where none
// is known.
func (m *PingvasCi) registry() func(context.Context) (*publishing.Registry, error) {
	return publishing.First(m.targets())
}

func (t *RegistryTarget) target() publishing.Target {
	return publishing.Target{
		Address: t.Address, Exclusive: t.Exclusive, Username: t.Username, Password: t.Password,
		Service: t.Service, Amazon: t.Amazon.amazon(),
	}
}

func (a *Amazon) amazon() *publishing.Amazon {
	if a == nil {
		return nil
	}
	return &publishing.Amazon{
		Account: a.Account, Region: a.Region, Role: a.Role, Identity: a.Identity.identity(),
		AccessKey: a.AccessKey, SecretKey: a.SecretKey, SessionToken: a.SessionToken,
		Endpoint: a.Endpoint, Lifecycle: a.Lifecycle,
	}
}
