package tests

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// planted is a canary that every code finds, as it is in the code itself: by it the
// search is known to find one.
const planted = "canary-PLANTED"

// dumpJS prints every canary that code in a container can reach, in the environments
// of all processes and in every file: in hexadecimal, which nobody takes out of what
// is printed.
const dumpJS = `// ` + planted + `
const fs = require('fs'), path = require('path'), hits = new Set()
const look = text => { for (const hit of text.match(/canary-[A-Z2-7]{7,}/g) || []) hits.add(Buffer.from(hit).toString('hex')) }
const walk = dir => {
  let entries = []
  try { entries = fs.readdirSync(dir, { withFileTypes: true }) } catch {}
  for (const entry of entries) {
    const at = path.join(dir, entry.name)
    try {
      if (entry.isDirectory() && !/^\/(proc|sys|usr\/(lib|share)|usr\/local\/lib)$/.test(at)) walk(at)
      else if (entry.isFile() && fs.statSync(at).size < 4e6) look(fs.readFileSync(at, 'latin1'))
    } catch {}
  }
}
for (const pid of fs.readdirSync('/proc')) try { look(fs.readFileSync('/proc/' + pid + '/environ', 'latin1')) } catch {}
walk('/')
console.log('DUMPED', [...hits].join(' '))
`

// dumpPy does so in Python, as a plugin of mypy and for a test.
const dumpPy = `# ` + planted + `
import os, pathlib, re


def dumped() -> str:
    hits = set()
    def look(place) -> None:
        try:
            if place.stat().st_size < 4e6:
                hits.update(re.findall(rb"canary-[A-Z2-7]{7,}", place.read_bytes()))
        except OSError:
            pass
    for place in pathlib.Path("/proc").glob("[0-9]*/environ"):
        look(place)
    for top, dirs, files in os.walk("/"):
        dirs[:] = [d for d in dirs if os.path.join(top, d) not in ("/proc", "/sys", "/usr/lib", "/usr/share", "/usr/local/lib")]
        for file in files:
            if os.path.isfile(os.path.join(top, file)):
                look(pathlib.Path(top, file))
    return "DUMPED " + " ".join(hit.hex() for hit in hits)


def plugin(version: str):
    raise SystemExit(dumped())
`

// dumping is a repository of which all code looks for canaries: a test, a plugin of
// mypy, the script of a package, a linter, and a hook of pnpm's.
func dumping(t *testing.T, npm *harness.NpmRegistry) *harness.Repository {
	t.Helper()
	r := harness.Shapes(t, plain)
	r.Write(atPlain+"/dump.py", dumpPy)
	r.Append(atPlain+"/pyproject.toml", "plugins = [\"./dump.py\"]\nexclude = [\"dump.py\"]\n")
	r.Write(atPlain+"/tests/test_dump.py", "import pathlib, runpy\n\nimport pytest\n\n\ndef test_dump() -> None:\n"+
		"    pytest.fail(runpy.run_path(str(pathlib.Path(__file__).parents[1] / \"dump.py\"))[\"dumped\"](), pytrace=False)\n")
	sum := sha256.Sum256([]byte(dumpJS))
	for name, checksum := range map[string]string{"site": "", "hooked": "pnpmfileChecksum: sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "\n\n"} {
		at := "frontend/" + name
		r.Write(at+"/package.json", `{"name": "`+name+`", "packageManager": "pnpm@10.34.9", "dependencies": {"@acme/greet": "1.0.0"},
			"pnpm": {"onlyBuiltDependencies": ["@acme/greet"]}, "scripts": {"lint": "node dump.cjs && false", "build": "true"}}`)
		r.Write(at+"/dump.cjs", dumpJS)
		r.Write(at+"/.npmrc", "@acme:registry=http://npm.internal:"+npm.Port()+"/\n")
		r.Write(at+"/pnpm-lock.yaml", npm.Lock(checksum))
	}
	r.Write("frontend/hooked/.pnpmfile.cjs", dumpJS)
	return r
}

// TestCanariesMeetNoCode has code of a repository and of a package look for every
// secret that a caller gives. It is in no log, and in no trace.
func TestCanariesMeetNoCode(t *testing.T) {
	long(t, "TestCanaries, TestPrivatePythonIndex")
	t.Parallel()
	secrets := map[string]string{}
	for _, name := range []string{"NPM", "INDEX", "PASSWORD", "SCANNING", "BUILD", "GITOPS", "KEY"} {
		secrets[name] = "canary-" + rand.Text()
	}
	npm := harness.NewNpmRegistry(t, secrets["NPM"], map[string]string{"dump.cjs": dumpJS, "package.json": `{"name": "@acme/greet", "version": "1.0.0", "scripts": {"postinstall": "node dump.cjs"}}`})
	greedy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="http://tokens.example/token",service="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(greedy.Close)
	address := greedy.Listener.Addr().String()
	_, port, _ := strings.Cut(address, ":")

	r := dumping(t, npm)
	collector := harness.NewCollector(t)
	r.Env = collector.Env()
	for name, secret := range secrets {
		r.Env = append(r.Env, name+"="+secret)
	}
	r.Env = append(r.Env, "PEM="+secrets["KEY"]+"\n"+harness.NewKey(t))
	with := func(call string) []string {
		return slices.Concat(words("with-npm-registry --address npm.internal:"+npm.Port()+" --token env:NPM --service tcp://"+npm.Address),
			words("with-python-index --address pypi.example --token env:INDEX"),
			words("with-registry --address localhost:"+port+" --service tcp://"+address+" --username u --password env:PASSWORD"),
			words("with-gitops --repository http://127.0.0.1:1/a.git --token env:GITOPS with-signing --key env:PEM"),
			words("with-code-scanning --repository a/b --ref refs/heads/main --token env:SCANNING --api https://127.0.0.1:1"),
			words("with-build-secret --name npm-token --secret env:BUILD "+call))
	}
	calls := [][]string{
		with("frontend --name site lint"), with("frontend --name hooked lint"), with("service --name " + plain + " test"), with("service --name " + plain + " typecheck"),
		with("service --name " + plain + " publish --commit " + harness.SourceCommit + " digest"),
	}
	came := r.Batch(t, calls...)
	for _, dumped := range came[:4] {
		dumped.Refused(t, "DUMPED")
	}
	came[4].Refused(t, "asks for requests to tokens.example, with its credentials, and that is another site")
	said := came[0].Output // Of all the calls.
	assert.GreaterOrEqual(t, strings.Count(said, hex.EncodeToString([]byte(planted))), 6, "code no longer finds what it looks for")
	assert.Contains(t, said, "postinstall: DUMPED")
	for name, secret := range secrets {
		harness.HasNot(t, said, secret, "code has found %s, or it was printed", name)
		harness.HasNot(t, collector.Collected(), secret, "%s was traced", name)
	}
}
