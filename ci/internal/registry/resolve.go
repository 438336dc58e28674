package registry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Auth is a registry's login. The zero value is anonymous.
type Auth struct {
	Username string
	Password string
}

// Resolved is a pushed image.
type Resolved struct {
	// Reference is the repository and the digest: pinned, whatever was asked.
	Reference string
	// Digest is that of the index, or of the only manifest.
	Digest string
	// Platforms holds each platform's manifest digest.
	Platforms map[string]string
}

// On is the reference of the image for one platform, by its digest.
func (r Resolved) On(platform string) (string, error) {
	digest, has := r.Platforms[platform]
	if !has {
		return "", fmt.Errorf("%s is not for %s, but for %s. Deliver it for that, too",
			r.Reference, platform, strings.Join(slices.Sorted(maps.Keys(r.Platforms)), ", "))
	}
	repository, _, _ := strings.Cut(r.Reference, "@")
	return repository + "@" + digest, nil
}

// Option changes how a registry is spoken to.
type Option func(*options)

type options struct {
	login     authn.Authenticator
	transport http.RoundTripper
	plain     bool
	pace      pace
	// tokenHosts may get the login, besides the registry.
	tokenHosts []string
	session    *session
}

// WithAuth logs in.
func WithAuth(auth Auth) Option {
	return func(o *options) { o.login = &authn.Basic{Username: auth.Username, Password: auth.Password} }
}

// WithLogin asks for the login before each request, for one that ends while a
// push goes on.
func WithLogin(login func(context.Context) (Auth, error)) Option {
	return func(o *options) { o.login = renewed(login) }
}

type renewed func(context.Context) (Auth, error)

// Authorization is for callers without a context.
func (r renewed) Authorization() (*authn.AuthConfig, error) {
	return r.AuthorizationContext(context.Background())
}

// AuthorizationContext is the login that holds now.
func (r renewed) AuthorizationContext(ctx context.Context) (*authn.AuthConfig, error) {
	auth, err := r(ctx)
	return &authn.AuthConfig{Username: auth.Username, Password: auth.Password}, err
}

// WithTransport sets the HTTP transport, for registries that are none of a
// network's: a test's.
func WithTransport(t http.RoundTripper) Option { return func(o *options) { o.transport = t } }

// Plain allows HTTP without encryption, for a registry that is a service of
// the same call. Loopback addresses need no such allowance.
func Plain() Option { return func(o *options) { o.plain = true } }

// Resolve looks up an image by tag or digest.
func Resolve(ctx context.Context, reference string, opts ...Option) (Resolved, error) {
	fail := func(err error) (Resolved, error) {
		return Resolved{}, fmt.Errorf("resolve %s: %w", reference, plain.Error(err))
	}
	ref, err := name.ParseReference(reference, collect(opts).nameOptions()...)
	if err != nil {
		return fail(err)
	}
	descriptor, err := remote.Get(ref, remoteOptions(ctx, ref.Context(), opts)...)
	if err != nil {
		return fail(err)
	}
	platforms, err := platformsOf(descriptor)
	if err != nil {
		return fail(err)
	}
	digest := descriptor.Digest.String()
	return Resolved{ref.Context().Name() + "@" + digest, digest, platforms}, nil
}

// Patience sets how long a registry may be silent before it is asked again. It
// may be short for one behind a tunnel, which does not tell when the far end has
// hung up.
func Patience(silence time.Duration) Option {
	return func(o *options) { o.transport = patient(silence) }
}

// A registry puts a layer of gigabytes together before it answers.
var ordinary = patient(2 * time.Minute)

func patient(silence time.Duration) http.RoundTripper {
	transport, ours := remote.DefaultTransport.(*http.Transport)
	if !ours {
		return remote.DefaultTransport
	}
	transport = transport.Clone()
	transport.ResponseHeaderTimeout = silence
	return transport
}

func collect(opts []Option) options {
	o := options{transport: ordinary, pace: usual}
	for _, set := range opts {
		set(&o)
	}
	return o
}

func (o options) authenticator() authn.Authenticator {
	if o.login == nil {
		return authn.Anonymous
	}
	return o.login
}

func (o options) nameOptions() []name.Option {
	if o.plain {
		return []name.Option{name.Insecure}
	}
	return nil
}

// to is how a registry is spoken to: at its pace, and with its login for nobody
// else.
func (o options) to(registry name.Registry) http.RoundTripper {
	return rewound{guarded{paced{o.transport, o.pace}, registry, o.tokenHosts}}
}

func remoteOptions(ctx context.Context, repository name.Repository, opts []Option) []remote.Option {
	o := collect(opts)
	remotes := []remote.Option{
		remote.WithContext(ctx), remote.WithAuth(o.authenticator()), remote.WithTransport(o.to(repository.Registry)), remote.WithRetryBackoff(again),
	}
	if o.session == nil {
		return remotes
	}
	return o.session.reused(repository.Registry, remotes)
}

func platformsOf(descriptor *remote.Descriptor) (map[string]string, error) {
	if descriptor.MediaType.IsIndex() {
		index, err := descriptor.ImageIndex()
		if err != nil {
			return nil, err
		}
		manifest, err := index.IndexManifest()
		if err != nil {
			return nil, err
		}
		return indexPlatforms(manifest)
	}
	image, err := descriptor.Image()
	if err != nil {
		return nil, err
	}
	config, err := configOf(image)
	if err != nil {
		return nil, err
	}
	at := config.Platform()
	if at == nil {
		return map[string]string{}, nil // It says none: an artifact, or a broken build's.
	}
	on := platform(at)
	return map[string]string{on: descriptor.Digest.String()}, checkPlatform(on)
}

// indexPlatforms leaves out attestations, which lie in an index under the
// platform unknown/unknown.
func indexPlatforms(manifest *v1.IndexManifest) (map[string]string, error) {
	platforms := map[string]string{}
	for _, m := range manifest.Manifests {
		if m.Platform == nil || m.Platform.OS == "unknown" {
			continue
		}
		on, digest := platform(m.Platform), m.Digest.String()
		if err := errors.Join(checkPlatform(on), names.Digest(digest)); err != nil {
			return nil, fmt.Errorf("its index: %w", err)
		}
		platforms[on] = digest
	}
	return platforms, nil
}

var platformName = regexp.MustCompile(`^[a-z0-9]+/[a-z0-9]+(/[a-z0-9.]+)?$`)

// checkPlatform refuses what names no platform, as an artifact that is no image has
// none.
func checkPlatform(on string) error {
	if !platformName.MatchString(on) {
		return fmt.Errorf("%q is no platform. Name an image of a platform such as linux/arm64", on)
	}
	return nil
}

// platform names a platform as this pipeline does: arm64 is always v8.
func platform(p *v1.Platform) string {
	if p.Architecture == "arm64" || p.Variant == "" {
		return p.OS + "/" + p.Architecture
	}
	return p.OS + "/" + p.Architecture + "/" + p.Variant
}
