package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/retry"
)

// Release is what GitHub shows of a version.
type Release struct {
	// Tag is the version's, which the repository has.
	Tag string
	// Body is its notes, in Markdown.
	Body string
	// Prerelease says that it is one to try.
	Prerelease bool
	// Assets are its files.
	Assets []Asset
}

// Asset is a file of a release.
type Asset struct {
	Name    string
	Content []byte
}

// shownRelease is a release in GitHub's words.
type shownRelease struct {
	ID        int64        `json:"id"`
	Tag       string       `json:"tag_name"`
	Name      string       `json:"name"`
	Body      string       `json:"body"`
	Draft     bool         `json:"draft"`
	URL       string       `json:"html_url"`
	UploadURL string       `json:"upload_url"`
	Assets    []shownAsset `json:"assets"`
}

type shownAsset struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	State string `json:"state"`
	Size  int    `json:"size"`
}

// whole tells that all of a file is there: one that was cut off is there by its name
// alone.
func (a shownAsset) whole(content []byte) bool {
	return a.State == "uploaded" && a.Size == len(content)
}

type releaseText struct {
	Tag        string `json:"tag_name"`
	Name       string `json:"name"`
	Body       string `json:"body"`
	Draft      bool   `json:"draft"`
	Prerelease bool   `json:"prerelease"`
}

// mostNotes is what GitHub takes of a release's notes.
const mostNotes = 125000

// EnsureRelease returns the address of a tag's release, after making it or bringing it
// up to date. It is a draft until all of its files are there, so that one that is cut
// off is seen by nobody, and is ended by calling it again.
func (r Repository) EnsureRelease(ctx context.Context, release Release) (string, error) {
	fail := func(err error) (string, error) {
		return "", fmt.Errorf("release %s in %s/%s: %w", release.Tag, r.owner, r.name, err)
	}
	if err := names.Tag(release.Tag); err != nil {
		return fail(err)
	}
	text := releaseText{Tag: release.Tag, Name: release.Tag, Body: shortened(release.Body), Draft: true, Prerelease: release.Prerelease}
	shown, err := r.findRelease(ctx, text)
	if err == nil && shown == nil {
		shown, err = r.draft(ctx, text)
	}
	if err != nil {
		return fail(err)
	}
	for _, asset := range release.Assets {
		if err := r.upload(ctx, shown, asset); err != nil {
			return fail(err)
		}
	}
	text.Draft = false
	err = r.call(ctx, http.MethodPatch, fmt.Sprintf("/releases/%d", shown.ID), text, shown)
	if err != nil {
		return fail(err)
	}
	return shown.URL, nil
}

// draft makes a release that nobody sees yet. GitHub makes another one each time that it
// is asked, so when an answer was lost, it first looks whether the release is there.
func (r Repository) draft(ctx context.Context, text releaseText) (*shownRelease, error) {
	asked := false
	return retry.Do(ctx, r.client.retry, func() (*shownRelease, error) {
		if asked {
			if found, err := r.findRelease(ctx, text); found != nil {
				return found, nil
			} else if err != nil {
				return nil, retry.Final(err)
			}
		}
		asked = true
		once, made := r, &shownRelease{}
		once.client.retry.Tries = 1
		if err := once.call(ctx, http.MethodPost, "/releases", text, made); err != nil {
			return nil, fmt.Errorf("%w. Give the job the permission contents: write", err)
		}
		return made, nil
	})
}

// findRelease is a tag's release: the one that everybody sees, else the newest draft, one
// of ours before others. It removes our other drafts, which lost answers left.
func (r Repository) findRelease(ctx context.Context, text releaseText) (*shownRelease, error) {
	listed, err := r.releasesOf(ctx, text.Tag)
	if err != nil || len(listed) == 0 {
		return nil, err
	}
	rank := func(s shownRelease) int {
		switch {
		case !s.Draft:
			return 0
		case text.drafted(s):
			return 1
		}
		return 2
	}
	slices.SortFunc(listed, func(a, b shownRelease) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.ID, a.ID))
	})
	for _, other := range listed[1:] {
		if text.drafted(other) {
			if err := r.remove(ctx, fmt.Sprintf("/releases/%d", other.ID)); err != nil {
				return nil, err
			}
		}
	}
	return &listed[0], nil
}

