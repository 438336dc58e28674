package tests

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// strict is a policy that asks for everything but pinned images.
const strict = "with-policy --gates lint,format,typecheck,test --hashed --no-extra-index --no-emulation --platforms linux/amd64,linux/arm64 "

// lax is a service that allows itself everything.
const (
	lax   = "lax-service"
	atLax = "services/" + lax
)

// newLax is it beside one that does not.
func newLax(t *testing.T) *harness.Repository {
	t.Helper()
	r := harness.Shapes(t, plain)
	r.Copy(atLax, "shapes/"+atPlain)
	r.Replace(atLax+"/pyproject.toml", "[tool.pingvas-ci]\n", "[tool.pingvas-ci]\n"+
		"gates = {typecheck = {none = \"no types yet\"}}\nallow-unhashed = true\nallow-extra-index = true\nallow-emulation = true\nplatforms = [\"linux/arm64\"]\n")
	return r
}

// TestPolicy has one component break all of it. Nothing of that one is run, all of
// the other is; and without the policy what it does is its own decision, and said.
func TestPolicy(t *testing.T) {
	t.Parallel()
	r := newLax(t)
	registry := harness.NewRegistry(t)
	r.Env = []string{registry.Env()}
	publish := func(name string) []string {
		return append(append(words(strict), registry.With()...), words("service --name "+name+" publish --commit "+harness.SourceCommit+" digest")...)
	}
	calls := [][]string{words(strict + "check"), words("check"), words("plan table"), words("service --name " + lax + " typecheck")}
	if !testing.Short() {
		calls = append(calls, words(strict+"service --name "+plain+" check"), words(strict+"deliver report"), publish(lax), words(strict+"service --name "+lax+" check"))
	}
	came := r.Batch(t, calls...)
	kept, refusals := slices.Concat(came[1:3], came[4:min(5, len(came))]), slices.Concat(came[:1], came[min(5, len(came)):])
	for _, refused := range refusals {
		const file = atLax + "/pyproject.toml: "
		refused.Refused(t, lax+" policy: "+file+"the gate typecheck is off: no types yet. The policy asks for it: have it run",
			file+"the policy refuses allow-unhashed. Lock every package with its hashes, and remove it",
			file+"the policy refuses allow-extra-index", file+"the policy refuses allow-emulation",
			file+"the policy asks for the platform linux/amd64. Add it to platforms")
	}
	for _, kept := range kept {
		kept.Must(t)
	}
	// What is printed is of all calls together: those with a policy ran nothing of it.
	assert.Equal(t, 1, strings.Count(came[0].Output, "✔ "+lax+"          lint"), "that of the check without a policy")
	// Half of the calls are checks of it.
	assert.Equal(t, len(calls)/2, strings.Count(came[0].Output, "✔ "+plain+"        lint"), "the others go on")
	assert.Contains(t, came[0].Output, "· "+lax+": typecheck is off: no types yet\n")
	assert.Contains(t, came[2].Stdout, "\n  allow-unhashed: packages without a version or a hash are installed\n")
	came[3].Refused(t, lax+" has no gate typecheck: no types yet. Take none out of the gates in "+atLax+"/pyproject.toml to have it")
	if !testing.Short() {
		came[5].Refused(t, "Nothing was built or pushed")
	}
}

// TestPolicyOfCoverage is judged by where a component asks for less.
func TestPolicyOfCoverage(t *testing.T) {
	long(t, "TestPolicy")
	t.Parallel()
	r := harness.Shapes(t, plain)
	came := r.Batch(t, words("with-policy --coverage 99.5 check"), words("with-policy --coverage 1 check"),
		words("with-policy check"), words("with-policy --gates tests check"), words("with-policy --platforms linux/s390x check"))
	came[0].Refused(t, plain+" coverage: coverage is ", "below the threshold of 99.5 %")
	came[1].Must(t)
	came[2].Refused(t, "the policy asks for nothing. Say what it does")
	came[3].Refused(t, `the policy asks for the gate "tests", which no kind is known to have. Name some of lint, format, typecheck, test`)
	came[4].Refused(t, "linux/s390x")
}

// TestPolicyOfImages: what a Dockerfile takes by a name alone is said, and refused
// where the caller says so.
func TestPolicyOfImages(t *testing.T) {
	long(t, "TestPolicy")
	t.Parallel()
	of := func(base string) *harness.Repository {
		return harness.NewRepository(t, map[string]string{
			"tools/job/Dockerfile": "FROM " + base + "\nUSER 65532\n", "tools/job/pingvas-ci.toml": "",
		})
	}
	loose := of("registry.example/tools/job:1\nADD https://files.example/model /model")
	pinned := of("registry.example/tools/job:1@sha256:" + strings.Repeat("0", 64))
	known := of("python:3.13-slim")
	const policy = "with-policy --pinned --gates typecheck --coverage 80 check"
	came := harness.Batch(t, nil, append(loose.On(words(policy), words("plan table"), words("plan json")), append(pinned.On(words(policy)), known.On(words(policy))...)...)...)
	came[0].Refused(t, "job policy: tools/job/Dockerfile: https://files.example/model is not pinned",
		"tools/job/Dockerfile: registry.example/tools/job:1 is not pinned. Write its digest after it, or name it in the image lock")
	assert.Contains(t, came[1].Must(t), "  built on what nobody pinned: https://files.example/model, registry.example/tools/job:1\n")
	assert.Contains(t, came[2].Must(t), `"unpinned":["https://files.example/model","registry.example/tools/job:1"]`)
	for _, kept := range came[3:] {
		kept.Must(t)
	}
	if versions := harness.VersionsOf(t, "python"); !slices.Contains(versions, "3.15") { // The table has it, by its name alone.
		newest := harness.NewRepository(t, map[string]string{"services/user/pyproject.toml": "[project]\nname = 'user'\n", "services/user/.python-version": "3.15\n"})
		said := newest.Batch(t, words("plan table"), words("with-policy --pinned check"))
		assert.Contains(t, said[0].Must(t), "  built on what nobody pinned: docker.io/library/python:3.15-slim\n")
		said[1].Refused(t, "docker.io/library/python:3.15-slim is not pinned. Write its digest after it, or name it in the image lock")
	}
	assert.Contains(t, came[3].Output, "left out: typecheck, of which a container has no gate; coverage, which is not measured of a container")
}

