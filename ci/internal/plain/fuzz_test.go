package plain_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// FuzzText checks that no terminal obeys what is left, by another list of characters
// than the package's own, and that no address is left with a password.
func FuzzText(f *testing.F) {
	for _, text := range []string{
		"\x1b[1;31mE\x1b[0m \x1b]8;;https://x\x1b\\link", "\x1b[\x1b[31m31m", "a\r\x1b[2K✔ everything passed", "user\u202etxt.exe\u2066\xff\u009b31m",
		"clone https://user:pass@host/a.git", "ssh://git:secret@host/a", "\"http://u:p@ss@host:80/\": x", "https://a:b\x1b[m@c", "https:\x1b[m//a:b@c", "a+b://u:p\u00a0w@h", "ftp://:p@h",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		shown := plain.Text(text)
		require.True(t, utf8.ValidString(shown))
		require.Equal(t, shown, plain.Text(shown))
		for _, r := range shown + plain.Line(text) {
			require.False(t, unicode.Is(unicode.Cc, r) && r != '\n' && r != '\t' || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || unicode.Is(unicode.Bidi_Control, r), "%q", r)
		}
		require.NotContains(t, plain.Line(text), "\n")
		for word := range strings.FieldsFuncSeq(shown, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`"'<>`, r) }) {
			if at, err := url.Parse(word); err == nil && at.User != nil {
				password, _ := at.User.Password()
				require.Contains(t, []string{"", "***"}, password, word)
			}
		}
	})
}
