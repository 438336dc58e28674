package harness

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// HasNot has no form of a secret be in a text that is too long to be shown.
func HasNot(t *testing.T, text, secret, message string, args ...any) {
	t.Helper()
	for _, form := range forms(secret) {
		if strings.Contains(text, form) {
			t.Errorf(message, args...)
			return
		}
	}
}

// forms are how a secret may be written: as it is, in hexadecimal, in a URL,
// and in base64 at each of the three places where it may begin, without the
// characters that its neighbours have a part in.
func forms(secret string) []string {
	all := []string{secret, hex.EncodeToString([]byte(secret)), url.QueryEscape(secret)}
	for before := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + secret))
		shared := (before*8 + 5) / 6
		all = append(all, encoded[shared:len(encoded)-1])
	}
	return all
}

// Unpacked is what a file holds, uncompressed.
func Unpacked(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(inflated(content))
}

// inflated is the content, uncompressed where it was compressed.
func inflated(content []byte) []byte {
	reader, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return content
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		return content
	}
	return text
}
