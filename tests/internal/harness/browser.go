package harness

import (
	"cmp"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Browser is a headless Chromium.
type Browser struct{ program, profile string }

// NewBrowser finds Chromium, or installs Debian's where that can be done.
func NewBrowser(t *testing.T) Browser {
	t.Helper()
	if program, found := chromium(); found {
		return Browser{program: program}
	}
	if os.Geteuid() == 0 {
		install := exec.Command("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
		install.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		output, err := install.CombinedOutput()
		require.NoError(t, err, string(output))
	}
	program, found := chromium()
	require.True(t, found, "no Chromium. Install one: apt-get install chromium")
	return Browser{program: program}
}

// Kept is the browser with one profile for all that it opens: it remembers.
func (b Browser) Kept(t *testing.T) Browser {
	t.Helper()
	b.profile = t.TempDir()
	return b
}

func chromium() (program string, found bool) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if program, err := exec.LookPath(name); err == nil {
			return program, true
		}
	}
	return "", false
}

// Open returns the page as it is after its scripts have run.
func (b Browser) Open(t *testing.T, url string) string {
	t.Helper()
	page, _ := b.open(t, url)
	return page
}

// open does so with options, and returns the lines of the page's console besides.
func (b Browser) open(t *testing.T, url string, options ...string) (page string, console []string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), b.program, append(append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
		"--user-data-dir=" + cmp.Or(b.profile, t.TempDir()), "--virtual-time-budget=10000", "--dump-dom",
	}, options...), url)...)
	var said strings.Builder
	command.Stderr = &said
	output, err := command.Output()
	require.NoError(t, err, said.String())
	for line := range strings.Lines(said.String()) {
		if strings.Contains(line, ":CONSOLE:") || strings.Contains(line, ":CONSOLE(") {
			console = append(console, line)
		}
	}
	return string(output), console
}
