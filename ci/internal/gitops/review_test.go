package gitops_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo/gittest"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	platform "github.com/pingvas/pingvas-ci/ci/internal/review"
)

// hub is a platform of its own, which keeps requests as GitHub does: the head of
// an open one is that of its branch, and a closed one keeps the head that it had.
type hub struct {
	r     *gittest.Repository
	mutex sync.Mutex
	pulls []*pull
}

type pull struct {
	platform.Request
	closedAt string
}

func (h *hub) ClosedAt(_ context.Context, head, base, commit string) (bool, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	closed := false
	for _, p := range h.pulls {
		if p.Head == head && p.Base == base && p.closedAt == "" {
			return false, nil
		}
		closed = closed || p.closedAt == commit
	}
	return closed, nil
}

func (h *hub) Ensure(_ context.Context, wanted platform.Request) (string, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for i, p := range h.pulls {
		if p.Head == wanted.Head && p.closedAt == "" {
			p.Title, p.Body = wanted.Title, wanted.Body
			return fmt.Sprintf("pull/%d", i+1), nil
		}
	}
	h.pulls = append(h.pulls, &pull{Request: wanted})
	return fmt.Sprintf("pull/%d", len(h.pulls)), nil
}

func (h *hub) Open(_ context.Context, head, _ string) (bool, error) { return h.open(head) != nil, nil }

func (h *hub) Close(_ context.Context, head, _, reason string) (string, error) {
	p := h.open(head)
	if p == nil {
		return "", nil
	}
	p.Body = reason
	p.closedAt = must(h.r.Git("rev-parse", head))
	return "pull/closed", nil
}

func (h *hub) open(head string) *pull {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, p := range h.pulls {
		if p.Head == head && p.closedAt == "" {
			return p
		}
	}
	return nil
}

// review is a repository with the pull requests of its hub.
type review struct {
	repository
	hub *hub
}

func newReview(t *testing.T) review {
	r := newRepository(t)
	return review{r, &hub{r: r.Repository}}
}

// platform is the hub, for who asks for one.
func (r review) platform(context.Context) (platform.Platform, error) { return r.hub, nil }

const topic = "pingvas-ci/prod"

func (r review) propose(op gitops.Operation) gitops.Proposal {
	r.t.Helper()
	p, err := gitops.Propose(r.t.Context(), r.remote, gitrepo.Options{Depth: -1}, r.hub, op)
	require.NoError(r.t, err)
	return p
}

// close closes the open pull request, without merging it.
func (r review) close() {
	r.t.Helper()
	r.hub.pulls[len(r.hub.pulls)-1].closedAt = r.tip()
}

// tip is the head of the topic branch.
func (r review) tip() string {
	r.t.Helper()
	hash, err := r.Git("rev-parse", topic)
	require.NoError(r.t, err)
	return hash
}

// proposed are the digests that the topic branch would have prod run.
func (r review) proposed() string {
	r.t.Helper()
	text, err := r.Git("show", topic+":apps/overlays/prod/kustomization.yaml")
	require.NoError(r.t, err)
	return text
}

func (r review) ahead() string {
	r.t.Helper()
	count, err := r.Git("rev-list", "--count", "main.."+topic)
	require.NoError(r.t, err)
	return count
}

func bumpOf(images ...kustomize.Image) gitops.Bump {
	return gitops.Bump{Environment: "prod", Commit: images[0].NewTag, Images: images}
}

