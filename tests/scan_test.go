package tests

import (
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
