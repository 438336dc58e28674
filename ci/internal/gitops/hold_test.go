package gitops_test

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// made is a bump of the user service to a commit's image, made of the given files.
func made(environment, commit, files string, order gitops.Order) gitops.Bump {
	return gitops.Bump{
		Environment: environment, Commit: commit, Images: []kustomize.Image{of(commit)},
		Inputs: map[string]string{"user-service": files}, Order: order,
	}
}

func back(environment string) *gitops.Rollback {
	return &gitops.Rollback{Environment: environment, Component: "user-service", Reason: "logins fail"}
}

// rolledBack is a repository in which dev has run a good image, a bad one, and was
// rolled back.
func rolledBack(t *testing.T, order gitops.Order, good, bad string, hold bool) repository {
	t.Helper()
	r := newRepository(t)
	r.must(made("dev", good, "the good files", order))
	r.must(made("dev", bad, "the bad files", order))
	op := back("dev")
	op.Hold = hold
	r.must(op)
	require.Equal(t, of(good), r.pin("dev", "user-service"))
	return r
}

// TestWhatWasRolledBackStaysSo is the table of what runs after a rollback may do.
func TestWhatWasRolledBackStaysSo(t *testing.T) {
	dir, line, beside := five(t)
	known := gitops.Order{Source: dir}
	forced := gitops.Order{Source: dir, Force: true}
	differs := func(is bool) gitops.Order {
		return gitops.Order{Source: dir, Differs: func(_ context.Context, component, commit string) (bool, error) {
			require.Equal(t, "user-service "+line[3], component+" "+commit)
			return is, nil
		}}
	}
	good, ancestor, bad, newer := line[0], line[2], line[3], line[4]
	repositories := map[bool]repository{}
	for _, hold := range []bool{false, true} {
		r := rolledBack(t, known, good, bad, hold)
		r.must(made("prod", bad, "the bad files", known))
		repositories[hold] = r
	}
	for name, c := range map[string]struct {
		hold       bool
		next       gitops.Operation
		kept, note string
	}{
		"an unchanged run":                                  {next: made("dev", bad, "the bad files", known), kept: "was rolled back, and nobody has brought it back"},
		"an unchanged run that forgot its files":            {next: made("dev", bad, "", known), kept: "was rolled back, and nobody"},
		"an unchanged run without the source":               {next: made("dev", bad, "the bad files", gitops.Order{}), kept: "was rolled back, and nobody"},
		"an ancestor's run":                                 {next: made("dev", ancestor, "other files", known), kept: "is older than what was taken back"},
		"what runs":                                         {next: made("dev", good, "the good files", known)},
		"a newer run with a change":                         {next: made("dev", newer, "mended files", known), note: "replaces what a rollback brought: it is made of other files than " + bad + " was rolled back"},
		"a newer run without one":                           {next: made("dev", newer, "the bad files", known), kept: "is made of the same files: " + bad + " was rolled back"},
		"a newer run without the source":                    {next: made("dev", newer, "mended files", gitops.Order{}), note: "it is made of other files"},
		"a run of another branch with a change":             {next: made("dev", beside, "mended files", known), note: "it is made of other files"},
		"a run of another branch without one":               {next: made("dev", beside, "the bad files", known), kept: "is made of the same files"},
		"a newer run of unknown files":                      {next: made("dev", newer, "", known), kept: "nothing tells whether"},
		"a newer run of unknown files, which differ by git": {next: made("dev", newer, "", differs(true)), note: "it is made of other files"},
		"a newer run of unknown files, which do not":        {next: made("dev", newer, "", differs(false)), kept: "is made of the same files"},
		"by force":                                                {next: made("dev", bad, "the bad files", forced)},
		"a newer run with a change, on hold":                      {hold: true, next: made("dev", newer, "mended files", known), kept: "nothing replaces what runs before a person says so"},
		"by force, on hold":                                       {hold: true, next: made("dev", newer, "mended files", forced)},
		"brought back by a rollback":                              {next: &gitops.Rollback{Environment: "dev", Component: "user-service", To: bad}},
		"a promotion of what was rolled back":                     {next: gitops.Promotion{From: "prod", To: "dev", Order: known}, kept: "was rolled back, and nobody"},
		"a promotion by force":                                    {next: gitops.Promotion{From: "prod", To: "dev", Order: forced}},
		"a promotion of what was rolled back, which is on hold":   {hold: true, next: gitops.Promotion{From: "prod", To: "dev", Order: known}, kept: "was rolled back, and nobody"},
		"a promotion of what was rolled back, without the source": {next: gitops.Promotion{From: "prod", To: "dev"}, kept: "was rolled back, and nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			clone := repositories[c.hold].clone()
			outcome, err := c.next.Apply(t.Context(), clone)
			require.NoError(t, err)
			said := strings.Join(append(outcome.Kept, outcome.Notes...), "\n")
			pins, err := kustomize.Pins(clone, "dev")
			require.NoError(t, err)
			before, now := of(good), pins["user-service"]
			switch {
			case c.kept != "":
				require.Equal(t, before, now)
				require.Contains(t, said, "user-service stays at "+good+": ")
				require.Contains(t, said, c.kept)
			case c.note != "":
				require.NotEqual(t, before, now)
				require.Contains(t, said, c.note)
				require.Contains(t, said, "(logins fail)")
				require.Contains(t, outcome.Trailers, gitrepo.Trailer{Key: "Note", Value: outcome.Notes[0]})
			default:
				require.Empty(t, outcome.Notes)
			}
		})
	}
}

