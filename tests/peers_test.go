package tests

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// The examples of a peer, Railpack, are what others expect of a project that says
// nothing to a builder. They are read where they lie, and are no part of this one.

// leftOut are those that cannot be shown here, each with the reason.
var leftOut = map[string]string{
	"python-compiled":         "it asks for Python 3.7, which has had its day",
	"python-freethreaded":     "there is no official image of a free-threaded Python",
	"python-oldest":           "it asks for Python 3.10, of which the kit has none",
	"python-playwright":       "it fetches a browser",
	"python-uv-latest-locked": "it runs uv in its image, and asks for Python 3.14",
	"python-uv-tool-versions": "it asks for Python 3.9, and its lock for another",
}

// databases are what stands beside those that need one, by the names that they reach
// it by, as their compose files have it.
var databases = map[string]map[string]map[string]string{
	"python-django": {
		"postgres": {"POSTGRES_DB": "django_db", "POSTGRES_USER": "django_user", "POSTGRES_PASSWORD": "django_password"},
		"redis":    nil,
	},
	"python-psycopg-binary": {"postgres": {"POSTGRES_DB": "test_db", "POSTGRES_USER": "test_user", "POSTGRES_PASSWORD": "test_password"}},
	"python-latest-psycopg": {"postgres": {"POSTGRES_DB": "test_db", "POSTGRES_USER": "test_user", "POSTGRES_PASSWORD": "test_password"}},
}

// without are lines of those that take a package from GitHub, of which nothing is here.
var without = map[string]struct{ file, line string }{
	"python-pip": {"requirements.txt", "fastapi-ipware @ git+https://github.com/iloveitaly/fastapi-ipware.git"},
}

// instead are versions of Python that the kit has, for those of which the examples ask
// for others, or for none.
var instead = map[string]string{
	"python-bot-only": "3.13", "python-fasthtml": "3.13", "python-flask": "3.13", "python-fastapi": "3.13", "python-poetry": "3.13", "python-pdm": "3.13",
	"python-uv-workspace-postgres": "3.13", "python-latest": "3.13",
}

// writable are those that write beside their own code, which an image's user may do
// where a setting says so.
var writable = []string{"python-fasthtml", "python-system-deps"}

// sentAway are those that are refused, with what is said of them.
var sentAway = map[string]string{
	"python-pdm":     "pdm export --format pylock --output pylock.toml",
	"python-pipfile": "pipenv requirements --hash > requirements.txt",
}

// peer is what an example is expected to do.
type peer struct {
	Output json.RawMessage `json:"expectedOutput"`
	HTTP   *struct {
		Path     string `json:"path"`
		Expected int    `json:"expected"`
		Port     int    `json:"internalPort"`
		Output   string `json:"expectedOutput"`
	} `json:"httpCheck"`
	Environment map[string]string `json:"envs"`
}

// TestPeers builds the examples that PINGVAS_PEERS names the directory of, runs their
// images, and compares what they say with what they are expected to.
func TestPeers(t *testing.T) {
	root := os.Getenv("PINGVAS_PEERS")
	if root == "" {
		t.Skip("PINGVAS_PEERS names no directory of examples")
	}
	found, err := filepath.Glob(filepath.Join(root, cmp.Or(os.Getenv("PINGVAS_PEER"), "*")))
	require.NoError(t, err)
	found = slices.DeleteFunc(found, func(dir string) bool { return !ofPython(dir) && !ofPnpm(dir) })
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, dir := range found {
		name, said := filepath.Base(dir), ""
		t.Run(name, func(t *testing.T) {
			defer func() { _, _ = fmt.Fprintf(w, "%s\t%s\n", name, cmp.Or(said, "FAILED")) }()
			if why := leftOut[name]; why != "" {
				said = "left out: " + why
				t.Skip(why)
			}
			if ofPnpm(dir) {
				said = tryFrontend(t, name, dir)
				return
			}
			said = try(t, name, dir)
		})
	}
	require.NoError(t, w.Flush())
	t.Log("\n" + table.String())
}

// patch is a patch release of Python, of which the images have the newest one.
var patch = regexp.MustCompile(`(Python version: \d+\.\d+)\.\d+`)

