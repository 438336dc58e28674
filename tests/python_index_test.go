package tests

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// dumpingBackend builds acme-built, a module that says what its build has found.
const dumpingBackend = dumpPy + `
def build_wheel(directory, config_settings=None, metadata_directory=None):
    import zipfile
    info, name = "acme_built-1.0.0.dist-info/", "acme_built-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
        wheel.writestr("acme_built.py", f"FOUND = {dumped()!r}\n")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: acme-built\nVersion: 1.0.0\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", f"acme_built.py,,\n{info}METADATA,,\n{info}WHEEL,,\n{info}RECORD,,\n")
    return name
`

// acme is a project whose packages an index has, and whose test looks for the token.
func acme(url string) map[string]string {
	source := "[[tool.uv.index]]\nname = \"acme\"\nurl = \"" + url + "/simple\"\nexplicit = true\n"
	return map[string]string{
		"services/orders/pyproject.toml": "[project]\nname = \"orders\"\nversion = \"1\"\nrequires-python = \">=3.13\"\ndependencies = [\"acme-built==1.0.0\", \"acme-greet==1.0.0\"]\n" +
			source + "[tool.uv.sources]\nacme-built = { index = \"acme\" }\nacme-greet = { index = \"acme\" }\n" +
			"[tool.pytest.ini_options]\n[tool.pingvas-ci]\nentrypoint = [\"python\", \"-m\", \"orders\"]\n",
		"services/orders/orders/__init__.py": "",
		"services/orders/orders/__main__.py": "import acme_built\nfrom acme_greet import GREETING\n\nprint(GREETING, acme_built.FOUND)\n",
		"services/orders/dump.py":            dumpPy,
		"services/orders/tests/test_orders.py": "import acme_built\nfrom acme_greet import GREETING\nfrom dump import dumped\n\n\ndef test_orders() -> None:\n" +
			"    assert GREETING == \"hello from acme\"\n    assert acme_built.FOUND == dumped() == \"DUMPED " + hex.EncodeToString([]byte(planted)) + "\"\n",
		// Of requirements, nothing says which files are meant: they are chosen.
		"services/users/requirements.txt":    "--extra-index-url " + url + "/simple\nacme-greet\niniconfig==2.0.0\n",
		"services/users/pyproject.toml":      "[tool.pytest.ini_options]\n[tool.pingvas-ci]\nentrypoint = [\"python\", \"users.py\"]\n",
		"services/users/.python-version":     "3.13\n",
		"services/users/users.py":            "from acme_greet import GREETING\n\nprint(GREETING)\n",
		"services/users/tests/test_users.py": "import iniconfig\nfrom users import GREETING\n\n\ndef test_users() -> None:\n    assert iniconfig and GREETING\n",
	}
}

// TestPrivatePythonIndex installs packages of an index that wants a token: what
// fetches has it, and no build, no test and no image.
func TestPrivatePythonIndex(t *testing.T) {
	t.Parallel()
	right, wrong := "canary-"+rand.Text(), "canary-"+rand.Text()
	index := harness.NewPythonIndex(t, "ci", right, dumpingBackend)
	url := "http://pypi.internal:" + index.Port()
	r := harness.NewRepository(t, acme(url))
	r.Write("services/orders/uv.lock", index.Lock("orders", url))
	collector := harness.NewCollector(t)
	r.Env = append(collector.Env(), "RIGHT="+right, "WRONG="+wrong)
	with := func(token, call string) []string {
		return words("with-python-index --address " + url + " --username ci --token env:" + token + " --service tcp://" + index.Address + " " + call)
	}

	came := r.Batch(t,
		with("WRONG", "service --name orders test"),
		with("RIGHT", "service --name orders test"),
		with("RIGHT", "service --name orders image --platform linux/amd64 with-exec --use-entrypoint --args anything stdout"),
		with("RIGHT", "service --name orders image --platform linux/amd64 rootfs file --path app/.venv/lib/python3.13/site-packages/acme_found.txt contents"),
		with("WRONG", "service --name users test"),
		with("RIGHT", "service --name users test"),
		words("with-python-index --address http://pypi.example --token env:RIGHT service --name orders path"),
	)
	said := came[0].Output // Of all the calls.
	came[0].Refused(t, "orders test: the Python index pypi.internal:"+index.Port()+" refuses /files/", "Give the right token: with-python-index --address pypi.internal:"+index.Port())
	came[1].Must(t)
	assert.Equal(t, "hello from acme DUMPED "+hex.EncodeToString([]byte(planted)), strings.TrimSpace(came[2].Must(t)))
	found := strings.Join(strings.Fields(came[3].Must(t)), "")
	assert.NotContains(t, found, hex.EncodeToString([]byte(right)), "a package's .pth ran where the token is")
	came[4].Refused(t, "users test: the Python index pypi.internal:"+index.Port()+" refuses /simple")
	came[5].Must(t)
	came[6].Refused(t, "over http everyone on the way reads the token")
	for _, token := range []string{right, wrong} {
		harness.HasNot(t, said, token, "a token was printed")
		harness.HasNot(t, collector.Collected(), token, "a token was traced")
	}

	if testing.Short() {
		return
	}
	// Requirements with a package that has to be built.
	r.Write("services/users/requirements.txt", "--extra-index-url "+url+"/simple\nacme-built==1.0.0\n")
	r.Append("services/orders/pyproject.toml", "[tool.uv]\nhttp-proxy = \"http://evil.example\"\n")
	locked := r.Copied(t)
	locked.Write("services/users/requirements.txt", "--extra-index-url "+url+"/simple\nacme-built==1.0.0 --hash=sha256:"+index.Sum("acme_built-1.0.0.tar.gz")+"\n")
	r.Call(with("RIGHT", "service --name orders test")...).Refused(t, "services/orders/pyproject.toml: uv's http-proxy decides who learns the token")
	r.Call(with("RIGHT", "service --name users test")...).Refused(t, "the packages of services/users are not locked", "Commit a lock")
	locked.Call(with("RIGHT", "service --name users test")...).Refused(t, "where a package has to be built, its code runs, and the token of pypi.internal:"+index.Port()+" is not given")
}
