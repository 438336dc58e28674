package github

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/review"
)

// Repository is a repository on GitHub.
type Repository struct {
	owner  string
	name   string
	token  string
	client client
}

// WithBase sets another address than https://api.github.com, for a company's
// own GitHub.
func WithBase(base string) Option {
	return func(c *client) { c.base = strings.TrimSuffix(base, "/") }
}

// WithPlainHTTP allows HTTP without encryption, for a server that is a service
// of the same call and never leaves the engine's own network.
func WithPlainHTTP() Option { return func(c *client) { c.plain = true } }

// Public is the address of github.com's interface.
const Public = "https://api.github.com"

// NameOf is the name that a repository has on GitHub, as OWNER/NAME, read from its
// address: at github.com, or at the company's own GitHub that the API is of.
func NameOf(address, api string) (string, error) {
	at, err := url.Parse(address)
	if err != nil || at.Hostname() != "github.com" && api == Public {
		return "", fmt.Errorf("%s is not on github.com. Name the repository and the API with with-gitops-review, or write it directly with --direct", address)
	}
	return strings.TrimSuffix(strings.Trim(at.Path, "/"), ".git"), nil
}

// fullName is OWNER/NAME. The names of an enterprise's users end with an underscore
// and the enterprise's short code.
var fullName = regexp.MustCompile(`^[A-Za-z0-9_-]+/([A-Za-z0-9._-]+)$`)

// CheckName refuses what is no OWNER/NAME on GitHub.
func CheckName(repository string) error {
	match := fullName.FindStringSubmatch(repository)
	if match == nil || match[1] == "." || match[1] == ".." {
		return fmt.Errorf("repository %q: write OWNER/NAME", repository)
	}
	return nil
}

// Open returns the repository called OWNER/NAME, spoken to with the token over
// https. It asks nothing yet.
func Open(repository, token string, opts ...Option) (Repository, error) {
	c := newClient(opts)
	if err := CheckName(repository); err != nil {
		return Repository{}, err
	}
	switch {
	case token == "":
		return Repository{}, fmt.Errorf("repository %s: there is no token; pass one as a secret", repository)
	case !strings.HasPrefix(c.base, "https://") && !c.plain:
		return Repository{}, fmt.Errorf("repository %s: the token is only sent over https, not to %s", repository, plain.Line(c.base))
	}
	owner, name, _ := strings.Cut(repository, "/")
	return Repository{owner, name, token, c}, nil
}

// A repository's pull requests are where its changes are reviewed.
var _ review.Platform = Repository{}

// ClosedAt tells whether a pull request from head to base was closed, merged or
// not, when its head was the commit, and none is open.
func (r Repository) ClosedAt(ctx context.Context, head, base, commit string) (bool, error) {
	query := url.Values{
		"state": {"all"}, "head": {r.owner + ":" + head}, "base": {base},
		"sort": {"updated"}, "direction": {"desc"}, "per_page": {"100"},
	}
	var pulls []struct {
		State string
		Head  struct{ SHA string }
	}
	if err := r.call(ctx, http.MethodGet, "/pulls?"+query.Encode(), nil, &pulls); err != nil {
		return false, fmt.Errorf("look for pull requests of %s into %s in %s/%s: %w", head, base, r.owner, r.name, err)
	}
	closed := false
	for _, p := range pulls {
		if p.State == "open" {
			return false, nil
		}
		closed = closed || p.Head.SHA == commit
	}
	return closed, nil
}

// newPull is a request in GitHub's words.
type newPull struct {
	Head  string `json:"head"`
	Base  string `json:"base"`
	Title string `json:"title"`
	Body  string `json:"body"`
}

type openPull struct {
	Number int    `json:"number"`
	URL    string `json:"html_url"`
	Title  string `json:"title"`
	Body   string `json:"body"`
}

// Open tells whether a pull request from head to base is open.
func (r Repository) Open(ctx context.Context, head, base string) (bool, error) {
	existing, err := r.find(ctx, head, base)
	if err != nil {
		return false, fmt.Errorf("look for a pull request of %s into %s in %s/%s: %w", head, base, r.owner, r.name, err)
	}
	return existing != nil, nil
}

