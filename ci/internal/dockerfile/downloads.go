package dockerfile

import (
	"regexp"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// Download is what an ADD takes from an address.
type Download struct {
	// Address is of the web or of a git repository, without a password. Where a
	// variable is not known, it is the word itself.
	Address string
	// Checksum is ADD's --checksum, sha256:HEX or a git commit, or the whole
	// commit that the address names; empty is none, or one that is not known.
	Checksum string
	// Line is where it is named.
	Line int
}

// Pinned tells whether the download is the same bytes for ever.
func (d Download) Pinned() bool { return d.Checksum != "" }

// Downloads returns what a build takes from addresses by ADD. What its RUNs
// download, nobody can tell.
func (f *File) Downloads(b Build) ([]Download, error) {
	stages, err := f.needed(b)
	if err != nil {
		return nil, err
	}
	var all []Download
	for _, s := range stages {
		all = append(all, s.downloads...)
	}
	return all, nil
}

var (
	// remoteAddress is what ADD takes for an address: of the web, or of a git
	// repository.
	remoteAddress = regexp.MustCompile(`^(?:https?|git|ssh)://|^[A-Za-z0-9_.-]+@[^/:\s]+:`)
	// gitCommit is the end of a git address that names a whole commit.
	gitCommit = regexp.MustCompile(`\.git#([0-9a-f]{40}|[0-9a-f]{64})(?::|$)`)
	// userinfo is a user and a password in an address.
	userinfo = regexp.MustCompile(`^([a-z]+://)[^/?#]*@`)
)

func remote(source string) bool { return remoteAddress.MatchString(source) }

// downloaded notes the addresses of an ADD.
func (s *stage) downloaded(c *instructions.AddCommand, line int) error {
	checksum, err := s.env.expand(c.Checksum)
	if err != nil {
		return err
	}
	if checksum == unknown {
		checksum = ""
	}
	for _, word := range c.SourcePaths {
		value, err := s.env.expand(word)
		if err != nil {
			return err
		}
		if value == unknown {
			value = word
		}
		if !remote(value) {
			continue
		}
		d := Download{userinfo.ReplaceAllString(value, "$1"), checksum, line}
		if m := gitCommit.FindStringSubmatch(value); m != nil && checksum == "" {
			d.Checksum = m[1]
		}
		s.downloads = append(s.downloads, d)
	}
	return nil
}
