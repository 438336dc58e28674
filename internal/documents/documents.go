// Package documents reads what the project's documents tell people to type.
package documents

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Section is a part of a document below a heading, up to the next.
type Section struct {
	Heading string
	// Commands are its indented blocks, one for each command that goes over
	// several lines by backslashes.
	Commands []string
	// Mentions are commands within its sentences.
	Mentions []string
	// Prints are the lines of its text blocks.
	Prints []string
}

// mention is a command in a sentence: one of the programs that are ours, or called
// with what is ours. A name alone is no command.
var mention = regexp.MustCompile("`((?:eval \"\\$\\()?(?:dagger|go run|make|enginestate) [^`]+)`")

// All are the documents below the project's root, but for the list of changes,
// which has what was.
func All(root string) (files []string, err error) {
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		switch {
		case entry.IsDir() && path != root && (strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "testdata", "shared"}, name)):
			return filepath.SkipDir
		case filepath.Ext(name) == ".md" && name != "CHANGELOG.md":
			below, err := filepath.Rel(root, path)
			files = append(files, below)
			return err
		}
		return nil
	})
	return files, err
}

// Read reads the sections of a document.
func Read(root, file string) ([]Section, error) {
	raw, err := os.ReadFile(filepath.Join(root, file))
	return sections(string(raw)), err
}

func sections(text string) []Section {
	all := []Section{{}}
	block, continued := "", false
	for line := range strings.SplitSeq(text, "\n") {
		at := &all[len(all)-1]
		switch {
		case strings.HasPrefix(line, "```"):
			if block == "" {
				block = strings.TrimPrefix(line, "```") + " "
			} else {
				block = ""
			}
		case block == "text ":
			at.Prints = append(at.Prints, line)
		case block != "": // What a file says, and no command.
		case strings.HasPrefix(line, "#"):
			all = append(all, Section{Heading: strings.TrimSpace(strings.TrimLeft(line, "#"))})
		case strings.HasPrefix(line, "    "):
			command := strings.TrimSpace(line)
			if continued {
				at.Commands[len(at.Commands)-1] += "\n" + command
			} else {
				at.Commands = append(at.Commands, command)
			}
			continued = strings.HasSuffix(command, `\`)
		default:
			for _, found := range mention.FindAllStringSubmatch(line, -1) {
				at.Mentions = append(at.Mentions, found[1])
			}
		}
	}
	return all
}
