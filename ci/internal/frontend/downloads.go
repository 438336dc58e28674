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

// Undelivered is what a package's script could not fetch in an install, as the package
// leaves it out of itself.
type Undelivered struct {
	Package, Host string
	// Variable has the package fetch nothing, by Value; empty where that is not known.
	Variable, Value string
}

// Unreached is what an install's output shows of that; false for any other output.
func Unreached(output string) (Undelivered, bool) {
	for _, line := range ofScript.FindAllStringSubmatch(colours.ReplaceAllString(output, ""), -1) {
		if at := unreachable.FindStringSubmatch(line[2]); at != nil {
			name, value, _ := strings.Cut(leaveOut[line[1]], "=")
			return Undelivered{line[1], at[1] + at[2], name, value}, true
		}
	}
	return Undelivered{}, false
}

// Explain says what to do; settings are the file that would say that nothing is fetched.
func (u Undelivered) Explain(settings string) string {
	advice := "its documentation names the variable that has it fetch nothing, or fetch from elsewhere"
	if u.Variable != "" {
		advice = fmt.Sprintf(`"environment": {%q: %q} has it fetch nothing`, u.Variable, u.Value)
	}
	return fmt.Sprintf("a script of the package %s fetches from %s as it is installed, and that does not answer from here. Let the engine reach it, or where no gate needs it, say so in the settings of %s: %s",
		u.Package, u.Host, settings, advice)
}
