package gitrepo_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
)

// checkout is a repository with its work tree.
type checkout struct {
	t   *testing.T
	dir string
}

// newCheckout commits files, which end in a slash for directories.
func newCheckout(t *testing.T, files map[string]string, init ...string) checkout {
	t.Helper()
	c := checkout{t, t.TempDir()}
	c.git(append([]string{"init", "--quiet", "--initial-branch=main"}, init...)...)
	c.write(files)
	c.commit()
	return c
}

func (c checkout) git(args ...string) string {
	c.t.Helper()
	return c.gitIn(c.dir, args...)
}

func (c checkout) gitIn(dir string, args ...string) string {
	c.t.Helper()
	cmd := exec.Command("git", args...) //nolint:gosec // the arguments are the test's own
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b.c", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b.c")
	out, err := cmd.CombinedOutput()
	require.NoError(c.t, err, string(out))
	return strings.TrimSpace(string(out))
}

func (c checkout) commit() {
	c.t.Helper()
	c.git("add", "--all")
	c.git("commit", "--quiet", "--no-verify", "--message", "x")
}

func (c checkout) at(name string) string { return filepath.Join(c.dir, name) }

func (c checkout) write(files map[string]string) {
	c.t.Helper()
	for name, text := range files {
		require.NoError(c.t, os.MkdirAll(filepath.Dir(c.at(name)), 0o755))
		if !strings.HasSuffix(name, "/") {
			require.NoError(c.t, os.WriteFile(c.at(name), []byte(text), 0o644))
		}
	}
}

// packed is the tree as the engine hands it over.
func (c checkout) packed() gitrepo.Stream {
	c.t.Helper()
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	tree, err := os.OpenRoot(c.dir)
	require.NoError(c.t, err)
	require.NoError(c.t, w.AddFS(tree.FS()))
	require.NoError(c.t, w.Close())
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil }
}

func (c checkout) uncommitted() []string {
	c.t.Helper()
	found, err := gitrepo.Uncommitted(c.t.Context(), c.dir, c.packed())
	require.NoError(c.t, err)
	return found.Files
}

