package tests

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestBaseUpdates: a base has a vulnerability that its publisher has not mended, and
// its distribution has. It stops a service of the recipe and a container of a
// Dockerfile; updated by a lock it does not, on either platform, though nothing of
// the other one runs here.
func TestBaseUpdates(t *testing.T) {
	long(t, "TestRealAdvisories; ci/internal/updates")
	t.Parallel()
	registry := harness.NewRegistry(t)
	old := registry.OldBase(t, "python:3.13-slim",
		map[string]string{"perl-base": "5.40.1-6", "libsqlite3-0": "3.46.1-7", "gzip": "1.13-1"},
		map[string]string{"usr/bin/perl": "#!/bin/sh\necho old\n"})
	r := harness.NewRepository(t, map[string]string{
		"services/orders/requirements.txt": "",
		"services/orders/.python-version":  "3.13\n",
		"services/orders/pyproject.toml":   "[tool.pingvas-ci]\nentrypoint = [\"python\", \"-m\", \"orders\"]\n",
		"services/orders/orders.py":        "print('orders')\n",
		"tools/report/pingvas-ci.toml":     "",
		"tools/report/Dockerfile":          "FROM python:3.13-slim\nCOPY report.txt /report.txt\nUSER 65532:65532\n",
		"tools/report/report.txt":          "a report\n",
	})
	given := words("--image-lock " + harness.LockWith(t, map[string]string{"python:3.13-slim": old}) +
		" with-trivy-databases --directory " + harness.Advisories(t))
	with := func(what string, options ...string) []string { return slices.Concat(given, options, words(what)) }
	written := harness.NewFiles(t, nil)
	file := written.At("updates.lock.json")

	before := r.Batch(t,
		with("service --name orders scan gate"),
		with("lock-updates --without-scripts gzip export --path "+file),
	)
	before[0].Refused(t, "CRITICAL CVE-2026-8376 perl-base", "the base's: a patched base")
	before[1].Must(t)
	lock := written.Read("updates.lock.json")
	assert.Regexp(t, `"name": "perl-base",\s+"version": "5\.40\.1-6\+deb13u\d+",\s+"architecture": "arm64",\s+"file": "pool/[^"]*_arm64\.deb",\s+"sha256": "[0-9a-f]{64}",\s+"mends": \[[^]]*"CVE-2026-8376"`, lock)
	assert.Contains(t, lock, `"unrun": "preinst runs dpkg-divert"`)
	assert.NotContains(t, lock, "://")

	updates := []string{"with-base-updates", "--lock-file", file}
	of := func(what string) []string { return with(what, updates...) }
	perl := "service --name orders image --platform linux/amd64 with-exec --args "
	after := r.Batch(t,
		of("service --name orders scan gate"),
		of("container --name report scan gate"),
		of(perl+"perl,-e,print(6*7) stdout"),
		of(perl+"dpkg,--verify,perl-base,libsqlite3-0 stdout"),
		of("container --name report image --platform linux/amd64 with-exec --args dpkg-query,--show,perl-base stdout"),
		of("service --name orders image --platform linux/arm64 file --path /var/lib/dpkg/status contents"),
		of("service --name orders image --platform linux/arm64 rootfs glob --pattern var/lib/dpkg/info/gzip.*"),
	)
	after[0].Must(t)
	after[1].Must(t)
	assert.Equal(t, "42", strings.TrimSpace(after[2].Must(t)))
	assert.Empty(t, strings.TrimSpace(after[3].Must(t)), "dpkg finds its files as they are to be")
	assert.Contains(t, after[4].Must(t), "5.40.1-6+deb13u")
	assert.Regexp(t, `Package: perl-base\n(.+\n)*Version: 5\.40\.1-6\+deb13u`, after[5].Must(t))
	assert.Contains(t, after[6].Must(t), "gzip.preinst", "what is not run is kept")

	t.Run("the same layer, whatever is below it", func(t *testing.T) {
		changed := r.Copied(t)
		changed.Append("services/orders/orders.py", "print('more orders')\n")
		image := of("service --name orders image --platform linux/arm64")
		first, second := r.Export(t, image...), changed.Export(t, image...)
		first.Timeless(t, 1)
		made, again := first.Ours(t), second.Ours(t)
		require.NotEqual(t, made[0], again[0], "the sources")
		assert.Equal(t, made[1], again[1], "the updates")
		assert.Contains(t, first.Labels["io.github.pingvas.pingvas-ci.updates"], "perl-base=5.40.1-6+deb13u")
	})
}
