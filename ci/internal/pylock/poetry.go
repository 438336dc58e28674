package pylock

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// poetryLock is a poetry.lock of the format 2.1, the first that says of each
// package which groups need it, and where.
type poetryLock struct {
	Package  []poetryPackage
	Extras   map[string][]string
	Metadata struct {
		LockVersion string `toml:"lock-version"`
		ContentHash string `toml:"content-hash"`
	}
}

type poetryPackage struct {
	Name, Version string
	Optional      bool
	Groups        []string
	Markers       any // a string, or one for each group
	Files         []struct{ File, Hash string }
	Source        struct{ Type, URL, Reference string }
}

// readPoetry turns a poetry.lock into requirements: one file for each index
// that packages come from. Poetry itself is not needed for it.
func (l *Lock) readPoetry(fsys fs.FS, p Policy) error {
	raw, err := fs.ReadFile(fsys, "poetry.lock")
	if err != nil {
		return fmt.Errorf("read %s/poetry.lock: %w", p.Path, err)
	}
	var doc poetryLock
	if err := bounds.TOML(raw, &doc); err != nil {
		return fmt.Errorf("%s/poetry.lock: %w. Make it anew with: poetry lock", p.Path, err)
	}
	if v := doc.Metadata.LockVersion; v != "2.1" {
		return fmt.Errorf("%s/poetry.lock has the format %q, which does not say which group needs a package. Make it anew with Poetry 2: poetry lock", p.Path, v)
	}
	if err := poetryStale(fsys, raw, doc.Metadata.ContentHash, p); err != nil {
		return err
	}
	var findings []string
	for _, pkg := range doc.Package {
		if finding := pkg.unlocked(p.AllowUnhashed); finding != "" {
			findings = append(findings, fmt.Sprintf("%s/poetry.lock: %s %s", p.Path, pkg.Name, finding))
		}
	}
	if len(findings) > 0 {
		return refused(findings, "Take it from an index, or name a directory in the libraries setting and drop the dependency. "+
			"Or accept it: allow-unhashed = true in [tool.pingvas-ci] of pyproject.toml")
	}
	l.Source, l.Complete = "poetry.lock", true
	optional := optionalGroups(fsys)
	l.Image = l.addPoetry("image", doc.Package, func(group string) bool { return group == "main" })
	checked := doc.Package
	if p.CPU && doc.Extras[cpuExtra] != nil {
		checked = withExtra(checked, cpuExtra)
	}
	l.Checks = l.addPoetry("checks", checked, func(group string) bool { return !optional[group] })
	return nil
}

// addPoetry writes the packages that chosen groups need into one file for each
// index, and returns the files' names.
func (l *Lock) addPoetry(name string, packages []poetryPackage, chosen func(group string) bool) []string {
	texts := map[string]*strings.Builder{}
	for _, pkg := range packages {
		marker, needed := pkg.needed(chosen)
		if !needed {
			continue
		}
		l.packages[normal(pkg.Name)] = pkg.Version
		index := pkg.Source.URL
		if pkg.Source.Type != "legacy" {
			index = ""
		}
		if texts[index] == nil {
			texts[index] = &strings.Builder{}
			if index != "" {
				fmt.Fprintf(texts[index], "--index-url %s\n", strings.TrimSuffix(index, "/")+"/")
			}
		}
		pkg.write(texts[index], marker)
	}
	var files []string
	for i, index := range slices.Sorted(maps.Keys(texts)) {
		file := fmt.Sprintf("poetry-%s-%d.txt", name, i+1)
		l.Files[file] = texts[index].String()
		files = append(files, file)
	}
	return files
}

var extraTerm = regexp.MustCompile(`extra (==|!=) ["']([^"']+)["']`)

// withExtra are the packages for who wants one extra: what their markers ask of
// extras is answered.
func withExtra(packages []poetryPackage, wanted string) []poetryPackage {
	answered := func(marker string) string {
		return extraTerm.ReplaceAllStringFunc(marker, func(term string) string {
			m := extraTerm.FindStringSubmatch(term)
			if (m[1] == "==") == (m[2] == wanted) {
				return `python_version >= "3"` // always
			}
			return `python_version < "3"` // never
		})
	}
	var all []poetryPackage
	for _, pkg := range packages {
		switch marker := pkg.Markers.(type) {
		case string:
			pkg.Optional = pkg.Optional && !extraTerm.MatchString(marker)
			pkg.Markers = answered(marker)
		case map[string]any:
			each := map[string]any{}
			for group, of := range marker {
				text, _ := of.(string)
				pkg.Optional = pkg.Optional && !extraTerm.MatchString(text)
				each[group] = answered(text)
			}
			pkg.Markers = each
		}
		all = append(all, pkg)
	}
	return all
}

// needed says whether one of the chosen groups needs the package, and where:
// anywhere, as soon as one group says so.
func (pkg poetryPackage) needed(chosen func(group string) bool) (marker string, needed bool) {
	if pkg.Optional {
		return "", false // of an extra, which nobody asked for
	}
	var markers []string
	for _, group := range pkg.Groups {
		if !chosen(group) {
			continue
		}
		needed = true
		m, isOne := pkg.Markers.(string)
		if each, isEach := pkg.Markers.(map[string]any); isEach {
			m, isOne = each[group].(string)
		}
		if !isOne || m == "" {
			return "", true
		}
		if !slices.Contains(markers, m) {
			markers = append(markers, m)
		}
	}
	if len(markers) > 1 {
		return "(" + strings.Join(markers, ") or (") + ")", needed
	}
	return strings.Join(markers, ""), needed
}

// write writes the package as a requirement.
func (pkg poetryPackage) write(text *strings.Builder, marker string) {
	switch pkg.Source.Type {
	case "git":
		fmt.Fprintf(text, "%s @ git+%s@%s", pkg.Name, pkg.Source.URL, pkg.Source.Reference)
	case "url":
		fmt.Fprintf(text, "%s @ %s", pkg.Name, pkg.Source.URL)
	default:
		fmt.Fprintf(text, "%s==%s", pkg.Name, pkg.Version)
	}
	if marker != "" {
		fmt.Fprintf(text, " ; %s", marker)
	}
	for _, file := range pkg.Files {
		fmt.Fprintf(text, " \\\n    --hash=%s", file.Hash)
	}
	text.WriteString("\n")
}

// unlocked says what of the package no hash stands for; empty for nothing. A
// directory is no package: its name on an index would be another's.
func (pkg poetryPackage) unlocked(allowed bool) string {
	from := pkg.Source.Type
	switch {
	case from == "directory" || from == "file" || from == "git" && !allowed:
		return "comes from " + from + " " + pkg.Source.URL + ", which no hash can stand for"
	case len(pkg.Files) == 0 && !allowed:
		return "has no hash"
	}
	return ""
}

// optionalGroups are the groups of pyproject.toml that are installed only when
// asked for.
func optionalGroups(fsys fs.FS) map[string]bool {
	var doc struct {
		Tool struct {
			Poetry struct {
				Group map[string]struct{ Optional bool }
			}
		}
	}
	optional := map[string]bool{}
	if raw, err := fs.ReadFile(fsys, "pyproject.toml"); err == nil && bounds.TOML(raw, &doc) == nil {
		for name, group := range doc.Tool.Poetry.Group {
			optional[name] = group.Optional
		}
	}
	return optional
}
