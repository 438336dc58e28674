package debian

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// unwanted are the files that no layer keeps: traces of the installation,
// which differ from run to run, and what the machine's certificates make
// harmful. An engine that finds update-ca-certificates runs it around every
// command, for seconds each.
var unwanted = []string{
	"etc/*-",
	"root/.cache",
	"run/*",
	"tmp/*",
	"usr/bin/c_rehash",
	"usr/lib/python3*/EXTERNALLY-MANAGED",
	"usr/sbin/update-ca-certificates",
	"var/cache/apt/archives/*.deb",
	"var/cache/apt/*.bin",
	"var/cache/debconf/*-old",
	"var/cache/ldconfig",
	"var/lib/apt/lists/*_*",
	"var/lib/apt/lists/auxfiles",
	"var/lib/apt/extended_states.*",
	"var/lib/dpkg/*-old",
	"var/tmp/*",
}

// unread are directories whose files no container reads; licences stay.
var unread = []string{
	"usr/share/doc", "usr/share/info", "usr/share/lintian", "usr/share/linda",
	"usr/share/locale", "usr/share/man", "var/log",
}

// clean removes from a layer's files what an image does not need. It works on
// the layer alone, so that it leaves no deletion in it.
func clean(root string) error {
	for _, pattern := range unwanted {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return fmt.Errorf("clean layer: %w", err)
		}
		for _, path := range found {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("clean layer: %w", err)
			}
		}
	}
	for _, dir := range unread {
		if err := emptyTree(filepath.Join(root, dir)); err != nil {
			return fmt.Errorf("clean layer: %w", err)
		}
	}
	return nil
}

// emptyTree removes the files below dir. Directories stay: packages that are
// installed later expect them.
func emptyTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() || entry.Name() == "copyright" {
			return err
		}
		if entry.Type()&fs.ModeSymlink != 0 && keptLink(path) {
			return nil
		}
		return os.Remove(path)
	})
}

// keptLink tells whether a link is of use: one between documentation directories,
// which leads to a licence, or a log that is a device.
func keptLink(path string) bool {
	to, err := os.Readlink(path)
	return strings.HasSuffix(filepath.Dir(path), "/doc") || (err == nil && strings.HasPrefix(to, "/dev/"))
}
