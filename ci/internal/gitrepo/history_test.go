package gitrepo_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo/gittest"
)

// history is main: first - second - third, and side: first - other, in a clone
// with nothing but its .git.
func history(t *testing.T, clone ...string) (string, *gittest.Repository) {
	t.Helper()
	server := gittest.Serve(t)
	r, err := server.AddRepository("app.git", map[string]string{"services/user-service/main.py": "1\n", "old name": "some text\nof several lines\n"})
	require.NoError(t, err)
	gitIn(t, r, "config", "uploadpack.allowFilter", "true")
	gitIn(t, r, "branch", "side")
	require.NoError(t, r.Commit("side", "other", map[string]string{"서비스/파일.py": "2\n", "with\nbreak": "x"}))
	require.NoError(t, r.Commit("main", "second", map[string]string{"README.md": "2\n"}))
	require.NoError(t, r.Commit("main", "third", map[string]string{"README.md": "3\n"}))
	dir := filepath.Join(t.TempDir(), "clone")
	out, err := exec.Command("git", append([]string{"clone", "--quiet", "--no-checkout", "--no-single-branch"}, append(clone, r.URL, dir)...)...).CombinedOutput() //nolint:gosec // the arguments are the test's own
	require.NoError(t, err, string(out))
	return dir, r
}

// TestCommitTimeReadsNoFile: of a clone that lacks files of a commit, it is known when
// that was made.
func TestCommitTimeReadsNoFile(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) string {
		out, err := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@b"}, args...)...).CombinedOutput() //nolint:gosec // the arguments are the test's own
		require.NoError(t, err, string(out))
		return strings.TrimSpace(string(out))
	}
	git("init", "--quiet")
	for _, name := range []string{"old", "new"} { // A file that moves is looked for by what is in it.
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(strings.Repeat(name+" and more\n", 9)), 0o600))
		git("add", "--all")
		git("commit", "--quiet", "--message", name)
		require.NoError(t, os.Remove(filepath.Join(dir, name)))
	}
	lost := git("rev-parse", "HEAD:new")
	require.NoError(t, os.Remove(filepath.Join(dir, ".git/objects", lost[:2], lost[2:])))
	_, err := gitrepo.CommitTime(t.Context(), dir, "HEAD")
	require.NoError(t, err)
}

func TestHistory(t *testing.T) {
	dir, r := history(t)
	ctx := t.Context()
	head, err := gitrepo.Head(ctx, dir)
	require.NoError(t, err)
	require.Equal(t, gitIn(t, r, "rev-parse", "main"), head)

	files, err := gitrepo.ChangedFiles(ctx, dir, "HEAD", "origin/side")
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"서비스/파일.py", "with\nbreak"}, files, "README.md changed on main only, after side left it")

	files, err = gitrepo.ChangedFiles(ctx, dir, "origin/side", head)
	require.NoError(t, err)
	require.Equal(t, []string{"README.md"}, files)

	files, err = gitrepo.ChangedFiles(ctx, dir, head, head)
	require.NoError(t, err)
	require.Empty(t, files)

	for _, c := range []struct {
		a, b string
		want bool
	}{{"HEAD~2", "HEAD", true}, {"HEAD", "HEAD", true}, {"HEAD", "HEAD~1", false}, {"origin/side", "HEAD", false}} {
		got, err := gitrepo.IsAncestor(ctx, dir, c.a, c.b)
		require.NoError(t, err)
		require.Equal(t, c.want, got, c)
	}

	when, err := gitrepo.CommitTime(ctx, dir, "HEAD")
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), when, time.Minute)
	require.Equal(t, time.UTC, when.Location())
}

