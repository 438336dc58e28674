package gitops_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo/gittest"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

const ecr = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/"

func digest(of string) string { return "sha256:" + strings.Repeat(of, 64) }

// digestOf is the digest of a commit's image.
func digestOf(commit string) string { return "sha256:" + commit + commit[:24] }

// image is one that was built from the commit with the given digit.
func image(name, digit string) kustomize.Image {
	return kustomize.Image{Name: name, NewName: ecr + name, NewTag: strings.Repeat(digit, 40), Digest: digest(digit)}
}

func overlay(environment string) string {
	return fmt.Sprintf(`apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization

namespace: pingvas-%s

resources:
  - ../../base/user-service
  - ../../base/frontend

images:
  - name: user-service
    newName: %suser-service
    newTag: abc123def  # 특정 커밋 해시
  - name: frontend
    newName: %sfrontend
    newTag: develop-latest
`, environment, ecr, ecr)
}

func base(name string) map[string]string {
	return map[string]string{
		"apps/base/" + name + "/kustomization.yaml": "resources: [deployment.yaml]\n",
		"apps/base/" + name + "/deployment.yaml": strings.ReplaceAll(`apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  template:
    spec:
      nodeSelector: {kubernetes.io/arch: arm64}
      containers: [{name: NAME, image: NAME}]
`, "NAME", name),
	}
}

// repository is the guide's, with two services, on a real server.
type repository struct {
	*gittest.Repository
	t      *testing.T
	remote gitrepo.Remote
}

func newRepository(t *testing.T) repository {
	t.Helper()
	files := map[string]string{
		"apps/overlays/dev/kustomization.yaml":  overlay("dev"),
		"apps/overlays/prod/kustomization.yaml": overlay("prod"),
	}
	for _, name := range []string{"user-service", "frontend"} {
		for file, text := range base(name) {
			files[file] = text
		}
	}
	server := gittest.Serve(t)
	server.AddUser("x-access-token", "token", true)
	r, err := server.AddRepository("gitops.git", files)
	require.NoError(t, err)
	return repository{r, t, gitrepo.Remote{URL: r.URL, Branch: "main", Token: "token"}}
}

// apply does an operation as the module does.
func (r repository) apply(op gitops.Operation) (gitops.Outcome, error) {
	r.t.Helper()
	var outcome gitops.Outcome
	_, err := gitrepo.Update(r.t.Context(), r.remote, gitrepo.Options{Depth: -1}, func(ctx context.Context, dir string) (_ gitrepo.Change, err error) {
		outcome, err = op.Apply(ctx, dir)
		return outcome.Change, err
	})
	return outcome, err
}

func (r repository) must(op gitops.Operation) gitops.Outcome {
	r.t.Helper()
	outcome, err := r.apply(op)
	require.NoError(r.t, err)
	return outcome
}

func (r repository) bump(environment string, images ...kustomize.Image) gitops.Outcome {
	r.t.Helper()
	return r.must(gitops.Bump{Environment: environment, Commit: images[0].NewTag, Images: images})
}

// clone is a checkout of main, as it is now.
func (r repository) clone() string {
	r.t.Helper()
	dir := filepath.Join(r.t.TempDir(), "clone")
	out, err := exec.Command("git", "clone", "--quiet", r.Dir, dir).CombinedOutput()
	require.NoError(r.t, err, string(out))
	return dir
}

func (r repository) pin(environment, name string) kustomize.Image {
	r.t.Helper()
	pins, err := kustomize.Pins(r.clone(), environment)
	require.NoError(r.t, err)
	return pins[name]
}

func (r repository) message() string {
	r.t.Helper()
	text, err := r.Git("log", "-1", "--format=%B", "main")
	require.NoError(r.t, err)
	return text
}

