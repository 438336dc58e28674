package component

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/google/shlex"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Idle says why a command checks nothing: it does nothing, or it passes whatever is
// found. It is empty for any other, which a gate may run.
func Idle(command string) string {
	words, err := shlex.Split(command)
	if err != nil || len(words) == 0 {
		return ""
	}
	parts, last := partsOf(words)
	idle := slices.IndexFunc(parts, func(p []string) bool { return !nothing(p) }) < 0
	switch {
	case idle:
		return fmt.Sprintf("%q does nothing", plain.Line(command))
	case (last == "||" || last == ";") && nothing(parts[len(parts)-1]):
		return fmt.Sprintf("%q passes whatever is found", plain.Line(command))
	}
	if at := slices.Index(words, "-c"); at > 0 && at+1 < len(words) && shells.MatchString(path.Base(words[0])) {
		return Idle(words[at+1])
	}
	return ""
}

var shells = regexp.MustCompile(`^(ba|da|z|a)?sh$`)

// partsOf are the commands of a shell's line, and the last operator between them.
func partsOf(words []string) (parts [][]string, last string) {
	parts = [][]string{nil}
	for _, word := range words {
		if word == "||" || word == "&&" || word == ";" {
			parts, last = append(parts, nil), word
			continue
		}
		end := len(parts) - 1
		before, ended := strings.CutSuffix(word, ";")
		parts[end] = append(parts[end], before)
		if ended {
			parts, last = append(parts, nil), ";"
		}
	}
	if len(parts) > 1 && len(parts[len(parts)-1]) == 0 {
		parts, last = parts[:len(parts)-1], ""
	}
	return parts, last
}

// nothing tells a command that does none of a gate's work and succeeds.
func nothing(words []string) bool {
	if len(words) == 0 {
		return true
	}
	switch path.Base(words[0]) {
	case "true", ":", "echo", "printf":
		return true
	case "exit":
		return len(words) == 2 && words[1] == "0"
	}
	return false
}
