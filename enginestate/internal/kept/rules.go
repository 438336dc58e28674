package kept

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Trust is what a run is for, which decides whose states it may restore.
type Trust string

const (
	// Delivery is a run whose images are published: deliveries must have written
	// all that it restores.
	Delivery Trust = "delivery"
	// Check is a run that publishes nothing.
	Check Trust = "check"
)

// Writer is a run, as far as it matters to a state that it keeps.
type Writer struct {
	Engine     string `json:"engine"`
	Platform   string `json:"platform"`
	Repository string `json:"repository"`
	Branch     string `json:"branch"`
	Trust      Trust  `json:"trust"`
}

// Branch is the branch of a git reference, such as refs/heads/main, or of its
// short name. That of a pull request is pull/ and its number, by whichever name
// it is called: refs/pull/7/merge, 7/merge, refs/merge-requests/7/head.
func Branch(reference string) string {
	if pull := pullRequest.FindStringSubmatch(reference); pull != nil {
		return "pull/" + cmp.Or(pull[1], pull[2])
	}
	return strings.TrimPrefix(strings.TrimPrefix(reference, "refs/"), "heads/")
}

var pullRequest = regexp.MustCompile(`^(?:refs/)?(?:pull|merge-requests)/([0-9]+)(?:/.*)?$|^([0-9]+)/(?:merge|head)$`)

func isPullRequest(branch string) bool { return pullRequest.MatchString(branch) }

// Check fails when there is no such run.
func (w Writer) Check() error {
	switch {
	case w.Repository == "":
		return errors.New("whose state is it? Name the repository with --repository, such as owner/name")
	case w.Branch == "":
		return errors.New("which branch is this? Name it with --branch: refs/heads/main, main, or refs/pull/7/merge")
	case w.Engine == "":
		return errors.New("which version is the engine? Name it with --engine, such as v0.21.8")
	case w.Trust != Delivery && w.Trust != Check:
		return fmt.Errorf("--trust is %q. Write %s for a run that publishes, and %s for any other", w.Trust, Delivery, Check)
	case w.Trust == Delivery && isPullRequest(w.Branch):
		return fmt.Errorf("%s is a pull request, whose code nobody has let in, and --trust says that it is delivered. Write --trust %s", w.Branch, Check)
	}
	return nil
}

// Reader is a run that wants a state, and the branch whose state it takes where
// its own has none.
type Reader struct {
	Writer
	Fallback string
}

// Check fails when there is no such run.
func (r Reader) Check() error {
	if isPullRequest(r.Fallback) {
		return fmt.Errorf("--fallback is the pull request %s, whose state is nobody's but its own. Name the default branch", r.Fallback)
	}
	return r.Writer.Check()
}

// Sources are those whose states the run may restore, the best first: what the
// branch has kept, then the default branch. A delivery takes what deliveries
// have written. What a pull request wrote, it alone takes.
func (r Reader) Sources() []Writer {
	trusts := []Trust{Check, Delivery}
	if r.Trust == Delivery {
		trusts = []Trust{Delivery}
	}
	var sources []Writer
	for _, branch := range []string{r.Branch, r.Fallback} {
		for _, trust := range trusts {
			source := r.Writer
			source.Branch, source.Trust = branch, trust
			delivers := source.Trust == Delivery && isPullRequest(branch) // It does not.
			if branch != "" && !delivers && !slices.Contains(sources, source) {
				sources = append(sources, source)
			}
		}
	}
	return sources
}

// Continues fails unless a run may go on with a directory that another one began: it is
// as one that it restores. Of which engine it is, the next engine finds out itself.
func (r Reader) Continues(began Writer) error {
	for _, source := range r.Sources() {
		if source.Repository == began.Repository && source.Branch == began.Branch && source.Trust == began.Trust {
			return nil
		}
	}
	return fmt.Errorf("it is that of a %s of %s of %s", began.Trust, began.Branch, began.Repository)
}

// Wrote fails unless a manifest's state is one that the source wrote.
func (w Writer) Wrote(m Manifest) error {
	for _, is := range []struct{ what, wanted, found string }{
		{"engine", w.Engine, m.Engine}, {"platform", w.Platform, m.Platform},
		{"repository", w.Repository, m.Repository}, {"branch", w.Branch, m.Branch}, {"trust", string(w.Trust), string(m.Trust)},
	} {
		if is.wanted != is.found {
			return fmt.Errorf("its %s is %q, and %q is wanted", is.what, is.found, is.wanted)
		}
	}
	return nil
}

// Follows fails when a run may not keep a state that began as what another one
// had kept: it would bring it to those who may not restore that.
func (w Writer) Follows(other Writer) error {
	switch {
	case w.Repository != other.Repository:
		return fmt.Errorf("it began as a state of %s", other.Repository)
	case w.Trust == Delivery && other.Trust != Delivery:
		return fmt.Errorf("it began as what a check of %s kept, and a delivery would take it for its own", other.Branch)
	case isPullRequest(other.Branch) && w.Branch != other.Branch:
		return fmt.Errorf("it began as what the pull request %s kept, which nobody else takes", other.Branch)
	}
	return nil
}

// Key is the name of what the run keeps. Its beginning is that of caches of
// this engine on this platform.
func (w Writer) Key() string {
	return fmt.Sprintf("pingvas-ci-engine-%s-%s-%s-%s", strings.ReplaceAll(w.Platform, "/", "-"), plain(w.Engine), w.Trust, plain(w.Branch))
}

// longest is how much of a branch's name a key has: with all before it, it is
// the tag of an image.
const longest = 48

// plain is a text as a part of a file's name or a tag: itself, else what may
// stand there and a digest, so that no two are the same.
func plain(text string) string {
	clean := unusual.ReplaceAllString(text, "-")
	if clean == text && len(text) <= longest {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%.*s-%s", longest, clean, hex.EncodeToString(sum[:4]))
}

var unusual = regexp.MustCompile(`[^A-Za-z0-9._-]+`)