func TestARenamedFileCountsUnderBothNames(t *testing.T) {
	dir, _ := history(t)
	git := func(args ...string) {
		cmd := exec.Command("git", args...) //nolint:gosec // the arguments are the test's own
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	git("checkout", "--quiet", "HEAD")
	git("mv", "old name", "new name")
	git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "rename")
	files, err := gitrepo.ChangedFiles(t.Context(), dir, "HEAD~1", "HEAD")
	require.NoError(t, err)
	require.Equal(t, []string{"new name", "old name"}, files)
}

func TestAShallowCloneSaysSo(t *testing.T) {
	dir, r := history(t, "--depth=1")
	ctx := t.Context()
	first := gitIn(t, r, "rev-parse", "main~2")

	_, err := gitrepo.ChangedFiles(ctx, dir, first, "HEAD")
	require.ErrorIs(t, err, gitrepo.ErrShallow, "base is not there")
	require.ErrorContains(t, err, "it lacks "+first+". Fetch more history")
	_, err = gitrepo.ChangedFiles(ctx, dir, "origin/side", "HEAD")
	require.ErrorIs(t, err, gitrepo.ErrShallow, "both are there, where they part is not")
	_, err = gitrepo.IsAncestor(ctx, dir, first, "HEAD")
	require.ErrorIs(t, err, gitrepo.ErrShallow)
	_, err = gitrepo.IsAncestor(ctx, dir, "origin/side", "HEAD")
	require.ErrorIs(t, err, gitrepo.ErrShallow, "a no from a shallow clone proves nothing")

	yes, err := gitrepo.IsAncestor(ctx, dir, "HEAD", "HEAD")
	require.NoError(t, err)
	require.True(t, yes)

	deeper, _ := history(t, "--depth=2")
	no, err := gitrepo.IsAncestor(ctx, deeper, "HEAD", "HEAD~1")
	require.NoError(t, err, "the other way round holds, so the no is certain")
	require.False(t, no)
}

// TestACloneWithAFilter reads the clones that actions/checkout makes with a
// filter: what they lack is never fetched.
func TestACloneWithAFilter(t *testing.T) {
	ctx := t.Context()
	for filter, lacks := range map[string]string{"tree:0": "trees", "blob:none": "blobs"} {
		t.Run(filter, func(t *testing.T) {
			dir, r := history(t, "--filter="+filter)
			first, second := gitIn(t, r, "rev-parse", "main~2"), gitIn(t, r, "rev-parse", "main~1")
			head, err := gitrepo.Head(ctx, dir)
			require.NoError(t, err)
			require.Equal(t, gitIn(t, r, "rev-parse", "main"), head)
			yes, err := gitrepo.IsAncestor(ctx, dir, first, "HEAD")
			require.NoError(t, err)
			require.True(t, yes)
			_, err = gitrepo.ChangedFiles(ctx, dir, strings.Repeat("12", 20), "HEAD")
			require.ErrorIs(t, err, gitrepo.ErrNoCommit, "such a clone has all commits")

			files, err := gitrepo.ChangedFiles(ctx, dir, first, "HEAD")
			if lacks == "blobs" {
				require.NoError(t, err)
				require.Equal(t, []string{"README.md"}, files)
			} else {
				require.ErrorIs(t, err, gitrepo.ErrPartial)
				require.EqualError(t, err, "list the files changed from "+first+" to HEAD: the clone is a partial one: git diff needs files or directories that its filter left out. "+
					"Clone without --filter (leave filter out of a checkout), or get the rest: git fetch --refetch --no-filter")
			}
			wanted := gitrepo.File{Commit: second, Path: "README.md"}
			_, err = gitrepo.Files(ctx, dir, []gitrepo.File{wanted})
			require.ErrorIs(t, err, gitrepo.ErrPartial)

			out, err := exec.Command("git", "-C", dir, "-c", "maintenance.auto=false", "fetch", "--quiet", "--refetch", "--no-filter").CombinedOutput() //nolint:gosec // the arguments are the test's own
			require.NoError(t, err, string(out))
			files, err = gitrepo.ChangedFiles(ctx, dir, first, "HEAD")
			require.NoError(t, err, "what the message advises helps")
			require.Equal(t, []string{"README.md"}, files)
		})
	}
}

