package gitops_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo/gittest"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	platform "github.com/pingvas/pingvas-ci/ci/internal/review"
)

// TestRaces has writers bump one component each, all at once, round after
// round, late ones that come with the image of the round before, and from the third
// round on one who rolls a component back. Every update must be there, none older
// over a newer one and none of what was rolled back, in a linear history.
// PINGVAS_RACES=8x10 runs it with other numbers; a short run has fewer.
func TestRaces(t *testing.T) {
	writers, rounds := raceSize(t, 4, 3)
	r := newRaceTrack(t, writers)
	dir, commits := line(t, rounds)
	began := time.Now()
	for round := range rounds {
		var start sync.WaitGroup
		var done sync.WaitGroup
		start.Add(1)
		for i := range writers {
			done.Go(func() { start.Wait(); r.write(i, commits[round], dir, true) })
			if round > 0 {
				done.Go(func() { start.Wait(); r.write(i, commits[round-1], dir, false) })
			}
		}
		if round > 1 {
			done.Go(func() { start.Wait(); r.rollBack(round % writers) })
		}
		start.Done()
		done.Wait()
	}
	took := time.Since(began)

	clone := r.clone()
	for i := range writers {
		ran, err := gitops.History(t.Context(), clone, "dev", component(i))
		require.NoError(t, err)
		require.Equal(t, commits, delivered(t, ran), "every update of %s, in the order of the source", component(i))
	}
	count, err := r.Git("rev-list", "--count", "main")
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(writers*rounds+max(rounds-2, 0)+1), count, "one commit an update")
	merges, err := r.Git("rev-list", "--merges", "main")
	require.NoError(t, err)
	require.Empty(t, merges)
	require.Greater(t, r.pushes, writers*rounds, "nobody lost a race: the test proves nothing")
	t.Logf("%d writers, %d rounds: %d updates landed with %d pushes (%d lost a race), %d late writers held back or found nothing to do, %d rollbacks, %s",
		writers, rounds, writers*rounds, r.pushes, r.pushes-writers*rounds, r.late, r.rollbacks, took.Round(100*time.Millisecond))
}

// TestProposalRaces has writers propose one component each for production, all
// at once, round after round, late ones that come with the image of the round
// before, and one who moves main. One pull request must hold every pin, none
// older over a newer one, and say so. PINGVAS_RACES sets its size too.
func TestProposalRaces(t *testing.T) {
	writers, rounds := raceSize(t, 4, 2)
	r := newRaceTrack(t, writers)
	hub := &hub{r: r.Repository}
	dir, commits := line(t, rounds)
	began := time.Now()
	for round := range rounds {
		var start, done sync.WaitGroup
		start.Add(1)
		for i := range writers {
			done.Go(func() { start.Wait(); r.propose(hub, i, commits[round], dir) })
			if round > 0 {
				done.Go(func() { start.Wait(); r.propose(hub, i, commits[round-1], dir) })
			}
		}
		done.Go(func() { start.Wait(); r.write(0, commits[round], dir, true) })
		start.Done()
		done.Wait()

		require.Len(t, hub.pulls, 1)
		text, err := r.Git("show", topic+":apps/overlays/prod/kustomization.yaml")
		require.NoError(t, err)
		require.Equal(t, writers, strings.Count(text, `newTag: "`+commits[round]+`"`), "every pin, of this round")
		for i := range writers {
			require.Regexp(t, `\| `+component(i)+` .*`+commits[round], hub.pulls[0].Body, "the pull request tells of it")
		}
	}
	merges, err := r.Git("rev-list", "--merges", topic)
	require.NoError(t, err)
	require.Empty(t, merges)
	require.Greater(t, r.applied, 2*writers*rounds-writers, "nobody lost a race: the test proves nothing")
	t.Logf("%d proposers, %d rounds: %d proposals applied %d times, %s", writers, rounds, 2*writers*rounds-writers, r.applied, time.Since(began).Round(100*time.Millisecond))
}

// raceSize is how many writers race for how many rounds.
func raceSize(t *testing.T, writers, rounds int) (int, int) {
	t.Helper()
	if testing.Short() {
		writers = 2
	}
	if size := os.Getenv("PINGVAS_RACES"); size != "" {
		_, err := fmt.Sscanf(size, "%dx%d", &writers, &rounds)
		require.NoError(t, err)
	}
	return writers, rounds
}

type raceTrack struct {
	repository
	mutex                 sync.Mutex
	pushes, late, applied int
	rollbacks             int
}

