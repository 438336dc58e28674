package advisories

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aquasecurity/trivy-db/pkg/db"
	"github.com/aquasecurity/trivy-db/pkg/metadata"
	"github.com/aquasecurity/trivy-db/pkg/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTableIsWellFormed(t *testing.T) {
	cve, ghsa := regexp.MustCompile(`^CVE-20\d\d-\d{4,}$`), regexp.MustCompile(`^GHSA(-[23456789cfghjmpqrvwx]{4}){3}$`)
	seen := map[string]bool{}
	for _, advisory := range Table {
		assert.Regexp(t, cve, advisory.ID)
		assert.False(t, seen[advisory.ID], "%s is there twice", advisory.ID)
		seen[advisory.ID] = true
		_, err := types.NewSeverity(advisory.Severity)
		assert.NoError(t, err, advisory.ID)
		require.NotEmpty(t, advisory.Fixed, advisory.ID)
		if advisory.Ecosystem == Debian13 {
			continue
		}
		assert.Regexp(t, ghsa, advisory.GHSA, advisory.ID)
		assert.Len(t, advisory.Affected, len(advisory.Fixed), advisory.ID)
	}
}

func TestSameTableMakesTheSameFile(t *testing.T) {
	var files [2][]byte
	for n := range files {
		dir := t.TempDir()
		require.NoError(t, Write(dir))
		var err error
		files[n], err = os.ReadFile(db.Path(dir))
		require.NoError(t, err)
	}
	assert.True(t, bytes.Equal(files[0], files[1]))
}

// TestRealIsWellFormed: every fact is of a package that is named as its ecosystem
// does, and of every way in which Debian deals with one there are some.
func TestRealIsWellFormed(t *testing.T) {
	entries, err := realEntries()
	require.NoError(t, err)
	require.Greater(t, len(entries), 400)
	id := regexp.MustCompile(`^(CVE-(19|20)\d\d-\d{4,}|TEMP-\d{7}-[0-9A-F]{6})$`)
	seen, statuses := map[string]bool{}, map[types.Status]int{}
	for _, e := range entries {
		key := strings.Join([]string{string(e.ecosystem), e.pkg, e.id}, " ")
		assert.Regexp(t, id, e.id)
		assert.False(t, seen[key], "%s is there twice", key)
		seen[key] = true
		assert.Contains(t, sources, e.ecosystem, key)
		assert.Len(t, e.detail.VulnerableVersions, len(e.detail.PatchedVersions), key)
		if e.source == "nvd" {
			statuses[e.detail.Status]++
			assert.Equal(t, e.detail.FixedVersion == "", e.detail.Status != types.StatusUnknown, key)
		}
	}
	for _, status := range []types.Status{types.StatusUnknown, types.StatusAffected, types.StatusFixDeferred, types.StatusWillNotFix} {
		assert.NotZero(t, statuses[status], status.String())
	}
}

func TestRealIsReadBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "trivy-db")
	require.NoError(t, WriteReal(dir))
	require.NoError(t, db.Init(dir))
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	perl, err := db.Config{}.GetAdvisories("debian 13", "perl")
	require.NoError(t, err)
	byID := map[string]types.Advisory{}
	for _, a := range perl {
		byID[a.VulnerabilityID] = a
	}
	assert.Equal(t, types.StatusFixDeferred, byID["CVE-2026-9538"].Status)
	assert.Equal(t, types.SeverityLow, byID["CVE-2011-4116"].Severity)
	assert.Equal(t, "5.40.1-6+deb13u1", byID["CVE-2026-8376"].FixedVersion)
	vulnerability, err := db.Config{}.GetVulnerability("CVE-2026-9538")
	require.NoError(t, err)
	assert.Equal(t, types.VendorSeverity{"nvd": types.SeverityHigh}, vulnerability.VendorSeverity)
}

func TestWrittenDatabaseIsReadBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "trivy-db")
	require.NoError(t, Write(dir))
	require.NoError(t, db.Init(dir))
	t.Cleanup(func() { assert.NoError(t, db.Close()) })

	jinja, err := db.Config{}.GetAdvisories("pip::", "jinja2")
	require.NoError(t, err)
	assert.Len(t, jinja, 6)
	assert.Equal(t, "GitHub Security Advisory Pip", jinja[0].DataSource.Name)
	openssh, err := db.Config{}.GetAdvisories("debian 13", "openssh")
	require.NoError(t, err)
	require.Len(t, openssh, 1)
	assert.Equal(t, "1:9.7p1-7", openssh[0].FixedVersion)
	vulnerability, err := db.Config{}.GetVulnerability("CVE-2020-14343")
	require.NoError(t, err)
	assert.Equal(t, types.VendorSeverity{"ghsa": types.SeverityCritical}, vulnerability.VendorSeverity)
	none, err := db.Config{}.GetAdvisories("pip::", "flask")
	require.NoError(t, err)
	assert.Empty(t, none)
	about, err := metadata.NewClient(dir).Get()
	require.NoError(t, err)
	assert.Equal(t, db.SchemaVersion, about.Version)
	assert.Equal(t, Date, about.UpdatedAt)
}
