// Package release says what a version is: the images that it names, and what changed
// in them since the one before.
package release

import (
	"fmt"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Before is the version before another one, among those that there are; empty where
// there is none. Between two releases it is the last release, whatever was tried in
// between.
func Before(version string, all []string) (before string) {
	for _, v := range all {
		tried := semver.Prerelease(v) != "" && semver.Prerelease(version) == ""
		if semver.IsValid(v) && !tried && semver.Compare(v, version) < 0 && (before == "" || semver.Compare(v, before) > 0) {
			before = v
		}
	}
	return before
}

// Tried tells whether a version is one to try, such as v1.4.0-rc.1.
func Tried(version string) bool { return semver.Prerelease(version) != "" }

// Notes are what is said of a version.
type Notes struct {
	// Version is what is released, and Before the one before it, if any.
	Version, Before string
	// Images are their references, with the digests.
	Images []string
	// Components are those of the repository, and Changes what was committed since.
	Components []component.Component
	Changes    []gitrepo.Committed
	// Repository is where its commits can be looked at; empty where that is not known.
	Repository string
}

// most keeps the notes of a first release readable.
const most = 100

// Markdown is the notes as people read them: what changed by the components that it
// affects, by the definition that decides what is built, and the images.
func (n Notes) Markdown() (string, error) {
	by, err := n.byComponent()
	if err != nil {
		return "", err
	}
	var text strings.Builder
	if n.Before != "" {
		text.WriteString("What changed since " + n.link(n.Before, "/compare/"+n.Before+"..."+n.Version) + ".\n")
	}
	for _, c := range n.Components {
		n.section(&text, c.Name, by[c.Name])
	}
	n.section(&text, "Besides", by[""])
	if len(n.Images) > 0 {
		text.WriteString("\n## Images\n\n")
		for _, image := range n.Images {
			text.WriteString("- `" + image + "`\n")
		}
	}
	return strings.TrimPrefix(text.String(), "\n"), nil
}

// byComponent are the changes by the components that they affect; those that affect
// none by no name.
func (n Notes) byComponent() (map[string][]gitrepo.Committed, error) {
	by := map[string][]gitrepo.Committed{}
	for _, change := range n.Changes {
		plan, err := affected.Plan(n.Components, change.Files)
		if err != nil {
			return nil, fmt.Errorf("release notes: %s: %w", change.Hash, err)
		}
		for _, a := range plan {
			by[a.Component.Name] = append(by[a.Component.Name], change)
		}
		if len(plan) == 0 {
			by[""] = append(by[""], change)
		}
	}
	return by, nil
}

func (n Notes) section(text *strings.Builder, heading string, changes []gitrepo.Committed) {
	if len(changes) == 0 {
		return
	}
	text.WriteString("\n## " + heading + "\n\n")
	for _, c := range changes[:min(len(changes), most)] {
		text.WriteString("- " + written(c.Subject) + " (" + n.link(c.Hash[:min(len(c.Hash), 7)], "/commit/"+c.Hash) + ")\n")
	}
	if more := len(changes) - most; more > 0 {
		fmt.Fprintf(text, "- … and %d more\n", more)
	}
}

func (n Notes) link(text, path string) string {
	if n.Repository == "" {
		return text
	}
	return "[" + text + "](" + n.Repository + path + ")"
}

// written is text of others in Markdown: no mark-up of HTML's, and no mention of whoever
// has such a name on the platform.
func written(subject string) string {
	return strings.NewReplacer("<", "&lt;", "@", "@\u200b").Replace(plain.Line(subject))
}
