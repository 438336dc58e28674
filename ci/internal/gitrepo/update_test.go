package gitrepo_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo/gittest"
)

// canary is the token of every test; no error may ever show it.
const canary = "canary/to+ken=%21"

func start(t *testing.T) (*gittest.Repository, gitrepo.Remote) {
	t.Helper()
	server := gittest.Serve(t)
	server.AddUser("x-access-token", canary, true)
	server.AddUser("reader", canary, false)
	repository, err := server.AddRepository("gitops.git", map[string]string{"a.txt": "one\n", "b.txt": "one\n", ".gitignore": "ignored\n"})
	require.NoError(t, err)
	return repository, gitrepo.Remote{URL: repository.URL, Branch: "main", Token: canary}
}

// writing is an edit that sets files, and one more that it doesn't name.
func writing(files map[string]string) gitrepo.Edit {
	return func(_ context.Context, dir string) (gitrepo.Change, error) {
		change := gitrepo.Change{
			Subject: "chore: update image tags", Body: "# not a comment",
			Trailers: []gitrepo.Trailer{{"Source-Commit", "abc123"}, {"Run", "https://example.com/1"}, {"Image-Digest", "user-service@sha256:1"}, {"Image-Digest", "frontend@sha256:2"}},
		}
		for name, content := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				return change, err
			}
			change.Files = append(change.Files, name)
		}
		return change, os.WriteFile(filepath.Join(dir, "stray"), nil, 0o600)
	}
}

func noSecrets(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	for _, secret := range []string{canary, "canary", base64.StdEncoding.EncodeToString([]byte("x-access-token:" + canary))} {
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err)} {
			require.NotContains(t, text, secret)
		}
	}
}

func gitIn(t *testing.T, r *gittest.Repository, args ...string) string {
	t.Helper()
	out, err := r.Git(args...)
	require.NoError(t, err)
	return out
}

func TestUpdate(t *testing.T) {
	repository, remote := start(t)
	work := t.TempDir()
	options := gitrepo.Options{WorkDir: work}
	result, err := gitrepo.Update(t.Context(), remote, options, writing(map[string]string{"a.txt": "two\n", "ignored": "yes\n"}))
	require.NoError(t, err)
	require.True(t, result.Changed)
	require.Equal(t, 1, result.Attempts)
	require.Equal(t, gitIn(t, repository, "rev-parse", "main"), result.Commit)
	require.Equal(t, "a.txt\nignored", gitIn(t, repository, "diff", "--name-only", "main~1", "main"), "only the named files, ignored or not")
	require.Equal(t, "GitHub Actions <actions@github.com> GitHub Actions <actions@github.com>", gitIn(t, repository, "log", "-1", "--format=%an <%ae> %cn <%ce>", "main"))
	require.Equal(t, "chore: update image tags\n\n# not a comment\n\nSource-Commit: abc123\nRun: https://example.com/1\nImage-Digest: user-service@sha256:1\nImage-Digest: frontend@sha256:2",
		gitIn(t, repository, "log", "-1", "--format=%B", "main"))
	require.Equal(t, "user-service@sha256:1\nfrontend@sha256:2", gitIn(t, repository, "log", "-1", "--format=%(trailers:key=Image-Digest,valueonly)", "main"))
	left, err := os.ReadDir(work)
	require.NoError(t, err)
	require.Empty(t, left, "the clone is removed")

	again, err := gitrepo.Update(t.Context(), remote, options, writing(map[string]string{"a.txt": "two\n"}))
	require.NoError(t, err)
	require.Equal(t, gitrepo.Result{Commit: result.Commit}, again, "no change is a success without a commit")

	none, err := gitrepo.Update(t.Context(), remote, options, func(context.Context, string) (gitrepo.Change, error) { return gitrepo.Change{}, nil })
	require.NoError(t, err)
	require.False(t, none.Changed)
}

