package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Configs returns the digest of each platform's configuration of a pushed
// image. The configuration names the content of every layer, so it stands for
// the image: it is what a scanner calls the image's id.
func Configs(ctx context.Context, reference string, opts ...Option) (map[string]string, error) {
	o := collect(opts)
	image, err := Resolve(ctx, reference, opts...)
	if err != nil {
		return nil, err
	}
	configs := map[string]string{}
	for platform, digest := range image.Platforms {
		repository, _, _ := strings.Cut(image.Reference, "@")
		ref, err := name.NewDigest(repository+"@"+digest, o.nameOptions()...)
		if err != nil {
			return nil, fmt.Errorf("read %s for %s: %w", reference, platform, err)
		}
		manifest, err := remote.Image(ref, remoteOptions(ctx, opts)...)
		if err != nil {
			return nil, fmt.Errorf("read %s for %s: %w", reference, platform, err)
		}
		config, err := manifest.ConfigName()
		if err != nil {
			return nil, fmt.Errorf("read %s for %s: %w", reference, platform, err)
		}
		configs[platform] = config.String()
	}
	return configs, nil
}

// Ping finds out whether a registry answers, and takes the credentials. It
// asks for nothing that a repository's policy could refuse.
func Ping(ctx context.Context, address string, opts ...Option) error {
	o := collect(opts)
	repository, err := name.NewRepository(address+"/ping", o.nameOptions()...)
	if err != nil {
		return err
	}
	scopes := []string{repository.Scope(transport.PullScope)}
	client, err := transport.NewWithContext(ctx, repository.Registry, o.authenticator(), o.transport, scopes)
	if err != nil {
		return fmt.Errorf("it does not answer: %w. Check its address, and that it runs", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, repository.Scheme()+"://"+repository.RegistryStr()+"/v2/", nil)
	if err != nil {
		return err
	}
	response, err := client.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("it does not answer: %w. Check its address, and that it runs", err)
	}
	defer func() { _ = response.Body.Close() }()
	switch response.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return errors.New("it refuses the credentials. Check the username and the password or token")
	}
	return nil
}
