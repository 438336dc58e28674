package host

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestListsThatLagAreTakenWhereTheyMay(t *testing.T) {
	apt := Apt{Debian: "http://a.test/debian", Security: "http://a.test/security"}
	for _, line := range apt.Lines("trixie", "main") {
		assert.NotContains(t, line, "check-valid-until")
	}
	apt.Lagging = true
	assert.Equal(t, []string{
		"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg check-valid-until=no] http://a.test/debian forky main",
		"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg check-valid-until=no] http://a.test/debian forky-updates main",
		"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg check-valid-until=no] http://a.test/security forky-security main",
	}, apt.Lines("forky", "main"))
}

func TestDebianArchiveIsFoundInEveryForm(t *testing.T) {
	both := Apt{Debian: "http://mirror.test/debian", Security: "http://mirror.test/security"}
	for _, test := range []struct {
		name, file, content string
		want                Apt
	}{
		{"one line", "sources.list", `
# deb http://old.test/debian bookworm-updates main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.test/debian bookworm-updates main
deb http://mirror.test/security bookworm-security main # comment
`, both},
		{"deb822", "sources.list.d/debian.sources", `Types: deb
# http://snapshot.test
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates

Types: deb
URIs: http://mirror.test/security
Suites: bookworm-security
`, both},
		{"security beside the archive", "sources.list", "deb http://mirror.test/debian/ trixie-updates main\n",
			Apt{Debian: "http://mirror.test/debian/", Security: "http://mirror.test/debian-security"}},
		{"others are passed over", "sources.list.d/all.sources", `Types: deb
URIs: http://node.test
Suites: nodistro

Types: deb
Enabled: no
URIs: http://off.test
Suites: bookworm-updates

Types: deb
URIs: http://mirror.test/debian
Suites: bookworm-updates

Types: deb
URIs: http://mirror.test/security
Suites: bookworm-security
`, both},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, test.file), test.content)

			got, err := readApt(dir)

			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestMachineWithoutDebianArchiveIsRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "sources.list"), "deb http://ubuntu.test/ubuntu noble main\n")

	_, err := readApt(dir)

	assert.ErrorContains(t, err, "Add one to sources.list")
}

func TestLocalCertificatesJoinTheBundleOnce(t *testing.T) {
	dir := t.TempDir()
	system, local := filepath.Join(dir, "bundle.crt"), filepath.Join(dir, "local")
	write(t, system, "public\nknown\n")
	write(t, filepath.Join(local, "known.crt"), "known\n")
	write(t, filepath.Join(local, "deep", "company.crt"), "company")
	write(t, filepath.Join(local, "readme.txt"), "no certificate")

	bundle, err := caBundle(system, local)

	require.NoError(t, err)
	assert.Equal(t, "public\nknown\ncompany\n", string(bundle))
}

func TestBundleIsNeeded(t *testing.T) {
	_, err := caBundle(filepath.Join(t.TempDir(), "none"), t.TempDir())
	assert.ErrorContains(t, err, "Install ca-certificates")
}

func TestMissingLocalCertificatesAreNoError(t *testing.T) {
	system := filepath.Join(t.TempDir(), "bundle.crt")
	write(t, system, "public\n")
	_, err := caBundle(system, filepath.Join(t.TempDir(), "none"))
	assert.NoError(t, err)
}

func TestUnknownPackageIsNamed(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Setenv("PATH", t.TempDir())
		assert.ErrorContains(t, InstallPackages(t.Context(), "no-such"), "no apt-get")
		return
	}
	assert.ErrorContains(t, InstallPackages(t.Context(), "no-such"), "only root can")
}

func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
}
