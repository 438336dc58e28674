package registry

import (
	"net/http"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Shared has all calls that are given the option sign in once for each repository, and
// not each for itself. A login that ends is taken anew.
func Shared() Option {
	s := &session{signed: map[name.Registry]signedIn{}}
	return func(o *options) { o.session = s }
}

// session is what has signed in to registries.
type session struct {
	lock   sync.Mutex
	signed map[name.Registry]signedIn
}

// signedIn are what reads of a registry, and what writes to it.
type signedIn struct {
	puller *remote.Puller
	pusher *remote.Pusher
}

// reused has calls go through what has signed in before; the first one signs in as it asks
// to.
func (s *session) reused(registry name.Registry, asked []remote.Option) []remote.Option {
	s.lock.Lock()
	defer s.lock.Unlock()
	in, known := s.signed[registry]
	if !known {
		var reading, writing error
		in.puller, reading = remote.NewPuller(asked...)
		in.pusher, writing = remote.NewPusher(asked...)
		if reading != nil || writing != nil {
			return asked // The call itself says why.
		}
		s.signed[registry] = in
	}
	return append(asked, remote.Reuse(in.puller), remote.Reuse(in.pusher))
}

// rewound sends a manifest whole each time that it is sent: the library sends the same
// request again when a token has ended, of which the body has been read. A layer is pushed
// again by what pushes it.
type rewound struct{ http.RoundTripper }

func (w rewound) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.GetBody == nil || !strings.Contains(r.URL.Path, "/manifests/") {
		return w.RoundTripper.RoundTrip(r)
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	_ = r.Body.Close() // The copy is sent.
	again := r.Clone(r.Context())
	again.Body = body
	return w.RoundTripper.RoundTrip(again)
}