func TestBumpIsOneCommitInTheGuidesWords(t *testing.T) {
	r := newRepository(t)
	commit := strings.Repeat("1", 40)
	outcome := r.must(gitops.Bump{
		Environment: "dev", Commit: commit, Run: "https://ci.example/7",
		Images: []kustomize.Image{image("user-service", "1"), image("frontend", "1")},
		Order:  gitops.Order{Time: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)},
	})
	require.Len(t, outcome.Images, 2)
	require.Equal(t, "chore: update image tags to "+commit+"\n\n"+
		"user-service: abc123def -> "+commit+"\nfrontend: develop-latest -> "+commit+"\n\n"+
		"Source-Commit: "+commit+"\nSource-Time: 2026-05-01T12:00:00Z\nRun: https://ci.example/7\n"+
		"Image-Digest: user-service@"+digest("1")+"\nImage-Digest: frontend@"+digest("1"), r.message())

	again := r.bump("dev", image("user-service", "1"), image("frontend", "1"))
	require.Empty(t, again.Files, "no change is no commit")
	count, err := r.Git("rev-list", "--count", "main")
	require.NoError(t, err)
	require.Equal(t, "2", count)

	r.bump("dev", image("user-service", "2"), image("frontend", "1"))
	require.True(t, strings.HasPrefix(r.message(), "chore: update user-service image to "+strings.Repeat("2", 40)), "one service has the guide's other words")
}

// source is an application repository with commits 1, 2, 3 on one line, and
// one beside them.
func source(t *testing.T) (dir string, line []string, beside string) {
	t.Helper()
	dir = t.TempDir()
	git := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@t"}, args...)...)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		return strings.TrimSpace(string(out))
	}
	git("init", "--quiet", "--initial-branch=main")
	for i := range 3 {
		git("commit", "--quiet", "--allow-empty", "--message", fmt.Sprint(i))
		line = append(line, git("rev-parse", "HEAD"))
	}
	git("checkout", "--quiet", "-b", "beside", line[0])
	git("commit", "--quiet", "--allow-empty", "--message", "beside")
	return dir, line, git("rev-parse", "HEAD")
}

// of is the user service's image of a commit.
func of(commit string) kustomize.Image {
	return kustomize.Image{Name: "user-service", NewName: ecr + "user-service", NewTag: commit, Digest: digestOf(commit)}
}

func TestAnAncestorNeverReplacesADescendant(t *testing.T) {
	dir, line, beside := source(t)
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	unknown := strings.Repeat("f", 40) // newer than the clone of the source
	cases := []struct {
		name          string
		running, next string
		runningTime   time.Time
		order         gitops.Order
		kept          string
	}{
		{name: "a descendant replaces", running: line[0], next: line[2], order: gitops.Order{Source: dir}},
		{name: "an ancestor does not", running: line[2], next: line[0], order: gitops.Order{Source: dir}, kept: "is an ancestor of it"},
		{name: "an ancestor does by force", running: line[2], next: line[0], order: gitops.Order{Source: dir, Force: true}},
		{name: "one of another branch replaces", running: line[2], next: beside, order: gitops.Order{Source: dir}},
		{name: "unknown and later, by the recorded time", running: unknown, runningTime: noon, next: line[2], order: gitops.Order{Source: dir, Time: noon.Add(-time.Hour)}, kept: "its commit is of 2026-05-01T12:00:00Z"},
		{name: "unknown and earlier", running: unknown, runningTime: noon, next: line[2], order: gitops.Order{Source: dir, Time: noon.Add(time.Hour)}},
		{name: "without a source, later", running: line[0], runningTime: noon, next: line[2], order: gitops.Order{Time: noon.Add(time.Hour)}},
		{name: "without a source, earlier", running: line[2], runningTime: noon, next: line[0], order: gitops.Order{Time: noon.Add(-time.Hour)}, kept: "its commit is of"},
		{name: "nothing is known", running: line[2], next: line[0]},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRepository(t)
			r.must(gitops.Bump{Environment: "dev", Commit: c.running, Images: []kustomize.Image{of(c.running)}, Order: gitops.Order{Time: c.runningTime}})
			outcome := r.must(gitops.Bump{Environment: "dev", Commit: c.next, Images: []kustomize.Image{of(c.next)}, Order: c.order})
			if c.kept == "" {
				require.Equal(t, of(c.next), r.pin("dev", "user-service"))
				require.Empty(t, outcome.Kept)
				return
			}
			require.Equal(t, of(c.running), r.pin("dev", "user-service"))
			require.Len(t, outcome.Kept, 1)
			require.Contains(t, outcome.Kept[0], c.kept)
		})
	}
}

