package tests

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// writesEverywhere is what a pull request may bring: a test that marks every file
// of Python or JavaScript in each directory that is mounted and can be written.
const writesEverywhere = `import os, pathlib, sys

MARK = "# MARKED by another repository's test\n"


def test_innocent() -> None:
    mounts = [line.split()[1] for line in open("/proc/self/mounts")]
    places = [m for m in mounts if os.access(m, os.W_OK) and not m.startswith(("/proc", "/sys", "/dev")) and m != "/"]
    marked = 0
    for place in places + ["/root/.cache", "/pnpm-store", "/var/cache"]:
        for file in pathlib.Path(place).rglob("*"):
            if file.suffix in (".py", ".js", ".pth") and file.is_file():
                file.write_text(MARK + file.read_text(errors="ignore"))
                marked += 1
    print("WROTE", marked, "in", places)
`

// TestWhatATestWritesIsNotShipped has a repository's test write whatever it can, and
// then builds another repository's image and site of the same packages.
func TestWhatATestWritesIsNotShipped(t *testing.T) {
	long(t, "TestNothingIsHandedOn")
	t.Parallel()
	fresh := "\n# " + time.Now().Format(time.RFC3339Nano) + "\n" // Installed for this test anew.
	attacker := harness.Shapes(t, plain)
	attacker.Append(atPlain+"/requirements.txt", fresh)
	attacker.Write(atPlain+"/tests/test_write.py", writesEverywhere)
	attacker.Replace(atPlain+"/pyproject.toml", "coverage-threshold = 50\n", "")
	attacker.Call("service", "--name", plain, "test").Must(t)

	victim := harness.Shapes(t, plain)
	victim.Append(atPlain+"/requirements.txt", fresh+"# the victim's\n")
	shipped := harness.NewFiles(t, nil)
	came := victim.Batch(t,
		words("service --name "+plain+" image --platform linux/amd64 directory --path /app export --path "+shipped.Dir),
		words("service --name "+plain+" check"),
	)
	for _, c := range came {
		c.Must(t)
	}
	assert.NotEmpty(t, shipped.Holding("def escape"), "the test no longer finds what it looks for")
	assert.Empty(t, shipped.Holding("MARKED"))
}

// TestWhatAScriptWritesIsNotShipped does so with pnpm: by a test, and by the script
// of a package's own project at its install.
func TestWhatAScriptWritesIsNotShipped(t *testing.T) {
	long(t, "TestNothingIsHandedOn")
	t.Parallel()
	const write = `const fs = require('fs'), path = require('path')
for (const place of ['/pnpm-store', '/root/.cache', '/root/.local', '/fetch'])
  if (fs.existsSync(place)) for (const file of fs.readdirSync(place, {recursive: true})) {
    const at = path.join(place, file)
    if (fs.existsSync(at) && fs.statSync(at).isFile()) fs.writeFileSync(at, "module.exports = 'MARKED'\n")
  }
`
	project := func(extra string) *harness.Repository {
		r := harness.NewRepository(t, map[string]string{
			"pages/site/package.json": `{"name": "site", "packageManager": "pnpm@10.34.9", "dependencies": {"is-number": "7.0.0"}, "scripts": {` + extra +
				`"lint": "true", "typecheck": "true", "build": "mkdir -p dist && cp node_modules/is-number/index.js dist/index.html"}}`,
			"pages/site/write.cjs": write,
		})
		r.LockWithPnpm("10.34.9", "pages/site")
		return r
	}
	attacker := project(`"test:coverage": "node write.cjs", "postinstall": "test ! -f write.cjs || node write.cjs", `)
	attacker.Must(t, "frontend", "test")

	shipped := harness.NewFiles(t, nil)
	victim := project(`"test:coverage": "true", "unlike": "` + time.Now().Format(time.RFC3339Nano) + `", `)
	victim.Must(t, "frontend", "dist", "export", "--path", shipped.Dir)
	assert.Contains(t, shipped.Read("index.html"), "module.exports = function")
	assert.NotContains(t, shipped.Read("index.html"), "MARKED")
}

// forging is a plugin of mypy's that writes over its cache what says of another
// file that all is well.
const forging = `import os, pathlib, shutil


def plugin(version: str):
    from mypy.plugin import Plugin
    for place in ("/var/cache/mypy", os.environ.get("MYPY_CACHE_DIR", ".mypy_cache")):
        if os.path.isdir(place) and os.path.ismount(place):
            raise SystemExit("a cache is mounted: " + place)
    return Plugin
`

// TestNoCacheDecidesAVerdict: a type error is found, whatever was kept: of a plugin
// that writes into mypy's cache, and of an edit that leaves a file's size and time.
func TestNoCacheDecidesAVerdict(t *testing.T) {
	t.Parallel()
	// Two sources, as a client that uploads one again looks at no more than its
	// files' sizes and times either.
	of := func(text string) *harness.Repository {
		r := harness.Shapes(t, plain)
		r.Write(atPlain+"/plain/number.py", text)
		fixed := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		require.NoError(t, os.Chtimes(r.At(atPlain+"/plain/number.py"), fixed, fixed))
		return r
	}
	r := of("answer: int = 42\n")
	typecheck := "service --name " + plain + " typecheck"
	reviewed := "with-trust --repository acme/" + strings.ReplaceAll(t.Name(), "/", "-") + " " + typecheck
	levels := [][]string{words(reviewed)}
	if !testing.Short() {
		levels = append(levels, words(typecheck))
	}
	for _, came := range r.Batch(t, levels...) {
		came.Must(t)
		if testing.Short() {
			break
		}
		assert.Equal(t, 1, strings.Count(came.Output, "cache-volumes (/root/.cache/models) are not kept"), "what is switched off is said")
	}
	for _, came := range of("answer: str = 42\n").Batch(t, levels...) {
		came.Refused(t, "Incompatible types in assignment")
	}

	r.Write(atPlain+"/forging.py", forging)
	r.Append(atPlain+"/pyproject.toml", "plugins = [\"./forging.py\"]\n")
	r.Append(atPlain+"/pyproject.toml", "exclude = [\"forging.py\"]\n")
	came := r.Batch(t, words(typecheck), words(reviewed))
	came[0].Must(t)
	came[1].Refused(t, "a cache is mounted")
}

// TestUntrustedIsNeverPublished: what the caller calls untrusted is checked, and
// published nowhere.
func TestUntrustedIsNeverPublished(t *testing.T) {
	t.Parallel()
	r := harness.Shapes(t, plain)
	came := r.Batch(t,
		words("--untrusted plan table"),
		words("--untrusted deliver report"),
		words("--untrusted with-trust --repository a/b plan table"),
	)
	came[0].Must(t)
	came[1].Refused(t, "the source is untrusted, by --untrusted, and what is untrusted is never published")
	came[2].Refused(t, "Say one of them")
	r.Call("with-trust", "--repository", "", "plan", "table").Refused(t, "with-trust names no repository")
}
