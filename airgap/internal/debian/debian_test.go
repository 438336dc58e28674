package debian

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/airgap/internal/cache"
	"github.com/pingvas/pingvas-ci/airgap/internal/host"
	"github.com/pingvas/pingvas-ci/airgap/internal/progress"
)

var machine = host.Machine{
	CABundle: []byte("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n"),
	Apt:      host.Apt{Debian: "http://mirror.test/debian", Security: "http://mirror.test/security"},
}

func TestKeyFollowsWhatALayerIsMadeOf(t *testing.T) {
	base := Base("trixie", machine)
	git := Install{Packages: []string{"git"}}
	otherCA, otherMirror := machine, machine
	otherCA.CABundle = []byte("-----BEGIN CERTIFICATE-----\nB\n-----END CERTIFICATE-----\n")
	otherMirror.Apt.Debian = "http://other.test/debian"
	was := keyOf(t, Packages("git", base, machine, git))

	assert.Equal(t, was, keyOf(t, Packages("git", Base("trixie", machine), machine, git)))
	for name, layer := range map[string]*Layer{
		"package":     Packages("git", base, machine, Install{Packages: []string{"git", "less"}}),
		"script":      Packages("git", base, machine, Install{Packages: []string{"git"}, Script: "true"}),
		"component":   Packages("git", base, machine, Install{Packages: []string{"git"}, Components: []string{"main", "non-free"}}),
		"suite":       Packages("git", Base("bookworm", machine), machine, git),
		"certificate": Packages("git", Base("trixie", otherCA), machine, git),
		"mirror":      Packages("git", Base("trixie", otherMirror), machine, git),
	} {
		assert.NotEqual(t, was, keyOf(t, layer), name)
	}
}

func TestKitchenMakesALayerOnce(t *testing.T) {
	kitchen, times := kitchenFor(t), 0
	layer := Files("top", dated("bottom"), func(_ context.Context, site Site) error {
		times++
		return site.Write("etc/x", "x", 0o644)
	})

	first, err := kitchen.Make(t.Context(), layer)
	require.NoError(t, err)
	second, err := kitchen.Make(t.Context(), layer)
	require.NoError(t, err)

	assert.Equal(t, 1, times)
	assert.Equal(t, first, second)
	require.Len(t, first, 2)
	assert.Equal(t, first[0].Epoch(), first[1].Epoch(), "a layer without a time has that of the one below")
}

func TestFailedLayerIsMadeAgain(t *testing.T) {
	kitchen, fail := kitchenFor(t), true
	layer := Files("top", nil, func(context.Context, Site) error {
		if fail {
			return errors.New("mirror is away")
		}
		return nil
	})
	_, err := kitchen.Make(t.Context(), layer)
	require.ErrorContains(t, err, "make layer top: mirror is away")

	fail = false
	_, err = kitchen.Make(t.Context(), layer)

	assert.NoError(t, err)
}

func TestUserJoinsThoseBelow(t *testing.T) {
	below := Files("bottom", nil, func(_ context.Context, site Site) error {
		return site.Write("etc/passwd", "root:x:0:0::/root:/bin/sh\n", 0o644)
	})
	made, err := kitchenFor(t).Make(t.Context(), Files("top", below, func(_ context.Context, site Site) error {
		return site.AddUser("nginx", 101, "/nonexistent", "/bin/false")
	}))
	require.NoError(t, err)

	users, err := os.ReadFile(filepath.Join(made[1].Root(), "etc/passwd"))
	require.NoError(t, err)
	assert.Equal(t, "root:x:0:0::/root:/bin/sh\nnginx:x:101:101::/nonexistent:/bin/false\n", string(users))
	assert.NoDirExists(t, filepath.Join(made[1].Root(), "nonexistent"))
}