// A squashed pull request of several runs has the trailers of the last one
// alone: its time says nothing of another component's image.
func TestASquashedTimeIsNotOfAnotherImage(t *testing.T) {
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for digits, replaced := range map[string]bool{"2": true, "f": false} {
		r := newRepository(t)
		r.must(gitops.Bump{Environment: "dev", Images: []kustomize.Image{image("user-service", "f")}, Commit: strings.Repeat("f", 40)})
		text := r.show("apps/overlays/dev/kustomization.yaml")
		r.bump("dev", image("user-service", "e"))
		require.NoError(t, r.Commit("main", "chore: update 2 images (#7)\n\nSource-Time: 2026-05-01T12:00:00Z\nImage-Digest: user-service@"+digest(digits),
			map[string]string{"apps/overlays/dev/kustomization.yaml": text + "\n"}))
		r.must(gitops.Bump{
			Environment: "dev", Commit: strings.Repeat("3", 40), Images: []kustomize.Image{image("user-service", "3")},
			Order: gitops.Order{Time: noon.Add(-time.Hour)},
		})
		require.Equal(t, replaced, r.pin("dev", "user-service") == image("user-service", "3"), digits)
	}
}

func TestWhatRanBeforeAndWasReplacedDoesNotComeBackByItself(t *testing.T) {
	r := newRepository(t)
	r.bump("dev", image("user-service", "1"))
	r.bump("dev", image("user-service", "2"))
	outcome := r.bump("dev", image("user-service", "1"), image("frontend", "1"))
	require.Equal(t, image("user-service", "2"), r.pin("dev", "user-service"))
	require.Equal(t, image("frontend", "1"), r.pin("dev", "frontend"), "the other image of the run is pinned all the same")
	require.Len(t, outcome.Kept, 1)
	require.Contains(t, outcome.Kept[0], "ran before, and was replaced")
}

func TestPromotionTakesTheDigestsAlong(t *testing.T) {
	r := newRepository(t)
	r.bump("dev", image("user-service", "1"))
	before := r.show("apps/overlays/dev/kustomization.yaml")
	outcome := r.must(gitops.Promotion{From: "dev", To: "prod"})
	require.Equal(t, image("user-service", "1"), r.pin("prod", "user-service"))
	require.Equal(t, "develop-latest", r.pin("prod", "frontend").NewTag)
	require.Equal(t, []string{"frontend stays: dev runs it as develop-latest, without a digest"}, outcome.Kept)
	require.Equal(t, before, r.show("apps/overlays/dev/kustomization.yaml"))
	require.Contains(t, r.show("apps/overlays/prod/kustomization.yaml"), `newTag: "`+strings.Repeat("1", 40)+`"  # 특정 커밋 해시`)
	require.Contains(t, r.message(), "chore: promote user-service from dev to prod")
	require.Contains(t, r.message(), "Promoted-From: dev\nSource-Commit: "+strings.Repeat("1", 40)+"\nImage-Digest: user-service@"+digest("1"))

	require.Empty(t, r.must(gitops.Promotion{From: "dev", To: "prod"}).Files, "the second time there is nothing to do")
}

func TestPromotionRefuses(t *testing.T) {
	r := newRepository(t)
	for says, op := range map[string]gitops.Promotion{
		"they are the same":            {From: "dev", To: "dev"},
		"without a digest, which can":  {From: "dev", To: "prod", Components: []string{"frontend"}},
		`pins no image "usr-service"`:  {From: "dev", To: "prod", Components: []string{"usr-service"}},
		"has no kustomization":         {From: "dev", To: "stage"},
		`environment name "Dev" is re`: {From: "Dev", To: "prod"},
	} {
		_, err := r.apply(op)
		require.ErrorContains(t, err, says)
	}
}

