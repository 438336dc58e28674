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
	TokenHost string
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
	Keys *AwsKeys
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
	// Another host that the registry's credentials may be sent to for a token, where
	// it names one outside of its own site.
	// +optional
	tokenHost string,
) (*PingvasCi, error) {
	return m.publishedTo(&RegistryTarget{
		Address: address, Exclusive: exclusive, Username: username, Password: password, TokenHost: tokenHost, Service: service,
	})
}

// WithEcr publishes to Amazon's container registry.
//
// Repositories are made as they are needed: scanned on push, and with immutable
// tags. A role is taken by the job's identity, without any key: give that before,
// by with-job-identity. Where there is no role, give with-aws-keys before.
// +cache="session"
func (m *PingvasCi) WithEcr(
	// The AWS account's twelve digits.
	account string,
	// The region, such as ap-northeast-2.
	region string,
	// The role to assume: arn:aws:iam::123456789012:role/GitHubActionsRole. Needed
	// without with-aws-keys.
	// +optional
	role string,
	// Deprecated: use with-job-identity --oidc-url.
	// +optional
	// +deprecated="use with-job-identity --oidc-url"
	oidcUrl *dagger.Secret,
	// Deprecated: use with-job-identity --oidc-token.
	// +optional
	// +deprecated="use with-job-identity --oidc-token"
	oidcToken *dagger.Secret,
	// Deprecated: use with-job-identity --oidc-host.
	// +optional
	// +deprecated="use with-job-identity --oidc-host"
	oidcHost string,
	// Deprecated: use with-job-identity --identity-token --audience sts.amazonaws.com.
	// +optional
	// +deprecated="use with-job-identity --identity-token --audience sts.amazonaws.com"
	identityToken *dagger.Secret,
	// Deprecated: use with-aws-keys --access-key.
	// +optional
	// +deprecated="use with-aws-keys --access-key"
	accessKey *dagger.Secret,
	// Deprecated: use with-aws-keys --secret-key.
	// +optional
	// +deprecated="use with-aws-keys --secret-key"
	secretKey *dagger.Secret,
	// Deprecated: use with-aws-keys --session-token.
	// +optional
	// +deprecated="use with-aws-keys --session-token"
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
	wanted := &publishing.Amazon{Account: account, Region: region, Role: role, Endpoint: endpoint, Lifecycle: lifecycle}
	wanted.Take(m.identities(), m.AwsKeys.keys(),
		publishing.Identity{RequestURL: oidcUrl, RequestToken: oidcToken, Token: identityToken, Host: oidcHost},
		publishing.Keys{AccessKey: accessKey, SecretKey: secretKey, SessionToken: sessionToken})
	at, err := wanted.Address(address, prefix)
	if err != nil {
		return nil, err
	}
	return m.publishedTo(&RegistryTarget{Address: at, Exclusive: exclusive, Service: service, Amazon: amazonOf(wanted)})
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
		Address: t.Address, Exclusive: t.Exclusive, Username: t.Username, Password: t.Password, TokenHost: t.TokenHost,
		Service: t.Service, Amazon: t.Amazon.amazon(),
	}
}

func (a *Amazon) amazon() *publishing.Amazon {
	if a == nil {
		return nil
	}
	return &publishing.Amazon{
		Account: a.Account, Region: a.Region, Role: a.Role, Identity: a.Identity.identity(), Keys: a.Keys.keys(),
		Endpoint: a.Endpoint, Lifecycle: a.Lifecycle,
	}
}

// amazonOf is the same as state of an object.
func amazonOf(a *publishing.Amazon) *Amazon {
	return &Amazon{
		Account: a.Account, Region: a.Region, Role: a.Role, Identity: identityOf(a.Identity), Keys: (*AwsKeys)(a.Keys),
		Endpoint: a.Endpoint, Lifecycle: a.Lifecycle,
	}
}
