package pyenv_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

func TestPrivateIndex(t *testing.T) {
	for address, want := range map[string][2]string{
		"pypi.example":               {"https://pypi.example", "pypi.example"},
		"https://Pypi.example/team/": {"https://pypi.example/team", "pypi.example"},
		"pypi.example:8443/a/simple": {"https://pypi.example:8443/a/simple", "pypi.example"},
	} {
		url, host, err := pyenv.PrivateIndex(address, "__token__", false)
		require.NoError(t, err)
		assert.Equal(t, want, [2]string{url, host}, address)
	}
	for _, wrong := range []string{"", "ftp://pypi.example", "user@pypi.example", "https://user:secret@pypi.example", "pypi.example/../x?y", "pypi.example\n[[credential]]", "a b", "http://pypi.example"} {
		_, _, err := pyenv.PrivateIndex(wrong, "__token__", false)
		assert.Error(t, err, wrong)
	}
	_, _, err := pyenv.PrivateIndex("pypi.example", "a\"\nb", false)
	require.ErrorContains(t, err, "python index user")
	url, _, err := pyenv.PrivateIndex("http://pypi.internal:8080", "ci", true)
	require.NoError(t, err)
	assert.Equal(t, "http://pypi.internal:8080", url)
}

// TestCredentials: whatever a token is made of, it is the value of one key.
func TestCredentials(t *testing.T) {
	const token = "a\"b'c\\d\n[[credential]]\nservice = 'https://evil.example'"
	text, err := pyenv.Credentials(pyenv.Credential{Service: "https://pypi.example", Username: "ci", Password: token}, pyenv.Credential{Service: "https://other.example"})
	require.NoError(t, err)
	var read struct{ Credential []map[string]string }
	require.NoError(t, bounds.TOML([]byte(text), &read))
	require.Len(t, read.Credential, 2)
	assert.Equal(t, map[string]string{"service": "https://pypi.example", "username": "ci", "scheme": "basic", "password": token}, read.Credential[0])
}

// TestRefusedBy is what uv 0.13.9 and Poetry print.
func TestRefusedBy(t *testing.T) {
	for output, want := range map[string]string{
		"cause: HTTP status client error (401 Unauthorized) for url (https://pypi.example/files/a-1-py3-none-any.whl)":                                  "https://pypi.example/files/a-1-py3-none-any.whl",
		"hint: An index URL (https://pypi.example/simple) could not be queried due to a\n  lack of valid authentication credentials (401 Unauthorized)": "https://pypi.example/simple",
		"401 Client Error: Unauthorized for url: https://pypi.example:81/simple/a/":                                                                     "https://pypi.example:81/simple/a/",
		"HTTP status client error (403 Forbidden) for url (https://user:secret@pypi.example/a?token=x)":                                                 "https://pypi.example/a",
		"HTTP status server error (500 Internal Server Error) for url (https://pypi.example)":                                                           "",
	} {
		at := pyenv.RefusedBy(output)
		if want == "" {
			assert.Nil(t, at, output)
			continue
		}
		require.NotNil(t, at, output)
		assert.Equal(t, want, at.String())
	}
}

// TestArchive: the sources of a package, and whose they are.
func TestArchive(t *testing.T) {
	const lock = "[[package]]\nname = \"acme-built\"\nversion = \"1\"\nsource = { registry = \"https://pypi.example/simple\" }\nsdist = { url = \"https://pypi.example/files/a.tar.gz\", hash = \"sha256:00\" }\n" +
		"[[package]]\nname = \"elsewhere\"\nversion = \"1\"\nsource = { url = \"https://pypi.example/b.tar.gz\" }\nsdist = { hash = \"sha256:00\" }\n"
	p := read(t, map[string]string{at + "uv.lock": lock, at + "pyproject.toml": "[project]\nname = 'a'\n"})
	archive, locked := p.Archive("Acme_Built")
	require.True(t, locked)
	assert.Equal(t, "acme-built==1 --hash=sha256:00\n", archive.Requirement())
	assert.True(t, archive.From("https://pypi.example/team"))
	for _, other := range []string{"http://pypi.example", "https://pypi.example:81", "https://pypi.example.evil"} {
		assert.False(t, archive.From(other), other)
	}
	archive.URL = "https://x:y@pypi.example/files/a.tar.gz"
	assert.False(t, archive.From("https://pypi.example"))
	_, locked = p.Archive("elsewhere")
	assert.False(t, locked)
}

func TestUndiverted(t *testing.T) {
	for file, text := range map[string]string{
		"pyproject.toml":            "[tool.uv]\nallow-insecure-host = ['x']\n",
		"services/a/pyproject.toml": "tool.uv.http-proxy = 'http://x'\n",
		"services/a/uv.toml":        "keyring-provider = 'subprocess'\n",
	} {
		assert.ErrorContains(t, pyenv.Undiverted(fstest.MapFS{file: {Data: []byte(text)}}), file+": uv's ")
	}
	assert.NoError(t, pyenv.Undiverted(fstest.MapFS{"pyproject.toml": {Data: []byte("[tool.uv]\nindex-strategy = 'first-index'\n")}}))
}