func (r repository) show(file string) string {
	r.t.Helper()
	text, err := r.Git("show", "main:"+file)
	require.NoError(r.t, err)
	return text
}

func TestRollbackAcrossMergesAndOthersCommits(t *testing.T) {
	r := newRepository(t)
	r.bump("prod", image("user-service", "1"))
	r.bump("prod", image("frontend", "1"))
	// A pull request brings the next pin, by a merge.
	r.merge("bump/prod", gitops.Bump{Environment: "prod", Commit: "2222222", Images: []kustomize.Image{image("user-service", "2")}})
	r.bump("prod", image("frontend", "3"))
	require.NoError(t, r.Commit("main", "edited by hand", map[string]string{"apps/overlays/prod/README": "somebody else's\n"}))
	before := r.show("apps/overlays/prod/kustomization.yaml")

	outcome := r.must(&gitops.Rollback{Environment: "prod", Component: "user-service", Reason: "it loses\nsessions"})

	require.Equal(t, []string{"apps/overlays/prod/kustomization.yaml"}, outcome.Files)
	require.Equal(t, image("user-service", "1"), r.pin("prod", "user-service"))
	after := r.show("apps/overlays/prod/kustomization.yaml")
	require.Equal(t, before, strings.NewReplacer(strings.Repeat("1", 40)+`"  #`, strings.Repeat("2", 40)+`"  #`, digest("1"), digest("2")).Replace(after), "nothing but this component's pin differs")
	require.Equal(t, "revert: roll user-service in prod back to "+strings.Repeat("1", 40)+"\n\n"+
		"user-service: "+strings.Repeat("2", 40)+" -> "+strings.Repeat("1", 40)+"\n\n"+
		"Rolled-Back: user-service "+image("user-service", "2").Reference()+"\nSource-Commit: "+strings.Repeat("1", 40)+
		"\nReason: it loses sessions\nImage-Digest: user-service@"+digest("1"), r.message())

	t.Run("history tells who, when, what, from which commit, and how", func(t *testing.T) {
		ran, err := gitops.History(t.Context(), r.clone(), "prod", "user-service")
		require.NoError(t, err)
		var told []string
		for _, p := range ran {
			told = append(told, p.How()+" "+p.Image.NewTag[:7]+" "+p.Commit.Author.Name)
			assert.WithinDuration(t, time.Now(), p.Commit.Time, time.Minute)
		}
		require.Equal(t, []string{
			"rollback 1111111 GitHub Actions", "bump 2222222 test", "bump 1111111 GitHub Actions", "edit abc123d test",
		}, told)
		require.Equal(t, "it loses sessions", ran[0].Reason())
	})
	t.Run("again: what was taken back is no good pin", func(t *testing.T) {
		r.must(&gitops.Rollback{Environment: "prod", Component: "user-service"})
		require.Equal(t, "abc123def", r.pin("prod", "user-service").NewTag)
		_, err := r.apply(&gitops.Rollback{Environment: "prod", Component: "user-service"})
		require.ErrorIs(t, err, gitops.ErrNoEarlier)
	})
	t.Run("to a named one", func(t *testing.T) {
		r.must(&gitops.Rollback{Environment: "prod", Component: "user-service", To: "222"})
		require.Equal(t, image("user-service", "2"), r.pin("prod", "user-service"))
		_, err := r.apply(&gitops.Rollback{Environment: "prod", Component: "user-service", To: "999"})
		require.ErrorContains(t, err, `"999" is none of the`)
	})
	t.Run("a tag that moves is nothing to go back to", func(t *testing.T) {
		r.must(&gitops.Rollback{Environment: "prod", Component: "frontend"})
		require.Equal(t, image("frontend", "1"), r.pin("prod", "frontend"))
		_, err := r.apply(&gitops.Rollback{Environment: "prod", Component: "frontend"})
		require.ErrorContains(t, err, "has a tag that moves")
	})
	t.Run("of an unknown component", func(t *testing.T) {
		_, err := r.apply(&gitops.Rollback{Environment: "prod", Component: "usr-service"})
		require.ErrorContains(t, err, "pins no image of that name")
	})
}

