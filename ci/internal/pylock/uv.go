package pylock

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/pelletier/go-toml/v2"
)

// readUv reads a uv.lock. It names an index, an address and a hash for each
// file, so uv only has to bring it into the form that it installs.
func (l *Lock) readUv(fsys fs.FS, p Policy) error {
	raw, err := fs.ReadFile(fsys, "uv.lock")
	if err != nil {
		return fmt.Errorf("read %s/uv.lock: %w", p.Path, err)
	}
	var doc struct {
		Package []struct {
			Name, Version string
			Source        map[string]any
		}
	}
	if err := toml.Unmarshal(raw, &doc); err != nil {
		return fmt.Errorf("%s/uv.lock: %w. Make it anew with: uv lock", p.Path, err)
	}
	var findings []string
	for _, pkg := range doc.Package {
		l.packages[normal(pkg.Name)] = pkg.Version
		from, isSource := unhashable(pkg.Source)
		if isSource && !p.AllowUnhashed {
			findings = append(findings, fmt.Sprintf("%s/uv.lock: %s comes from %s, which no hash can stand for", p.Path, pkg.Name, from))
		}
	}
	if len(findings) > 0 {
		return refused(findings, "Take it from an index, or name a directory in the libraries setting and drop the dependency. "+
			"Or accept it: allow-unhashed = true in [tool.pingvas-ci] of pyproject.toml")
	}
	project, err := uvProject(fsys, p)
	if err != nil {
		return err
	}
	l.Source = "uv.lock"
	l.Files["uv.lock"], l.Files["pyproject.toml"] = string(raw), project
	l.Image, l.Checks = []string{"pylock.toml"}, []string{"pylock.checks.toml"}
	export := []string{"uv", "export", "--quiet", "--frozen", "--format", "pylock.toml", "--no-header", "--no-emit-project"}
	l.Export = [][]string{
		slices.Concat(export, []string{"--no-dev", "--output-file", l.Image[0]}),
		slices.Concat(export, []string{"--output-file", l.Checks[0]}),
	}
	return nil
}

// unhashable says where a package comes from that has no hash. The project
// itself is "virtual" or "editable", at ".".
func unhashable(source map[string]any) (from string, is bool) {
	for _, kind := range slices.Sorted(maps.Keys(source)) {
		where := fmt.Sprint(source[kind])
		switch {
		case kind == "registry" || kind == "url" || where == ".":
		case kind == "git" || kind == "directory" || kind == "editable" || kind == "virtual" || kind == "path":
			return kind + " " + where, true
		}
	}
	return "", false
}

// uvProject is the part of pyproject.toml that a lock depends on, so that the
// settings of a tool can change and nothing is installed anew.
func uvProject(fsys fs.FS, p Policy) (string, error) {
	raw, err := fs.ReadFile(fsys, "pyproject.toml")
	if err != nil {
		return "", fmt.Errorf("%s has a uv.lock and no pyproject.toml. Add the project's, or delete the lock", p.Path)
	}
	var doc map[string]any
	if err := toml.Unmarshal(raw, &doc); err != nil {
		return "", fmt.Errorf("%s/pyproject.toml: %w; correct the TOML", p.Path, err)
	}
	kept := map[string]any{}
	for _, table := range []string{"project", "dependency-groups"} {
		if doc[table] != nil {
			kept[table] = doc[table]
		}
	}
	if tool, _ := doc["tool"].(map[string]any); tool["uv"] != nil {
		kept["tool"] = map[string]any{"uv": tool["uv"]}
	}
	narrow, err := toml.Marshal(kept)
	if err != nil {
		return "", fmt.Errorf("narrow %s/pyproject.toml: %w", p.Path, err)
	}
	return string(narrow), nil
}
