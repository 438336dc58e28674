package missing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/missing"
)

// TestHeaders: what a build could not find is known by the package of Debian that has it.
func TestHeaders(t *testing.T) {
	for printed, want := range map[string][]string{
		"src/a.c:36:12: fatal error: zlib.h: No such file or directory\nb.c:1:1: fatal error: libmemcached/memcached.h: No such file or directory\n": {"libmemcached-dev", "zlib1g-dev"},
		"a.c:1:10: fatal error: 'Python.h' file not found\n":                                                   {"libpython3-dev"},
		"/usr/bin/ld: cannot find -lpython3.13: No such file or directory\n":                                   {"libpython3-dev"},
		"Error: pg_config executable not found.\n":                                                             {"libpq-dev"},
		"FileNotFoundError: [Errno 2] No such file or directory: 'curl-config'\n":                              {"libcurl4-openssl-dev"},
		"/bin/sh: 1: pkg-config: not found\na.c:1:1: fatal error: of/their/own.h: No such file or directory\n": {"pkg-config"},
		"error: page not found\n": nil,
	} {
		assert.Equal(t, want, missing.Headers(printed), printed)
	}
}

// TestCompilers: what a build could not compile with, in the words of those that build.
func TestCompilers(t *testing.T) {
	c, rust := []string{"gcc", "g++", "libc6-dev", "make"}, []string{"cargo", "gcc", "libc6-dev"}
	for printed, want := range map[string][]string{
		"error: command 'gcc' failed: No such file or directory\n":               c,
		"error: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'\n":   c,
		"Exception: you need a C compiler to build uWSGI\n":                      c,
		"ERROR: Unknown compiler(s): [['cc'], ['gcc']]\n":                        c,
		"Cargo, the Rust package manager, is not installed or is not on PATH.\n": rust,
		"error: can't find Rust compiler\n":                                      rust,
		"error: page not found\na.c:1:1: error: expected ';'\n":                  nil,
	} {
		assert.Equal(t, want, missing.Compilers(printed), printed)
	}
}
