package component

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// Table lists components for people, one a line: the versions that each is
// built with and where they were read, and what its image is built by.
func Table(list []Component) string {
	if len(list) == 0 {
		return "The repository has no components: nothing to do.\n"
	}
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NAME\tKIND\tPATH\tVERSIONS\tIMAGE BY\tPLATFORMS")
	for _, c := range list {
		image := c.Settings.Dockerfile
		if image == "" {
			image = "built-in recipe"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", c.Name, c.Kind, c.Path, c.versions(), image, strings.Join(c.Settings.Platforms, " "))
	}
	_ = w.Flush() // A builder takes everything, so none of these fails.
	return text.String()
}

// Summary is the component in one line: what it is, where it lies, and the
// versions that it is built with.
func (c Component) Summary() string {
	return fmt.Sprintf("%s: %s in %s, %s", c.Name, c.Kind, c.Path, c.versions())
}

// versions says each tool's version with its source.
func (c Component) versions() string {
	var all []string
	for _, tool := range []struct {
		name string
		Version
	}{{"python", c.Python}, {"node", c.Node}, {"pnpm", c.Pnpm}} {
		if tool.Value != "" {
			all = append(all, fmt.Sprintf("%s %s (%s)", tool.name, tool.Value, tool.Source))
		}
	}
	return strings.Join(all, ", ")
}