func TestASecondProposalKeepsWhatWaits(t *testing.T) {
	r := newReview(t)
	first := bumpOf(image("user-service", "1"))
	first.Run, first.Scans = "https://ci.example/1", map[string]string{"user-service": "nothing found"}
	require.Equal(t, "pull/1", r.propose(first).PullRequest)
	require.Equal(t, "chore: update user-service image to "+first.Commit, r.hub.pulls[0].Title)

	p := r.propose(bumpOf(image("frontend", "2")))
	require.Equal(t, "pull/1", p.PullRequest)
	require.Len(t, p.Waiting, 2)
	require.Contains(t, r.proposed(), digest("1"))
	require.Contains(t, r.proposed(), digest("2"))
	require.Equal(t, "2", r.ahead(), "a commit for each run, on main")
	require.Equal(t, "chore: update 2 images in prod", r.hub.pulls[0].Title)
	require.Contains(t, r.hub.pulls[0].Body, "nothing found | [run](https://ci.example/1)", "what the first run found is still told")

	t.Run("the same again changes nothing", func(t *testing.T) {
		tip := r.tip()
		require.Equal(t, p, r.propose(bumpOf(image("frontend", "2"))))
		require.Equal(t, tip, r.tip())
	})
	t.Run("a later proposal of the same component replaces what waits", func(t *testing.T) {
		p := r.propose(bumpOf(image("frontend", "3")))
		require.Len(t, p.Waiting, 2)
		require.NotContains(t, r.proposed(), digest("2"))
		require.Contains(t, r.proposed(), digest("1"))
	})
	t.Run("it is rebased when main moved, with what each run recorded", func(t *testing.T) {
		require.NoError(t, r.Commit("main", "edited by hand", map[string]string{"README.md": "new\n"}))
		r.propose(bumpOf(image("frontend", "4")))
		require.Equal(t, "0", strings.TrimSpace(must(r.Git("rev-list", "--count", topic+"..main"))))
		require.Contains(t, r.proposed(), digest("1"))
		trailers := must(r.Git("log", "--format=%(trailers:only)", "main.."+topic))
		require.Contains(t, trailers, "Scan: user-service nothing found")
		require.Contains(t, trailers, "Run: https://ci.example/1")
	})
	t.Run("what was changed on main meanwhile does not wait any more", func(t *testing.T) {
		r.bump("prod", image("user-service", "5"))
		p := r.propose(bumpOf(image("frontend", "6")))
		require.Len(t, p.Waiting, 1)
		require.Contains(t, r.proposed(), digest("5"))
		require.NotContains(t, r.proposed(), digest("1"))
	})
	t.Run("a rollback starts from what runs, whatever waits", func(t *testing.T) {
		r.bump("prod", image("user-service", "7"))
		r.propose(bumpOf(image("user-service", "8")))
		p := r.propose(&gitops.Rollback{Environment: "prod", Component: "user-service"})
		require.Equal(t, []string{"frontend", "user-service"}, names(p))
		require.Contains(t, r.proposed(), digest("5"))
		require.NotContains(t, r.proposed(), digest("8"))
	})
	require.Len(t, r.hub.pulls, 1)
}

func names(p gitops.Proposal) (names []string) {
	for _, w := range p.Waiting {
		names = append(names, w.Image.Name)
	}
	return names
}

func must(text string, err error) string {
	if err != nil {
		panic(err)
	}
	return text
}

func TestAnOlderBuildDoesNotReplaceANewerOneThatWaits(t *testing.T) {
	dir, line, _ := source(t)
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	unknown := strings.Repeat("f", 40) // newer than the clone of the source
	for name, c := range map[string]struct {
		waits, next string
		order       gitops.Order
	}{
		"by the source's history":   {line[2], line[0], gitops.Order{Source: dir}},
		"by the time of its commit": {unknown, line[0], gitops.Order{Source: dir, Time: noon.Add(-time.Hour)}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReview(t)
			r.propose(gitops.Bump{Environment: "prod", Commit: c.waits, Images: []kustomize.Image{of(c.waits)}, Order: gitops.Order{Time: noon}})
			p := r.propose(gitops.Bump{Environment: "prod", Commit: c.next, Images: []kustomize.Image{of(c.next), image("frontend", "1")}, Order: c.order})
			require.Contains(t, r.proposed(), of(c.waits).Digest)
			require.Contains(t, r.proposed(), digest("1"), "the other image of the run is proposed all the same")
			require.Len(t, p.Kept, 1)
			require.Contains(t, r.hub.pulls[0].Body, "- user-service stays at "+c.waits)
		})
	}
}

// A run that was killed after it pushed left a branch without a pull request.
func TestAProposalThatWasLeftHalfIsFinished(t *testing.T) {
	r := newReview(t)
	r.propose(bumpOf(image("user-service", "1")))
	tip := r.tip()
	r.hub.pulls = nil
	require.Equal(t, "pull/1", r.propose(bumpOf(image("user-service", "1"))).PullRequest)
	require.Equal(t, tip, r.tip())
	r.hub.pulls = nil
	require.Len(t, r.propose(bumpOf(image("frontend", "2"))).Waiting, 2, "by another run too")
}