// A pin that was rolled back and then deliberately brought again is good again.
func TestARolledBackPinMayBecomeGoodAgain(t *testing.T) {
	r := newRepository(t)
	r.bump("prod", image("user-service", "1"))
	r.bump("prod", image("user-service", "2"))
	r.must(&gitops.Rollback{Environment: "prod", Component: "user-service"})
	r.must(gitops.Bump{Environment: "prod", Commit: "2222222", Images: []kustomize.Image{image("user-service", "2")}, Order: gitops.Order{Force: true}})
	r.bump("prod", image("user-service", "3"))
	r.must(&gitops.Rollback{Environment: "prod", Component: "user-service"})
	require.Equal(t, image("user-service", "2"), r.pin("prod", "user-service"))
}

// merge applies an operation on a branch and merges that with a merge commit.
func (r repository) merge(topic string, op gitops.Operation) {
	r.t.Helper()
	_, err := gitrepo.Update(r.t.Context(), r.remote, gitrepo.Options{Topic: topic, Depth: -1}, func(ctx context.Context, dir string) (gitrepo.Change, error) {
		outcome, err := op.Apply(ctx, dir)
		return outcome.Change, err
	})
	require.NoError(r.t, err)
	r.mergeBranch(topic)
}

// mergeBranch merges a branch into main, as a pull request is.
func (r repository) mergeBranch(topic string) {
	r.t.Helper()
	dir := r.clone()
	for _, args := range [][]string{
		{"fetch", "--quiet", "origin", topic},
		{"-c", "user.name=test", "-c", "user.email=test@example.com", "merge", "--quiet", "--no-ff", "--message", "Merge pull request #1", "FETCH_HEAD"},
		{"push", "--quiet", "origin", "HEAD:main"},
	} {
		out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput()
		require.NoError(r.t, err, string(out))
	}
}

func TestCompare(t *testing.T) {
	r := newRepository(t)
	r.bump("dev", image("user-service", "1"))
	dir := r.clone()
	got, err := gitops.CompareWith(t.Context(), dir, "HEAD~1", "dev")
	require.NoError(t, err)
	require.Contains(t, got.Text, "--- Deployment pingvas-dev/user-service\tbefore")
	require.Contains(t, got.Text, "+      - image: "+image("user-service", "1").Reference())
	require.NotContains(t, got.Text, "frontend")

	t.Run("the patch turns the one rendering into the other", func(t *testing.T) {
		work := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(work, "dev.yaml"), got.Before, 0o600))
		cmd := exec.Command("git", "apply", "-")
		cmd.Dir, cmd.Stdin = work, strings.NewReader(got.Patch)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		after, err := os.ReadFile(filepath.Join(work, "dev.yaml"))
		require.NoError(t, err)
		require.Equal(t, string(got.After), string(after))
	})
	same, err := gitops.CompareWith(t.Context(), dir, "HEAD~1", "prod")
	require.NoError(t, err)
	require.Empty(t, same.Text+same.Patch)
	_, err = gitops.CompareWith(t.Context(), dir, "HEAD~1", "stage")
	require.ErrorContains(t, err, "has no kustomization")
	_, err = gitops.CompareWith(t.Context(), dir, "nothing", "dev")
	require.ErrorIs(t, err, gitrepo.ErrNoCommit)
}

func TestArchitectures(t *testing.T) {
	r := newRepository(t)
	r.bump("dev", image("user-service", "1"))
	found, err := kustomize.Architectures(t.Context(), r.clone(), "dev")
	require.NoError(t, err)
	require.Equal(t, []string{"arm64"}, found[image("user-service", "1").Reference()])
}