// five is an application repository with five commits on a line, and one beside.
func five(t *testing.T) (dir string, commits []string, beside string) {
	t.Helper()
	dir, commits = line(t, 5)
	for _, args := range [][]string{
		{"checkout", "--quiet", "-b", "beside", commits[1]},
		{"-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--allow-empty", "--message", "beside"},
	} {
		out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput()
		require.NoError(t, err, string(out))
	}
	out, err := exec.Command("git", "-C", dir, "rev-parse", "HEAD").Output()
	require.NoError(t, err)
	return dir, commits, strings.TrimSpace(string(out))
}

// TestAHoldEnds: by a newer image, by a word, or by bringing back what was rolled
// back. What is held is shown until then.
func TestAHoldEnds(t *testing.T) {
	dir, line, _ := five(t)
	order := gitops.Order{Source: dir}
	held := func(r repository) []gitops.Hold {
		all, err := gitops.Holds(t.Context(), r.clone(), "dev")
		require.NoError(t, err)
		return all["user-service"]
	}
	t.Run("it is shown", func(t *testing.T) {
		r := rolledBack(t, order, line[0], line[1], true)
		holds := held(r)
		require.Len(t, holds, 1)
		require.Equal(t, line[1], holds[0].Tag())
		require.True(t, holds[0].Waits)
		lines, err := gitops.Running(t.Context(), r.clone(), "dev")
		require.NoError(t, err)
		require.Contains(t, strings.Join(lines, "\n"), of(line[0]).Reference()+" ("+line[1]+" was rolled back on "+time.Now().UTC().Format(time.DateOnly)+" (logins fail)")
		ran, err := gitops.History(t.Context(), r.clone(), "dev", "user-service")
		require.NoError(t, err)
		require.Contains(t, gitops.Table(ran, holds), "\nHeld: "+line[1]+" was rolled back on")
	})
	t.Run("a newer image ends it", func(t *testing.T) {
		r := rolledBack(t, order, line[0], line[1], false)
		r.must(made("dev", line[2], "mended files", order))
		require.Empty(t, held(r))
		r.must(made("dev", line[3], "more files", order))
		require.Equal(t, of(line[3]), r.pin("dev", "user-service"))
	})
	t.Run("a word ends it", func(t *testing.T) {
		r := rolledBack(t, order, line[0], line[1], true)
		before := r.show("apps/overlays/dev/kustomization.yaml")
		outcome := r.must(gitops.Lift{Environment: "dev", Component: "user-service", Reason: "it was the database"})
		require.Equal(t, []string{"user-service " + line[1] + " may be delivered again: its hold is lifted"}, outcome.Notes)
		require.Contains(t, r.message(), "chore: lift the hold of user-service in dev\n\nHold-Lifted: user-service ")
		require.Contains(t, r.message(), "Reason: it was the database")
		require.Equal(t, before, r.show("apps/overlays/dev/kustomization.yaml"))
		require.Empty(t, held(r))
		again := r.must(gitops.Lift{Environment: "dev", Component: "user-service"})
		require.False(t, again.Word)
		require.Equal(t, []string{"nothing of user-service is held in dev"}, again.Kept)
		r.must(made("dev", line[1], "the bad files", order))
		require.Equal(t, of(line[1]), r.pin("dev", "user-service"))

		t.Run("until it is rolled back again", func(t *testing.T) {
			r.must(back("dev"))
			require.Len(t, held(r), 1)
			outcome := r.must(made("dev", line[1], "the bad files", order))
			require.Len(t, outcome.Kept, 1)
		})
	})
	t.Run("a return ends it", func(t *testing.T) {
		r := rolledBack(t, order, line[0], line[1], true)
		r.must(&gitops.Rollback{Environment: "dev", Component: "user-service", To: line[1]})
		require.Empty(t, held(r))
	})
	t.Run("an edit by hand ends it", func(t *testing.T) {
		r := rolledBack(t, order, line[0], line[1], true)
		text := r.show("apps/overlays/dev/kustomization.yaml")
		require.NoError(t, r.Commit("main", "by hand", map[string]string{"apps/overlays/dev/kustomization.yaml": strings.ReplaceAll(text, line[0], line[2])}))
		require.Empty(t, held(r))
	})
	t.Run("two rollbacks hold both", func(t *testing.T) {
		r := newRepository(t)
		for i, files := range []string{"a", "b", "c"} {
			r.must(made("dev", line[i], files, order))
		}
		first := back("dev")
		first.Hold = true
		r.must(first)
		r.must(back("dev"))
		require.Len(t, held(r), 2)
		require.Equal(t, of(line[0]), r.pin("dev", "user-service"))
		outcome := r.must(made("dev", line[4], "others", order))
		require.Contains(t, outcome.Kept[0], "before a person says so", "the first one's word still counts")
	})
	t.Run("another component is free", func(t *testing.T) {
		r := rolledBack(t, order, line[0], line[1], true)
		r.bump("dev", image("frontend", "2"))
		require.Equal(t, image("frontend", "2"), r.pin("dev", "frontend"))
		require.Len(t, held(r), 1)
	})
	t.Run("by a merged pull request too", func(t *testing.T) {
		r := newRepository(t)
		r.must(made("dev", line[0], "a", order))
		r.must(made("dev", line[1], "b", order))
		r.merge("topic/dev", back("dev"))
		require.Len(t, held(r), 1)
		r.must(gitops.Lift{Environment: "dev", Component: "user-service"})
		require.Empty(t, held(r))
	})
}

