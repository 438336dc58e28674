package component

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Table lists components for people, one a line: the versions that each is
// built with and where they were read, and what its image is built by. What
// was passed over comes below.
func Table(found Found) string {
	var text strings.Builder
	if len(found.Components) == 0 {
		text.WriteString("The repository has no components: nothing to do.\n")
	} else {
		writeTable(&text, found.Components)
	}
	for _, c := range found.Components {
		text.WriteString(c.remarks())
	}
	for _, passed := range found.PassedOver {
		text.WriteString("Passed over: " + plain.Line(passed) + "\n")
	}
	return text.String()
}

func writeTable(text *strings.Builder, list []Component) {
	w := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NAME\tKIND\tPATH\tVERSIONS\tIMAGE BY\tPLATFORMS")
	for _, c := range list {
		image := c.Settings.Dockerfile
		if image == "" {
			image = "built-in recipe"
		}
		if c.Fault != "" {
			image = "nothing, see below"
		}
		platforms := strings.Join(c.Settings.Platforms, " ")
		if c.NoImage != "" {
			image, platforms = "none, gates alone", "none"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", c.Name, c.Kind, plain.Line(c.Path), plain.Line(c.versions()), plain.Line(image), platforms)
	}
	_ = w.Flush() // A builder takes everything, so none of these fails.
}

// remarks are what a table has no column for: what is wrong with the component, and
// what it is called by where that is not as it is written.
func (c Component) remarks() string {
	var lines strings.Builder
	if c.Fault != "" {
		fmt.Fprintf(&lines, "Fault of %s: %s\n", c.Name, plain.Line(c.Fault))
	}
	for _, of := range c.Inferred {
		if of.Setting == "name" {
			fmt.Fprintf(&lines, "The component in %s is called %s: %s\n", plain.Line(c.Path), c.Name, plain.Line(of.Source))
		}
	}
	return lines.String()
}

// Summary is the component in one line: what it is, where it lies, and the
// versions that it is built with.
func (c Component) Summary() string {
	line := fmt.Sprintf("%s: %s in %s, %s", c.Name, c.Kind, c.Path, c.versions())
	for _, of := range c.Inferred {
		line += fmt.Sprintf("; %s: %s (%s)", of.Setting, of.Value, of.Source)
	}
	return plain.Line(line)
}

// versions says each tool's version with its source.
func (c Component) versions() string {
	var all []string
	for _, v := range c.Versions {
		all = append(all, fmt.Sprintf("%s %s (%s)", v.Tool, v.Value, v.Source))
	}
	return strings.Join(all, ", ")
}
