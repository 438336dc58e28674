package component

import (
	"io/fs"
	"regexp"
	"strings"
)

// submodule is where a repository has another one in it.
var submodule = regexp.MustCompile(`(?m)^\s*path\s*=\s*(\S+)\s*$`)

// lackSubmodules says of each component which repositories in it are not checked out: what
// needs them fails, in words that tell of a missing file.
func lackSubmodules(fsys fs.FS, components []Component) {
	raw, err := fs.ReadFile(fsys, ".gitmodules")
	if err != nil {
		return
	}
	for _, m := range submodule.FindAllStringSubmatch(string(raw), -1) {
		if !fs.ValidPath(m[1]) {
			continue
		}
		if entries, _ := fs.ReadDir(fsys, m[1]); len(entries) > 0 {
			continue
		}
		for i := range components {
			if c := &components[i]; c.Path == "." || strings.HasPrefix(m[1]+"/", c.Path+"/") {
				c.Lack("%s is a submodule that is not checked out; what needs it fails. Check it out, or clone with it: git submodule update --init %s", m[1], m[1])
			}
		}
	}
}