// TestNoTestsIsADecision: none is no success, however the runner came to it, and
// what the settings decide is said.
func TestNoTestsIsADecision(t *testing.T) {
	long(t, "TestPolicy")
	t.Parallel()
	const decide = `write gates = {test = {none = "the reason"}} in [tool.pingvas-ci] of ` + atPlain + "/pyproject.toml"
	of := func(tests, options string) *harness.Repository {
		r := harness.Shapes(t, plain)
		r.Write(atPlain+"/tests/test_greeting.py", tests)
		r.Append(atPlain+"/pyproject.toml", options)
		r.Replace(atPlain+"/pyproject.toml", "coverage-threshold = 50\n", "")
		return r
	}
	const passing = "def test_nothing() -> None:\n    pass\n"
	none := of("", "")
	collected := of(passing, "\n[tool.pytest.ini_options]\naddopts = \"--collect-only\"\n")
	deselected := of(passing, "\n[tool.pytest.ini_options]\naddopts = \"-k other\"\n")
	skipped := of("import pytest\n\n\n@pytest.mark.skip\n"+passing, "")
	const commands = "\n[tool.pingvas-ci.gates]\ntest = [\"python -m pytest --junitxml=junit.xml\"]\n"
	unreported, reported := of("import pytest\n\n\n@pytest.mark.skip\n"+passing, commands), of(passing+"\n\ndef test_wrong() -> None:\n    assert 1 == 2\n", commands)
	decided := of("", "\n[tool.pingvas-ci.gates]\ntest = {none = \"a fixture\"}\n")
	decided.Replace(atPlain+"/pyproject.toml", "port = 8000\n", "port = 8000\nplatforms = [\"linux/amd64\"]\n")
	test, kept := words("service --name "+plain+" test"), harness.NewFiles(t, nil)
	came := harness.Batch(t, nil, append(append(append(append(append(none.On(test), collected.On(test)...), deselected.On(test)...), skipped.On(test)...),
		decided.On(words("check"), words("with-policy --gates lint,format,typecheck --hashed deliver report"), words("with-policy --coverage 10 check"))...), append(unreported.On(test), reported.On(append(words("checked files export --path"), kept.At("reported")))...)...)...)
	for i, why := range []string{"pytest collected none, or deselected all", "its options have it run none", "pytest collected none, or deselected all", "pytest skipped all"} {
		came[i].Refused(t, plain+" test: no test ran: ", why, decide)
	}
	came[4].Must(t)
	assert.Contains(t, came[4].Output, "· "+plain+": test is off: a fixture\n")
	assert.Contains(t, came[5].Must(t), "\n    test is off: a fixture\n")
	came[6].Refused(t, "the gate test is off: a fixture. The policy asks for a coverage of 10 %: have the tests run")
	came[7].Refused(t, "no test ran: by the junit.xml that its commands left, all were skipped", decide)
	came[8].Must(t)
	assert.Contains(t, kept.In("reported").Read("junit/"+plain+".xml"), "assert 1 == 2")
}

// TestAFrontendWithoutTests says so, by what its runner or its script tells.
func TestAFrontendWithoutTests(t *testing.T) {
	long(t, "TestPolicy")
	t.Parallel()
	of := func(script string, more map[string]string) *harness.Repository {
		p := newSmall(t, more)
		p.Remove(small + "/src/heading.test.ts")
		p.Replace(small+"/package.json", `"test": "vitest run"`, `"test": "`+script+`"`)
		return p
	}
	skipped := of("vitest run --coverage", map[string]string{"src/none.test.ts": "import { it } from \"vitest\";\n\nit.skip(\"is for later\", () => {});\n"})
	decided := of("true", nil)
	decided.Replace(small+"/package.json", `"private": true,`, `"private": true, "pingvas-ci": {"gates": {"test": {"none": "it is one page"}}},`)
	test := words("frontend test")
	var calls [][]string
	for _, r := range []*harness.Repository{
		of("vitest run", nil), of("vitest run --passWithNoTests", nil), of("node --test src", nil), of("true", nil), skipped,
	} {
		calls = append(calls, r.On(test)...)
	}
	came := harness.Batch(t, nil, append(calls, decided.On(words("frontend check"))...)...)
	for i, why := range []string{"the runner found none", "", "", `the script "true" does nothing`, ""} {
		came[i].Refused(t, "small test: no test ran: ", why, `write "gates": {"test": {"none": "the reason"}} in "pingvas-ci" of `+small+"/package.json")
	}
	came[5].Must(t)
	assert.Contains(t, came[5].Output, "· small: test is off: it is one page\n")
}
