package toolbuild

import (
	"fmt"
	"regexp"
	"strings"
)

// refusal matches go's report of a module that the proxy answered for with an
// error: the module, the status, and the proxy's own words, which may be absent.
var refusal = regexp.MustCompile(`(\S+@v[^\s:]+):(?:.|\n\s)*?((?:403|404|410) [A-Z][A-Za-z ]+)(?:\n\s*server response: ([^\n]+))?`)

// explain turns what a failed go build printed into an error that says what to do.
func (t Tool) explain(output string, err error) error {
	if found := refusal.FindStringSubmatch(output); found != nil {
		module, answer := found[1], strings.TrimSpace(found[2])
		if words := strings.TrimSpace(found[3]); words != "" {
			answer += ": " + words
		}
		return fmt.Errorf("build %s: the module proxy refuses %s (%s). Require a version that it serves in %s/go.mod, or replace the module there with a stand-in as those in airgap/standins",
			t.Name, module, strings.TrimSuffix(answer, "."), t.Module)
	}
	if strings.Contains(output, "SECURITY ERROR") {
		return fmt.Errorf("build %s: a module is not the one that %s/go.sum names:\n%s\nDo not use this proxy until you know why; go.sum is right", t.Name, t.Module, tail(output))
	}
	if t.CGO && lacksCLibrary(output) {
		return fmt.Errorf("build %s: a C library or the compiler is missing:\n%s\nInstall %s", t.Name, tail(output), strings.Join(HostPackages, " "))
	}
	return fmt.Errorf("build %s: %w:\n%s\nRun go build %s in %s to see all of it", t.Name, err, tail(output), t.Package, t.Module)
}

// lacksCLibrary recognizes the complaints of go, pkg-config, the compiler and
// the linker about something that is not installed.
func lacksCLibrary(output string) bool {
	for _, complaint := range []string{
		`C compiler "`,
		`"pkg-config": executable file not found`,
		"was not found in the pkg-config search path",
		"No such file or directory",
		"cannot find -l",
	} {
		if strings.Contains(output, complaint) {
			return true
		}
	}
	return false
}

// tail returns the last lines of an output, where go says what went wrong.
func tail(output string) string {
	const most = 12
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}