// overtaken is a hub on which another run pushes and describes between this
// run's push and its description.
type overtaken struct {
	*hub
	meanwhile func()
}

func (o *overtaken) Ensure(ctx context.Context, p platform.Request) (string, error) {
	if other := o.meanwhile; other != nil {
		o.meanwhile = nil
		other()
	}
	return o.hub.Ensure(ctx, p)
}

func TestTheDescriptionIsThatOfTheLastPush(t *testing.T) {
	r := newReview(t)
	slow := &overtaken{r.hub, func() { r.propose(bumpOf(image("frontend", "2"))) }}
	p, err := gitops.Propose(t.Context(), r.remote, gitrepo.Options{Depth: -1}, slow, bumpOf(image("user-service", "1")))
	require.NoError(t, err)
	require.Equal(t, []string{"user-service", "frontend"}, names(p))
	require.Len(t, r.hub.pulls, 1)
	for _, of := range []string{"1", "2"} {
		require.Contains(t, r.hub.pulls[0].Body, digest(of))
	}
	require.Equal(t, "chore: update 2 images in prod", r.hub.pulls[0].Title)
}

func TestWhatAPersonClosedDoesNotComeBack(t *testing.T) {
	r := newReview(t)
	r.propose(bumpOf(image("user-service", "1")))
	r.close()
	p := r.propose(bumpOf(image("frontend", "2")))
	require.Equal(t, "pull/2", p.PullRequest)
	require.Equal(t, []string{"frontend"}, names(p))
	require.NotContains(t, r.proposed(), digest("1"))

	r.close()
	time.Sleep(1100 * time.Millisecond) // a commit made now has another hash
	require.Equal(t, "pull/3", r.propose(bumpOf(image("frontend", "2"))).PullRequest, "unless it is proposed once more")
}

// A merge takes the topic branch as it is; a branch that nobody removed then
// holds nothing.
func TestWhatWasMergedDoesNotWait(t *testing.T) {
	r := newReview(t)
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for i, name := range []string{"user-service", "frontend"} {
		op := bumpOf(image(name, fmt.Sprint(i+1)))
		op.Run, op.Order.Time = fmt.Sprintf("https://ci.example/%d", i+1), noon.Add(time.Duration(i)*time.Hour)
		r.propose(op)
	}
	r.mergeBranch(topic)
	r.close()
	clone := r.clone()
	for i, name := range []string{"user-service", "frontend"} {
		ran, err := gitops.History(t.Context(), clone, "prod", name)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("https://ci.example/%d", i+1), ran[0].Run(), "each pin has its own run, though one merge brought both")
	}
	require.Empty(t, r.propose(bumpOf(image("frontend", "2"))).PullRequest, "prod runs it already")
	require.Equal(t, []string{"frontend"}, names(r.propose(bumpOf(image("frontend", "3")))))
}

func TestReview(t *testing.T) {
	r := newReview(t)
	op := bumpOf(image("user-service", "1"))
	op.Run, op.Scans = "https://ci.example/7", map[string]string{"user-service": "0 HIGH | 1 LOW"}
	p := r.propose(op)
	p.Kept = []string{"frontend stays at x: why"}
	made := gitops.Review(p, "prod", "main")
	for _, text := range []string{
		"what **prod** runs", "| user-service | `abc123def` | `" + strings.Repeat("1", 40) + "` | `" + digest("1") + "` | 0 HIGH \\| 1 LOW | [run](https://ci.example/7) |",
		"- frontend stays at x: why", "+++ Deployment pingvas-prod/user-service",
	} {
		require.Contains(t, made.Body, text)
	}
	p.Diff = strings.Repeat("+ a line of a long difference\n", 5000)
	long := gitops.Review(p, "prod", "main").Body
	require.Less(t, len(long), 65536, "GitHub takes no more")
	require.Contains(t, long, "(cut: see the commit for the rest)")
}
