package sarif_test

import (
	"encoding/json"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/sarif"
)

// FuzzAdopt checks that a report which is adopted is of its component's category, and
// names no file outside of the repository by a path within it.
func FuzzAdopt(f *testing.F) {
	for _, uri := range []string{"file:///src/services/a/x%20y.py", "/src/a.py", "a/b.py", "file:///opt/venv/z.py", "https://ruff.example/src/", "file:///src/../etc/passwd", "file://host/src/a", "%zz"} {
		f.Add([]byte(`{"version": "2.1.0", "runs": [{"results": [{"locations": [{"physicalLocation": {"artifactLocation": {"uri": "` + uri + `"}}}]}]}]}`))
	}
	f.Add([]byte(`{"runs": [{"properties": 1, "automationDetails": {"id": "trivy/b/"}, "artifacts": [{"location": {"uri": "/src/a"}}]}, null, []]}`))
	f.Fuzz(func(t *testing.T, report []byte) {
		adopted, err := sarif.Adopt(report, "/src", "ruff/a")
		if err != nil {
			return
		}
		again, err := sarif.Adopt(adopted, "/src", "ruff/a")
		require.NoError(t, err)
		require.Equal(t, string(adopted), string(again), "it is adopted already")

		var log map[string]any
		require.NoError(t, json.Unmarshal(adopted, &log))
		for _, run := range list(log["runs"]) {
			if run, is := run.(map[string]any); is {
				require.Equal(t, map[string]any{"id": "ruff/a/"}, run["automationDetails"])
				require.LessOrEqual(t, len(list(run["results"])), 25_000)
			}
		}
		before := map[string]bool{}
		var original any
		require.NoError(t, json.NewDecoder(strings.NewReader(string(report))).Decode(&original))
		uris(original, func(uri string) { before[uri] = true })
		uris(log, func(uri string) {
			if before[uri] {
				return
			}
			at, err := url.Parse(uri)
			require.NoError(t, err)
			require.Empty(t, at.Scheme+at.Host, uri)
			require.False(t, path.IsAbs(at.Path) || strings.HasPrefix(path.Clean(at.Path)+"/", "../"), uri)
		})
	})
}

func list(value any) []any {
	of, _ := value.([]any)
	return of
}

// uris are the places of files in a log.
func uris(node any, found func(uri string)) {
	switch node := node.(type) {
	case []any:
		for _, item := range node {
			uris(item, found)
		}
	case map[string]any:
		if at, is := node["artifactLocation"].(map[string]any); is {
			if uri, is := at["uri"].(string); is {
				found(uri)
			}
		}
		for _, item := range node {
			uris(item, found)
		}
	}
}
