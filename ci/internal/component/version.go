package component

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

var fileVersion = regexp.MustCompile(`^v?(\d+(?:\.\d+){0,2})$`)

// VersionFile reads the first version of a file such as .python-version.
func VersionFile(fsys fs.FS, file string) (version string, found bool, err error) {
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return "", false, nil
	}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		match := fileVersion.FindStringSubmatch(line)
		if match == nil {
			return "", false, fmt.Errorf("%s: %q is no version. Write one like 3.12", file, line)
		}
		return match[1], true, nil
	}
	return "", false, fmt.Errorf("%s is empty. Write a version or delete the file", file)
}
