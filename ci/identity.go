package main

import (
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
)

// JobIdentity is what proves who runs a job: GitHub's OIDC token, or another
// CI's.
type JobIdentity struct {
	// +private
	RequestURL *dagger.Secret
	// +private
	RequestToken *dagger.Secret
	// +private
	Token *dagger.Secret
	// +private
	Audience string
	// +private
	Host string
}

// AwsKeys are the keys of an AWS account.
type AwsKeys struct {
	// +private
	AccessKey *dagger.Secret
	// +private
	SecretKey *dagger.Secret
	// +private
	SessionToken *dagger.Secret
}

// WithJobIdentity says who runs the job, by an OIDC token of its CI.
//
// A role of AWS is taken with it, and a keyless signature made: give it before
// with-ecr and with-keyless-signing. On GitHub give the request's URL and token,
// which serve every audience, and the workflow the permission id-token: write.
// Elsewhere give a token for each audience: called again, it adds one.
func (m *PingvasCi) WithJobIdentity(
	// GitHub's ACTIONS_ID_TOKEN_REQUEST_URL: env:ACTIONS_ID_TOKEN_REQUEST_URL.
	// Needed with oidc-token.
	// +optional
	oidcUrl *dagger.Secret,
	// GitHub's ACTIONS_ID_TOKEN_REQUEST_TOKEN. Needed with oidc-url.
	// +optional
	oidcToken *dagger.Secret,
	// Another host than GitHub's that the request's token may be sent to.
	// +optional
	oidcHost string,
	// An OIDC token that another CI made, in place of the request.
	// +optional
	identityToken *dagger.Secret,
	// Whom that token is for: sts.amazonaws.com, or sigstore. Any when absent.
	// +optional
	audience string,
) (*PingvasCi, error) {
	with := *m
	with.Identities = append(slices.Clone(m.Identities), &JobIdentity{
		RequestURL: oidcUrl, RequestToken: oidcToken, Host: oidcHost, Token: identityToken, Audience: audience,
	})
	return &with, with.identities().Check()
}

// WithAwsKeys gives the keys of an AWS account, where no role is taken.
//
// Give them before with-ecr. A role by with-job-identity leaves no key to keep.
func (m *PingvasCi) WithAwsKeys(
	// AWS_ACCESS_KEY_ID.
	accessKey *dagger.Secret,
	// AWS_SECRET_ACCESS_KEY.
	secretKey *dagger.Secret,
	// AWS_SESSION_TOKEN, needed for keys that end.
	// +optional
	sessionToken *dagger.Secret,
) *PingvasCi {
	with := *m
	with.AwsKeys = &AwsKeys{AccessKey: accessKey, SecretKey: secretKey, SessionToken: sessionToken}
	return &with
}

// identities are those of the job.
func (m *PingvasCi) identities() (all publishing.Identities) {
	for _, i := range m.Identities {
		all = append(all, i.identity())
	}
	return all
}

func (k *AwsKeys) keys() *publishing.Keys { return (*publishing.Keys)(k) }

func (i *JobIdentity) identity() *publishing.Identity { return (*publishing.Identity)(i) }

// identityOf is the job's identity as state of an object.
func identityOf(i *publishing.Identity) *JobIdentity { return (*JobIdentity)(i) }
