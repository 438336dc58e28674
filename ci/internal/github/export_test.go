package github

import (
	"net/http"
	"time"
)

// WithClient sets the HTTP client, which believes a test's server.
func WithClient(h *http.Client) Option { return func(c *client) { c.http = h } }

// WithPause sets how long to wait before the first further try.
func WithPause(d time.Duration) Option { return func(c *client) { c.retry.First = d } }

// WithLimit sets how long GitHub may take to answer, all tries together.
func WithLimit(d time.Duration) Option { return func(c *client) { c.retry.Limit = d } }
