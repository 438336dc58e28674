package images

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
)

// What names an image in a Dockerfile: a FROM line, the default of an ARG that
// a FROM uses, and a copy or a mount out of an image.
var imageNames = []*regexp.Regexp{
	regexp.MustCompile(`(?im)^[ \t]*FROM[ \t]+(?:--platform=\S+[ \t]+)?(\S+)`),
	regexp.MustCompile(`(?im)^[ \t]*ARG[ \t]+\w+=["']?([^\s"']+)`),
	regexp.MustCompile(`(?im)^[ \t]*COPY[ \t]+(?:--\S+[ \t]+)*?--from=(\S+)`),
	regexp.MustCompile(`(?i)--mount=\S*\bfrom=([^\s,]+)`),
}

// The platform of the machine that builds, as a stage asks for it.
var buildPlatform = regexp.MustCompile(`(?im)^[ \t]*FROM[ \t]+--platform=(\$BUILDPLATFORM|\$\{BUILDPLATFORM\})`)

// PinDockerfile returns the Dockerfile with every image that the table knows
// replaced by the table's reference, which carries a digest, and $BUILDPLATFORM
// in FROM lines by native: Dagger's Dockerfile build takes it for the target,
// and would emulate the stages that are there to avoid it. Everything else
// stays as it is, byte by byte.
func PinDockerfile(text []byte, table Table, native string) []byte {
	text = replaceGroup(text, buildPlatform, func(string) string { return native })
	for _, pattern := range imageNames {
		text = replaceGroup(text, pattern, func(name string) string {
			if pinned, known := table.Lookup(withoutDigest(name)); known {
				return pinned
			}
			return name
		})
	}
	return text
}

// replaceGroup replaces the first group of each match of pattern.
func replaceGroup(text []byte, pattern *regexp.Regexp, replace func(string) string) []byte {
	var out bytes.Buffer
	last := 0
	for _, at := range pattern.FindAllSubmatchIndex(text, -1) {
		out.Write(text[last:at[2]])
		out.WriteString(replace(string(text[at[2]:at[3]])))
		last = at[3]
	}
	out.Write(text[last:])
	return out.Bytes()
}

func withoutDigest(name string) string {
	before, _, _ := bytes.Cut([]byte(name), []byte("@"))
	return string(before)
}

// DockerfileImages lists the images of somebody else's that a pinned
// Dockerfile builds on: those that it names with a digest.
func DockerfileImages(text []byte) []string {
	found := map[string]bool{}
	for _, pattern := range imageNames {
		for _, match := range pattern.FindAllSubmatch(text, -1) {
			if bytes.Contains(match[1], []byte("@sha256:")) {
				found[string(match[1])] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}
