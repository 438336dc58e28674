package names

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNames(t *testing.T) {
	hex := strings.Repeat("0a", 32)
	kinds := map[string]struct {
		check   func(string) error
		good    []string
		bad     map[string]string // name: what the error says
		allowed string
	}{
		"component": {
			check: Component,
			good:  []string{"user-service", "ai-worker", "frontend", "7z", "a", strings.Repeat("a", 63)},
			bad: map[string]string{
				"":                      "it is empty",
				"-rf":                   "it starts with '-'",
				"User":                  "it starts with 'U'",
				"user service":          "it contains ' '",
				"user;reboot":           "it contains ';'",
				"../prod":               "it starts with '.'",
				"a/b":                   "it contains '/'",
				"사용자":                   "it starts with '사'",
				"a\n":                   "it contains '\\n'",
				strings.Repeat("a", 64): "it has 64 characters",
			},
			allowed: "Use lower-case letters, digits and hyphens",
		},
		"environment": {
			check:   Environment,
			good:    []string{"dev", "prod", "eu-1"},
			bad:     map[string]string{"": "it is empty", "..": "it starts with '.'", "Prod": "it starts with 'P'"},
			allowed: "Use lower-case letters, digits and hyphens",
		},
		"tag": {
			check: Tag,
			good:  []string{"abc123def", "0123456", "1e10", "_x", "v1.2.3-rc.1", strings.Repeat("f", 40) + "-cuda", strings.Repeat("a", 128)},
			bad: map[string]string{
				"":                       "it is empty",
				".x":                     "it starts with '.'",
				"-x":                     "it starts with '-'",
				"a+b":                    "it contains '+'",
				"a:b":                    "it contains ':'",
				`a"b`:                    "it contains '\"'",
				strings.Repeat("a", 129): "it has 129 characters",
			},
			allowed: "Use letters, digits, underscores",
		},
		"digest": {
			check: Digest,
			good:  []string{"sha256:" + hex},
			bad: map[string]string{
				"":                        `it does not start with "sha256:"`,
				hex:                       `it does not start with "sha256:"`,
				"sha512:" + hex:           `it does not start with "sha256:"`,
				"sha256:abc":              "it has 3 characters after the colon",
				"sha256:" + hex[1:] + "G": "it contains 'G'",
			},
			allowed: "64 lower-case hexadecimal digits",
		},
		"branch": {
			check: Branch,
			good:  []string{"main", "develop", "feature/a_b", "dependabot/npm/@types/node-1.2", "bump/user-service", "fix-#12"},
			bad: map[string]string{
				"":       "it is empty",
				"-D":     "it starts with '-'",
				"a b":    "it contains ' '",
				"a..b":   "two periods in a row",
				"a//b":   `the part "" between slashes`,
				"a/":     `the part "" between slashes`,
				"a/.b":   `the part ".b" between slashes`,
				"a.":     `the part "a." between slashes`,
				"a.lock": `the part "a.lock" between slashes`,
				"a@{1}":  "it contains '{'",
				"$(id)":  "it starts with '$'",
				"a:b":    "it contains ':'",
				"HEAD":   "git keeps this name for itself",
			},
			allowed: "Use letters, digits and . _ - / @ + #",
		},
		"repository": {
			check: Repository,
			good: []string{
				"user-service",
				"123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/user-service",
				"127.0.0.1:5000/a/b__c",
				"localhost/a",
				"[::1]:5000/a",
				"pingvas/user-service",
			},
			bad: map[string]string{
				"":               "it is empty",
				"a:latest":       `the path part "a:latest" is not a name`,
				"host.io/a:1":    `the path part "a:1" is not a name`,
				"host.io/a@b":    `the path part "a@b" is not a name`,
				"host.io/A":      `the path part "A" is not a name`,
				"host.io//a":     `the path part "" is not a name`,
				"u:p@host.io/a":  `"u:p@host.io" is not a host`,
				"https://x.io/a": `"https:" is not a host`,
				"a\n":            `the path part "a\n" is not a name`,
			},
			allowed: "Use [host[:port]/]path",
		},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			for _, s := range kind.good {
				require.NoError(t, kind.check(s), s)
			}
			for s, why := range kind.bad {
				err := kind.check(s)
				require.ErrorContains(t, err, why, s)
				require.ErrorContains(t, err, kind.allowed, s)
			}
		})
	}
}
