package missing

import (
	"maps"
	"regexp"
	"slices"
)

// headers are the Debian packages of what packages are compiled with, by the header that a
// compiler looks for, or the program that a build asks.
var headers = map[string]string{
	"Python.h": "libpython3-dev", "bzlib.h": "libbz2-dev", "cairo.h": "libcairo2-dev", "curl-config": "libcurl4-openssl-dev", "curl/curl.h": "libcurl4-openssl-dev", "enchant.h": "libenchant-2-dev", "ev.h": "libev-dev",
	"ffi.h": "libffi-dev", "geos_c.h": "libgeos-dev", "gmp.h": "libgmp-dev", "gssapi/gssapi.h": "libkrb5-dev", "hdf5.h": "libhdf5-dev", "jpeglib.h": "libjpeg-dev", "krb5-config": "libkrb5-dev", "krb5.h": "libkrb5-dev", "lber.h": "libldap-dev", "ldap.h": "libldap-dev",
	"leveldb/c.h": "libleveldb-dev", "libmemcached/memcached.h": "libmemcached-dev", "libpq-fe.h": "libpq-dev", "libxml/xmlversion.h": "libxml2-dev", "libxslt/xslt.h": "libxslt1-dev", "lzma.h": "liblzma-dev",
	"magic.h": "libmagic-dev", "mysql.h": "libmariadb-dev", "openssl/opensslv.h": "libssl-dev", "openssl/ssl.h": "libssl-dev", "pcap.h": "libpcap-dev", "pg_config": "libpq-dev", "pkg-config": "pkg-config", "proj.h": "libproj-dev",
	"rdkafka.h": "librdkafka-dev", "librdkafka/rdkafka.h": "librdkafka-dev", "sasl/sasl.h": "libsasl2-dev", "snappy-c.h": "libsnappy-dev", "sql.h": "unixodbc-dev", "sqlite3.h": "libsqlite3-dev", "xml2-config": "libxml2-dev", "xmlsec/xmlsec.h": "libxmlsec1-dev", "yaml.h": "libyaml-dev", "zlib.h": "zlib1g-dev", "zmq.h": "libzmq3-dev",
}

var (
	// noC is how a build says that there is no compiler of C, and noRust none of Rust.
	noC    = regexp.MustCompile(`(?i)command '[^']*(?:gcc|cc|clang|g\+\+)' failed: No such file|unable to execute '[^']*(?:gcc|cc)'|no acceptable C compiler|Unknown compiler|need a C compiler|No such file or directory: '[\w-]*(?:gcc|cc|clang|g\+\+)'|CMAKE_C(?:XX)?_COMPILER not set|linker .cc. not found`)
	noRust = regexp.MustCompile(`(?i)Cargo, the Rust package manager, is not installed|can't find Rust compiler|error: command 'cargo' failed: No such file|No such file or directory: '(?:cargo|rustc)'|[\x60']?(?:cargo|rustc)[\x60']? (?:not found|is not installed)`)
)

// Compilers are the Debian packages of those that a build lacked, by what it printed, with
// what a developer's machine has beside them.
func Compilers(printed string) (packages []string) {
	if noC.MatchString(printed) {
		packages = append(packages, "gcc", "g++", "libc6-dev", "make")
	}
	if noRust.MatchString(printed) {
		packages = append(packages, "cargo", "gcc", "libc6-dev")
	}
	return packages
}

// unfound is how compilers and builds say that one is not there.
var unfound = regexp.MustCompile(`fatal error: '?([\w./-]+\.h)'?(?:: No such file| file not found)|\b(pg_config|pkg-config|curl-config|krb5-config|xml2-config)\b['"]?(?: executable)?:? (?:not found|is not found|command not found|was not found)|No such file or directory: '(pg_config|pkg-config|curl-config|krb5-config|xml2-config)'|cannot find -l(python)`)

// Headers are the Debian packages of what a build lacked, by what it printed.
func Headers(printed string) []string {
	all := map[string]bool{}
	for _, m := range unfound.FindAllStringSubmatch(printed, -1) {
		name := m[1] + m[2] + m[3]
		if m[4] != "" {
			name = "Python.h"
		}
		if headers[name] != "" {
			all[headers[name]] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
