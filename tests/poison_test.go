package tests

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// spread puts a file of a name into every directory of every mount that can be
// written, the root and the component's own aside, and of where package managers
// keep things.
const spread = `for place in $(cut -d' ' -f5 /proc/self/mountinfo) /root /pnpm-store /fetch /var/cache /opt; do
  case $place in /|/proc*|/sys*) continue ;; esac
  case $PWD/ in "$place"/*) continue ;; esac
  find "$place" -xdev -type d 2>/dev/null | head -n 2000 | while read -r dir; do
    if { echo poison > "$dir/$1"; } 2>/dev/null; then echo "SPREAD TO $dir"; fi
  done
done
`

// seek fails where a file of the name is anywhere.
const seek = `found=$(find / -name "$1" -not -path '/proc/*' 2>/dev/null)
test -z "$found" || { echo "FOUND $found"; exit 1; }
`

// acting is a repository of a Python service and a pnpm frontend, of which the tests
// run a script.
func acting(t *testing.T, script, name string) *harness.Repository {
	t.Helper()
	own := "\n# " + rand.Text() + "\n" // It is installed for this repository anew.
	r := harness.Shapes(t, plain)
	r.Append(atPlain+"/requirements.txt", own)
	r.Replace(atPlain+"/pyproject.toml", "coverage-threshold = 50\n", "")
	r.Write(atPlain+"/tests/act.sh", script+own)
	r.Write(atPlain+"/tests/test_act.py", `import pathlib
import subprocess


def test_act() -> None:
    subprocess.run(["sh", str(pathlib.Path(__file__).with_name("act.sh")), "`+name+`"], check=True)
`)
	r.Write("pages/site/act.sh", script+own)
	r.Write("pages/site/package.json", `{"name": "site", "packageManager": "pnpm@10.34.9", "dependencies": {"is-number": "7.0.0"},
		"description": "`+strings.TrimSpace(own)+`", "pingvas-ci": {"cacheVolumes": ["/var/cache/site"]},
		"scripts": {"test": "sh act.sh `+name+`", "build": "mkdir -p dist && cp -r node_modules/is-number/. dist && echo > dist/index.html"}}`)
	r.LockWithPnpm("10.34.9", "pages/site")
	return r
}

// TestNothingIsHandedOn has the checks of one repository put a file wherever they
// can, and neither the checks of another nor its images have it, at any level of
// trust. That the search finds one is proven by a check of the first repository,
// which may keep its own where the caller answers for it.
func TestNothingIsHandedOn(t *testing.T) {
	t.Parallel()
	name := "poison-" + strings.ToLower(rand.Text())
	trusting := func(repository, call string) []string {
		return words("with-trust --repository acme/" + name + "-" + repository + " " + call)
	}
	service, site := "service --name "+plain+" ", "frontend --name site "
	first, later, other := acting(t, spread, name), acting(t, seek, name), acting(t, seek, name)
	everywhere := " --platform linux/amd64 rootfs glob --pattern **/" + name
	spreading := first.On(trusting("first", service+"test"), trusting("first", site+"test"))
	finding := later.On(trusting("first", service+"test"), trusting("first", site+"test"))
	clean := other.On(words(service+"test"), trusting("other", site+"test"))
	if !testing.Short() {
		spreading = append(spreading, first.On(words(service+"test"), words(site+"test"))...)
		clean = append(clean, other.On(words(site+"test"), trusting("other", service+"test"))...)
	}
	images := other.On(words(service+"image"+everywhere), words(site+"image"+everywhere))
	came := harness.Batch(t, nil, slices.Concat(spreading, finding, clean, images)...)
	next := func(calls [][]string) (some []harness.Result) {
		some, came = came[:len(calls)], came[len(calls):]
		return some
	}
	for _, spread := range next(spreading) {
		spread.Must(t)
		assert.Contains(t, spread.Output, "SPREAD TO /var/cache/site", "the test no longer finds where it could write")
	}
	for i, found := range next(finding) {
		found.Refused(t, "FOUND "+[]string{"/root/.cache/models", "/var/cache/site"}[i]+"/"+name)
	}
	for _, passed := range next(clean) {
		passed.Must(t)
	}
	for _, image := range next(images) {
		assert.Empty(t, strings.TrimSpace(image.Must(t)))
	}
}

// TestPnpmStaysTheRelease: what a package.json says of pnpm does not have it replace
// itself where packages are installed, with the store at hand. That it would is seen
// where they are not: in a script.
func TestPnpmStaysTheRelease(t *testing.T) {
	long(t, "TestNothingIsHandedOn")
	t.Parallel()
	var calls [][]string
	var absent []string
	for _, release := range []string{"10.34.9", "12.21.0"} {
		major, _, _ := strings.Cut(release, ".")
		r := harness.NewRepository(t, map[string]string{
			"package.json":        `{"name": "root", "private": true}`,
			"pnpm-workspace.yaml": "packages: [pages/*]\n",
			"pages/site/package.json": `{"name": "site", "packageManager": "pnpm@` + release + `", "dependencies": {"is-number": "7.0.0"},
				"scripts": {"build": "true", "typecheck": "true"}, "description": "` + rand.Text() + `"}`,
		})
		r.LockWithPnpm("10.34.9", ".")
		r.Write("package.json", `{"name": "root", "private": true, "packageManager": "pnpm@`+major+`.99.99"}`)
		calls = append(calls, r.On(words("frontend typecheck"))...)
		absent = append(absent, major+".99.99")
	}
	for i, came := range harness.Batch(t, nil, calls...) {
		came.Refused(t, `site typecheck: command "pnpm run typecheck" failed`, absent[i])
	}
}
