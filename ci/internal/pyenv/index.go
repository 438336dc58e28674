package pyenv

import (
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

var (
	indexAddress  = regexp.MustCompile(`^(?:(https?)://)?([A-Za-z0-9][A-Za-z0-9.-]*)(:\d{1,5})?((?:/[A-Za-z0-9._~-]+)*)/?$`)
	indexUsername = regexp.MustCompile(`^[^\s:"'\\]+$`)
)

// PrivateIndex takes apart what names a private index: the URL that credentials are
// for, and its host without a port. They are sent unencrypted only to a service that
// the caller binds.
func PrivateIndex(address, username string, service bool) (at, host string, err error) {
	m := indexAddress.FindStringSubmatch(address)
	switch {
	case m == nil:
		return "", "", fmt.Errorf("python index %q: write its host, with port and path where it has them, and without a user or a token, such as pypi.example/team", address)
	case m[1] == "http" && !service:
		return "", "", fmt.Errorf("python index %q: over http everyone on the way reads the token. Write the address of its https, or give the index as a --service", address)
	case !indexUsername.MatchString(username):
		return "", "", fmt.Errorf("python index user %q: write a name without spaces, quotes, ':' and '\\'", username)
	}
	scheme := "https"
	if m[1] != "" {
		scheme = m[1]
	}
	host = strings.ToLower(m[2])
	return scheme + "://" + host + m[3] + m[4], host, nil
}

// Credential is what uv sends to one index.
type Credential struct {
	Service  string `toml:"service"`
	Username string `toml:"username"`
	Scheme   string `toml:"scheme"`
	Password string `toml:"password"`
}

// Credentials is the file that uv reads credentials from: each is for URLs of the
// same scheme, host and port, and no others.
func Credentials(all ...Credential) (string, error) {
	for i := range all {
		all[i].Scheme = "basic"
	}
	text, err := toml.Marshal(map[string][]Credential{"credential": all})
	return string(text), err
}

var refusedIndex = []*regexp.Regexp{
	regexp.MustCompile(`\((401|403) [A-Za-z ]+\) for url \((https?://\S+?)\)`),
	regexp.MustCompile(`An index URL \((https?://\S+?)\) could not be queried due to [^(]*\((401|403) `),
	regexp.MustCompile(`(401|403) Client Error: [A-Za-z ]+ for url: (https?://\S+)`),
}

// RefusedBy is the address of which an installer printed that it wants credentials,
// or others; nil where none does.
func RefusedBy(output string) *url.URL {
	output = strings.Join(strings.Fields(output), " ")
	for _, pattern := range refusedIndex {
		for _, word := range pattern.FindStringSubmatch(output) {
			if at, err := url.Parse(word); err == nil && at.Host != "" && !strings.Contains(word, " ") {
				return &url.URL{Scheme: at.Scheme, Host: at.Host, Path: at.Path}
			}
		}
	}
	return nil
}

// diverting are settings of uv by which a project could have what is sent to an index
// go elsewhere, or be read on its way.
var diverting = []string{"allow-insecure-host", "http-proxy", "https-proxy", "keyring-provider"}

// Undiverted refuses the settings of uv by which a project could learn a token.
func Undiverted(fsys fs.FS) error {
	return fs.WalkDir(fsys, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Base(file) != "pyproject.toml" && path.Base(file) != "uv.toml" {
			return err
		}
		doc, err := readTOML(fsys, file)
		if err != nil {
			return err
		}
		settings := doc
		if path.Base(file) == "pyproject.toml" {
			settings = component.Lookup(doc, "tool", "uv")
		}
		for _, key := range diverting {
			if settings[key] != nil {
				return fmt.Errorf("%s: uv's %s decides who learns the token of a private index, which is not the repository's to say. Remove it", file, key)
			}
		}
		return nil
	})
}

// Archive is the file of a package's sources that a uv.lock names.
type Archive struct {
	Name, Version, URL, Hash string
}

// Requirement is that the installed package be this file.
func (a Archive) Requirement() string { return a.Name + "==" + a.Version + " --hash=" + a.Hash + "\n" }

// Archive is the file of a package's sources, where a uv.lock has it from an index.
func (p Project) Archive(name string) (Archive, bool) {
	archive, locked := p.archives[Normal(name)]
	return archive, locked
}

// From tells whether the file is of an index: of its scheme, host and port.
func (a Archive) From(index string) bool {
	one, err := url.Parse(a.URL)
	other, failed := url.Parse(index)
	return err == nil && failed == nil && one.Scheme == other.Scheme && strings.EqualFold(one.Host, other.Host) && one.User == nil
}
