package sarif

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
)

// Adopt makes another tool's report one that GitHub's code scanning can place:
// files are named from the repository's root, which lay in a directory of the
// container, the runs are in the category of one component, and its limits are
// kept as Write keeps them.
func Adopt(report []byte, root, category string) ([]byte, error) {
	var log map[string]any
	decoder := json.NewDecoder(bytes.NewReader(report))
	decoder.UseNumber()
	if err := decoder.Decode(&log); err != nil {
		return nil, fmt.Errorf("read the SARIF of %s: %w", category, err)
	}
	runs, _ := log["runs"].([]any)
	for _, run := range runs {
		if run, isRun := run.(map[string]any); isRun {
			run["automationDetails"] = details{strings.Trim(category, "/") + "/"}
			if results, _ := run["results"].([]any); len(results) > mostResults {
				run["results"] = results[:mostResults]
				run["properties"] = map[string]any{"omittedResults": len(results) - mostResults}
			}
		}
	}
	place(log, strings.TrimSuffix(root, "/")+"/")
	return written(log, category)
}

// place names every file below the root by its path from there.
func place(node any, root string) {
	switch node := node.(type) {
	case []any:
		for _, item := range node {
			place(item, root)
		}
	case map[string]any:
		if at, isPlace := node["artifactLocation"].(map[string]any); isPlace {
			at["uri"] = relative(at["uri"], root)
		}
		for _, item := range node {
			place(item, root)
		}
	}
}

// relative is a place below the root as seen from there. Others stay, such as one
// that leads out of the root again.
func relative(uri any, root string) any {
	text, _ := uri.(string)
	at, err := url.Parse(text)
	if err != nil || at.Host != "" || at.Scheme != "file" && at.Scheme != "" {
		return uri
	}
	path, below := strings.CutPrefix(at.Path, root)
	if !below || !fs.ValidPath(path) {
		return uri
	}
	return (&url.URL{Path: path}).String()
}