func TestABaseOfZeros(t *testing.T) {
	for commit, want := range map[string]bool{
		strings.Repeat("0", 40): true, strings.Repeat("0", 64): true,
		"": false, "0": false, strings.Repeat("0", 39) + "1": false, "main": false,
	} {
		require.Equal(t, want, gitrepo.IsZero(commit), commit)
	}
	for _, depth := range []string{"--no-hardlinks", "--depth=1"} {
		dir, _ := history(t, depth)
		_, err := gitrepo.ChangedFiles(t.Context(), dir, strings.Repeat("0", 40), "HEAD")
		require.ErrorIs(t, err, gitrepo.ErrNoCommit)
		require.ErrorContains(t, err, "zeros stand for none, as before a branch's first push")
	}
}

func TestACommitOfAnotherClone(t *testing.T) {
	dir, _ := history(t)
	commit := strings.Repeat("12", 20)
	_, err := gitrepo.ChangedFiles(t.Context(), dir, commit, "HEAD")
	require.ErrorIs(t, err, gitrepo.ErrNoCommit)
	require.EqualError(t, err, "list the files changed from "+commit+" to HEAD: "+commit+": the commit does not exist in this clone: "+
		"it may be another one's, or be gone after a forced push. Correct the name, or fetch it")
}

// TestAWorktreeIsNoCheckout takes only what is in the folder, as a build gets it.
func TestAWorktreeIsNoCheckout(t *testing.T) {
	dir, _ := history(t)
	worktree := filepath.Join(t.TempDir(), "worktree")
	out, err := exec.Command("git", "-C", dir, "worktree", "add", "--quiet", worktree, "-b", "topic").CombinedOutput() //nolint:gosec // the arguments are the test's own
	require.NoError(t, err, string(out))
	_, err = gitrepo.Head(t.Context(), worktree)
	require.ErrorIs(t, err, gitrepo.ErrWorktree)
	require.ErrorContains(t, err, "the source is a git worktree or a submodule: its history lies elsewhere. Give the main checkout, or a clone: git clone . DIR")

	require.NoError(t, gitrepo.CheckEntries([]string{"a", ".git/", "b/"}))
	require.ErrorIs(t, gitrepo.CheckEntries([]string{"a", ".git", "b/"}), gitrepo.ErrWorktree)
	require.ErrorIs(t, gitrepo.CheckEntries([]string{"a", ".gitignore", ".github/"}), gitrepo.ErrNoHistory)
}

func TestHistoryErrors(t *testing.T) {
	dir, _ := history(t)
	ctx := t.Context()
	for _, name := range []string{"nowhere", "0123456789012345678901234567890123456789", "--help", "--output=x", ""} {
		_, err := gitrepo.ChangedFiles(ctx, dir, name, "HEAD")
		require.ErrorIs(t, err, gitrepo.ErrNoCommit, name)
		_, err = gitrepo.IsAncestor(ctx, dir, "HEAD", name)
		require.ErrorIs(t, err, gitrepo.ErrNoCommit, name)
		_, err = gitrepo.CommitTime(ctx, dir, name)
		require.ErrorIs(t, err, gitrepo.ErrNoCommit, name)
	}
	_, err := gitrepo.Head(ctx, filepath.Join(dir, "nowhere"))
	require.ErrorContains(t, err, "read the head of")
	_, err = gitrepo.Head(ctx, t.TempDir())
	require.ErrorContains(t, err, "the directory has no .git. Give the whole clone")
}

func TestACloneOfAnotherUserIsRead(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir, _ := history(t)
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, 12345, 12345)
	}))
	_, err := gitrepo.Head(t.Context(), dir)
	require.NoError(t, err)
	_, err = gitrepo.ChangedFiles(t.Context(), dir, "HEAD", "origin/side")
	require.NoError(t, err)
}
