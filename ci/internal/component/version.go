package component

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

var fileVersion = regexp.MustCompile(`^v?(\d+(?:\.\d+){0,2})$`)

// Release is the release that a line such as v3.12 names.
func Release(line string) (string, error) {
	match := fileVersion.FindStringSubmatch(line)
	if match == nil {
		return "", fmt.Errorf("%q is no version. Write one like 3.12", line)
	}
	return match[1], nil
}

// VersionFile reads the version of a tool that the first line of a file such as
// .python-version names, which release understands; found tells whether there is
// such a file.
func VersionFile(fsys fs.FS, tool, file string, release func(line string) (string, error)) (v Version, found bool) {
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return Version{}, false
	}
	v = Version{Tool: tool, Fault: file + " is empty. Write a version or delete the file"}
	for line := range strings.Lines(string(raw)) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if v.Value, err = release(line); err != nil {
			return Version{Tool: tool, Value: line, Fault: fmt.Sprintf("%s: %s", file, err)}, true
		}
		v.Fault = ""
		break
	}
	return v, true
}