// TestKeeps is what a plan leaves out, before anything is built.
func TestKeeps(t *testing.T) {
	at := gitops.Hold{Component: "user-service", Image: of(strings.Repeat("1", 40)).Reference()}
	waits := at
	waits.Waits = true
	tagged := gitops.Hold{Component: "user-service", Image: ecr + "user-service:v1"}
	lost := errors.New("lost")
	for name, c := range map[string]struct {
		held    []gitops.Hold
		differs bool
		err     error
		want    string
	}{
		"nothing is held":           {},
		"nothing changed":           {held: []gitops.Hold{at}, want: "Nothing of it has changed since"},
		"it changed":                {held: []gitops.Hold{at}, differs: true},
		"it waits":                  {held: []gitops.Hold{waits}, differs: true, want: "before a person says so"},
		"its commit is not known":   {held: []gitops.Hold{tagged}},
		"its commit is not here":    {held: []gitops.Hold{at}, err: gitrepo.ErrNoCommit},
		"the history is cut off":    {held: []gitops.Hold{at}, err: gitrepo.ErrShallow},
		"the history is not read":   {held: []gitops.Hold{at}, err: lost},
		"one of two did not change": {held: []gitops.Hold{tagged, at}, want: "Nothing of it has changed since"},
	} {
		t.Run(name, func(t *testing.T) {
			why, err := gitops.Keeps(t.Context(), c.held, func(_ context.Context, component, commit string) (bool, error) {
				require.Equal(t, "user-service "+strings.Repeat("1", 40), component+" "+commit)
				return c.differs, c.err
			})
			if errors.Is(c.err, lost) {
				require.ErrorIs(t, err, lost)
				return
			}
			require.NoError(t, err)
			if c.want == "" {
				require.Empty(t, why)
			}
			require.Contains(t, why, c.want)
		})
	}
}

