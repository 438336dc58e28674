package harness

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestForms: a secret is found inside of other texts.
func TestForms(t *testing.T) {
	t.Parallel()
	const secret = "a-secret/of mine"
	for _, around := range [][2]string{{"", ""}, {"u:", "!"}, {"user:", ""}, {"pingvas:", "\n\n"}} {
		text := around[0] + secret + around[1]
		for _, written := range []string{text, base64.StdEncoding.EncodeToString([]byte(text)), hex.EncodeToString([]byte(text)), url.QueryEscape(text)} {
			found := slices.ContainsFunc(forms(secret), func(form string) bool { return strings.Contains(written, form) })
			assert.True(t, found, written)
		}
	}
}