func TestUncommitted(t *testing.T) {
	start := map[string]string{
		"a.txt": "a\n", "services/x/main.py": "1\n", "run.sh": "#!/bin/sh\n", ".gitignore": "*.log\n/build/\n!keep.log\n",
		"services/.gitignore": "secret\n", "서비스/파일.py": "2\n", "with\nbreak": "x", "\"quoted\"": "x", "-dash": "x",
	}
	for name, test := range map[string]struct {
		change func(c checkout)
		want   []string
	}{
		"nothing":             {func(checkout) {}, nil},
		"an edit":             {func(c checkout) { c.write(map[string]string{"a.txt": "b\n"}) }, []string{"a.txt"}},
		"an edit of one size": {func(c checkout) { c.write(map[string]string{"a.txt": "c\n", "with\nbreak": "y"}) }, []string{"a.txt", "with\nbreak"}},
		"a new file":          {func(c checkout) { c.write(map[string]string{"services/x/new.py": "1", "-new": ""}) }, []string{"-new", "services/x/new.py"}},
		"a staged file":       {func(c checkout) { c.write(map[string]string{"new": "1"}); c.git("add", "new") }, []string{"new"}},
		"ignored files": {func(c checkout) {
			c.write(map[string]string{"x.log": "", "build/y": "", "services/secret": "", "services/x/z.log": "", "keep.log": "", "sub/build/y": "", ":(top)a*.log": "", ":(top)*": ""})
		}, []string{":(top)*", "keep.log", "sub/build/y"}},
		"a directory that ignores itself": {func(c checkout) { c.write(map[string]string{".venv/.gitignore": "*", ".venv/x": ""}) }, nil},
		"an edited rule":                  {func(c checkout) { c.write(map[string]string{".gitignore": "*\n", "x": ""}) }, []string{".gitignore"}},
		"an empty directory":              {func(c checkout) { c.write(map[string]string{"empty/deep/": ""}) }, nil},
		"a file that is gone":             {func(c checkout) { require.NoError(c.t, os.Remove(c.at("a.txt"))) }, nil},
		"an executable bit":               {func(c checkout) { require.NoError(c.t, os.Chmod(c.at("run.sh"), 0o755)) }, []string{"run.sh (its executable bit)"}},
		"bits of a umask":                 {func(c checkout) { require.NoError(c.t, os.Chmod(c.at("run.sh"), 0o600)) }, nil},
		"a link for a file": {func(c checkout) {
			require.NoError(c.t, os.Remove(c.at("a.txt")))
			require.NoError(c.t, os.Symlink("a\n", c.at("a.txt")))
		}, []string{"a.txt"}},
		"a directory for a file": {func(c checkout) {
			require.NoError(c.t, os.Remove(c.at("a.txt")))
			c.write(map[string]string{"a.txt/b": "b"})
		}, []string{"a.txt/b"}},
		"a repository within": {func(c checkout) {
			c.write(map[string]string{"within/x": ""})
			c.gitIn(c.at("within"), "init", "--quiet")
		}, []string{"within/x"}},
		"an index that hides": {func(c checkout) {
			c.git("update-index", "--assume-unchanged", "a.txt")
			c.git("update-index", "--skip-worktree", "run.sh")
			c.write(map[string]string{"a.txt": "b\n", "run.sh": "b\n"})
		}, []string{"a.txt", "run.sh"}},
		"an index that is gone": {func(c checkout) { require.NoError(c.t, os.Remove(c.at(".git/index"))) }, nil},
		"a clone's own exclude": {func(c checkout) { c.write(map[string]string{".git/info/exclude": "mine\n", "mine": ""}) }, []string{"mine"}},
		"no bits in the clone's file system": {func(c checkout) {
			c.git("config", "core.fileMode", "false")
			require.NoError(c.t, os.Chmod(c.at("run.sh"), 0o755))
			require.NoError(c.t, os.Chmod(c.at("a.txt"), 0o755))
			c.write(map[string]string{"a.txt": "b\n"})
		}, []string{"a.txt"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCheckout(t, start)
			test.change(c)
			assert.Equal(t, test.want, c.uncommitted())
		})
	}
	t.Run("a hash of another length", func(t *testing.T) {
		c := newCheckout(t, start, "--object-format=sha256")
		assert.Empty(t, c.uncommitted())
		c.write(map[string]string{"a.txt": "b\n"})
		assert.Equal(t, []string{"a.txt"}, c.uncommitted())
	})
}

func TestFormsOfOneContent(t *testing.T) {
	c := newCheckout(t, map[string]string{
		".gitattributes": "* text=auto\n*.bat text eol=crlf\n*.bin -text\n*.u16 text working-tree-encoding=UTF-16LE-BOM\n*.id ident\n",
		"auto":           "a\nb\n", "x.bat": "a\nb\n", "x.bin": "a\nb\n", "x.id": "$Id$\n",
	})
	c.write(map[string]string{"auto": "a\r\nb\r\n", "x.bat": "a\r\nb\r\n", "x.id": "$Id: 0123 $\n"})
	assert.Empty(t, c.uncommitted())
	c.write(map[string]string{"auto": "a\r\nc\r\n", "x.bin": "a\r\nb\r\n", "x.id": "$Id: 0123 $ \n"})
	assert.Equal(t, []string{"auto", "x.bin", "x.id"}, c.uncommitted())

	windows := newCheckout(t, map[string]string{"a": "a\n"})
	windows.write(map[string]string{"a": "a\r\n"})
	assert.Equal(t, []string{"a"}, windows.uncommitted())
	windows.git("config", "core.autocrlf", "true")
	assert.Empty(t, windows.uncommitted())
}

func TestLinks(t *testing.T) {
	c := newCheckout(t, map[string]string{"a": "a"})
	require.NoError(t, os.Symlink("../outside", c.at("link")))
	c.commit()
	assert.Empty(t, c.uncommitted())
	require.NoError(t, os.Remove(c.at("link")))
	c.write(map[string]string{"link": "../outside"})
	assert.Equal(t, []string{"link"}, c.uncommitted())
	c.git("config", "core.symlinks", "false")
	assert.Empty(t, c.uncommitted(), "so git writes links where there can be none")
	require.NoError(t, os.Remove(c.at("link")))
	require.NoError(t, os.Symlink("../elsewhere", c.at("link")))
	assert.Equal(t, []string{"link"}, c.uncommitted())
}

