package frontend

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	// ofScript is a line that a package's script printed in an install.
	ofScript    = regexp.MustCompile(`(?m)^\S*node_modules/((?:@[\w.-]+/)?[\w.-]+) (?:pre|post)?install: (.*)$`)
	unreachable = regexp.MustCompile(`\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ECONNRESET)\b[: ]+([\w.:-]+)|[Cc]ould not resolve host:? ([\w.:-]+)`)
)

// leaveOut are the variables by which packages fetch nothing when they are installed.
var leaveOut = map[string]string{
	"cypress":             "CYPRESS_INSTALL_BINARY=0",
	"puppeteer":           "PUPPETEER_SKIP_DOWNLOAD=true",
	"playwright-chromium": "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1",
	"electron":            "ELECTRON_SKIP_BINARY_DOWNLOAD=1",
	"@sentry/cli":         "SENTRYCLI_SKIP_DOWNLOAD=1",
	"chromedriver":        "CHROMEDRIVER_SKIP_DOWNLOAD=true",
}

// Unreached says what to do where an install's output shows that a package's script
// could not fetch what the package leaves out of itself; settings are the file that would
// say so. It is empty for any other output.
func Unreached(output, settings string) string {
	for _, line := range ofScript.FindAllStringSubmatch(colours.ReplaceAllString(output, ""), -1) {
		at := unreachable.FindStringSubmatch(line[2])
		if at == nil {
			continue
		}
		name, value, known := strings.Cut(leaveOut[line[1]], "=")
		advice := "its documentation names the variable that has it fetch nothing, or fetch from elsewhere"
		if known {
			advice = fmt.Sprintf(`"environment": {%q: %q} has it fetch nothing`, name, value)
		}
		return fmt.Sprintf("a script of the package %s fetches from %s as it is installed, and that does not answer from here. Let the engine reach it, or where no gate needs it, say so in the settings of %s: %s",
			line[1], at[1]+at[2], settings, advice)
	}
	return ""
}
