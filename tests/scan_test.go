package tests

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// careless is appended to a service's Dockerfile: what is wrong with an image
// without any package of it being so.
const careless = "USER root\nENV API_TOKEN=of-nothing\nEXPOSE 22\n"

// scans calls something of the scan of the user service.
func scans(t *testing.T, files string, args ...string) (string, error) {
	t.Helper()
	i := slices.Index(args, "scan")
	all := slices.Concat(source(files), args[:i], []string{"service", "--name", "user-service"}, args[i:])
	stdout, said, err := call(t.Context(), all)
	if err != nil {
		return said, err
	}
	return stdout, nil
}

// TestMisconfiguration: the example's image passes, and one that runs as root
// does not, in every output; unless it is accepted or not looked for.
func TestMisconfiguration(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	said, err := scans(t, w.files, "scan", "gate")
	require.NoError(t, err, said)

	dockerfile := filepath.Join(w.files, service, "Dockerfile")
	text, err := os.ReadFile(dockerfile)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(dockerfile, append(text, careless...), 0o644))

	said, err = scans(t, w.files, "scan", "gate")
	require.Error(t, err)
	for _, finding := range []string{"HIGH DS002 in image-configuration.Dockerfile", "CRITICAL DS031", `secret env "API_TOKEN"`} {
		assert.Contains(t, said, finding)
	}

	files := t.TempDir()
	said, err = scans(t, w.files, "scan", "files", "export", "--path", files)
	require.NoError(t, err, said)
	for name, has := range map[string]string{
		"linux-amd64.trivy.json": `"ID": "DS002"`,
		"linux-amd64.sarif":      `"ruleId": "DS004"`,
	} {
		content, err := os.ReadFile(filepath.Join(files, "user-service", name))
		require.NoError(t, err)
		assert.Contains(t, string(content), has)
	}
	table, err := scans(t, w.files, "scan", "table")
	require.NoError(t, err, table)
	assert.Contains(t, table, "misconfiguration: ")

	said, err = scans(t, w.files, "with-scanners", "--scanners", "VULNERABILITY,SECRET", "scan", "gate")
	require.NoError(t, err, said)
	said, err = scans(t, w.files, "with-scanners", "--scanners", "SECRET", "scan", "gate")
	require.Error(t, err)
	assert.Contains(t, said, "the scanners lack VULNERABILITY")

	accepted := filepath.Join(t.TempDir(), "accepted.yaml")
	rule := "- {id: DS002, reason: it is a test, expires: 2099-12-31}\n"
	require.NoError(t, os.WriteFile(accepted, []byte("ignore:\n"+rule+strings.Replace(rule, "DS002", "DS031", 1)), 0o644))
	said, err = scans(t, w.files, "with-gate", "--ignore", accepted, "scan", "gate")
	require.NoError(t, err, said)
}

// TestVEX: a vulnerability that a statement says to do no harm is none of the
// findings, and is told as suppressed; the bill of materials has its package.
// A document that says too little stops the scan.
func TestVEX(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	requirements := filepath.Join(w.files, service, "requirements.txt")
	text, err := os.ReadFile(requirements)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(requirements, append(text, vulnerable...), 0o644))
	document := filepath.Join(t.TempDir(), "statements.json")
	state := func(justification, product string) {
		var statements []string
		for _, id := range []string{vulnerability, "CVE-2024-24762"} {
			statements = append(statements, `{"vulnerability": {"name": "`+id+`"}, "products": [{"@id": "pkg:oci/`+product+
				`", "subcomponents": [{"@id": "pkg:pypi/python-multipart@0.0.6"}]}], "status": "not_affected", "justification": "`+justification+`"}`)
		}
		require.NoError(t, os.WriteFile(document, []byte(`{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://pingvas.example/vex/1",
			"author": "security", "timestamp": "2026-11-01T00:00:00Z", "version": 1, "statements": [`+strings.Join(statements, ",")+`]}`), 0o644))
	}

	state("vulnerable_code_not_present", "user-service")
	said, err := scans(t, w.files, "with-vex", "--document", document, "scan", "gate")
	require.NoError(t, err, said)
	table, err := scans(t, w.files, "with-vex", "--document", document, "scan", "table")
	require.NoError(t, err, table)
	assert.Contains(t, table, "suppressed by VEX: "+vulnerability+" in python-multipart 0.0.6: not_affected: vulnerable_code_not_present")
	files := t.TempDir()
	said, err = scans(t, w.files, "with-vex", "--document", document, "scan", "files", "export", "--path", files)
	require.NoError(t, err, said)
	bill, err := os.ReadFile(filepath.Join(files, "user-service", "linux-amd64.cdx.json"))
	require.NoError(t, err)
	assert.Contains(t, string(bill), "pkg:pypi/python-multipart@0.0.6")

	state("vulnerable_code_not_present", "gallery-service")
	said, err = scans(t, w.files, "with-vex", "--document", document, "scan", "gate")
	require.Error(t, err)
	assert.Contains(t, said, "HIGH "+vulnerability)

	state("", "user-service")
	said, err = scans(t, w.files, "with-vex", "--document", document, "scan", "gate")
	require.Error(t, err)
	assert.Contains(t, said, `statement 1 (`+vulnerability+`) has the justification ""`)
}