// raced applies an operation as one that loses a race: the other one lands between
// its first look and its push.
type raced struct {
	gitops.Operation
	r     repository
	other gitops.Operation
}

func (r *raced) Apply(ctx context.Context, dir string) (gitops.Outcome, error) {
	outcome, err := r.Operation.Apply(ctx, dir)
	if other := r.other; other != nil {
		r.other = nil
		r.r.must(other)
	}
	return outcome, err
}

// TestARollbackRacesADelivery: whoever is faster, the bad image never runs in the end.
func TestARollbackRacesADelivery(t *testing.T) {
	dir, line, _ := five(t)
	order := gitops.Order{Source: dir}
	good, bad, newer := line[0], line[1], line[2]
	start := func(t *testing.T) repository {
		r := newRepository(t)
		r.must(made("dev", good, "the good files", order))
		r.must(made("dev", bad, "the bad files", order))
		return r
	}
	for name, c := range map[string]struct {
		first, second gitops.Operation
		runs          string
		held          int
	}{
		"the rollback first, then what was rolled back":  {back("dev"), made("dev", bad, "the bad files", order), good, 1},
		"the rollback first, then one that mends":        {back("dev"), made("dev", newer, "mended files", order), newer, 0},
		"the rollback first, then one that does not":     {back("dev"), made("dev", newer, "the bad files", order), good, 1},
		"one that does not mend first":                   {made("dev", newer, "the bad files", order), back("dev"), good, 2},
		"one that mends first: it is taken back as well": {made("dev", newer, "mended files", order), back("dev"), good, 2},
		"two rollbacks of one image":                     {back("dev"), back("dev"), good, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			r.must(&raced{c.second, r, c.first})
			require.Equal(t, of(c.runs), r.pin("dev", "user-service"))
			all, err := gitops.Holds(t.Context(), r.clone(), "dev")
			require.NoError(t, err)
			require.Len(t, all["user-service"], c.held)
		})
	}
}