func TestADryRunPushesNothing(t *testing.T) {
	repository, remote := start(t)
	before := gitIn(t, repository, "rev-parse", "main")
	result, err := gitrepo.Update(t.Context(), remote, gitrepo.Options{DryRun: true}, writing(map[string]string{"a.txt": "two\n"}))
	require.NoError(t, err)
	require.False(t, result.Changed)
	require.Equal(t, []string{"a.txt"}, result.Files)
	require.Equal(t, before, gitIn(t, repository, "rev-parse", "main"))
	_, err = gitrepo.Update(t.Context(), remote, gitrepo.Options{DryRun: true, Topic: "topic"}, writing(map[string]string{"a.txt": "two\n"}))
	require.NoError(t, err)
	require.Equal(t, "main", gitIn(t, repository, "for-each-ref", "--format=%(refname:short)"))
}

func TestUpdateRemovesFiles(t *testing.T) {
	repository, remote := start(t)
	_, err := gitrepo.Update(t.Context(), remote, gitrepo.Options{}, func(_ context.Context, dir string) (gitrepo.Change, error) {
		return gitrepo.Change{Files: []string{"b.txt"}, Subject: "drop b"}, os.Remove(filepath.Join(dir, "b.txt"))
	})
	require.NoError(t, err)
	require.Equal(t, ".gitignore\na.txt", gitIn(t, repository, "ls-tree", "--name-only", "main"))
}

func TestUpdateOnAnEditThatFails(t *testing.T) {
	repository, remote := start(t)
	before := gitIn(t, repository, "rev-parse", "main")
	_, err := gitrepo.Update(t.Context(), remote, gitrepo.Options{}, func(context.Context, string) (gitrepo.Change, error) {
		return gitrepo.Change{}, os.ErrInvalid
	})
	require.ErrorIs(t, err, os.ErrInvalid)
	require.Equal(t, before, gitIn(t, repository, "rev-parse", "main"))
}

// All writers start from one head, so all but one of them lose the first race.
func TestConcurrentWritersAllLand(t *testing.T) {
	for _, writers := range []int{2, 4} {
		t.Run(fmt.Sprint(writers), func(t *testing.T) {
			repository, remote := start(t)
			var ready, done sync.WaitGroup
			ready.Add(writers)
			attempts := make([]int, writers)
			for i := range writers {
				done.Go(func() {
					var first sync.Once
					name := fmt.Sprintf("service-%d", i)
					result, err := gitrepo.Update(t.Context(), remote, gitrepo.Options{}, func(ctx context.Context, dir string) (gitrepo.Change, error) {
						first.Do(func() { ready.Done(); ready.Wait() })
						return writing(map[string]string{name: name})(ctx, dir)
					})
					assert.NoError(t, err)
					assert.True(t, result.Changed)
					attempts[i] = result.Attempts
				})
			}
			done.Wait()
			require.Equal(t, fmt.Sprint(writers+1), gitIn(t, repository, "rev-list", "--count", "main"), "one commit each, no merges")
			require.Empty(t, gitIn(t, repository, "rev-list", "--merges", "main"))
			files := gitIn(t, repository, "ls-tree", "--name-only", "main")
			total := 0
			for i := range writers {
				require.Contains(t, files, fmt.Sprintf("service-%d", i))
				total += attempts[i]
			}
			require.Greater(t, total, writers, "nobody lost a race: the test proves nothing")
			t.Logf("%d writers: %d pushes", writers, total)
		})
	}
}

func TestTheSameChangeByTwoWritersIsOneCommit(t *testing.T) {
	repository, remote := start(t)
	var first sync.Once
	result, err := gitrepo.Update(t.Context(), remote, gitrepo.Options{}, func(ctx context.Context, dir string) (gitrepo.Change, error) {
		first.Do(func() { assert.NoError(t, repository.Commit("main", "theirs", map[string]string{"a.txt": "two\n"})) })
		return writing(map[string]string{"a.txt": "two\n"})(ctx, dir)
	})
	require.NoError(t, err)
	require.False(t, result.Changed)
	require.Equal(t, 1, result.Attempts)
	require.Equal(t, gitIn(t, repository, "rev-parse", "main"), result.Commit)
}