// Ensure returns the address of the open pull request from head to base, after
// making it or bringing its title and body up to date.
func (r Repository) Ensure(ctx context.Context, p review.Request) (string, error) {
	fail := func(err error) (string, error) {
		return "", fmt.Errorf("pull request of %s into %s in %s/%s: %w", p.Head, p.Base, r.owner, r.name, err)
	}
	if err := errors.Join(names.Branch(p.Head), names.Branch(p.Base)); err != nil {
		return fail(err)
	}
	existing, err := r.find(ctx, p.Head, p.Base)
	if err != nil {
		return fail(err)
	}
	if existing == nil {
		var made openPull
		err := r.call(ctx, http.MethodPost, "/pulls", newPull(p), &made)
		switch {
		case err == nil:
			return made.URL, nil
		case refused(err, "No commits between"):
			return fail(review.ErrNoDifference)
		case !refused(err, "already exists"):
			return fail(err)
		}
		// Another run made it in between.
		if existing, err = r.find(ctx, p.Head, p.Base); err != nil || existing == nil {
			return fail(errors.Join(errors.New("GitHub says that it exists, and does not show it. Run again"), err))
		}
	}
	if existing.Title == p.Title && existing.Body == p.Body {
		return existing.URL, nil
	}
	change := map[string]string{"title": p.Title, "body": p.Body}
	if err := r.call(ctx, http.MethodPatch, fmt.Sprintf("/pulls/%d", existing.Number), change, nil); err != nil {
		return fail(err)
	}
	return existing.URL, nil
}

// Close closes the open pull request from head to base, if there is one, with the
// reason as its text.
func (r Repository) Close(ctx context.Context, head, base, reason string) (string, error) {
	fail := func(err error) (string, error) {
		return "", fmt.Errorf("close the pull request of %s into %s in %s/%s: %w", head, base, r.owner, r.name, err)
	}
	existing, err := r.find(ctx, head, base)
	if err != nil {
		return fail(err)
	}
	if existing == nil {
		return "", nil
	}
	change := map[string]string{"state": "closed", "body": reason}
	if err := r.call(ctx, http.MethodPatch, fmt.Sprintf("/pulls/%d", existing.Number), change, nil); err != nil {
		return fail(err)
	}
	return existing.URL, nil
}

var commitHash = regexp.MustCompile(`^[0-9a-f]{40}$`)

// CheckScanned finds out early whether code scanning takes findings for a
// commit and a ref.
func CheckScanned(commit, ref string) error {
	if !commitHash.MatchString(commit) || !strings.HasPrefix(ref, "refs/") {
		return fmt.Errorf("commit %q and ref %q: give the full hash, and a ref such as refs/heads/main", commit, ref)
	}
	return nil
}

// UploadSARIF gives findings to code scanning, for a commit and a full ref such
// as refs/heads/main. It returns the upload's id.
func (r Repository) UploadSARIF(ctx context.Context, commit, ref string, sarif []byte) (string, error) {
	fail := func(err error) (string, error) {
		return "", fmt.Errorf("upload SARIF to %s/%s: %w", r.owner, r.name, err)
	}
	if err := CheckScanned(commit, ref); err != nil {
		return fail(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(sarif); err != nil {
		return fail(err)
	}
	if err := w.Close(); err != nil {
		return fail(err)
	}
	upload := map[string]string{
		"commit_sha": commit, "ref": ref, "sarif": base64.StdEncoding.EncodeToString(packed.Bytes()),
	}
	var answer struct{ ID string }
	if err := r.call(ctx, http.MethodPost, "/code-scanning/sarifs", upload, &answer); err != nil {
		return fail(fmt.Errorf("%w. Give the job the permission security-events: write, and see that code scanning is on", err))
	}
	return answer.ID, nil
}

func (r Repository) find(ctx context.Context, head, base string) (*openPull, error) {
	query := url.Values{"state": {"open"}, "head": {r.owner + ":" + head}, "base": {base}}
	var open []openPull
	if err := r.call(ctx, http.MethodGet, "/pulls?"+query.Encode(), nil, &open); err != nil || len(open) == 0 {
		return nil, err
	}
	return &open[0], nil
}

func refused(err error, because string) bool {
	var e *refusal
	return errors.As(err, &e) && strings.Contains(e.message, because)
}

// call asks something of the repository. All that is asked may be asked twice:
// of two requests to open a pull request one is refused, and of findings that
// code scanning is given twice the last ones count. A release alone is asked for
// once.
func (r Repository) call(ctx context.Context, method, path string, body, into any) error {
	q := question{method: method, address: r.client.base + "/repos/" + r.owner + "/" + r.name + path, token: r.token, accept: "application/vnd.github+json"}
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		q.body = raw
	}
	answer, err := r.client.ask(ctx, q)
	if err != nil || into == nil {
		return err
	}
	return json.Unmarshal(answer, into)
}
