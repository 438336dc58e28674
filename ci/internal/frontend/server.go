package frontend

import (
	"cmp"
	_ "embed" // For the server's configuration.
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"
)

var (
	//go:embed nginx/nginx.conf
	nginxConf string
	//go:embed nginx/server.conf
	serverConf string
	//go:embed nginx/start.sh
	startScript string

	serverTemplate = template.Must(template.New("server.conf").Parse(serverConf))

	// Pack is the program that makes a built site ready for the server.
	//
	//go:embed pack.mjs
	Pack string
)

// Start is what runs the server, and Named the time, in seconds, of files that are
// named by their content. It is one that no tool gives to files.
const (
	Start = "/etc/nginx/start.sh"
	Named = 365 * 24 * 60 * 60
)

// headers are what every answer has, unless the settings say otherwise. The policy
// that is kept is about frames alone: what else a page loads, nobody knows but who
// wrote it, so the other one only reports to the browser's console.
var headers = map[string]string{
	"Content-Security-Policy": "frame-ancestors 'self'",
	"Content-Security-Policy-Report-Only": "default-src 'self'; base-uri 'self'; connect-src 'self' https: wss:; font-src 'self' data:; " +
		"form-action 'self'; img-src 'self' blob: data: https:; object-src 'none'; style-src 'self' 'unsafe-inline'",
	"Permissions-Policy":     "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	"Referrer-Policy":        "strict-origin-when-cross-origin",
	"X-Content-Type-Options": "nosniff",
}

// ServerFiles are what the server of a site is configured by, with headers in place
// of its own: an empty one is not sent.
func ServerFiles(site Site, own map[string]string) (map[string]string, error) {
	all := maps.Clone(headers)
	for name, value := range own {
		maps.DeleteFunc(all, func(known, _ string) bool { return strings.EqualFold(known, name) })
		if value != "" {
			all[name] = value
		}
	}
	type header struct{ Name, Value string }
	var sorted []header
	for _, name := range slices.Sorted(maps.Keys(all)) {
		sorted = append(sorted, header{name, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(all[name])})
	}
	var server strings.Builder
	err := serverTemplate.Execute(&server, map[string]any{
		"Base": site.Base, "BasePattern": regexp.QuoteMeta(site.Base), "Headers": sorted,
		"Fallback": cmp.Or(site.Fallback, "/index.html"), "NotFound": site.NotFound,
		"Named": time.Unix(Named, 0).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"),
	})
	if err != nil {
		return nil, fmt.Errorf("write the server's configuration: %w", err)
	}
	return map[string]string{
		"/etc/nginx/nginx.conf":          nginxConf,
		"/etc/nginx/conf.d/default.conf": server.String(),
		"/etc/nginx/listen.conf":         "listen 8080;\nlisten [::]:8080;\n",
		// A relative name is looked for beside the file that the server is started with.
		"/etc/nginx/ipv4/nginx.conf":  "include /etc/nginx/nginx.conf;\n",
		"/etc/nginx/ipv4/listen.conf": "listen 8080;\n",
		Start:                         startScript,
	}, nil
}
