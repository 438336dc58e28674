package tests

import (
	"archive/zip"
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// careless is appended to a service's Dockerfile: what is wrong with an image
// without any package of it being so.
const careless = "USER root\nENV API_TOKEN=of-nothing\nEXPOSE 22\n"

// TestMisconfiguration: the example's image passes, and one that runs as root
// does not, in every output; unless it is accepted or not looked for.
func TestMisconfiguration(t *testing.T) {
	long(t, "TestRealAdvisories, TestDeliveryStops; make scans has it whole")
	t.Parallel()
	careful, w := harness.NewWorkshop(t), harness.NewWorkshop(t)
	w.Append(service+"/Dockerfile", careless)
	written := harness.NewFiles(t, nil)
	came := harness.Batch(t, nil, append(careful.On(scan(nil, "gate")), w.On(
		scan(nil, "gate"),
		scan(nil, "files export --path "+written.Dir),
		scan(nil, "table"),
		scan(words("with-finding-kinds --kinds VULNERABILITY,SECRET"), "gate"),
		scan(words("with-scanners --scanners SECRET"), "gate"), // by the older name
		scan(accepting(t, "reason: it is a test", bothWays("002", "031")...), "gate"),
		scan(accepting(t, "reason: it is a test", bothWays("002")...), "findings summary"),
	)...)...)

	came[0].Must(t)
	scanned := came[1:]
	scanned[1].Must(t)
	report := written.Read("user-service/linux-arm64.trivy.json")
	prefix := "DS"
	if strings.Contains(report, `"ID": "DS-0002"`) {
		prefix = "DS-0"
	}
	asRoot, port, secret := prefix+"002", prefix+"004", prefix+"031"
	scanned[0].Refused(t, "HIGH "+asRoot+" in image-configuration.Dockerfile", "CRITICAL "+secret, `secret env "API_TOKEN"`)
	assert.Contains(t, report, `"ID": "`+asRoot+`"`)
	assert.Contains(t, written.Read("user-service/linux-arm64.sarif"), `"ruleId": "`+port+`"`)
	told := written.Read("user-service/linux-arm64.findings.json")
	assert.Regexp(t, `"reference": "[^"]*python[^"]*@sha256:[0-9a-f]{64}",\s+"layers": [1-9]`, told)
	assert.Regexp(t, `"identifier": "`+asRoot+`",[^}]*"owner": "COMPONENT",\s+"remedy": "CORRECTION"`, told)
	assert.Contains(t, scanned[2].Must(t), "misconfiguration: ")
	scanned[3].Must(t)
	scanned[4].Refused(t, "the kinds of findings lack VULNERABILITY")
	scanned[5].Must(t)
	assert.Regexp(t, "HIGH "+asRoot+" in image-configuration.Dockerfile .*; accepted until 2099-12-31: it is a test", scanned[6].Must(t))
}

// bothWays are rules of Trivy's for Dockerfiles, as the scanner of the module's table
// calls them, and an older one.
func bothWays(numbers ...string) (ids []string) {
	for _, number := range numbers {
		ids = append(ids, "DS-0"+number, "DS"+number)
	}
	return ids
}

// scan are the arguments of something of the scan of the user service.
func scan(options []string, what string) []string {
	return slices.Concat(options, words("service --name user-service scan "+what))
}

// accepting are the arguments that accept findings, each with what is said of it.
func accepting(t *testing.T, said string, ids ...string) []string {
	t.Helper()
	text := "ignore:\n"
	for _, id := range ids {
		text += fmt.Sprintf("- {id: %s, %s, expires: 2099-12-31}\n", id, said)
	}
	return []string{"with-gate", "--ignore", harness.NewFiles(t, map[string]string{"accepted.yaml": text}).At("accepted.yaml")}
}

// TestAcceptedFindings lets a known vulnerability pass, for a reason and until
// a day. Another one's rule helps nothing.
func TestAcceptedFindings(t *testing.T) {
	long(t, "TestDeliveryStops: one that is not accepted; ci/internal/trivy")
	t.Parallel()
	w := harness.NewWorkshop(t)
	w.Append(service+"/requirements.txt", vulnerable)
	const said = "component: user-service, reason: no form is read"
	stopped := w.Scan(accepting(t, said, "CVE-0000-0000"), "gate")
	stopped.Refused(t, vulnerability)
	var ids []string
	for _, found := range regexp.MustCompile(`HIGH (CVE-[0-9]+-[0-9]+)`).FindAllStringSubmatch(stopped.Output, -1) {
		ids = append(ids, found[1])
	}
	require.NotEmpty(t, ids)
	w.Scan(accepting(t, said, ids...), "gate").Must(t)
}

// TestRealAdvisories delivers a service and the frontend with a database that finds
// about what one finds elsewhere: that nobody can mend what it has on their bases is
// told, and stops nothing, unless that is asked for.
func TestRealAdvisories(t *testing.T) {
	t.Parallel()
	w, count := harness.NewServiceWorld(t), 1
	if !testing.Short() {
		w, count = harness.NewWorld(t, service, "frontend/web"), 2
	}
	given := []string{"with-trivy-databases", "--directory", harness.Advisories(t)}

	w.Call(w.Delivery(append(given, "with-gate", "--unfixed")...)...).Refused(t,
		"user-service linux/arm64: 22 findings fail the gate", "HIGH CVE-2025-69720 libncursesw6", "the base's: nothing yet", "Leave with-gate --unfixed out")
	assert.Empty(t, w.Registry.Held(t))

	delivered := harness.JSON[harness.Report](t, w.Deliver(given...))
	require.Len(t, delivered.Components, count)
	for _, c := range delivered.Components {
		assert.Regexp(t, `\d+ high.* in \d+ packages; \d+ of the base; without a fix .*\d+ high`, c.Scan)
		assert.Positive(t, c.UnfixedFindings)
		assert.Equal(t, c.UnfixedFindings, c.BaseFindings, "of the base, that is")
	}
}

// TestJars: an image with a jar is scanned where there is no database of jars, which
// is said wherever findings are.
func TestJars(t *testing.T) {
	long(t, "TestRealAdvisories; make scans has it whole")
	t.Parallel()
	r := harness.NewRepository(t, map[string]string{
		"page/package.json":   `{"name": "page", "packageManager": "pnpm@9.15.9", "pingvas-ci": {"platforms": ["linux/amd64"]}}`,
		"page/pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
		"page/app.jar":        jar(t),
		"page/Dockerfile":     "FROM python:3.13-slim\nCOPY app.jar /app/\nUSER 65532\n",
	})
	said := r.Batch(t, words("frontend --name page scan gate"), words("frontend --name page scan table"), words("frontend --name page scan platforms notes"))
	said[0].Must(t)
	for _, told := range said[1:] {
		assert.Contains(t, told.Must(t), "jars were not looked up and are in no bill of materials")
	}
}

// jar is one that no more than a database of jars can name.
func jar(t *testing.T) string {
	t.Helper()
	var content bytes.Buffer
	archive := zip.NewWriter(&content)
	_, err := archive.Create("app/Main.class")
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	return content.String()
}

// TestVEX: a vulnerability that a statement says to do no harm is none of the
// findings, and is told as suppressed; the bill of materials has its package.
// A document that says too little stops the scan.
func TestVEX(t *testing.T) {
	long(t, "TestRealAdvisories; ci/internal/trivy; make scans has it whole")
	t.Parallel()
	w := harness.NewWorkshop(t)
	w.Append(service+"/requirements.txt", vulnerable)

	stated := statements(t, "vulnerable_code_not_present", "user-service")
	written := harness.NewFiles(t, nil)
	scanned := w.Batch(t,
		scan(stated, "gate"),
		scan(stated, "table"),
		scan(stated, "files export --path "+written.Dir),
		scan(statements(t, "vulnerable_code_not_present", "gallery-service"), "gate"),
		scan(statements(t, "", "user-service"), "gate"),
	)

	scanned[0].Must(t)
	assert.Contains(t, scanned[1].Must(t),
		"suppressed by VEX: "+vulnerability+" in python-multipart 0.0.6: not_affected: vulnerable_code_not_present")
	scanned[2].Must(t)
	assert.Contains(t, written.Read("user-service/linux-arm64.cdx.json"), "pkg:pypi/python-multipart@0.0.6")
	scanned[3].Refused(t, "HIGH "+vulnerability)
	scanned[4].Refused(t, `statement 1 (`+vulnerability+`) has the justification ""`)
}

// statements are the arguments that say that what is vulnerable does no harm to
// a product, and why.
func statements(t *testing.T, justification, product string) []string {
	t.Helper()
	var statements []string
	for _, id := range []string{vulnerability, "CVE-2024-24762"} {
		statements = append(statements, `{"vulnerability": {"name": "`+id+`"}, "products": [{"@id": "pkg:oci/`+product+
			`", "subcomponents": [{"@id": "pkg:pypi/python-multipart@0.0.6"}]}], "status": "not_affected", "justification": "`+justification+`"}`)
	}
	document := harness.NewFiles(t, map[string]string{"vex.json": `{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://pingvas.example/vex/1",
		"author": "security", "timestamp": "2026-11-01T00:00:00Z", "version": 1, "statements": [` + strings.Join(statements, ",") + `]}`})
	return []string{"with-vex", "--document", document.At("vex.json")}
}

// TestScansThatCannotBeBelieved: what keeps a scan from finding anything is an
// error of its own, and never taken for a finding, nor for a pass.
func TestScansThatCannotBeBelieved(t *testing.T) {
	long(t, "TestRealAdvisories, TestDeliveryStops; make scans has it whole")
	t.Parallel()
	const whole = "FROM python:3.13-slim\nUSER 65532\n"
	cases := []struct {
		name, dockerfile, rules string
		lock                    map[string]string // what an image is replaced by
		says                    string            // nothing where the image passes
	}{
		{name: "a whole image", dockerfile: whole},
		{name: "none, begun with nothing", dockerfile: "FROM scratch\nCOPY package.json /\nUSER 65532\n"},
		{name: "no distribution", says: "recognised no operating system", dockerfile: "FROM python:3.13-slim AS base\n" +
			"RUN rm -rf /etc/os-release /usr/lib/os-release /etc/debian_version /var/lib/dpkg\nFROM scratch\nCOPY --from=base / /\nUSER 65532\n"},
		{name: "no packages", dockerfile: "FROM python:3.13-slim\nRUN rm -rf /var/lib/dpkg/status /var/lib/dpkg/status.d\nUSER 65532\n", says: "lists no packages"},
		{name: "no database", dockerfile: whole, lock: map[string]string{"trivy-db": "registry:2"}, says: "/trivy-db: no such file"},
		{name: "a scanner that does not run", dockerfile: whole, lock: map[string]string{"aquasec/trivy:0.74.0": "registry:2"}, says: "exit code"},
		{name: "an expired rule", dockerfile: whole, rules: "ignore: [{id: CVE-1, reason: r, expires: 2020-01-31}]", says: "expired on 2020-01-31"},
		{name: "a rule without a reason", dockerfile: whole, rules: "ignore: [{id: CVE-1, expires: 2099-01-31}]", says: "has no reason"},
	}
	var calls [][]string
	for _, c := range cases {
		page := harness.NewFiles(t, map[string]string{
			"page/package.json":   `{"name": "page", "packageManager": "pnpm@9.15.9", "pingvas-ci": {"platforms": ["linux/amd64"]}}`,
			"page/pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
			"page/Dockerfile":     c.dockerfile,
			"accepted.yaml":       c.rules,
		})
		args := words("--source " + page.Dir + " --image-lock " + harness.LockWith(t, c.lock))
		if c.rules != "" {
			args = append(args, "with-gate", "--ignore", page.At("accepted.yaml"))
		}
		calls = append(calls, append(args, words("frontend --name page scan gate")...))
	}
	for i, scanned := range harness.Batch(t, nil, calls...) {
		t.Run(cases[i].name, func(t *testing.T) {
			if cases[i].says == "" {
				scanned.Must(t)
				return
			}
			scanned.Refused(t, cases[i].says)
			assert.NotContains(t, scanned.Output, "findings fail the gate")
		})
	}
}
