// Package advisories makes vulnerability databases for scanning where Trivy's own
// cannot be fetched, in the form that Trivy reads. That of Write holds a few real
// advisories, enough to see a scan find something and a gate refuse it; that of
// WriteReal some hundred, so that a scan finds about as much as it does elsewhere.
// Neither is a substitute for the real database.
package advisories

import "time"

// Date is the day as of which the table was written.
var Date = time.Date(2025, time.December, 31, 0, 0, 0, 0, time.UTC)

// Ecosystem is where a package comes from.
type Ecosystem string

// The ecosystems of the table, as Trivy's database names them.
const (
	Pip      Ecosystem = "pip"
	Npm      Ecosystem = "npm"
	Debian12 Ecosystem = "debian 12"
	Debian13 Ecosystem = "debian 13"
)

// Advisory is one vulnerability of one package.
type Advisory struct {
	Ecosystem Ecosystem
	// Package is normalized; for Debian it is the source package.
	Package  string
	ID, GHSA string
	// Severity is GitHub's, for Debian that of the National Vulnerability Database.
	Severity string
	// Affected are ranges of versions, Fixed the first good version of each.
	Affected, Fixed []string
	Title           string
}

// Table is the content of the database.
var Table = []Advisory{
	{Pip, "jinja2", "CVE-2019-10906", "GHSA-462w-v97r-4m45", "HIGH",
		[]string{"<2.10.1"}, []string{"2.10.1"}, "Jinja2 sandbox escape via string formatting"},
	{Pip, "jinja2", "CVE-2020-28493", "GHSA-g3rq-g295-4j3m", "MEDIUM",
		[]string{"<2.11.3"}, []string{"2.11.3"}, "Regular expression denial of service in Jinja2's urlize"},
	{Pip, "jinja2", "CVE-2024-22195", "GHSA-h5c8-rqwp-cp95", "MEDIUM",
		[]string{"<3.1.3"}, []string{"3.1.3"}, "Jinja2 HTML attribute injection through the xmlattr filter"},
	{Pip, "jinja2", "CVE-2024-34064", "GHSA-h75v-3vvj-5mfj", "MEDIUM",
		[]string{"<3.1.4"}, []string{"3.1.4"}, "Jinja2 xmlattr filter accepts keys with non-attribute characters"},
	{Pip, "jinja2", "CVE-2024-56326", "GHSA-q2x7-8rv6-6q7h", "MEDIUM",
		[]string{"<3.1.5"}, []string{"3.1.5"}, "Jinja2 sandbox breakout through indirect reference to the format method"},
	{Pip, "jinja2", "CVE-2025-27516", "GHSA-cpwx-vrp4-4pq7", "MEDIUM",
		[]string{"<3.1.6"}, []string{"3.1.6"}, "Jinja2 sandbox breakout through the attr filter"},
	{Pip, "pyyaml", "CVE-2020-14343", "GHSA-8q59-q68h-6hv4", "CRITICAL",
		[]string{"<5.4"}, []string{"5.4"}, "Arbitrary code execution in PyYAML's full_load and FullLoader"},
	{Pip, "requests", "CVE-2023-32681", "GHSA-j8r2-6x86-q33q", "MEDIUM",
		[]string{">=2.3.0, <2.31.0"}, []string{"2.31.0"}, "Requests leaks Proxy-Authorization headers on redirect"},
	{Pip, "requests", "CVE-2024-35195", "GHSA-9wx4-h78v-vm56", "MEDIUM",
		[]string{"<2.32.0"}, []string{"2.32.0"}, "Requests session does not verify after a first request with verify=False"},
	{Pip, "urllib3", "CVE-2021-33503", "GHSA-q2q7-5pp4-w6pg", "HIGH",
		[]string{"<1.26.5"}, []string{"1.26.5"}, "Catastrophic backtracking in urllib3's URL authority parser"},
	{Pip, "urllib3", "CVE-2023-45803", "GHSA-g4mx-q9vg-27p4", "MEDIUM",
		[]string{">=2.0.0, <2.0.7", "<1.26.18"}, []string{"2.0.7", "1.26.18"}, "urllib3 keeps the request body after a redirect that changes the method to GET"},
	{Pip, "urllib3", "CVE-2024-37891", "GHSA-34jh-p97f-mpxf", "MEDIUM",
		[]string{">=2.0.0, <2.2.2", "<1.26.19"}, []string{"2.2.2", "1.26.19"}, "urllib3 keeps the Proxy-Authorization header on cross-origin redirects"},
	{Pip, "urllib3", "CVE-2025-66418", "GHSA-gm62-xv2j-4w53", "HIGH",
		[]string{">=1.24, <2.6.0"}, []string{"2.6.0"}, "urllib3 allows an unbounded number of links in the decompression chain"},
	{Pip, "python-multipart", "CVE-2024-24762", "GHSA-2jv5-9r88-3w3p", "HIGH",
		[]string{"<0.0.7"}, []string{"0.0.7"}, "python-multipart Content-Type header regular expression denial of service"},
	{Pip, "python-multipart", "CVE-2024-53981", "GHSA-59g5-xgcq-4qw3", "HIGH",
		[]string{"<0.0.18"}, []string{"0.0.18"}, "Denial of service through malformed multipart/form-data boundary"},
	{Pip, "starlette", "CVE-2024-47874", "GHSA-f96h-pmfr-66vw", "HIGH",
		[]string{"<0.40.0"}, []string{"0.40.0"}, "Starlette denial of service through multipart/form-data without limits"},
	{Pip, "starlette", "CVE-2025-54121", "GHSA-2c2j-9gv5-cj73", "MEDIUM",
		[]string{"<0.47.2"}, []string{"0.47.2"}, "Starlette blocks the event loop when a large upload is written to disk"},
	{Pip, "starlette", "CVE-2025-62727", "GHSA-7f5h-v6xp-fcq8", "HIGH",
		[]string{">=0.39.0, <0.49.1"}, []string{"0.49.1"}, "Starlette denial of service through Range header merging in FileResponse"},
	{Pip, "h11", "CVE-2025-43859", "GHSA-vqfr-h8mv-ghfj", "CRITICAL",
		[]string{"<0.16.0"}, []string{"0.16.0"}, "h11 accepts some malformed chunked-encoding bodies"},
	{Pip, "pillow", "CVE-2023-4863", "GHSA-j7hp-h8jx-5ppr", "HIGH",
		[]string{"<10.0.1"}, []string{"10.0.1"}, "Heap buffer overflow in the bundled libwebp"},
	{Pip, "cryptography", "CVE-2023-50782", "GHSA-3ww4-gg4f-jr7f", "HIGH",
		[]string{"<42.0.0"}, []string{"42.0.0"}, "Bleichenbacher timing oracle against RSA decryption"},
	{Pip, "cryptography", "CVE-2024-26130", "GHSA-6vqw-3v5j-54x4", "HIGH",
		[]string{">=38.0.0, <42.0.4"}, []string{"42.0.4"}, "NULL pointer dereference in pkcs12.serialize_key_and_certificates"},
	{Pip, "setuptools", "CVE-2024-6345", "GHSA-cx63-2mw6-8hw5", "HIGH",
		[]string{"<70.0.0"}, []string{"70.0.0"}, "Code execution through download functions of setuptools' package_index"},
	{Pip, "setuptools", "CVE-2025-47273", "GHSA-5rjg-fvgr-3xxf", "HIGH",
		[]string{"<78.1.1"}, []string{"78.1.1"}, "Path traversal in setuptools' PackageIndex.download"},
	{Npm, "lodash", "CVE-2021-23337", "GHSA-35jh-r3h4-6jhm", "HIGH",
		[]string{"<4.17.21"}, []string{"4.17.21"}, "Command injection in lodash's template"},
	{Npm, "minimist", "CVE-2021-44906", "GHSA-xvch-5gv4-984h", "CRITICAL",
		[]string{">=1.0.0, <1.2.6", "<0.2.4"}, []string{"1.2.6", "0.2.4"}, "Prototype pollution in minimist"},
	{Npm, "cross-spawn", "CVE-2024-21538", "GHSA-3xgq-45jj-v275", "HIGH",
		[]string{">=7.0.0, <7.0.5", "<6.0.6"}, []string{"7.0.5", "6.0.6"}, "Regular expression denial of service in cross-spawn"},
	{Npm, "braces", "CVE-2024-4068", "GHSA-grv7-fg5c-xmjg", "HIGH",
		[]string{"<3.0.3"}, []string{"3.0.3"}, "Uncontrolled resource consumption in braces"},
	{Debian13, "openssh", "CVE-2024-6387", "", "HIGH",
		nil, []string{"1:9.7p1-7"}, "regreSSHion: signal handler race condition in sshd"},
	{Debian13, "xz-utils", "CVE-2024-3094", "", "CRITICAL",
		nil, []string{"5.6.1+really5.4.5-1"}, "Malicious code in the xz tarballs"},
}
