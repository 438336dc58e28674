package github

import (
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
	Draft     bool         `json:"draft"`
	URL       string       `json:"html_url"`
	UploadURL string       `json:"upload_url"`
	Assets    []shownAsset `json:"assets"`
}

type shownAsset struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	State string `json:"state"`
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
	shown, err := r.findRelease(ctx, release.Tag)
	if err != nil {
		return fail(err)
	}
	if shown == nil {
		shown = &shownRelease{}
		if err := r.call(ctx, http.MethodPost, "/releases", text, shown); err != nil {
			return fail(fmt.Errorf("%w. Give the job the permission contents: write", err))
		}
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

// findRelease is a tag's release, a draft among them, which has no address by its tag.
func (r Repository) findRelease(ctx context.Context, tag string) (*shownRelease, error) {
	const page = 100
	for n := 1; ; n++ {
		var listed []shownRelease
		if err := r.call(ctx, http.MethodGet, fmt.Sprintf("/releases?per_page=%d&page=%d", page, n), nil, &listed); err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(listed, func(s shownRelease) bool { return s.Tag == tag }); at >= 0 {
			return &listed[at], nil
		}
		if len(listed) < page {
			return nil, nil
		}
	}
}

// upload adds a file that is not there yet. One that was cut off is there by its name
// alone, and makes room.
func (r Repository) upload(ctx context.Context, to *shownRelease, asset Asset) error {
	if path.Base(asset.Name) != asset.Name || plain.Line(asset.Name) != asset.Name {
		return fmt.Errorf("the file %q: its name is none for a file", asset.Name)
	}
	if at := slices.IndexFunc(to.Assets, func(a shownAsset) bool { return a.Name == asset.Name }); at >= 0 {
		if to.Assets[at].State == "uploaded" {
			return nil
		}
		if err := r.call(ctx, http.MethodDelete, fmt.Sprintf("/releases/assets/%d", to.Assets[at].ID), nil, nil); err != nil {
			return err
		}
	}
	address, err := r.uploads(to.UploadURL)
	if err != nil {
		return err
	}
	_, err = r.client.ask(ctx, question{
		method: http.MethodPost, address: address + "?" + url.Values{"name": {asset.Name}}.Encode(), token: r.token,
		accept: "application/vnd.github+json", contentType: "application/octet-stream", body: asset.Content,
	})
	switch {
	case refused(err, "already_exists"): // The first answer was lost.
		return nil
	case err != nil:
		return fmt.Errorf("the file %s: %w", asset.Name, err)
	}
	return nil
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