func TestCleanKeepsLicencesAndRemovesTraces(t *testing.T) {
	root := t.TempDir()
	kept := []string{"usr/share/doc/git/copyright", "usr/bin/git", "etc/passwd", "var/lib/dpkg/status"}
	removed := []string{
		"usr/share/doc/git/README", "usr/share/man/man1/git.1.gz", "usr/share/locale/ko/git.mo", "var/log/apt/term.log",
		"var/lib/dpkg/status-old", "etc/passwd-", "usr/sbin/update-ca-certificates", "usr/bin/c_rehash",
		"usr/lib/python3.13/EXTERNALLY-MANAGED", "tmp/left", "var/lib/apt/lists/mirror_Packages",
	}
	for _, name := range append(kept, removed...) {
		require.NoError(t, writeFile(filepath.Join(root, name), "x", 0o644))
	}
	require.NoError(t, os.Symlink("git", filepath.Join(root, "usr/share/doc/git-man")))

	require.NoError(t, clean(root))

	for _, name := range kept {
		assert.FileExists(t, filepath.Join(root, name))
	}
	for _, name := range removed {
		assert.NoFileExists(t, filepath.Join(root, name))
	}
	assert.DirExists(t, filepath.Join(root, "usr/share/man/man1"), "packages write there")
	_, err := os.Lstat(filepath.Join(root, "usr/share/doc/git-man"))
	assert.NoError(t, err, "a link to a licence stays")
}

func TestPackagesAreReadFromTheStatusFile(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, writeFile(filepath.Join(root, statusFile), `Package: git
Status: install ok installed
Version: 1:2.47.3-0+deb13u1
Description: fast
 Package: not a field

Package: zlib1g
Version: 1:1.3
`, 0o644))

	packages, err := installed(root)

	require.NoError(t, err)
	assert.Equal(t, map[string]string{"git": "1:2.47.3-0+deb13u1", "zlib1g": "1:1.3"}, packages)
	none, err := installed(t.TempDir())
	assert.NoError(t, err)
	assert.Empty(t, none)
}

func TestNewestPackageListDatesALayer(t *testing.T) {
	lists := t.TempDir()
	require.NoError(t, writeFile(filepath.Join(lists, "a_InRelease"), "Origin: Debian\nDate: Sat, 15 Nov 2025 10:11:12 UTC\n", 0o644))
	require.NoError(t, writeFile(filepath.Join(lists, "b_Release"), "Date: Sun, 16 Nov 2025 00:00:00 UTC\n", 0o644))

	at, err := released(lists)

	require.NoError(t, err)
	assert.Equal(t, time.Date(2025, time.November, 16, 0, 0, 0, 0, time.UTC), at)
	_, err = released(t.TempDir())
	assert.ErrorContains(t, err, "no package list")
}

func TestFailureOfAptIsExplained(t *testing.T) {
	install := Install{Packages: []string{"libcudart12"}}
	for output, hint := range map[string]string{
		"E: Unable to locate package libcudart12":             "Check that the mirror in /etc/apt has libcudart12",
		"mount: root: unknown filesystem type 'overlay'.":     "Use a state directory on ext4 or xfs",
		"dpkg: error: write failed (No space left on device)": "Free some space",
	} {
		assert.ErrorContains(t, explain(install, output, errors.New("exit status 1")), hint)
	}
}

func TestBundleIsSplitIntoCertificates(t *testing.T) {
	const a, b = "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nB\n-----END CERTIFICATE-----"

	assert.Equal(t, [][]byte{[]byte(a), []byte(b)}, certificates([]byte("# first\n"+a+"\nsecond\n"+b+"\n")))
	assert.Empty(t, certificates([]byte("-----BEGIN CERTIFICATE-----\ncut off")))
}

func keyOf(t *testing.T, layer *Layer) string {
	t.Helper()
	key, err := layer.Key()
	require.NoError(t, err)
	return key
}

func kitchenFor(t *testing.T) Kitchen {
	t.Helper()
	entries, err := cache.Open(t.TempDir())
	require.NoError(t, err)
	return Kitchen{Entries: entries, Log: progress.New(io.Discard)}
}

func dated(name string) *Layer {
	return Files(name, nil, func(_ context.Context, site Site) error {
		return site.Dated(time.Date(2025, time.June, 1, 0, 0, 0, 0, time.UTC))
	})
}
