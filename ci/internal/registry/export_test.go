package registry

import (
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
)

// Pace is the usual one with other times, for tests that cannot wait.
func Pace(receiving, sending, answer time.Duration) Option {
	return func(o *options) {
		o.pace.receiving, o.pace.sending, o.pace.answer = receiving, sending, answer
	}
}

// Trusts tells whether credentials of a registry may go to an address.
func Trusts(registry, address string, tokenHosts ...string) bool {
	home, err := name.NewRegistry(registry)
	if err != nil {
		panic(err)
	}
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", "Basic secret")
	return guarded{registry: home, tokenHosts: tokenHosts}.check(request) == nil
}