// drafted tells of a draft that it is of this text, and so is none of a person's.
func (t releaseText) drafted(s shownRelease) bool {
	plain := func(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) }
	return s.Draft && s.Tag == t.Tag && s.Name == t.Name && plain(s.Body) == plain(t.Body)
}

// releasesOf are a tag's releases, drafts among them, which have no address by their tag.
func (r Repository) releasesOf(ctx context.Context, tag string) (of []shownRelease, err error) {
	const page = 100
	for n := 1; ; n++ {
		var listed []shownRelease
		if err := r.call(ctx, http.MethodGet, fmt.Sprintf("/releases?per_page=%d&page=%d", page, n), nil, &listed); err != nil {
			return nil, err
		}
		for _, s := range listed {
			if s.Tag == tag {
				of = append(of, s)
			}
		}
		if len(listed) < page {
			return of, nil
		}
	}
}

// remove removes what may be gone already: the first answer can be lost.
func (r Repository) remove(ctx context.Context, path string) error {
	err := r.call(ctx, http.MethodDelete, path, nil, nil)
	var e *refusal
	if errors.As(err, &e) && strings.HasPrefix(e.status, "404 ") {
		return nil
	}
	return err
}

// upload adds a file that is not there yet. One that was cut off makes room; of a
// release that everybody sees, what was uploaded stays.
func (r Repository) upload(ctx context.Context, to *shownRelease, asset Asset) error {
	if path.Base(asset.Name) != asset.Name || plain.Line(asset.Name) != asset.Name {
		return fmt.Errorf("the file %q: its name is none for a file", asset.Name)
	}
	const tries = 3
	for range tries {
		if at := slices.IndexFunc(to.Assets, func(a shownAsset) bool { return a.Name == asset.Name }); at >= 0 {
			is := to.Assets[at]
			if is.whole(asset.Content) || !to.Draft && is.State == "uploaded" {
				return nil
			}
			if err := r.remove(ctx, fmt.Sprintf("/releases/assets/%d", is.ID)); err != nil {
				return err
			}
		}
		err := r.send(ctx, to, asset)
		if err == nil {
			return nil
		}
		if !refused(err, "already_exists") {
			return fmt.Errorf("the file %s: %w", asset.Name, err)
		}
		// The first answer was lost, and maybe the file was cut off.
		to.Assets = nil
		if err := r.call(ctx, http.MethodGet, fmt.Sprintf("/releases/%d", to.ID), nil, to); err != nil {
			return err
		}
	}
	return fmt.Errorf("the file %s: GitHub says that it exists, and does not show all of it. Run again", asset.Name)
}

// send sends a file. It may be sent twice: of two with one name GitHub refuses one.
func (r Repository) send(ctx context.Context, to *shownRelease, asset Asset) error {
	address, err := r.uploads(to.UploadURL)
	if err != nil {
		return err
	}
	_, err = r.client.ask(ctx, question{
		method: http.MethodPost, address: address + "?" + url.Values{"name": {asset.Name}}.Encode(), token: r.token,
		accept: "application/vnd.github+json", contentType: "application/octet-stream", body: asset.Content,
	})
	return err
}

// uploads is where files are sent, which GitHub names. The token goes nowhere but to
// GitHub's own.
func (r Repository) uploads(template string) (string, error) {
	address, _, _ := strings.Cut(template, "{")
	at, err := url.Parse(address)
	base, wrong := url.Parse(r.client.base)
	if err := errors.Join(err, wrong); err != nil {
		return "", err
	}
	if at.Scheme != base.Scheme || at.Host != base.Host && at.Host != "uploads."+strings.TrimPrefix(base.Host, "api.") {
		return "", fmt.Errorf("its files would go to %s, and the token is only sent to %s", plain.Line(at.Host), base.Host)
	}
	return address, nil
}

// shortened are notes that GitHub takes.
func shortened(notes string) string {
	const end = "\n\n… and more, in the repository's history.\n"
	if runes := []rune(notes); len(runes) > mostNotes {
		return string(runes[:mostNotes-len(end)]) + end
	}
	return notes
}
