package argocd

import (
	"net/http"
	"time"
)

// WithClient sets the HTTP client, which believes a test's server.
func WithClient(h *http.Client) Option { return func(s *settings) { s.server.http = h } }

// WithPause sets how long to wait between two looks.
func WithPause(d time.Duration) Option { return func(s *settings) { s.server.pause = d } }
