// Package provenance says where an image's source is to be found, from a git
// checkout's configuration.
package provenance

import (
	"net/url"
	"regexp"
	"strings"
)

var (
	section   = regexp.MustCompile(`^\[\s*remote\s+"([^"]+)"\s*\]`)
	remoteURL = regexp.MustCompile(`^\s*url\s*=\s*"?([^"\s]+)"?\s*$`)
	scpLike   = regexp.MustCompile(`^(?:[^@/]+@)?([A-Za-z0-9.-]+):([^/].*)$`)
)

// Source returns the address of the repository that a checkout was cloned
// from, as a browser opens it, and never with credentials. It is empty where
// git's configuration names none, or a directory.
func Source(config []byte) string {
	remote := ""
	for line := range strings.Lines(string(config)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			remote = ""
			if m := section.FindStringSubmatch(line); m != nil {
				remote = m[1]
			}
			continue
		}
		if m := remoteURL.FindStringSubmatch(line); m != nil && remote == "origin" {
			return browsable(m[1])
		}
	}
	return ""
}

// browsable is a remote's URL without credentials; of the secure shell's two
// spellings, the address of the same over HTTPS.
func browsable(remote string) string {
	if m := scpLike.FindStringSubmatch(remote); m != nil && !strings.Contains(remote, "://") {
		remote = "https://" + m[1] + "/" + m[2]
	}
	u, err := url.Parse(remote)
	if err != nil || u.Host == "" {
		return ""
	}
	switch u.Scheme {
	case "http", "https":
	case "ssh", "git", "git+ssh":
		u.Scheme, u.Host = "https", u.Hostname()
	default:
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return strings.TrimSuffix(u.String(), ".git")
}
