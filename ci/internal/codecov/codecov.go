// Package codecov says how coverage is uploaded by Codecov's own CLI.
package codecov

import (
	_ "embed"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// Lock is the CLI with all that it takes, as requirements with hashes.
//
//go:embed codecov.txt
var Lock string

// Upload is what coverage is of.
type Upload struct {
	// Repository is OWNER/NAME.
	Repository string
	Commit     string
	Branch     string
	// PullRequest is a number; none is 0.
	PullRequest int
	// API is where Codecov is spoken to.
	API string
}

var (
	slug   = regexp.MustCompile(`^[A-Za-z0-9_-]+/[A-Za-z0-9._-]+$`)
	commit = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

// Check refuses what Codecov would take for something else.
func (u Upload) Check() error {
	at, err := url.Parse(u.API)
	switch {
	case !slug.MatchString(u.Repository):
		return fmt.Errorf("codecov: repository %q: write OWNER/NAME", u.Repository)
	case !commit.MatchString(u.Commit):
		return fmt.Errorf("codecov: commit %q: give all forty digits", u.Commit)
	case err != nil || at.Hostname() == "" || at.User != nil:
		return fmt.Errorf("codecov: api %q is no URL, or one with credentials. Write it as https://ingest.codecov.io", u.API)
	case u.Branch == "":
		return nil
	}
	return names.Branch(u.Branch)
}

// Host is where Codecov is spoken to.
func (u Upload) Host() string {
	at, err := url.Parse(u.API)
	if err != nil {
		return ""
	}
	return at.Hostname()
}

// Places of the container that the CLI runs in.
const (
	// Settings are ours: a codecov.yml of the repository could send the token elsewhere.
	Settings = "/codecov/codecov.yml"
	// Reports has the coverage files, and Names the repository, of which Codecov is
	// told the files' names.
	Reports = "/codecov/reports"
	Names   = "/codecov/repository"
)

// Command uploads one file, with its component as the flag.
func (u Upload) Command(file string) []string {
	command := []string{
		"codecovcli", "--disable-telem", "--url", u.API, "--codecov-yml-path", Settings, "--auto-load-params-from", "githubactions", "upload-coverage",
		"--fail-on-error", "--disable-search", "--disable-file-fixes", "--plugin", "noop", "--git-service", "github",
		"--slug", u.Repository, "--sha", u.Commit, "--network-root-folder", Names,
		"--flag", Component(file), "--name", Component(file), "--file", path.Join(Reports, file),
	}
	if u.Branch != "" {
		command = append(command, "--branch", u.Branch)
	}
	if u.PullRequest > 0 {
		command = append(command, "--pr", strconv.Itoa(u.PullRequest))
	}
	return command
}

// Component is the one that a file of coverage is of.
func Component(file string) string { return strings.TrimSuffix(file, path.Ext(file)) }

// Files are the files of coverage in a directory, a component each.
func Files(entries []string) (files []string) {
	for _, name := range entries {
		if ext := path.Ext(name); slices.Contains([]string{".xml", ".lcov", ".info"}, ext) && names.Component(Component(name)) == nil {
			files = append(files, name)
		}
	}
	slices.Sort(files)
	return files
}