func TestUpdateGivesUpWhenTheTimeIsOver(t *testing.T) {
	repository, remote := start(t)
	n := 0
	_, err := gitrepo.Update(t.Context(), remote, gitrepo.Options{Limit: 4 * time.Second}, func(ctx context.Context, dir string) (gitrepo.Change, error) {
		n++
		assert.NoError(t, repository.Commit("main", "theirs", map[string]string{"b.txt": fmt.Sprint(n)}))
		return writing(map[string]string{"a.txt": "two\n"})(ctx, dir)
	})
	require.ErrorIs(t, err, gitrepo.ErrRace)
	require.ErrorContains(t, err, "pushes in 4s. Run again when there is less going on")
	require.Greater(t, n, 1)
	noSecrets(t, err)
}

func TestUpdateStopsWithItsContext(t *testing.T) {
	repository, remote := start(t)
	require.NoError(t, repository.Hook("pre-receive", "sleep 8"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	_, err := gitrepo.Update(ctx, remote, gitrepo.Options{}, writing(map[string]string{"a.txt": "two\n"}))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(began), 7*time.Second, "before the hook ends")
	noSecrets(t, err)
}

func TestUpdateOfATopicBranch(t *testing.T) {
	repository, remote := start(t)
	options := gitrepo.Options{Topic: "bump/prod"}
	edit := writing(map[string]string{"a.txt": "two\n"})
	first, err := gitrepo.Update(t.Context(), remote, options, edit)
	require.NoError(t, err)
	require.True(t, first.Changed)
	require.Equal(t, first.Commit, gitIn(t, repository, "rev-parse", "bump/prod"))
	require.Equal(t, gitIn(t, repository, "rev-parse", "main"), gitIn(t, repository, "rev-parse", "bump/prod~1"))

	time.Sleep(1100 * time.Millisecond) // a commit made now would have another hash
	again, err := gitrepo.Update(t.Context(), remote, options, edit)
	require.NoError(t, err)
	require.Equal(t, gitrepo.Result{Commit: first.Commit}, again, "the same change to the same head is there already")

	require.NoError(t, repository.Commit("main", "meanwhile", map[string]string{"b.txt": "two\n"}))
	moved, err := gitrepo.Update(t.Context(), remote, options, edit)
	require.NoError(t, err)
	require.True(t, moved.Changed)
	require.Equal(t, gitIn(t, repository, "rev-parse", "main"), gitIn(t, repository, "rev-parse", "bump/prod~1"), "on the new head")
}

// Somebody pushes to the topic branch between the fetch and the push: what they
// pushed is seen, and done again.
func TestATopicBranchThatMovedIsNotReplaced(t *testing.T) {
	repository, remote := start(t)
	var seen []string
	options := gitrepo.Options{Topic: "bump/prod", Waiting: func(_ context.Context, _, topic string) ([]gitrepo.Edit, bool, error) {
		seen = append(seen, topic)
		return []gitrepo.Edit{writing(map[string]string{"theirs.txt": "1\n"})}, true, nil
	}}
	var theirs []string
	result, err := gitrepo.Update(t.Context(), remote, options, func(ctx context.Context, dir string) (gitrepo.Change, error) {
		if len(theirs) < 2 { // once when there is no such branch yet, once when there is
			assert.NoError(t, repository.Commit("bump/prod", "theirs", map[string]string{"theirs.txt": fmt.Sprint(len(theirs))}))
			theirs = append(theirs, gitIn(t, repository, "rev-parse", "bump/prod"))
		}
		return writing(map[string]string{"a.txt": "two\n"})(ctx, dir)
	})
	require.NoError(t, err)
	require.Equal(t, 3, result.Attempts)
	require.Equal(t, theirs, seen)
	require.Equal(t, []string{"a.txt", "theirs.txt"}, result.Files)
	require.Equal(t, "a.txt\ntheirs.txt", gitIn(t, repository, "diff", "--name-only", "main", "bump/prod"))
	require.Equal(t, "2", gitIn(t, repository, "rev-list", "--count", "main..bump/prod"), "a commit for each")
}

func TestATopicBranchThatIsOverIsReplacedByTheSame(t *testing.T) {
	repository, remote := start(t)
	options := gitrepo.Options{Topic: "bump/prod", Author: gitrepo.Author{Name: "one", Email: "one@example.com"}}
	edit := writing(map[string]string{"a.txt": "two\n"})
	first, err := gitrepo.Update(t.Context(), remote, options, edit)
	require.NoError(t, err)
	options.Author.Name = "two" // another hash, however fast
	for alive, want := range map[bool]bool{true: false, false: true} {
		options.Waiting = func(context.Context, string, string) ([]gitrepo.Edit, bool, error) { return nil, alive, nil }
		again, err := gitrepo.Update(t.Context(), remote, options, edit)
		require.NoError(t, err)
		require.Equal(t, want, again.Changed)
		require.Equal(t, again.Commit, gitIn(t, repository, "rev-parse", "bump/prod"))
		gitIn(t, repository, "update-ref", "refs/heads/bump/prod", first.Commit)
	}
}

func TestErrorsOfTheRemote(t *testing.T) {
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed := "http://" + refusing.Addr().String() + "/gitops.git"
	require.NoError(t, refusing.Close())

	cases := []struct {
		name    string
		hook    [2]string
		change  func(*gitrepo.Remote)
		is      error
		says    string
		canPush bool // shows in a push only
	}{
		{name: "wrong token", change: func(r *gitrepo.Remote) { r.Token = "not-the-" + canary }, is: gitrepo.ErrAuthentication, says: "Give a token that may write"},
		{name: "no token", change: func(r *gitrepo.Remote) { r.Token = "" }, is: gitrepo.ErrAuthentication, says: "terminal prompts disabled"},
		{name: "may only read", change: func(r *gitrepo.Remote) { r.Username = "reader" }, is: gitrepo.ErrAuthentication, says: "error: 403"},
		{name: "no such repository", change: func(r *gitrepo.Remote) { r.URL += "x" }, is: gitrepo.ErrNotFound, says: "Correct the address"},
		{name: "no such branch", change: func(r *gitrepo.Remote) { r.Branch = "trunk" }, is: gitrepo.ErrNoBranch, says: "Create the branch"},
		{name: "nobody listens", change: func(r *gitrepo.Remote) { r.URL = closed }, is: gitrepo.ErrUnreachable, says: "Check the address and the network"},
		{name: "pre-receive hook", hook: [2]string{"pre-receive", "echo 'frozen until " + canary + "'; exit 1"}, is: gitrepo.ErrRefused, says: "pre-receive hook declined) frozen until ***", canPush: true},
		{name: "update hook", hook: [2]string{"update", "echo protected branch; exit 1"}, is: gitrepo.ErrRefused, says: "hook declined) protected branch", canPush: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			repository, remote := start(t)
			before := gitIn(t, repository, "rev-parse", "main")
			if c.hook[0] != "" {
				require.NoError(t, repository.Hook(c.hook[0], c.hook[1]))
			}
			if c.change != nil {
				c.change(&remote)
			}
			edits := 0
			_, err := gitrepo.Update(t.Context(), remote, gitrepo.Options{}, func(ctx context.Context, dir string) (gitrepo.Change, error) {
				edits++
				return writing(map[string]string{"a.txt": "two\n"})(ctx, dir)
			})
			require.ErrorIs(t, err, c.is)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, remote.URL)
			noSecrets(t, err)
			require.LessOrEqual(t, edits, 1, "it is final at once")
			require.Equal(t, before, gitIn(t, repository, "rev-parse", "main"), "no commit landed")

			err = gitrepo.CanPush(t.Context(), remote)
			if c.canPush {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, c.is)
			noSecrets(t, err)
		})
	}
}