// TestScansThatCannotBeBelieved: what keeps a scan from finding anything is an
// error of its own, and never taken for a finding, nor for a pass.
func TestScansThatCannotBeBelieved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(path, text string) string {
		full := filepath.Join(dir, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
		require.NoError(t, os.WriteFile(full, []byte(text), 0o644))
		return full
	}
	put("page/package.json", `{"name": "page", "packageManager": "pnpm@9.15.9", "pingvas-ci": {"platforms": ["linux/amd64"]}}`)
	put("page/pnpm-lock.yaml", "lockfileVersion: '9.0'\n")
	const whole = "FROM python:3.13-slim\nUSER 65532\n"
	for _, c := range []struct {
		name, dockerfile, rules string
		lock                    map[string]string // what an image is replaced by
		says                    string            // nothing where the image passes
	}{
		{name: "a whole image", dockerfile: whole},
		{name: "no distribution", dockerfile: "FROM scratch\nCOPY package.json /\nUSER 65532\n", says: "recognised no operating system"},
		{name: "no packages", dockerfile: "FROM python:3.13-slim\nRUN rm -rf /var/lib/dpkg/status /var/lib/dpkg/status.d\nUSER 65532\n", says: "lists no packages"},
		{name: "no database", dockerfile: whole, lock: map[string]string{"trivy-db": "registry:2"}, says: "/trivy-db: no such file"},
		{name: "a scanner that does not run", dockerfile: whole, lock: map[string]string{"aquasec/trivy:0.74.0": "registry:2"}, says: "exit code"},
		{name: "an expired rule", dockerfile: whole, rules: "ignore: [{id: CVE-1, reason: r, expires: 2020-01-31}]", says: "expired on 2020-01-31"},
		{name: "a rule without a reason", dockerfile: whole, rules: "ignore: [{id: CVE-1, expires: 2099-01-31}]", says: "has no reason"},
	} {
		t.Run(c.name, func(t *testing.T) {
			put("page/Dockerfile", c.dockerfile)
			args := []string{"--source", dir, "--image-lock", locked(t, c.lock)}
			if c.rules != "" {
				args = append(args, "with-gate", "--ignore", put("accepted.yaml", c.rules))
			}
			_, said, err := call(t.Context(), append(args, "frontend", "--name", "page", "scan", "gate"))
			if c.says == "" {
				require.NoError(t, err, said)
				return
			}
			require.Error(t, err)
			assert.Contains(t, said, c.says)
			assert.NotContains(t, said, "findings fail the gate")
		})
	}
}

// locked is the image lock with some images replaced by others of it.
func locked(t *testing.T, replaced map[string]string) string {
	t.Helper()
	file := os.Getenv("PINGVAS_IMAGE_LOCK")
	if file == "" {
		t.Skip("the images to replace are those of an image lock")
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var lock struct {
		Version int               `json:"version"`
		Images  map[string]string `json:"images"`
	}
	require.NoError(t, json.Unmarshal(text, &lock))
	for name, by := range replaced {
		lock.Images[name] = lock.Images[by]
	}
	text, err = json.Marshal(lock)
	require.NoError(t, err)
	made := filepath.Join(t.TempDir(), "images.lock.json")
	require.NoError(t, os.WriteFile(made, text, 0o644))
	return made
}