func TestHardLinks(t *testing.T) {
	c := newCheckout(t, map[string]string{"a": "1\n", "b": "1\n", "c": "1\n"})
	pack := func(text string) gitrepo.Stream {
		var archive bytes.Buffer
		w := tar.NewWriter(&archive)
		require.NoError(t, w.WriteHeader(&tar.Header{Name: "./a", Mode: 0o644, Size: int64(len(text))}))
		_, err := io.WriteString(w, text)
		require.NoError(t, err)
		require.NoError(t, w.WriteHeader(&tar.Header{Name: "./b", Typeflag: tar.TypeLink, Linkname: "./a", Mode: 0o644}))
		return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil }
	}
	for text, want := range map[string][]string{"1\n": nil, "2\n": {"a", "b"}} {
		found, err := gitrepo.Uncommitted(t.Context(), c.dir, pack(text))
		require.NoError(t, err)
		assert.Equal(t, want, found.Files)
	}
}

// TestLargeFiles needs no git-lfs, and runs none.
func TestLargeFiles(t *testing.T) {
	content := strings.Repeat("weights\n", 1000)
	pointer := fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%x\nsize %d\n", sha256.Sum256([]byte(content)), len(content))
	c := newCheckout(t, map[string]string{".gitattributes": "*.onnx filter=lfs diff=lfs merge=lfs -text\n", "m.onnx": pointer, "n.onnx": pointer, "text": pointer})
	c.git("config", "filter.lfs.required", "true")
	c.git("config", "filter.lfs.clean", "git-lfs clean -- %f")
	c.git("config", "filter.lfs.process", "git-lfs filter-process")
	assert.Empty(t, c.uncommitted(), "a checkout of pointers")
	c.write(map[string]string{"m.onnx": content})
	assert.Empty(t, c.uncommitted(), "a checkout of the files")
	c.write(map[string]string{"m.onnx": content + "x", "text": content})
	assert.Equal(t, []string{"m.onnx", "text"}, c.uncommitted())
	c.write(map[string]string{".gitattributes": "*.onnx filter=git-crypt -text\n", "m.onnx": content})
	assert.Equal(t, []string{".gitattributes", "m.onnx (its filter git-crypt is not run)", "text"}, c.uncommitted())
}

func TestSubmodulesAreNotEntered(t *testing.T) {
	c := newCheckout(t, map[string]string{"a": "a"})
	other := newCheckout(t, map[string]string{"b": "b"})
	c.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.dir, "libs/other")
	c.commit()
	assert.Empty(t, c.uncommitted())
	c.write(map[string]string{"libs/other/b": "edited", "libs/other/new": ""})
	assert.Empty(t, c.uncommitted())
	require.NoError(t, os.RemoveAll(c.at("libs/other")))
	c.write(map[string]string{"libs/other": "a file"})
	assert.Equal(t, []string{"libs/other"}, c.uncommitted())
}