func TestCanPushChangesNothing(t *testing.T) {
	repository, remote := start(t)
	before := gitIn(t, repository, "for-each-ref")
	require.NoError(t, gitrepo.CanPush(t.Context(), remote))
	require.Equal(t, before, gitIn(t, repository, "for-each-ref"))
}

// A lock that the server finds taken words a lost race as "failed to update ref".
func TestALockedBranchIsARace(t *testing.T) {
	repository, remote := start(t)
	lock := filepath.Join(repository.Dir, "refs/heads/main.lock")
	require.NoError(t, os.WriteFile(lock, nil, 0o600))
	edit, edits := writing(map[string]string{"a.txt": "two\n"}), 0
	result, err := gitrepo.Update(t.Context(), remote, gitrepo.Options{}, func(ctx context.Context, dir string) (gitrepo.Change, error) {
		if edits++; edits == 2 {
			_ = os.Remove(lock)
		}
		return edit(ctx, dir)
	})
	require.NoError(t, err)
	require.Greater(t, result.Attempts, 1)
}

func TestTheMachineTakesNoPart(t *testing.T) {
	repository, remote := start(t)
	home := t.TempDir()
	netrc := "machine 127.0.0.1 login x-access-token password " + canary + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(home, ".netrc"), []byte(netrc), 0o600))
	config := "[user]\nname = somebody\n[core]\nhooksPath = " + home + "\n[url \"http://127.0.0.1:1/\"]\ninsteadOf = " + repository.URL + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(config), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(home, "pre-commit"), []byte("#!/bin/sh\nexit 1\n"), 0o700)) //nolint:gosec // a hook is a program
	t.Setenv("HOME", home)
	t.Setenv("GIT_DIR", home)
	t.Setenv("GIT_TRACE", "1")
	_, err := gitrepo.Update(t.Context(), remote, gitrepo.Options{}, writing(map[string]string{"a.txt": "two\n"}))
	require.NoError(t, err)

	remote.Token = ""
	require.ErrorIs(t, gitrepo.CanPush(t.Context(), remote), gitrepo.ErrAuthentication, "a .netrc is not read")
}

