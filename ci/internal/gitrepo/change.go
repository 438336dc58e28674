package gitrepo

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// Change is what an edit did to a clone: the files, and the commit's message.
type Change struct {
	// Files are relative to the clone; added, changed or removed.
	Files []string
	// Word tells that the message alone is what is to be committed, without files.
	Word bool
	// Subject is the first line of the message.
	Subject string
	// Body is free text below the subject; it may be empty.
	Body string
	// Trailers are the last lines, such as Source-Commit, Run and Image-Digest.
	Trailers []Trailer
}

// Trailer is one "Key: value" line at the end of a commit message.
type Trailer struct{ Key, Value string }

// Author is who writes a commit.
type Author struct{ Name, Email string }

// DefaultAuthor is the author that the guide gives to commits of the pipeline.
var DefaultAuthor = Author{Name: "GitHub Actions", Email: "actions@github.com"}

// env names the author to git; it commits too.
func (a Author) env() []string {
	return []string{
		"GIT_AUTHOR_NAME=" + a.Name, "GIT_AUTHOR_EMAIL=" + a.Email,
		"GIT_COMMITTER_NAME=" + a.Name, "GIT_COMMITTER_EMAIL=" + a.Email,
	}
}

func (o Options) author() Author {
	if o.Author == (Author{}) {
		return DefaultAuthor
	}
	return o.Author
}

func (o Options) check() error {
	var errs []error
	author := o.author()
	if author.Name == "" || author.Email == "" || strings.ContainsFunc(author.Name+author.Email, notPlain) {
		errs = append(errs, fmt.Errorf("the author %q <%s> is refused. Give a name and an e-mail address, each on one line", author.Name, author.Email))
	}
	if o.Topic != "" {
		errs = append(errs, names.Branch(o.Topic))
	}
	return errors.Join(errs...)
}

// check refuses paths that leave the clone, and text that would forge a trailer.
func (c Change) check() error {
	if len(c.Files) == 0 && !c.Word {
		return nil
	}
	var errs []error
	for _, file := range c.Files {
		first, _, _ := strings.Cut(filepath.ToSlash(filepath.Clean(file)), "/")
		if !filepath.IsLocal(file) || filepath.Clean(file) == "." || strings.EqualFold(first, ".git") {
			errs = append(errs, fmt.Errorf("the file %q is refused. Name single files inside of the repository", file))
		}
	}
	if strings.TrimSpace(c.Subject) == "" || strings.ContainsFunc(c.Subject, notPlain) {
		errs = append(errs, fmt.Errorf("the subject %q is refused. Give one line of text", c.Subject))
	}
	for _, trailer := range c.Trailers {
		if !trailerKey.MatchString(trailer.Key) || strings.TrimSpace(trailer.Value) == "" || strings.ContainsFunc(trailer.Value, notPlain) {
			errs = append(errs, fmt.Errorf("the trailer %q: %q is refused. Give a key of letters, digits and hyphens, and one line of text", trailer.Key, trailer.Value))
		}
	}
	return errors.Join(errs...)
}

var trailerKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

func notPlain(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

func (c Change) message() string {
	parts := []string{strings.TrimSpace(c.Subject)}
	if body := strings.TrimSpace(c.Body); body != "" {
		parts = append(parts, body)
	}
	var trailers []string
	for _, trailer := range c.Trailers {
		trailers = append(trailers, trailer.Key+": "+strings.TrimSpace(trailer.Value))
	}
	if len(trailers) > 0 {
		parts = append(parts, strings.Join(trailers, "\n"))
	}
	return strings.Join(parts, "\n\n") + "\n"
}
