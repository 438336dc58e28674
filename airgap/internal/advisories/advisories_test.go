package advisories

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
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