// TestAPullRequestDropsWhatWasRolledBack: prod's review of what dev ran ends when
// dev is rolled back, and says so.
func TestAPullRequestDropsWhatWasRolledBack(t *testing.T) {
	dir, line, _ := five(t)
	order := gitops.Order{Source: dir}
	start := func(t *testing.T) review {
		r := newReview(t)
		r.must(made("dev", line[0], "the good files", order))
		r.must(made("dev", line[1], "the bad files", order))
		r.propose(gitops.Promotion{From: "dev", To: "prod", Components: []string{"user-service"}, Order: order})
		require.Contains(t, r.proposed(), of(line[1]).Digest)
		return r
	}
	withdraw := func(r review, component string) []string {
		gone, err := gitops.Withdraw(t.Context(), r.remote, gitrepo.Options{Depth: -1}, r.platform, "prod", component)
		require.NoError(t, err)
		return gone
	}
	t.Run("alone, it is closed", func(t *testing.T) {
		r := start(t)
		r.must(back("dev"))
		gone := withdraw(r, "user-service")
		require.Len(t, gone, 1)
		require.Contains(t, gone[0], "user-service "+line[1]+" does not wait for prod any more: in dev, which it is promoted from, "+line[1]+" was rolled back")
		require.NotEmpty(t, r.hub.pulls[0].closedAt)
		require.Contains(t, r.hub.pulls[0].Body, gone[0])
		require.Empty(t, withdraw(r, "user-service"), "once")

		t.Run("what is promoted next is a new one", func(t *testing.T) {
			r.must(made("dev", line[2], "mended files", order))
			p := r.propose(gitops.Promotion{From: "dev", To: "prod", Components: []string{"user-service"}, Order: order})
			require.Equal(t, "pull/2", p.PullRequest)
			require.Contains(t, r.proposed(), of(line[2]).Digest)
		})
	})
	t.Run("beside others, it goes", func(t *testing.T) {
		r := start(t)
		r.propose(bumpOf(image("frontend", "2")))
		r.must(back("dev"))
		require.Len(t, withdraw(r, "user-service"), 1)
		require.NotContains(t, r.proposed(), of(line[1]).Digest)
		require.Contains(t, r.proposed(), digest("2"))
		require.Empty(t, r.hub.pulls[0].closedAt)
		require.Contains(t, r.hub.pulls[0].Body, "does not wait for prod any more")
	})
	t.Run("another run drops it too", func(t *testing.T) {
		r := start(t)
		r.must(back("dev"))
		p := r.propose(bumpOf(image("frontend", "2")))
		require.Equal(t, []string{"frontend"}, names(p))
		require.Contains(t, strings.Join(p.Kept, "\n"), "was rolled back")
	})
	t.Run("what was delivered to prod itself waits on", func(t *testing.T) {
		r := newReview(t)
		r.must(made("dev", line[0], "the good files", order))
		r.must(made("dev", line[1], "the bad files", order))
		r.propose(made("prod", line[1], "the bad files", order))
		r.must(back("dev"))
		require.Empty(t, withdraw(r, "user-service"))
		require.Contains(t, r.proposed(), of(line[1]).Digest)
	})
	t.Run("where nothing waits, nobody is asked", func(t *testing.T) {
		r := newReview(t)
		gone, err := gitops.Withdraw(t.Context(), r.remote, gitrepo.Options{Depth: -1}, nil, "prod", "user-service")
		require.NoError(t, err)
		require.Empty(t, gone)
	})
	t.Run("prod itself was rolled back", func(t *testing.T) {
		r := newReview(t)
		for i, files := range []string{"a", "b"} {
			r.must(made("prod", line[i], files, order))
		}
		r.propose(made("prod", line[2], "c", order))
		r.must(back("prod"))
		gone := withdraw(r, "user-service")
		require.Len(t, gone, 1)
		require.Contains(t, gone[0], "prod runs "+line[0]+" meanwhile")
	})
}

// TestARollbackThatWaitsIsNoRelease: prod still runs what is to be rolled back.
func TestARollbackThatWaitsIsNoRelease(t *testing.T) {
	r := newReview(t)
	r.bump("prod", image("user-service", "1"))
	r.bump("prod", image("user-service", "2"))
	waiting := func() []string {
		components, err := gitops.Withdrawing(t.Context(), r.remote, gitrepo.Options{Depth: -1}, r.platform, "prod")
		require.NoError(t, err)
		return components
	}
	require.Empty(t, waiting())
	r.propose(bumpOf(image("frontend", "2")))
	require.Empty(t, waiting(), "a bump is none")
	r.propose(back("prod"))
	require.Equal(t, []string{"user-service"}, waiting())

	t.Run("a delivery to what waits sees the hold", func(t *testing.T) {
		p := r.propose(bumpOf(image("user-service", "2")))
		require.Contains(t, strings.Join(p.Kept, "\n"), "was rolled back")
		require.NotContains(t, r.proposed(), image("user-service", "2").Digest+"\"\n  - name: frontend")
	})
	r.close()
	require.Empty(t, waiting(), "a person closed it")
}
