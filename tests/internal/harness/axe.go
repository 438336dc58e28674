package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// axeVersion is the release of the npm package axe-core.
// renovate: datasource=npm depName=axe-core
const axeVersion = "4.14.1"

// Axe looks at pages for what keeps somebody from reading them.
type Axe struct{ script string }

// NewAxe installs axe-core.
func NewAxe(t *testing.T) Axe {
	t.Helper()
	dir := t.TempDir()
	runIn(t, dir, "", "npm", "install", "--silent", "--no-fund", "--no-audit", "--ignore-scripts", "axe-core@"+axeVersion)
	script, err := os.ReadFile(filepath.Join(dir, "node_modules/axe-core/axe.min.js"))
	require.NoError(t, err)
	return Axe{string(script)}
}

// ask has the page tell what axe finds, and how wide it is.
const ask = `
axe.run().then((found) => {
  const said = document.createElement("pre");
  said.id = "axe";
  said.textContent = JSON.stringify({ wide: document.documentElement.scrollWidth, window: innerWidth,
    violations: found.violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.slice(0, 3).map((n) => n.html + " " + n.failureSummary) })) });
  document.body.append(said);
});`

var (
	policy = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`)
	found  = regexp.MustCompile(`(?s)<pre id="axe">(.*?)</pre>`)
)

// Accepts opens a page in a narrow window in dark and in a wide one in light: its
// console says nothing, it is no wider than the window, and axe finds no serious fault.
func (a Axe) Accepts(t *testing.T, page string) {
	t.Helper()
	browser := NewBrowser(t).Kept(t)
	_, console := browser.open(t, addressOf(t, page))
	assert.Empty(t, console)
	// The script comes with the page, whose policy lets none run.
	require.Regexp(t, policy, page)
	asking := strings.Replace(policy.ReplaceAllLiteralString(page, ""), "</body>", "<script>"+a.script+"</script><script>"+ask+"</script></body>", 1)
	for scheme, width := range []int{500, 1280} {
		dom, _ := browser.open(t, addressOf(t, asking), fmt.Sprintf("--window-size=%d,900", width), fmt.Sprintf("--blink-settings=preferredColorScheme=%d", scheme))
		match := found.FindStringSubmatch(dom)
		require.NotNil(t, match, "axe has not ended")
		var said struct {
			Wide, Window int
			Violations   []struct {
				ID, Impact string
				Nodes      []string
			}
		}
		require.NoError(t, json.Unmarshal([]byte(unescaped.Replace(match[1])), &said))
		assert.LessOrEqual(t, said.Wide, said.Window, "it is wider than the window")
		for _, v := range said.Violations {
			assert.NotContains(t, []string{"serious", "critical"}, v.Impact, "%d wide: %s: %v", width, v.ID, v.Nodes)
		}
	}
}

var unescaped = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&nbsp;", " ", "&amp;", "&")

func addressOf(t *testing.T, page string) string {
	t.Helper()
	return "file://" + NewFiles(t, map[string]string{"page.html": page}).At("page.html")
}
