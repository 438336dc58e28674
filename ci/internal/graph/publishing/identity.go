package publishing

import (
	"context"
	"errors"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/github"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/sigstore"
)

// Identity is what proves who runs a job: GitHub's OIDC token, or another CI's.
type Identity struct {
	// RequestURL and RequestToken are what GitHub gives a job to ask for tokens
	// with.
	RequestURL   *dagger.Secret
	RequestToken *dagger.Secret
	// Token is one token, and Audience whom it is for; any when empty.
	Token    *dagger.Secret
	Audience string
	// Host is another one than GitHub's that the request's token may be sent to.
	Host string
}

// Check refuses half a request, and a request beside a token.
func (i *Identity) Check() error {
	switch {
	case i == nil:
		return nil
	case (i.RequestURL == nil) != (i.RequestToken == nil):
		return errors.New("the OIDC request's URL and token belong together. Give both, and the workflow the permission id-token: write")
	case i.RequestURL != nil && i.Token != nil:
		return errors.New("an OIDC token and the request for one are given. Give one of them")
	}
	return nil
}

// Identities are what was given of who runs the job.
type Identities []*Identity

// Check refuses what no token can come of.
func (all Identities) Check() error {
	for _, i := range all {
		if !i.given() {
			return errors.New("nothing says who runs the job. Give --oidc-url and --oidc-token on GitHub, or --identity-token")
		}
		if err := i.Check(); err != nil {
			return err
		}
	}
	return nil
}

// For is what a token for an audience comes of; nil where there is none.
func (all Identities) For(audience string) *Identity {
	for _, i := range all {
		if i.Token == nil || i.Audience == "" || i.Audience == audience {
			return i
		}
	}
	return nil
}

// ForSigning is what a keyless signature is made by: or what was given in the
// deprecated arguments of with-keyless-signing.
func (all Identities) ForSigning(given Identity) *Identity {
	if given == (Identity{}) {
		return all.For(sigstore.Audience)
	}
	ground.Deprecated("with-keyless-signing --oidc-url, --oidc-token, --oidc-host and --identity-token", "with-job-identity before with-keyless-signing")
	return &given
}

// given is false where nothing says who runs the job.
func (i *Identity) given() bool {
	return i != nil && (i.RequestURL != nil || i.RequestToken != nil || i.Token != nil)
}

// token is an OIDC token for an audience. It is fetched in this process, so that
// no command ever has it.
func (i *Identity) token(ctx context.Context, audience string) (string, error) {
	if i.Token != nil {
		return ground.Plaintext(ctx, i.Token, "the OIDC token")
	}
	address, err := ground.Plaintext(ctx, i.RequestURL, "the OIDC request's URL")
	if err != nil {
		return "", err
	}
	bearer, err := ground.Plaintext(ctx, i.RequestToken, "the OIDC request's token")
	if err != nil {
		return "", err
	}
	var options []github.Option
	if i.Host != "" {
		options = append(options, github.AllowHost(i.Host))
	}
	return github.OIDCToken(ctx, github.TokenRequest{URL: address, Bearer: bearer, Audience: audience}, options...)
}
