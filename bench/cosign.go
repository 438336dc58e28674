package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// cosign is the program that says of an image, one call after the other, what a
// delivery says of it.
type cosign struct {
	program string
	dir     string // its key, and what is said
	said    []saying
}

// saying is one call, without key and image.
type saying struct {
	digest string
	args   []string
}

const cosignPassword = "COSIGN_PASSWORD=bench"

// newCosign prepares all that the calls take: the program, a key, and the bills
// of materials that the module makes.
func (b *publishBench) newCosign(ctx context.Context) (c cosign, err error) {
	c.dir = filepath.Join(filepath.Dir(b.studio), "said")
	if c.program, err = cosignProgram(ctx, c.dir); err != nil {
		return c, err
	}
	if _, err := program(ctx, []string{cosignPassword}, c.program, "generate-key-pair", "--output-key-prefix", filepath.Join(c.dir, "bench")); err != nil {
		return c, err
	}
	args := append([]string{"--progress=plain", "call", "--source", b.studio}, lockArgs()...)
	if _, err := program(ctx, nil, "dagger", append(args, "service", "--name", "user-service", "scan", "files", "export", "--path", c.dir)...); err != nil {
		return c, err
	}
	built := filepath.Join(c.dir, "provenance.json")
	if err := os.WriteFile(built, []byte(`{"buildDefinition": {"buildType": "bench"}, "runDetails": {"builder": {"id": "bench"}}}`), 0o600); err != nil {
		return c, err
	}
	platforms, err := b.platforms()
	for name, digest := range platforms {
		bill := filepath.Join(c.dir, "user-service", name)
		c.said = append(c.said, attested(digest, "cyclonedx", bill+".cdx.json"), attested(digest, "spdxjson", bill+".spdx.json"))
	}
	c.said = append(c.said, attested(b.digest, "slsaprovenance1", built), saying{b.digest, []string{"sign"}})
	return c, err
}

func attested(digest, what, file string) saying {
	return saying{digest, []string{"attest", "--new-bundle-format", "--type", what, "--predicate", file}}
}

// say says all of it of an image that is pushed.
func (c cosign) say(ctx context.Context, environment []string, repository string) error {
	for _, s := range c.said {
		args := slices.Concat(s.args, []string{"--yes", "--tlog-upload=false", "--key", filepath.Join(c.dir, "bench.key"), repository + "@" + s.digest})
		if _, err := program(ctx, append(environment, cosignPassword), c.program, args...); err != nil {
			return err
		}
	}
	return nil
}

// cosignProgram is the machine's, else Debian 13's, taken out of a container.
func cosignProgram(ctx context.Context, dir string) (string, error) {
	if at, err := exec.LookPath("cosign"); err == nil {
		return at, os.MkdirAll(dir, 0o755)
	}
	base, err := pythonBase(ctx)
	if err != nil {
		return "", err
	}
	at := filepath.Join(dir, "cosign")
	_, err = program(ctx, nil, "dagger", "--progress=plain", "core", "container", "from", "--address", base,
		"with-exec", "--args", "sh,-ec,apt-get update -q && apt-get install -q -y --no-install-recommends cosign=2.5.0*",
		"file", "--path", "/usr/bin/cosign", "export", "--path", at)
	return at, err
}

// platforms are the digests of the image's platforms, by such names as
// linux-arm64.
func (b *publishBench) platforms() (map[string]string, error) {
	index, err := layout.ImageIndexFromPath(b.layout)
	if err != nil {
		return nil, err
	}
	root, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	image, err := index.ImageIndex(root.Manifests[0].Digest)
	if err != nil {
		return nil, err
	}
	manifest, err := image.IndexManifest()
	if err != nil {
		return nil, err
	}
	digests := map[string]string{}
	for _, m := range manifest.Manifests {
		digests[m.Platform.OS+"-"+m.Platform.Architecture] = m.Digest.String()
	}
	return digests, nil
}