func TestComparisonEnds(t *testing.T) {
	c := newCheckout(t, map[string]string{"a": "a"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := gitrepo.Uncommitted(ctx, c.dir, c.packed())
	require.ErrorIs(t, err, context.Canceled)

	var archive bytes.Buffer
	require.NoError(t, tar.NewWriter(&archive).WriteHeader(&tar.Header{Name: "../../etc/x", Mode: 0o644}))
	_, err = gitrepo.Uncommitted(t.Context(), c.dir, func() (io.ReadCloser, error) { return io.NopCloser(&archive), nil })
	require.ErrorContains(t, err, `the file "../../etc/x" lies outside of the source`)
	_, err = gitrepo.Uncommitted(t.Context(), c.dir, func() (io.ReadCloser, error) { return nil, fs.ErrClosed })
	require.ErrorIs(t, err, fs.ErrClosed)
}

// TestNothingOfAClonesConfigurationTakesPart plants in a clone all that can name
// a program or another place, and reads it in every way.
func TestNothingOfAClonesConfigurationTakesPart(t *testing.T) {
	c := newCheckout(t, map[string]string{".gitattributes": "*.py filter=x diff=x merge=x\n", "a.py": "1\n", "b.py": "1\n"})
	c.write(map[string]string{"a.py": "2\n"})
	c.commit()
	first, head := c.git("rev-parse", "HEAD~1"), c.git("rev-parse", "HEAD")
	c.write(map[string]string{"a.py": "3\n"})
	marker := filepath.Join(t.TempDir(), "marker")
	plant(c, marker, first)

	read := func() {
		ctx := t.Context()
		at, err := gitrepo.Head(ctx, c.dir)
		require.NoError(t, err)
		assert.Equal(t, head, at)
		files, err := gitrepo.ChangedFiles(ctx, c.dir, first, "HEAD")
		require.NoError(t, err)
		assert.Equal(t, []string{"a.py"}, files)
		_, err = gitrepo.CommitTime(ctx, c.dir, "HEAD")
		require.NoError(t, err)
		yes, err := gitrepo.IsAncestor(ctx, c.dir, first, head)
		require.NoError(t, err)
		assert.True(t, yes)
		log, err := gitrepo.Log(ctx, c.dir, "a.py")
		require.NoError(t, err)
		assert.Len(t, log, 2)
		_, commits, err := gitrepo.Since(ctx, c.dir, first, "HEAD")
		require.NoError(t, err)
		assert.Len(t, commits, 1)
		contents, err := gitrepo.Files(ctx, c.dir, []gitrepo.File{{Commit: head, Path: "a.py"}})
		require.NoError(t, err)
		assert.Equal(t, "2\n", string(contents[gitrepo.File{Commit: head, Path: "a.py"}]))
		into := t.TempDir()
		require.NoError(t, gitrepo.Extract(ctx, c.dir, "HEAD", into))
		text, err := os.ReadFile(filepath.Join(into, "a.py"))
		require.NoError(t, err)
		assert.Equal(t, "2\n", string(text))
		url, err := gitrepo.Origin(ctx, c.dir)
		require.NoError(t, err)
		assert.Equal(t, "https://a.example/a", url)
		configuration, err := gitrepo.Configuration(ctx, c.dir, "https://b.example/\"b")
		require.NoError(t, err)
		assert.Equal(t, "[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n[remote \"origin\"]\n\turl = \"https://b.example/\\\"b\"\n", configuration)
		assert.Equal(t, []string{"a.py (its filter x is not run)"}, c.uncommitted())
	}
	read()
	assert.NoFileExists(t, marker)

	// The traps are good ones: git itself runs into them.
	cmd := exec.Command("git", "-C", c.dir, "-c", "core.worktree="+c.dir, "status")
	_ = cmd.Run()
	assert.FileExists(t, marker)
}

// plant sets every trap.
func plant(c checkout, marker, other string) {
	c.t.Helper()
	trap := c.at(".git/trap")
	hooks := c.at(".git/hooks")
	c.write(map[string]string{
		".git/trap":            "#!/bin/sh\necho run >> '" + marker + "'\ncat\n",
		".git/info/attributes": "*.py filter=x\n",
		".git/info/exclude":    "*\n",
		".git/info/grafts":     c.git("rev-parse", "HEAD") + "\n",
		".git/config.worktree": "[core]\n\tfsmonitor = " + trap + "\n",
		".git/included":        "[core]\n\tfsmonitor = " + trap + "\n[remote \"origin\"]\n\turl = https://wrong.example\n",
	})
	require.NoError(c.t, os.Chmod(trap, 0o755))
	for _, hook := range []string{"post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-commit"} {
		require.NoError(c.t, os.Symlink(trap, filepath.Join(hooks, hook)))
	}
	for key, value := range map[string]string{
		"core.fsmonitor": trap, "core.sshCommand": trap, "core.pager": trap, "core.editor": trap, "core.hooksPath": hooks,
		"core.worktree": "/", "core.attributesFile": c.at(".git/info/attributes"), "core.alternateRefsCommand": trap,
		"filter.x.clean": trap, "filter.x.smudge": trap, "filter.x.process": trap, "filter.x.required": "true",
		"diff.external": trap, "diff.x.textconv": trap, "diff.x.command": trap, "merge.x.driver": trap, "gpg.program": trap,
		"log.showSignature": "true", "alias.status": "!" + trap, "alias.ls-tree": "!" + trap, "credential.helper": trap,
		"include.path": "included", "extensions.worktreeConfig": "true", "status.submoduleSummary": "true",
		"remote.origin.url": "https://a.example/a", "remote.origin.uploadpack": trap, "trailer.x.command": trap,
	} {
		c.git("config", "--file", c.at(".git/config"), key, value)
	}
	c.write(map[string]string{".git/refs/replace/" + c.revision("HEAD"): other + "\n"})
}

// revision asks without the configuration.
func (c checkout) revision(name string) string {
	c.t.Helper()
	text, err := os.ReadFile(c.at(".git/refs/heads/main"))
	require.NoError(c.t, err, name)
	return strings.TrimSpace(string(text))
}

func TestAClonesHistoryIsItsOwn(t *testing.T) {
	start := map[string]string{"a": "a"}
	for name, test := range map[string]struct {
		change func(c checkout)
		is     error
		says   string
	}{
		"objects of another repository": {func(c checkout) {
			other := newCheckout(t, start)
			c.write(map[string]string{".git/objects/info/alternates": other.at(".git/objects") + "\n"})
		}, gitrepo.ErrBorrowed, "git repack -a -d"},
		"a link for HEAD": {func(c checkout) {
			require.NoError(t, os.Remove(c.at(".git/HEAD")))
			require.NoError(t, os.Symlink("/etc/passwd", c.at(".git/HEAD")))
		}, gitrepo.ErrLinked, ".git/HEAD. Give a clone"},
		"a link for a reference": {func(c checkout) {
			require.NoError(t, os.Symlink("/etc/passwd", c.at(".git/refs/heads/other")))
		}, gitrepo.ErrLinked, ".git/refs/heads/other"},
		"a link for the objects": {func(c checkout) {
			require.NoError(t, os.Rename(c.at(".git/objects"), c.at("objects")))
			require.NoError(t, os.Symlink("../objects", c.at(".git/objects")))
		}, gitrepo.ErrLinked, ".git/objects"},
		"a link for the configuration": {func(c checkout) {
			require.NoError(t, os.Remove(c.at(".git/config")))
			require.NoError(t, os.Symlink("/etc/passwd", c.at(".git/config")))
		}, nil, ".git/config is no file"},
		"a link for all of it": {func(c checkout) {
			require.NoError(t, os.Rename(c.at(".git"), c.at("git")))
			require.NoError(t, os.Symlink("git", c.at(".git")))
		}, gitrepo.ErrWorktree, ""},
		"a file that names another place": {func(c checkout) {
			elsewhere := filepath.Join(t.TempDir(), "git")
			require.NoError(t, os.Rename(c.at(".git"), elsewhere))
			c.write(map[string]string{".git": "gitdir: " + elsewhere + "\n"})
		}, gitrepo.ErrWorktree, "git clone . DIR"},
		"no commit yet": {func(c checkout) { c.git("checkout", "--quiet", "--orphan", "new") }, gitrepo.ErrUnborn, "nothing is committed yet"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCheckout(t, start)
			test.change(c)
			_, err := gitrepo.Head(t.Context(), c.dir)
			_, compared := gitrepo.Uncommitted(t.Context(), c.dir, c.packed())
			for _, err := range []error{err, compared} {
				require.Error(t, err)
				if test.is != nil {
					require.ErrorIs(t, err, test.is)
				}
				require.ErrorContains(t, err, test.says)
				require.NotContains(t, err.Error(), "root:")
			}
		})
	}
	t.Run("an empty list of others", func(t *testing.T) {
		c := newCheckout(t, start)
		c.write(map[string]string{".git/objects/info/alternates": "", ".git/commondir": "/nowhere\n"})
		assert.Empty(t, c.uncommitted())
	})
}

// BenchmarkUncommitted measures a checkout of somebody's.
func BenchmarkUncommitted(b *testing.B) {
	dir := os.Getenv("REPOSITORY")
	if dir == "" {
		b.Skip("REPOSITORY names no checkout")
	}
	archive := filepath.Join(b.TempDir(), "tree.tar")
	out, err := exec.Command("tar", "-C", dir, "--exclude=./.git", "-cf", archive, ".").CombinedOutput() //nolint:gosec // a measure's own arguments
	require.NoError(b, err, string(out))
	for b.Loop() {
		_, err := gitrepo.Uncommitted(b.Context(), dir, func() (io.ReadCloser, error) { return os.Open(archive) })
		require.NoError(b, err)
	}
}
