package release_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
	"github.com/pingvas/pingvas-ci/ci/internal/release"
)

func TestBefore(t *testing.T) {
	all := []string{"v1.2.0", "v1.10.0", "v1.9.9", "v1.10.1-rc.1", "v2.0.0", "vnext"}
	assert.Equal(t, "v1.10.0", release.Before("v1.10.1", all), "by numbers, and by releases")
	assert.Equal(t, "v1.10.1-rc.1", release.Before("v1.10.1-rc.2", all))
	assert.Empty(t, release.Before("v1.2.0", all))
	assert.True(t, release.Tried("v1.10.1-rc.1"))
}

func TestNotes(t *testing.T) {
	of := func(name string, dirs ...string) component.Component {
		c := component.Component{Name: name}
		for _, dir := range dirs {
			c.Inputs.Check = append(c.Inputs.Check, inputs.Part{Dir: dir, Why: "its directory"})
		}
		return c
	}
	notes := release.Notes{
		Version: "v1.1.0", Before: "v1.0.0", Repository: "https://github.com/pingvas/pingvas-studio",
		Images:     []string{"registry.example/user-service:v1.1.0@sha256:1"},
		Components: []component.Component{of("gallery-service", "services/gallery-service", "libs/common"), of("user-service", "services/user-service", "libs/common")},
		Changes: []gitrepo.Committed{
			{Hash: "aaaaaaaaaa", Subject: "Log in by a passkey (#12)", Files: []string{"services/user-service/main.py"}},
			{Hash: "bbbbbbbbbb", Subject: "Share <b>, says @somebody", Files: []string{"libs/common/a.py"}},
			{Hash: "cccccccccc", Subject: "Write docs", Files: []string{"README.md"}},
		},
	}
	text, err := notes.Markdown()
	require.NoError(t, err)
	link := func(hash string) string {
		return fmt.Sprintf("([%s](https://github.com/pingvas/pingvas-studio/commit/%s))", hash[:7], hash)
	}
	shared := "- Share &lt;b>, says @\u200bsomebody " + link("bbbbbbbbbb") + "\n"
	assert.Equal(t, "What changed since [v1.0.0](https://github.com/pingvas/pingvas-studio/compare/v1.0.0...v1.1.0).\n"+
		"\n## gallery-service\n\n"+shared+
		"\n## user-service\n\n- Log in by a passkey (#12) "+link("aaaaaaaaaa")+"\n"+shared+
		"\n## Besides\n\n- Write docs "+link("cccccccccc")+"\n"+
		"\n## Images\n\n- `registry.example/user-service:v1.1.0@sha256:1`\n", text)

	for range 200 {
		notes.Changes = append(notes.Changes, notes.Changes[2])
	}
	notes.Before, notes.Repository = "", ""
	text, err = notes.Markdown()
	require.NoError(t, err)
	assert.Contains(t, text, "- Write docs (ccccccc)\n- … and 101 more\n")
	assert.NotContains(t, text, "What changed since")
}
