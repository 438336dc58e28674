package pyenv

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// wanted is the file that has the checks install a tool because the project asks for it, or
// runs it: one that only another package brings, as gradio does ruff and locust pytest, is
// none that the code is judged by. It is empty for none.
func (p Project) wanted(fsys fs.FS, habits []habit, name string) string {
	from := p.installs(name)
	if from == "" || !p.brought[Normal(name)] || p.asks(name) || name == "pytest" && component.HasTests(fsys, p.Path) {
		return from
	}
	if slices.ContainsFunc(habits, func(h habit) bool { _, runs := h.arguments(name); return runs }) {
		return from
	}
	return ""
}

// Brought tells of a tool that only another package of the project asks for it.
func (p Project) Brought(name string) bool { return p.brought[Normal(name)] && !p.asks(name) }

// onlyBrought are the packages of a uv.lock that no project of the repository asks for.
func (lock uvLock) onlyBrought() map[string]bool {
	brought := map[string]bool{}
	var asked []uvDependency
	for _, pkg := range lock.Package {
		if _, local := localSource(pkg.Source); !local {
			brought[Normal(pkg.Name)] = true
			continue
		}
		asked = append(asked, pkg.Dependencies...)
		for _, of := range []map[string][]uvDependency{pkg.Optional, pkg.Dev} {
			for _, list := range of {
				asked = append(asked, list...)
			}
		}
	}
	for _, list := range lock.Manifest.Groups {
		asked = append(asked, list...)
	}
	if len(asked)+len(lock.Manifest.Requirements) == 0 { // It does not say who asks.
		return nil
	}
	for _, one := range append(asked, lock.Manifest.Requirements...) {
		delete(brought, Normal(one.Name))
	}
	return brought
}

// broughtBy are the packages of a poetry.lock that its project does not name.
func (p Project) broughtBy(locked map[string]string) map[string]bool {
	named := map[string]bool{}
	add := func(list any) {
		for _, name := range requirements(list) {
			named[Normal(name)] = true
		}
	}
	project := component.Lookup(p.document, "project")
	add(project["dependencies"])
	for _, list := range component.Lookup(project, "optional-dependencies") {
		add(list)
	}
	for _, list := range component.Lookup(p.document, "dependency-groups") {
		add(list)
	}
	poetry := component.Lookup(p.document, "tool", "poetry")
	tables := []map[string]any{component.Lookup(poetry, "dependencies"), component.Lookup(poetry, "dev-dependencies")}
	for group := range component.Lookup(poetry, "group") {
		tables = append(tables, component.Lookup(poetry, "group", group, "dependencies"))
	}
	for _, table := range tables {
		for name := range table {
			named[Normal(name)] = true
		}
	}
	brought := map[string]bool{}
	for name := range locked {
		if !named[name] {
			brought[name] = true
		}
	}
	return brought
}

var (
	// because is what a tool that writes requirements says of a package: what asks for it.
	because = regexp.MustCompile(`(?:^|\s)#\s*(via\b)?\s*(.*)$`)
	// other packages by their names; what else asks is a file, or the project.
	otherPackage = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*(?:\[[\w.,-]+\])?$`)
)

// reasons are what the comments of a requirements file say of why its packages are there.
func reasons(text string) map[string][]string {
	all := map[string][]string{}
	name, begun := "", false
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
			if first := requirementName.FindString(line); first != "" {
				name, begun = Normal(first), false
				all[name] = append(all[name], nil...)
			}
		}
		if !strings.Contains(line, "#") {
			continue
		}
		m := because.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil || name == "" || m[1] == "" && !begun {
			continue
		}
		begun = true
		for _, reason := range strings.Split(m[2], ", ") {
			if reason = strings.TrimSpace(reason); reason != "" {
				all[name] = append(all[name], reason)
			}
		}
	}
	return all
}

// bring notes what asks for the packages of a requirements file: nil for one that is there
// for itself in any of the files.
func (r *Requirements) bring(text string) {
	for name, why := range reasons(text) {
		was, seen := r.brought[name]
		itself := len(why) == 0 || slices.ContainsFunc(why, func(reason string) bool { return !otherPackage.MatchString(reason) })
		switch {
		case itself || seen && was == nil:
			r.brought[name] = nil
		default:
			r.brought[name] = append(was, why...)
		}
	}
}
