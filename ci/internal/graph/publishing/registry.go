package publishing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/notary"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// Registry is a target that this process speaks to.
type Registry struct {
	// Address is the one by which those who pull know it.
	Address string
	// Exclusive says that nobody but this pipeline can push there.
	Exclusive bool
	// Options say how it is spoken to, the login included.
	Options []registry.Option

	// at is the address by which this process reaches it.
	at     string
	amazon *session
}

// Open makes a registry whole: where it is reached, and the login. It asks
// nothing of it yet: see Ping. Its services must run (see Services).
//
// It is reached by the service's endpoint where there is one, since only the
// engine resolves the address to it.
func Open(ctx context.Context, t Target) (*Registry, error) {
	r := &Registry{Address: t.Address, Exclusive: t.Exclusive, at: t.Address, Options: []registry.Option{registry.Shared()}}
	if t.TokenHost != "" {
		r.Options = append(r.Options, registry.TokenHosts(t.TokenHost))
	}
	if t.Service != nil {
		endpoint, err := t.Service.Endpoint(ctx)
		if err != nil {
			return nil, fmt.Errorf("find the registry %s: %w", t.Address, err)
		}
		// It names itself by the address that others know it by.
		host, prefix, _ := strings.Cut(t.Address, "/")
		r.at = strings.TrimSuffix(endpoint+"/"+prefix, "/")
		r.Options = append(r.Options, registry.Plain(), registry.Patience(10*time.Second), registry.TokenHosts(host))
	}
	if t.Amazon != nil {
		var err error
		if r.amazon, err = t.Amazon.open(ctx); err != nil {
			return nil, fmt.Errorf("registry %s: %w", t.Address, err)
		}
		r.Options = append(r.Options, registry.WithLogin(r.amazon.login))
		return r, nil
	}
	password, err := ground.Plaintext(ctx, t.Password, "the password of "+t.Address)
	if err != nil {
		return nil, err
	}
	if t.Password != nil {
		r.Options = append(r.Options, registry.WithAuth(registry.Auth{Username: t.Username, Password: password}))
	}
	return r, nil
}

// OpenAll opens the registries of a call, and says of every one why it cannot.
func OpenAll(ctx context.Context, targets []Target) ([]*Registry, error) {
	var opened []*Registry
	var failures []error
	for _, t := range targets {
		r, err := Open(ctx, t)
		opened, failures = append(opened, r), append(failures, err)
	}
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	return opened, nil
}

// First opens the first of the targets, the one that manifests name, when it is
// needed, and once; nil where there is none.
func First(targets []Target) func(context.Context) (*Registry, error) {
	if len(targets) == 0 {
		return nil
	}
	var once sync.Once
	var first *Registry
	var failed error
	return func(ctx context.Context) (*Registry, error) {
		once.Do(func() {
			if failed = Services(targets[:1]).Start(ctx); failed == nil {
				first, failed = Open(ctx, targets[0])
			}
		})
		return first, failed
	}
}

// Ready finds out whether everything that publishing needs is there: registries
// that answer and take the login, and a signer that can sign.
func Ready(ctx context.Context, registries []*Registry, signer *Signer) error {
	_, err := signer.Verifier(ctx)
	failures := []error{err}
	for _, r := range registries {
		failures = append(failures, r.Ping(ctx))
	}
	return errors.Join(failures...)
}

// Ping finds out whether the registry answers and takes the credentials.
func (r *Registry) Ping(ctx context.Context) error {
	if err := registry.Ping(ctx, r.at, r.Options...); err != nil {
		return fmt.Errorf("registry %s: %w", r.Address, err)
	}
	return nil
}

// Repository is a component's, as this process reaches it.
func (r *Registry) Repository(name string) string { return r.at + "/" + name }

// Name is a component's repository, as those who pull know it.
func (r *Registry) Name(name string) string { return r.Address + "/" + name }

// Notary says and checks what is said of a component's images.
func (r *Registry) Notary(name string) notary.Repository {
	return notary.Repository{At: r.Repository(name), Name: r.Name(name), Options: r.Options}
}

// Prepare makes the repository where a registry wants it made.
func (r *Registry) Prepare(ctx context.Context, name string) error {
	if r.amazon == nil {
		return nil
	}
	_, prefix, _ := strings.Cut(r.at, "/")
	return r.amazon.ensure(ctx, strings.TrimPrefix(prefix+"/"+name, "/"))
}

// Verify checks that one image is what was delivered, and says what it is.
func (r *Registry) Verify(ctx context.Context, by attest.Verifier, name, digest string) (line string, err error) {
	proven, err := r.Notary(name).Verify(ctx, by, name, digest)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s@%s %s", name, digest, proven), nil
}
