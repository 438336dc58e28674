package registry

import (
	"io"
	"net/http"
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

// rewound sends a manifest or a layer whole each time that it is sent: the library sends the
// same request again when a token has ended, of which the body has been read. It is taken
// anew then alone, as a layer's comes from the store.
type rewound struct{ http.RoundTripper }

// sentBody is the body of a request that was sent once.
type sentBody struct{ io.ReadCloser }

func (w rewound) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.GetBody == nil || r.Body == nil {
		return w.RoundTripper.RoundTrip(r)
	}
	this := r.Clone(r.Context())
	if _, again := r.Body.(sentBody); again {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		this.Body = body
	} else {
		r.Body = sentBody{r.Body}
	}
	return w.RoundTripper.RoundTrip(this)
}