// delivered are the tags of a component's bumps, oldest first. None is of what a
// rollback had taken back.
func delivered(t *testing.T, ran []gitops.Pin) (tags []string) {
	t.Helper()
	taken := map[string]bool{}
	for _, p := range slices.Backward(ran) {
		if p.How() == "rollback" {
			for _, trailer := range p.Commit.Trailers {
				_, reference, _ := strings.Cut(trailer.Value, " ")
				taken[reference] = taken[reference] || trailer.Key == "Rolled-Back"
			}
			continue
		}
		require.False(t, taken[p.Image.Reference()], "%s was rolled back", p.Image.Reference())
		tags = append(tags, p.Image.NewTag)
	}
	return tags
}

// rollBack rolls a component back, whatever runs by then.
func (r *raceTrack) rollBack(i int) {
	op := &gitops.Rollback{Environment: "dev", Component: component(i)}
	result, err := gitrepo.Update(r.t.Context(), r.remote, gitrepo.Options{Depth: -1, Limit: 5 * time.Minute}, func(ctx context.Context, dir string) (gitrepo.Change, error) {
		outcome, err := op.Apply(ctx, dir)
		return outcome.Change, err
	})
	assert.NoError(r.t, err)
	assert.True(r.t, result.Changed)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.rollbacks++
}

func component(i int) string { return fmt.Sprintf("service-%d", i) }

// newRaceTrack is a repository with one overlay for all writers: they meet in
// one file.
func newRaceTrack(t *testing.T, writers int) *raceTrack {
	t.Helper()
	files := map[string]string{}
	var overlay strings.Builder
	overlay.WriteString("resources:\n")
	for i := range writers {
		for file, text := range base(component(i)) {
			files[file] = text
		}
		fmt.Fprintf(&overlay, "  - ../../base/%s\n", component(i))
	}
	for _, environment := range []string{"dev", "prod"} {
		files["apps/overlays/"+environment+"/kustomization.yaml"] = overlay.String()
	}
	server := gittest.Serve(t)
	server.AddUser("x-access-token", "token", true)
	made, err := server.AddRepository("gitops.git", files)
	require.NoError(t, err)
	return &raceTrack{repository: repository{made, t, gitrepo.Remote{URL: made.URL, Branch: "main", Token: "token"}}}
}

// counted counts how often an operation is applied.
type counted struct {
	gitops.Operation
	r *raceTrack
}

func (c counted) Apply(ctx context.Context, dir string) (gitops.Outcome, error) {
	c.r.mutex.Lock()
	c.r.applied++
	c.r.mutex.Unlock()
	return c.Operation.Apply(ctx, dir)
}

// propose proposes a writer's component, as of a commit of the source.
func (r *raceTrack) propose(hub platform.Platform, i int, commit, source string) {
	op := gitops.Bump{
		Environment: "prod", Commit: commit, Order: gitops.Order{Source: source},
		Images: []kustomize.Image{{Name: component(i), NewName: ecr + component(i), NewTag: commit, Digest: digestOf(commit)}},
	}
	p, err := gitops.Propose(r.t.Context(), r.remote, gitrepo.Options{Depth: -1, Limit: 5 * time.Minute}, hub, counted{op, r})
	assert.NoError(r.t, err)
	assert.Equal(r.t, "pull/1", p.PullRequest)
}

// write bumps a writer's component to a commit of the source.
func (r *raceTrack) write(i int, commit, source string, first bool) {
	op := gitops.Bump{
		Environment: "dev", Commit: commit, Order: gitops.Order{Source: source},
		Inputs: map[string]string{component(i): "files of " + commit},
		Images: []kustomize.Image{{Name: component(i), NewName: ecr + component(i), NewTag: commit, Digest: digestOf(commit)}},
	}
	result, err := gitrepo.Update(r.t.Context(), r.remote, gitrepo.Options{Depth: -1, Limit: 5 * time.Minute}, func(ctx context.Context, dir string) (gitrepo.Change, error) {
		outcome, err := op.Apply(ctx, dir)
		return outcome.Change, err
	})
	assert.NoError(r.t, err)
	assert.Equal(r.t, first, result.Changed)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.pushes += result.Attempts
	if !first {
		r.late++
	}
}

// line is an application repository with so many commits in a row.
func line(t *testing.T, count int) (dir string, commits []string) {
	t.Helper()
	dir = t.TempDir()
	git := func(args ...string) string {
		out, err := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@t"}, args...)...).CombinedOutput()
		require.NoError(t, err, string(out))
		return strings.TrimSpace(string(out))
	}
	git("init", "--quiet")
	for i := range count {
		git("commit", "--quiet", "--allow-empty", "--message", fmt.Sprint(i))
		commits = append(commits, git("rev-parse", "HEAD"))
	}
	return dir, commits
}
