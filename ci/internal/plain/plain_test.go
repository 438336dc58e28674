package plain_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		"two\nlines\tand a tab": "two\nlines\tand a tab",
		"Grüße, 世界 👩‍💻 নমস্কার":                     "Grüße, 世界 👩‍💻 নমস্কার",
		"\x1b[1;31mE\x1b[0m  failed":                "E  failed",
		"\x1b]0;a title\x07text":                    "text",
		"\x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\": "link",
		"\x1b(Btext\x1bM":                           "text",
		"\u009b31mred":                              "red",
		"10%\r20%\rdone\r\nnext":                    "10%\n20%\ndone\nnext",
		"a\x1bb\x00\x07\x7f\u0085":                  `a\x1bb\x00\x07\x7f\x85`,
		"user\u202etxt.exe\u2066":                   `user\u202etxt.exe\u2066`,
		"not \xff UTF-8":                            `not \xff UTF-8`,
		"a\u2028b":                                  `a\u2028b`,
	} {
		assert.Equal(t, want, plain.Text(text))
	}
	assert.Equal(t, `a\x0ab\x09c`, plain.Line("a\nb\tc"))
	assert.Equal(t, `a\x0d✔ everything passed`, plain.Line("a\r\x1b[2K✔ everything passed"))
}

func TestRedacted(t *testing.T) {
	for text, want := range map[string]string{
		"clone https://user:pass@host/a.git":       "clone https://***@host/a.git",
		"HTTPS://token@host/a":                     "HTTPS://***@host/a",
		`parse "http://u:p@ss@host:80/": invalid`:  `parse "http://***@host:80/": invalid`,
		"ssh://git@github.com/a/b":                 "ssh://git@github.com/a/b",
		"ssh://git:secret@github.com/a/b":          "ssh://git:***@github.com/a/b",
		"https://registry/@scope/package":          "https://registry/@scope/package",
		"https://host/a, mail a@b":                 "https://host/a, mail a@b",
		"git@github.com:a/b registry/a:1@sha256:b": "git@github.com:a/b registry/a:1@sha256:b",
	} {
		assert.Equal(t, want, plain.Redacted(text))
	}
}

func TestInert(t *testing.T) {
	for text, want := range map[string]string{
		"::error::x":                        `:\:error::x`,
		"a\n  ::add-mask::b\ntests::test_a": "a\n  :\\:add-mask::b\ntests::test_a",
		"a ##[command]b":                    `a #\#[command]b`,
		"###[group]":                        `##\#[group]`,
		"app/test.py::test_a":               "app/test.py::test_a",
		":\n:\n\n a: :b":                    ":\n:\n\n a: :b",
		"::a::\n::b::\n\n::c::":             ":\\:a::\n:\\:b::\n\n:\\:c::",
		":\u00ad:x":                         ":\u00ad\\:x",
		"#\u200b#\ufe0f[x]":                 "#\u200b\\#\ufe0f[x]",
		"a\u00a0::b":                        "a\u00a0::b",
	} {
		assert.Equal(t, want, plain.Inert(text))
		assert.Equal(t, want, plain.Inert(want))
	}
	// What .NET trims, what its comparisons pass over, what ends a line, and what Text
	// takes out.
	for _, before := range []string{
		"\t \v\f", "\u00a0", "\u2003", "\u3000", "\u1680", "\u202f", "\u205f", "\u0085", "\u2028", "\u2029", "\ufeff", "\u200b \u00ad", "\x00", "\u0301",
		"a\r", "a\r\n\u3000", "a\u2028", "a\u2029", "a\u0085", "a\v", "a\f", "\x1b[31m", "\u2003\x1b]0;title\x07 ",
	} {
		assert.Equal(t, before+`:\:error::x`, plain.Inert(before+"::error::x"), "%q", before)
		assert.NotContains(t, plain.Text(plain.Inert("#\x1b[m#[error]")), "##[")
	}
}

func TestError(t *testing.T) {
	require.NoError(t, plain.Error(nil))
	good := errors.New("good")
	assert.Same(t, good, plain.Error(good))
	err := plain.Error(fmt.Errorf("read \x1b[31ma\x07: %w", fs.ErrNotExist))
	require.EqualError(t, err, `read a\x07: file does not exist`)
	require.ErrorIs(t, err, fs.ErrNotExist)
}