func TestRefusedInput(t *testing.T) {
	good := gitrepo.Remote{URL: "http://127.0.0.1:1/a.git", Branch: "main", Token: canary}
	remotes := map[string]gitrepo.Remote{
		"credentials in it":        {URL: "https://" + canary + "@127.0.0.1/a.git", Branch: "main"},
		"is not a URL":             {URL: "git@127.0.0.1:a/b.git", Branch: "main"},
		`the scheme "ext"`:         {URL: "ext://sh", Branch: "main"},
		"a query or a fragment":    {URL: "https://127.0.0.1/a?token=" + canary, Branch: "main"},
		"branch name \"-x\" is re": {URL: good.URL, Branch: "-x"},
	}
	for says, remote := range remotes {
		_, err := gitrepo.Update(t.Context(), remote, gitrepo.Options{}, nil)
		require.ErrorContains(t, err, says)
		noSecrets(t, err)
		require.ErrorContains(t, gitrepo.CanPush(t.Context(), remote), says)
	}
	for says, options := range map[string]gitrepo.Options{
		"the author":              {Author: gitrepo.Author{Name: "a\nb", Email: "a@b"}},
		`branch name "a b" is re`: {Topic: "a b"},
	} {
		_, err := gitrepo.Update(t.Context(), good, options, nil)
		require.ErrorContains(t, err, says)
	}
	_, remote := start(t)
	for says, change := range map[string]gitrepo.Change{
		`the file "../x" is refused`:           {Files: []string{"../x"}, Subject: "s"},
		`the file "/x" is refused`:             {Files: []string{"/x"}, Subject: "s"},
		`the file "." is refused`:              {Files: []string{"."}, Subject: "s"},
		`the file ".git/config" is refused`:    {Files: []string{".git/config"}, Subject: "s"},
		`the subject "" is refused`:            {Files: []string{"a.txt"}},
		`the subject "a\nb" is refused`:        {Files: []string{"a.txt"}, Subject: "a\nb"},
		`the trailer "Run": "1\nSource-Commit`: {Files: []string{"a.txt"}, Subject: "s", Trailers: []gitrepo.Trailer{{"Run", "1\nSource-Commit: 2"}}},
		`the trailer "A b"`:                    {Files: []string{"a.txt"}, Subject: "s", Trailers: []gitrepo.Trailer{{"A b", "x"}}},
	} {
		_, err := gitrepo.Update(t.Context(), remote, gitrepo.Options{}, func(context.Context, string) (gitrepo.Change, error) { return change, nil })
		require.ErrorContains(t, err, says)
	}
}

func TestARemotePrintsWithoutItsToken(t *testing.T) {
	remote := gitrepo.Remote{URL: "https://127.0.0.1/a.git", Branch: "main", Token: canary}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.Equal(t, "https://127.0.0.1/a.git (main)", fmt.Sprintf(verb, remote))
	}
	remote.URL = "https://" + strings.TrimSuffix(canary, "%21") + "@127.0.0.1/a.git"
	require.NotContains(t, remote.String(), "canary")
}
