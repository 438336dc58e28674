package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Ping finds out whether a registry answers, and takes the credentials. It
// asks for nothing that a repository's policy could refuse.
func Ping(ctx context.Context, address string, opts ...Option) error {
	o := collect(opts)
	repository, err := name.NewRepository(address+"/ping", o.nameOptions()...)
	if err != nil {
		return err
	}
	scopes := []string{repository.Scope(transport.PullScope)}
	client, err := transport.NewWithContext(ctx, repository.Registry, o.authenticator(), o.to(repository.Registry), scopes)
	if err != nil {
		return unanswered(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, repository.Scheme()+"://"+repository.RegistryStr()+"/v2/", nil)
	if err != nil {
		return err
	}
	response, err := client.RoundTrip(request)
	if err != nil {
		return unanswered(err)
	}
	defer func() { _ = response.Body.Close() }()
	switch response.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return errors.New("it refuses the credentials. Check the username and the password or token")
	}
	return nil
}

// unanswered is the error of a request without an answer. What was not asked, for
// the sake of the credentials, says so itself.
func unanswered(err error) error {
	if astray, is := errors.AsType[*AstrayError](err); is {
		return astray
	}
	return fmt.Errorf("it does not answer: %w. Check its address, and that it runs", plain.Error(err))
}
