package frontend

import (
	_ "embed" // For the server's configuration.
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Server is nginx's configuration for a site that has none of its own: what a
// build names by its hash is kept for ever, the page is asked for every time,
// config.js is never kept, and a path that is no file is the page's own.
//
//go:embed nginx.conf
var Server string

// Config is the config.js of one environment, which the page loads before
// anything else. A URL that is empty is left to what the page was built with.
func Config(apiURL, wsURL string) (string, error) {
	values := map[string]string{}
	for key, given := range map[string]struct {
		value   string
		schemes []string
	}{
		"apiUrl": {apiURL, []string{"https", "http"}},
		"wsUrl":  {wsURL, []string{"wss", "ws"}},
	} {
		if given.value == "" {
			continue
		}
		u, err := url.Parse(given.value)
		if err != nil || !slices.Contains(given.schemes, u.Scheme) || u.Host == "" {
			return "", fmt.Errorf("%s %q is no URL of it. Write one that begins with %s://", key, given.value, strings.Join(given.schemes, ":// or "))
		}
		values[key] = given.value
	}
	text, err := json.MarshalIndent(values, "", "  ")
	if err != nil {
		return "", fmt.Errorf("write config.js: %w", err)
	}
	return "window.__PINGVAS_CONFIG__ = " + string(text) + ";\n", nil
}
