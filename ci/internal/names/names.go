// Package names is the one place that decides which names from outside are let
// in: services, environments, tags, digests, branches and image repositories.
//
// Every function returns nil for a good name, or an error that says what is
// wrong with the name and what is allowed. A name that has passed can be put
// into a path, a YAML scalar or an argv without further thought.
package names

import (
	"fmt"
	"regexp"
	"strings"
)

// Component checks the name of a service, frontend or worker, such as
// "user-service". It is also the name of its image and of its overlay folder.
func Component(s string) error { return label("component name", s) }

// Environment checks the name of a deployment environment, such as "prod".
func Environment(s string) error { return label("environment name", s) }

// Tag checks an image tag by the grammar of the OCI distribution specification.
func Tag(s string) error {
	return alphabet{
		what:    "image tag",
		first:   lower + upper + digit + "_",
		rest:    lower + upper + digit + "_.-",
		max:     128,
		allowed: "Use letters, digits, underscores, periods and hyphens, starting with neither a period nor a hyphen, at most 128 characters.",
	}.check(s)
}

// Digest checks an image digest: "sha256:" and 64 lower-case hexadecimal digits.
func Digest(s string) error {
	const allowed = `Use "sha256:" followed by 64 lower-case hexadecimal digits.`
	hex, found := strings.CutPrefix(s, "sha256:")
	switch {
	case !found:
		return refuse("image digest", s, `it does not start with "sha256:"`, allowed)
	case len(hex) != 64:
		return refuse("image digest", s, fmt.Sprintf("it has %d characters after the colon", len(hex)), allowed)
	}
	return alphabet{what: "image digest", first: digit + "abcdef", rest: digit + "abcdef", max: 64, allowed: allowed}.check(hex)
}

// Branch checks the name of a git branch, such as "main" or "bump/user-service",
// by a subset of git's own rules that no tool reads as an option or an expression.
func Branch(s string) error {
	branch := alphabet{
		what:    "branch name",
		first:   lower + upper + digit + "_",
		rest:    lower + upper + digit + "_.-/@+#",
		max:     200,
		allowed: `Use letters, digits and . _ - / @ + #, starting with a letter, a digit or an underscore, at most 200 characters; no part may start or end with a period or end in ".lock".`,
	}
	if err := branch.check(s); err != nil {
		return err
	}
	if s == "HEAD" {
		return refuse(branch.what, s, "git keeps this name for itself", branch.allowed)
	}
	if strings.Contains(s, "..") {
		return refuse(branch.what, s, "it has two periods in a row", branch.allowed)
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".") || strings.HasSuffix(part, ".lock") {
			return refuse(branch.what, s, fmt.Sprintf("the part %q between slashes is not a name", part), branch.allowed)
		}
	}
	return nil
}

var (
	hostPattern = regexp.MustCompile(`^(localhost|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.?|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?$`)
	pathPattern = regexp.MustCompile(`^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$`)
)

// Repository checks an image repository, with or without a registry before it
// and always without tag and digest, such as
// "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/user-service".
func Repository(s string) error {
	const (
		what    = "image repository"
		allowed = "Use [host[:port]/]path without tag or digest, the path in lower-case letters and digits joined by . _ - and /, at most 255 characters."
	)
	if err := length(what, s, 255, allowed); err != nil {
		return err
	}
	parts := strings.Split(s, "/")
	if len(parts) > 1 && isHost(parts[0]) {
		if !hostPattern.MatchString(parts[0]) {
			return refuse(what, s, fmt.Sprintf("%q is not a host with an optional port", parts[0]), allowed)
		}
		parts = parts[1:]
	}
	for _, part := range parts {
		if !pathPattern.MatchString(part) {
			return refuse(what, s, fmt.Sprintf("the path part %q is not a name", part), allowed)
		}
	}
	return nil
}

// isHost tells a registry from the first part of a path, as every container
// tool does: a registry has a period or a colon in it, or is localhost.
func isHost(part string) bool {
	return part == "localhost" || strings.ContainsAny(part, ".:")
}

const (
	lower = "abcdefghijklmnopqrstuvwxyz"
	upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digit = "0123456789"
)

// label is the rule for what becomes a folder, an image and a Kubernetes name.
func label(what, s string) error {
	return alphabet{
		what:    what,
		first:   lower + digit,
		rest:    lower + digit + "-",
		max:     63,
		allowed: "Use lower-case letters, digits and hyphens, starting with a letter or a digit, at most 63 characters.",
	}.check(s)
}

// alphabet is a rule that looks at one character at a time.
type alphabet struct {
	what, first, rest, allowed string
	max                        int
}

func (a alphabet) check(s string) error {
	if err := length(a.what, s, a.max, a.allowed); err != nil {
		return err
	}
	for i, r := range s {
		if i == 0 && !strings.ContainsRune(a.first, r) {
			return refuse(a.what, s, fmt.Sprintf("it starts with %q", r), a.allowed)
		}
		if !strings.ContainsRune(a.rest, r) {
			return refuse(a.what, s, fmt.Sprintf("it contains %q", r), a.allowed)
		}
	}
	return nil
}

func length(what, s string, most int, allowed string) error {
	switch {
	case s == "":
		return refuse(what, s, "it is empty", allowed)
	case len(s) > most:
		return refuse(what, s, fmt.Sprintf("it has %d characters", len(s)), allowed)
	}
	return nil
}

func refuse(what, s, why, allowed string) error {
	if len(s) > 80 {
		s = s[:80] + "..."
	}
	return fmt.Errorf("%s %q is refused: %s. %s", what, s, why, allowed)
}
