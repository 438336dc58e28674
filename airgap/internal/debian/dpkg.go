package debian

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const statusFile = "var/lib/dpkg/status"

// installed returns the version of each package that root's status file lists.
func installed(root string) (map[string]string, error) {
	versions := map[string]string{}
	err := fields(filepath.Join(root, statusFile), func(stanza map[string]string) {
		versions[stanza["Package"]] = stanza["Version"]
	}, "Package", "Version")
	if errors.Is(err, fs.ErrNotExist) {
		return versions, nil
	}
	return versions, err
}

// released returns the time of the newest package list in a directory of apt's.
func released(lists string) (time.Time, error) {
	files, err := filepath.Glob(filepath.Join(lists, "*Release"))
	if err != nil {
		return time.Time{}, fmt.Errorf("list package lists: %w", err)
	}
	var newest time.Time
	for _, file := range files {
		err := fields(file, func(stanza map[string]string) {
			if at, err := time.Parse(time.RFC1123, stanza["Date"]); err == nil && at.After(newest) {
				newest = at
			}
		}, "Date")
		if err != nil {
			return time.Time{}, err
		}
	}
	if newest.IsZero() {
		return newest, fmt.Errorf("no package list in %s tells its date", lists)
	}
	return newest.UTC(), nil
}

// fields calls each with the named fields of every paragraph of a control file.
func fields(file string, each func(stanza map[string]string), names ...string) error {
	opened, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("read control file: %w", err)
	}
	defer func() { _ = opened.Close() }()
	stanza := map[string]string{}
	lines := bufio.NewScanner(opened)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if lines.Text() == "" && len(stanza) > 0 {
			each(stanza)
			stanza = map[string]string{}
		}
		for _, name := range names {
			if value, ok := strings.CutPrefix(lines.Text(), name+": "); ok {
				stanza[name] = strings.TrimSpace(value)
			}
		}
	}
	if len(stanza) > 0 {
		each(stanza)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read control file %s: %w", file, err)
	}
	return nil
}
