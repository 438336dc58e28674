package main

import (
	"context"
	"errors"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/github"
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
	Host string
}

// newJobIdentity takes what GitHub gives a job to ask for tokens with, or one
// token; nil where there is neither.
func newJobIdentity(requestURL, requestToken, token *dagger.Secret, host string) (*JobIdentity, error) {
	switch {
	case (requestURL == nil) != (requestToken == nil):
		return nil, errors.New("the OIDC request's URL and token belong together. Give both, and the workflow the permission id-token: write")
	case requestURL != nil && token != nil:
		return nil, errors.New("an OIDC token and the request for one are given. Give one of them")
	case requestURL == nil && token == nil:
		return nil, nil
	}
	return &JobIdentity{RequestURL: requestURL, RequestToken: requestToken, Token: token, Host: host}, nil
}

// token is an OIDC token for an audience. It is fetched in this process, so that
// no command ever has it.
func (i *JobIdentity) token(ctx context.Context, audience string) (string, error) {
	if i.Token != nil {
		return plaintext(ctx, i.Token, "the OIDC token")
	}
	address, err := plaintext(ctx, i.RequestURL, "the OIDC request's URL")
	if err != nil {
		return "", err
	}
	bearer, err := plaintext(ctx, i.RequestToken, "the OIDC request's token")
	if err != nil {
		return "", err
	}
	var options []github.Option
	if i.Host != "" {
		options = append(options, github.AllowHost(i.Host))
	}
	return github.OIDCToken(ctx, github.TokenRequest{URL: address, Bearer: bearer, Audience: audience}, options...)
}
