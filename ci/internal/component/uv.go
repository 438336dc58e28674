package component

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/pylock"
)

// ofUv adds what a Python component has from its uv.lock, its own or that of
// the uv workspace it is a member of: the directories it is made from.
func (c *Component) ofUv(fsys fs.FS) error {
	root, found, err := uvRoot(fsys, c.Path)
	if err != nil || !found {
		return err
	}
	lock := path.Join(root, "uv.lock")
	raw, err := fs.ReadFile(fsys, lock)
	if err != nil {
		return fmt.Errorf("read %s: %w", lock, err)
	}
	within := relative(root, c.Path)
	if within != "." {
		c.Workspace = root
	}
	directories, err := pylock.UvDirectories(raw, within)
	if err != nil {
		return fmt.Errorf("%s: %w", lock, err)
	}
	for _, dir := range directories {
		at := path.Join(root, dir)
		if info, err := fs.Stat(fsys, at); !fs.ValidPath(at) || err != nil || !info.IsDir() {
			return fmt.Errorf("%s names %s, which is no directory of the repository. Add it, or lock without it: uv lock", lock, at)
		}
		if !slices.ContainsFunc(c.Libraries, func(l Library) bool { return l.Path == at }) {
			c.Libraries = append(c.Libraries, Library{Path: at})
		}
	}
	return nil
}

// uvRoot is where the lock of a component lies: in its own directory, or at the
// root of the workspace whose member it is.
func uvRoot(fsys fs.FS, dir string) (root string, found bool, err error) {
	for at := dir; ; at = path.Dir(at) {
		if exists(fsys, path.Join(at, "uv.lock")) {
			if at == dir {
				return at, true, nil
			}
			member, err := isMember(fsys, at, relative(at, dir))
			if member || err != nil {
				return at, member, err
			}
		}
		if at == "." {
			return "", false, nil
		}
	}
}

// isMember says whether the pyproject.toml of root makes a workspace with the
// directory in it.
func isMember(fsys fs.FS, root, dir string) (bool, error) {
	doc, err := readTOML(fsys, path.Join(root, "pyproject.toml"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	tool, _ := doc["tool"].(map[string]any)
	uv, _ := tool["uv"].(map[string]any)
	workspace, _ := uv["workspace"].(map[string]any)
	named := func(key string) bool {
		list, _ := workspace[key].([]any)
		return slices.ContainsFunc(list, func(one any) bool {
			pattern, _ := one.(string)
			return matches(strings.Split(path.Clean(pattern), "/"), strings.Split(dir, "/"))
		})
	}
	return named("members") && !named("exclude"), nil
}

func relative(root, dir string) string {
	switch root {
	case dir:
		return "."
	case ".":
		return dir
	}
	return strings.TrimPrefix(dir, root+"/")
}

// importPath is the directory that Python finds the library's modules in: its
// src, or itself where its packages lie there directly.
func importPath(fsys fs.FS, dir string) string {
	src := path.Join(dir, "src")
	if flat, _ := fs.Glob(fsys, path.Join(dir, "*", "__init__.py")); len(flat) > 0 && !exists(fsys, src) {
		return dir
	}
	return src
}
