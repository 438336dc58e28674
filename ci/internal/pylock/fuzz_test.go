package pylock_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/pylock"
)

// FuzzRead has a lock be anything. Of what is accepted, every option that the
// installer is given is ours, and no line, as any reader of requirements may break
// them, has one that takes packages from elsewhere.
func FuzzRead(f *testing.F) {
	const project = "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"flask\"]\n"
	for _, text := range []string{
		"--index-url https://mirror.example/simple\nFlask_Login[x]==1.2.3 ; python_version < '4' \\\n    " + hash + "  # via us\n-c other.txt\n",
		"a==1" + hash + "\r--extra-index-url https://evil.example\r", "a==1" + hash + " # \\\n--trusted-host evil.example\n", "a==1" + hash + " --find-links https://evil.example\n",
		"--no-index --extra-index-url=https://evil.example\n", "a==1" + hash + " -f https://evil.example\n", "a==1" + hash + " b==2" + hash + "\n", "a @ https://mirror.example/a.whl#sha256=e3b0\n", "-r ../../b.txt\n",
		"a==1" + hash + "\n-c other.txt\n",
	} {
		f.Add(uint8(0), text, "a<2\n--extra-index-url https://evil.example\n")
	}
	f.Add(uint8(1), "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"flask\" }]\n[package.metadata]\nrequires-dist = [{ name = \"flask\" }]\n[[package]]\nname = \"flask\"\nversion = \"3\"\nsource = { registry = \"https://mirror.example\" }\n", project)
	f.Add(uint8(1), "[[package]]\nname = \"a\"\nsource = { git = \"https://evil.example\" }\n", "[project]\nname = \"--index-url=x\"\n")
	f.Add(uint8(2), "[[package]]\nname = \"a\"\nversion = \"1\"\ngroups = [\"main\"]\nfiles = [{file = \"a.whl\", hash = \"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}]\n[metadata]\nlock-version = \"2.1\"\n", project)
	f.Fuzz(func(t *testing.T, kind uint8, lock, other string) {
		files, policy := map[string]string{"pyproject.toml": other}, strict
		switch kind % 4 {
		case 0:
			files = map[string]string{"requirements.txt": lock, "other.txt": other}
		case 1:
			files["uv.lock"] = lock
		case 2:
			files["poetry.lock"] = lock
		case 3:
			files["uv.lock"], files["b/pyproject.toml"], policy.Member = lock, other, "b"
		}
		l, err := pylock.Read(dir(files), policy)
		if err != nil {
			require.LessOrEqual(t, len(err.Error()), 4000+32*(len(lock)+len(other)))
			return
		}
		ours := []string{"--preview-features", "--require-hashes", "--no-deps", "--requirement", "--target", "--quiet", "--frozen", "--format", "--no-header", "--no-emit-local", "--package", "--no-dev", "--output-file", "--extra"}
		for _, command := range slices.Concat(l.Export, l.Install("/l", l.Checks, "--target", "/deps"), l.Install("/l", l.Image)) {
			require.Equal(t, "uv", command[0])
			for _, word := range command[1:] {
				require.False(t, strings.HasPrefix(word, "-") && !slices.Contains(ours, word), "%q", command)
			}
		}
		if kind%4 == 0 {
			require.NotRegexp(t, elsewhere, comments.ReplaceAllString(l.Files["requirements.txt"], "$1"))
		}
	})
}

var (
	elsewhere = regexp.MustCompile(`(^|\s)(--extra-index-url|--find-links|--trusted-host|-f)([\s=]|$)`)
	comments  = regexp.MustCompile(`(^|\s)#[^\r\n]*`)
)
