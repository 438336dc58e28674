package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// Promote makes an environment run what another one runs.
//
// It takes the very digests: nothing is built. An image that is older than what
// runs, or waits for its review, is left out.
// +cache="never"
func (g *Gitops) Promote(
	ctx context.Context,
	// The environment whose images are taken.
	// +default="dev"
	from string,
	// The environment that is to run them.
	// +default="prod"
	to string,
	// The components to promote; all that both environments have when absent.
	// +optional
	components []string,
	// Replace newer images too.
	// +optional
	force bool,
	// Commit to the branch, even for an environment that is changed by pull
	// request.
	// +optional
	direct bool,
) (*GitopsChange, error) {
	return g.ordered(ctx, "HEAD", force, func(order gitops.Order) (*GitopsChange, error) {
		order.Time = time.Time{} // The images are of many commits: each tag says which.
		return g.apply(ctx, gitops.Promotion{
			From: from, To: to, Components: components, Run: g.settings().Run, Order: order,
		}, applying{direct: direct, exists: true})
	})
}

// Rollback makes an environment run what it ran of one component before.
//
// That is the previous pin of the history that no earlier rollback took back,
// across merges and other components' commits. Every other component stays as it
// is. Where the registry is known, the image is scanned again, with what is
// known today.
// +cache="never"
func (g *Gitops) Rollback(
	ctx context.Context,
	// The component, by its image's name in the manifests.
	component string,
	// The environment to roll back.
	// +default="prod"
	environment string,
	// Roll back to this one: a tag, a digest or a source commit, or the
	// beginning of one.
	// +optional
	to string,
	// Why, for the commit and the history.
	// +optional
	reason string,
	// Commit to the branch, even for an environment that is changed by pull
	// request.
	// +optional
	direct bool,
	// Roll back although a scan of today finds something. It needs a reason.
	// +optional
	acceptFindings bool,
) (*GitopsChange, error) {
	if acceptFindings && strings.TrimSpace(reason) == "" {
		return nil, errors.New("rollback: findings are accepted for a reason. Give it with --reason")
	}
	var op gitops.Operation = gitops.Rollback{
		Environment: environment, Component: component, To: to, Reason: reason, Run: g.settings().Run,
	}
	if !acceptFindings && g.Ci != nil && len(g.Ci.Registries) > 0 {
		op = rescanned{op, g.Ci, map[string]bool{}}
	}
	return g.apply(ctx, op, applying{direct: direct, exists: true})
}

// GitopsPin is what an environment ran of a component from a commit on.
type GitopsPin struct {
	// Image is the reference that ran; empty when there was none.
	Image string
	// Source is the source commit that it was built from, as its tag says.
	Source string
	// Commit is the commit of the GitOps repository that pinned it.
	Commit string
	// Author made that commit.
	Author string
	// Time is when, in RFC 3339.
	Time string
	// How says by what: bump, promotion, rollback, or edit for one by hand.
	How string
	// Reason is why a rollback was made.
	Reason string
	// Run is the address of the run that made the commit.
	Run string
}

// GitopsHistory is what an environment ran of a component, newest first.
type GitopsHistory struct {
	// Pins are what ran.
	Pins []*GitopsPin
}

// History tells what an environment ran of a component.
//
// Newest first: the image, when it came, by whom, how, and from which commit.
// +cache="session"
func (g *Gitops) History(
	ctx context.Context,
	// The component, by its image's name in the manifests.
	component string,
	// The environment to look at.
	// +default="prod"
	environment string,
) (*GitopsHistory, error) {
	history := &GitopsHistory{}
	err := g.readHistory(ctx, func(dir string) error {
		ran, err := gitops.History(ctx, dir, environment, component)
		for _, p := range ran {
			history.Pins = append(history.Pins, pinOf(p))
		}
		return err
	})
	return history, err
}

func pinOf(p gitops.Pin) *GitopsPin {
	pin := &GitopsPin{
		Source: gitops.SourceOf(p.Image), Commit: p.Commit.Hash,
		Author: fmt.Sprintf("%s <%s>", p.Commit.Author.Name, p.Commit.Author.Email),
		Time:   p.Commit.Time.Format(time.RFC3339), How: p.How(), Reason: p.Reason(), Run: p.Run(),
	}
	if p.Image.NewTag+p.Image.Digest != "" {
		pin.Image = p.Image.Reference()
	}
	return pin
}

// Table returns the history for people.
func (h *GitopsHistory) Table() string {
	rows := [][]string{{"TIME", "HOW", "IMAGE", "COMMIT", "AUTHOR", "REASON"}}
	for _, p := range h.Pins {
		_, image, _ := cutLast(p.Image, "/")
		rows = append(rows, []string{p.Time, p.How, image, p.Commit[:12], p.Author, p.Reason})
	}
	return aligned(rows)
}

// aligned is a table with its columns below each other.
func aligned(rows [][]string) string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 4, 2, ' ', 0)
	for _, row := range rows {
		// A strings.Builder takes everything.
		_, _ = table.Write([]byte(strings.Join(row, "\t") + "\n"))
	}
	_ = table.Flush()
	return text.String()
}

// GitopsDiff is the difference between two renderings of an environment.
type GitopsDiff struct {
	// Text is the difference resource by resource, for people.
	Text string
	// Before and After are the rendered manifests.
	Before *dagger.File
	After  *dagger.File
	// Patch turns Before into After.
	Patch *dagger.File
}

// Diff compares an environment's rendered manifests before and after a change.
//
// It compares with an earlier commit, or with another directory.
// +cache="session"
func (g *Gitops) Diff(
	ctx context.Context,
	// The environment to render.
	// +default="dev"
	environment string,
	// The commit, branch or tag of the GitOps repository to compare with; the
	// previous commit when absent.
	// +optional
	commit string,
	// A directory of a GitOps repository to compare with instead of a commit.
	// +optional
	directory *dagger.Directory,
) (*GitopsDiff, error) {
	if commit != "" && directory != nil {
		return nil, errors.New("a commit and a directory are given. Give one of them")
	}
	if commit == "" {
		commit = "HEAD~1"
	}
	var difference kustomize.Comparison
	err := g.readHistory(ctx, func(dir string) (err error) {
		if directory == nil {
			difference, err = gitops.CompareWith(ctx, dir, commit, environment)
			return err
		}
		return exported(ctx, directory, func(before string) (err error) {
			difference, err = gitops.Compare(before, dir, environment)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	files := dag.Directory().
		WithNewFile("before/"+environment+".yaml", string(difference.Before)).
		WithNewFile("after/"+environment+".yaml", string(difference.After)).
		WithNewFile(environment+".patch", difference.Patch)
	return &GitopsDiff{
		Text:   difference.Text,
		Before: files.File("before/" + environment + ".yaml"),
		After:  files.File("after/" + environment + ".yaml"),
		Patch:  files.File(environment + ".patch"),
	}, nil
}
