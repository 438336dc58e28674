package updates_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/updates"
)

var (
	digest    = "@sha256:" + strings.Repeat("a", 64)
	reference = "docker.io/library/python:3.14-slim" + digest
	perl      = updates.Package{
		Distribution: "debian", Name: "perl-base", Version: "5.40.1-6+deb13u1", Architecture: "arm64", Mends: []string{"CVE-2026-8376"},
		File: "pool/main/p/perl/perl-base_5.40.1-6+deb13u1_arm64.deb", SHA256: strings.Repeat("b", 64),
	}
)

func lockOf(packages ...updates.Package) updates.Lock {
	return updates.Lock{Version: 1, Asked: "2026-09-14", Images: map[string]updates.Platforms{reference: {"linux/arm64": packages}}, Refused: []string{}}
}

func TestLockIsReadAsWritten(t *testing.T) {
	gzip := perl
	gzip.Name, gzip.Unrun = "gzip", "postinst runs dpkg-divert"
	text, err := lockOf(perl, gzip).JSON()
	require.NoError(t, err)

	read, err := updates.Parse(text)

	require.NoError(t, err)
	assert.Equal(t, lockOf(gzip, perl), read, "in order")
	packages, stale := read.For(reference, "linux/arm64")
	assert.Equal(t, []updates.Package{gzip, perl}, packages)
	assert.Empty(t, stale)
	packages, _ = read.For(reference, "linux/amd64")
	assert.Empty(t, packages)
	newer := "docker.io/library/python:3.14-slim@sha256:" + strings.Repeat("c", 64)
	packages, stale = read.For(newer, "linux/arm64")
	assert.Empty(t, packages)
	assert.Equal(t, reference, stale)
}

func TestLockThatIsRefused(t *testing.T) {
	for want, change := range map[string]func(p *updates.Package){
		"that is no package's name":    func(p *updates.Package) { p.Name = "--root=/" },
		"version \"\" is none":         func(p *updates.Package) { p.Version = "" },
		"is not the platform's":        func(p *updates.Package) { p.Architecture = "amd64" },
		"is none in a package source":  func(p *updates.Package) { p.File = "pool/../../x.deb" },
		"file \"http://x.test/a.deb\"": func(p *updates.Package) { p.File = "http://x.test/a.deb" },
		"sha256 \"b\" is none":         func(p *updates.Package) { p.SHA256 = "b" },
	} {
		changed := perl
		change(&changed)
		_, err := lockOf(changed).JSON()
		assert.ErrorContains(t, err, want)
	}
	for text, want := range map[string]string{
		`{`:                          "unexpected EOF",
		`{"version": 2}`:             "it has version 2",
		`{"version": 1, "other": 1}`: `unknown field "other"`,
		`{"version": 1} {}`:          "there is more after the object",
		`{"version": 1, "images": {"python:3.14-slim": {}}}`: "Write REPOSITORY:TAG@sha256:DIGEST",
	} {
		_, err := updates.Parse([]byte(text))
		assert.ErrorContains(t, err, want, text)
	}
}

func TestRuns(t *testing.T) {
	for script, want := range map[string]string{
		"#!/bin/sh\nset -e\n# nothing\nexit 0\n":                                        "",
		"#!/bin/sh\nset -e\nif [ \"$1\" = configure ]; then ldconfig > /dev/null; fi\n": "",
		"#!/bin/sh -e\ncase $1 in configure) a=b ;; esac\n":                             "",
		"#!/bin/sh\nif false; then update-ca-certificates; fi\n":                        "update-ca-certificates",
		"#!/bin/sh\nif [ -z \"$(dpkg-divert --truename /bin/sh)\" ]; then exit 1; fi\n": "dpkg-divert",
		"#!/bin/sh\necho x > /etc/shells\n":                                             "a redirection to /etc/shells",
		"#!/bin/sh\nf() { rm -f /etc/x; }\nf\n":                                         "rm",
		"#!/bin/sh\n$tool --x\n":                                                        "a command by a variable's name",
		"#!/usr/bin/perl\nunlink '/etc/x';\n":                                           "/usr/bin/perl",
		"#!/bin/sh\nif then\n":                                                          "what nobody can read",
	} {
		assert.Equal(t, want, updates.Runs(script), script)
	}
	assert.Empty(t, updates.Triggers("# Triggers added by dh_makeshlibs\nactivate-noawait ldconfig\ninterest-noawait /usr/x\n"))
	assert.Equal(t, "update-initramfs", updates.Triggers("activate update-initramfs\n"))
}

// TestAnswer: of what apt has, what can be unpacked, and what not and why.
func TestAnswer(t *testing.T) {
	show := func(name string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("Package: " + name + "\nVersion: 1-1\nArchitecture: all\nDescription: x\n Version: none\nFilename: pool/" + name + ".deb\nSHA256: " +
			perl.SHA256 + "\n\nPackage: other\n")}
	}
	files := fstest.MapFS{
		"show/perl-base": show("perl-base"), "show/gzip": show("gzip"), "show/libc6": show("libc6"),
		"scripts/gzip/postinst":      {Data: []byte("#!/bin/sh\ndpkg-divert --x\n")},
		"scripts/libc6/prerm":        {Data: []byte("#!/bin/sh\ninvoke-rc.d x\n")},
		"scripts/perl-base/triggers": {Data: []byte("activate-noawait ldconfig\n")},
	}
	mends := map[string][]string{"perl-base": {"CVE-2026-8376"}, "gzip": {"CVE-1"}, "zlib1g": {"CVE-2"}}

	answer, err := updates.Read(files, "debian", mends, []string{"gzip"})

	require.NoError(t, err)
	require.Len(t, answer.Packages, 2)
	assert.Equal(t, updates.Package{
		Distribution: "debian", Name: "gzip", Version: "1-1", Architecture: "all", File: "pool/gzip.deb", SHA256: perl.SHA256, Mends: []string{"CVE-1"}, Unrun: "postinst runs dpkg-divert",
	}, answer.Packages[0])
	assert.Equal(t, "perl-base", answer.Packages[1].Name)
	require.Len(t, answer.Refused, 2)
	assert.Contains(t, answer.Refused[0], "libc6 1-1: prerm runs invoke-rc.d, ")
	assert.Equal(t, "zlib1g: the image's package sources have no newer version", answer.Refused[1])
}

func TestUnsupported(t *testing.T) {
	assert.Empty(t, updates.Unsupported("debian"))
	assert.Empty(t, updates.Unsupported("ubuntu"))
	assert.Contains(t, updates.Unsupported("alpine"), "Wait for a newer base")
}

func TestPurl(t *testing.T) {
	assert.Equal(t, "pkg:deb/debian/perl-base@5.40.1-6%2Bdeb13u1?arch=arm64", perl.Purl())
}
