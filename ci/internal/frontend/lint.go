package frontend

import (
	"encoding/json"
	"fmt"
	"strings"
)

// LintReport returns eslint's report in eslint's own JSON, with the files
// named as in the repository: below root there, at path here. There always is
// one: when eslint broke off before it wrote any, the report has one fatal
// message, which says why.
func LintReport(root, path string, stdout, stderr []byte) ([]byte, error) {
	var files []map[string]any
	if err := json.Unmarshal(stdout, &files); err != nil {
		why := strings.TrimSpace(string(stderr) + "\n" + string(stdout))
		files = []map[string]any{{
			"filePath":   path,
			"messages":   []map[string]any{{"ruleId": nil, "fatal": true, "severity": 2, "message": "eslint broke off: " + why}},
			"errorCount": 1, "fatalErrorCount": 1, "warningCount": 0,
		}}
	}
	for _, file := range files {
		if name, isText := file["filePath"].(string); isText {
			file["filePath"] = strings.TrimPrefix(name, root+"/")
		}
		// The whole text of the file: the repository has it.
		delete(file, "source")
	}
	report, err := json.MarshalIndent(files, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the lint report of %s: %w", path, err)
	}
	return append(report, '\n'), nil
}
