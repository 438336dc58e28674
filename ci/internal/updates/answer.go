package updates

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Answer is what an image's own apt says of the packages that were asked for.
type Answer struct {
	// Packages can be unpacked.
	Packages []Package
	// Refused are in words: those that cannot, and those that apt has nothing newer of.
	Refused []string
}

// Unsupported says why packages of a distribution are not updated so; empty where
// they are.
func Unsupported(distribution string) string {
	if distribution == "debian" || distribution == "ubuntu" {
		return ""
	}
	return fmt.Sprintf("its distribution is %q, and only packages of Debian and Ubuntu are updated so. Wait for a newer base, or take another", distribution)
}

// Read reads an answer from its files: the record of each package in show/NAME, and
// what it would run in scripts/NAME/. Mends are the vulnerabilities of each, and
// unrun the names of packages whose scripts somebody decided to leave out.
func Read(answer fs.FS, distribution string, mends map[string][]string, unrun []string) (Answer, error) {
	var read Answer
	given, err := fs.ReadDir(answer, "show")
	if err != nil {
		return read, fmt.Errorf("read what apt answered: %w", err)
	}
	for _, entry := range given {
		text, err := fs.ReadFile(answer, path.Join("show", entry.Name()))
		if err != nil {
			return read, fmt.Errorf("read what apt answered: %w", err)
		}
		of := record(string(text))
		p := Package{
			Distribution: distribution, Name: of["Package"], Version: of["Version"], Architecture: of["Architecture"], File: of["Filename"], SHA256: of["SHA256"],
			Mends: append([]string{}, mends[of["Package"]]...),
		}
		scripts, err := scriptsOf(answer, p.Name)
		if err != nil {
			return read, err
		}
		runs := scripts.Run()
		if runs != "" && !slices.Contains(unrun, p.Name) {
			read.Refused = append(read.Refused, fmt.Sprintf("%s %s: %s, which nothing can be left out of unseen. Update it in a Dockerfile, or accept that it is not run with --without-scripts %s",
				p.Name, p.Version, runs, p.Name))
			continue
		}
		p.Unrun = runs
		read.Packages = append(read.Packages, p)
	}
	for asked := range mends {
		if !slices.ContainsFunc(given, func(entry fs.DirEntry) bool { return entry.Name() == asked }) {
			read.Refused = append(read.Refused, asked+": the image's package sources have no newer version")
		}
	}
	slices.Sort(read.Refused)
	return read, nil
}

func scriptsOf(answer fs.FS, name string) (Scripts, error) {
	scripts := Scripts{}
	for _, script := range []string{"preinst", "postinst", "prerm", "postrm", "triggers"} {
		found, err := fs.Glob(answer, path.Join("scripts", name, script))
		if err != nil || len(found) == 0 {
			continue // The pattern is well-formed: a package has no magic in its name.
		}
		text, err := fs.ReadFile(answer, found[0])
		if err != nil {
			return nil, fmt.Errorf("read what %s runs: %w", name, err)
		}
		scripts[script] = string(text)
	}
	return scripts, nil
}

// record reads the fields of a package's record, of several the first.
func record(text string) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			break
		}
		if name, value, is := strings.Cut(line, ":"); is && !strings.HasPrefix(line, " ") {
			fields[name] = strings.TrimSpace(value)
		}
	}
	return fields
}
