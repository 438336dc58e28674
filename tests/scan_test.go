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