// try is what came of an example.
func try(t *testing.T, name, dir string) (said string) {
	r := scratch(t, dir)
	if version := instead[name]; version != "" {
		r.Write(".python-version", version+"\n")
		said = " (Python " + version + ")"
	}
	if line, has := without[name]; has {
		r.Replace(line.file, line.line, "")
		said += " (less what lies on GitHub)"
	}
	if slices.Contains(writable, name) {
		r.Write("pingvas-ci.toml", "writable = [\".\"]\n")
		said += " (writable = [\".\"])"
	}
	r.Commit(t)
	component := regexp.MustCompile(`(?m)^(\S+) +(python|container|frontend) +\. `).FindStringSubmatch(r.Must(t, "components"))
	require.NotNil(t, component, "nothing was found at the root")
	function := map[string]string{"python": "service"}[component[2]]
	image := []string{cmp.Or(function, component[2]), "--name", component[1], "image", "--platform", "linux/amd64"}
	entrypoint := r.Call(append(image, "entrypoint")...)
	if says := sentAway[name]; says != "" {
		entrypoint.Refused(t, says)
		return "refused, with the way out" + said
	}
	words := strings.Split(strings.TrimSpace(entrypoint.Must(t)), "\n")
	image = append(image, beside(t, name)...)
	for _, test := range expected(t, dir) {
		image := slices.Clone(image)
		for _, variable := range slices.Sorted(maps.Keys(test.Environment)) {
			image = append(image, "with-env-variable", "--name", variable, "--value", test.Environment[variable])
		}
		printed := r.Must(t, append(image, "with-exec", "--args", arguments(t, test.script(), words), "combined-output")...)
		for _, text := range test.texts(t) {
			require.Contains(t, printed, patch.ReplaceAllString(text, "$1"))
		}
	}
	return "as expected" + said
}

// scratch is an example in a git repository, less what only its own tests read.
func scratch(t *testing.T, dir string) *harness.Repository {
	r := harness.NewRepository(t, nil)
	r.Copy(".", dir)
	r.Remove("test.json")
	return r
}

var comment = regexp.MustCompile(`(?m)^\s*//.*$|\s//\s.*$`)

// expected are the tests of an example, in JSON with comments.
func expected(t *testing.T, dir string) (tests []peer) {
	text, err := os.ReadFile(filepath.Join(dir, "test.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(comment.ReplaceAll(text, nil), &tests))
	return tests
}

// beside are the arguments that bind an example's databases, which it starts.
func beside(t *testing.T, name string) (args []string) {
	for database, environment := range databases[name] {
		var address string
		switch database {
		case "postgres": // It asks whether TLS is spoken.
			address = harness.Database(t, "postgres:17", 5432, "\x00\x00\x00\x08\x04\xd2\x16\x2f", environment)
			args = append(args, "with-service-binding", "--alias", database, "--service", "tcp://"+address)
		case "redis":
			address = harness.Database(t, "redis:8", 6379, "PING\r\n", environment)
			args = append(args, "with-service-binding", "--alias", database, "--service", "tcp://"+address)
		}
	}
	return args
}

// script starts what its arguments say, asks it where it is a server, and prints what
// it said.
func (p peer) script() string {
	if p.HTTP == nil {
		return `timeout 15 "$@" 2>&1 || true`
	}
	ask := fmt.Sprintf("import urllib.request as u; a = u.urlopen('http://127.0.0.1:%d%s'); print('answered', a.status); print(a.read().decode())", p.HTTP.Port, p.HTTP.Path)
	return `timeout 60 "$@" > /tmp/said 2>&1 & for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do python -c "` + ask + `" 2>/tmp/failed && break; sleep 1; done; cat /tmp/said /tmp/failed`
}

// texts are what has to be among what was printed.
func (p peer) texts(t *testing.T) (texts []string) {
	if p.HTTP != nil {
		return []string{fmt.Sprintf("answered %d", p.HTTP.Expected), p.HTTP.Output}
	}
	if json.Unmarshal(p.Output, &texts) != nil {
		texts = []string{""}
		require.NoError(t, json.Unmarshal(p.Output, &texts[0]))
	}
	return texts
}

// arguments are a shell's, with words for its script, as a list on a command line.
func arguments(t *testing.T, script string, words []string) string {
	var line bytes.Buffer
	w := csv.NewWriter(&line)
	require.NoError(t, w.Write(append([]string{"sh", "-c", script, "sh"}, words...)))
	w.Flush()
	return strings.TrimSpace(line.String())
}
