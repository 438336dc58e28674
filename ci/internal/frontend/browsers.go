package frontend

import (
	_ "embed" // For the script.
	"regexp"
)

// Browsers is the shell script that gives a project's tools a browser.
//
//go:embed browsers.sh
var Browsers string

// Chromium is the browser that there is.
const Chromium = "chromium"

// BrowserPlace is where Playwright keeps browsers.
const BrowserPlace = "/ms-playwright"

// BrowserInstead is a file that says which browser stands in the place of another; it
// is empty where none does.
const BrowserInstead = BrowserPlace + "/instead"

// BrowserVariables tell tools where Debian's Chromium is. Puppeteer fetches none of its
// own then, and Chromium runs as the root of a container.
func BrowserVariables() map[string]string {
	return map[string]string{
		"CHROME_BIN": "/usr/bin/chromium", "CHROME_PATH": "/usr/bin/chromium", "PUPPETEER_EXECUTABLE_PATH": "/usr/bin/chromium",
		"PUPPETEER_SKIP_DOWNLOAD": "1", "PLAYWRIGHT_BROWSERS_PATH": BrowserPlace,
	}
}

// ChromiumFlags is a file of flags that Debian's Chromium reads, as /etc/chromium.d has
// them: the sandbox of a root user is none.
const ChromiumFlags = "export CHROMIUM_FLAGS=\"$CHROMIUM_FLAGS --no-sandbox --disable-dev-shm-usage\"\n"

// What Playwright, Puppeteer and Karma print where there is no browser.
var noBrowser = regexp.MustCompile(`Executable doesn't exist at \S*ms-playwright|Could not find Chrom(e|ium)\b|No binary for Chrom(e|ium)\w* browser`)

// LacksBrowser tells by what a command printed that it looked for a browser.
func LacksBrowser(printed string) bool { return noBrowser.MatchString(printed) }
