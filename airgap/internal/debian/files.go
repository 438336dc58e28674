package debian

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Files returns the recipe of a layer that fill writes. Inputs are all that
// the result depends on. Below may be nil.
func Files(name string, below *Layer, fill func(ctx context.Context, site Site) error, inputs ...any) *Layer {
	return &Layer{Name: name, Below: below, Inputs: inputs, Fill: fill}
}

// Write puts a file into the layer. The directories that it needs are made.
func (s Site) Write(name, content string, mode os.FileMode) error {
	return writeFile(filepath.Join(s.Root, name), content, mode)
}

// Directory puts an empty directory into the layer.
func (s Site) Directory(name string, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Join(s.Root, name), mode); err != nil {
		return fmt.Errorf("make a directory of a layer: %w", err)
	}
	return nil
}

// Link puts a symbolic link into the layer.
func (s Site) Link(target, name string) error {
	path := filepath.Join(s.Root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("link in a layer: %w", err)
	}
	if err := os.Symlink(target, path); err != nil {
		return fmt.Errorf("link in a layer: %w", err)
	}
	return nil
}

// AddUser adds a user with a group of its own to those of the layers below, and makes
// the home directory when that is below /home.
func (s Site) AddUser(name string, id int, home, shell string) error {
	for file, line := range map[string]string{
		"etc/passwd": fmt.Sprintf("%s:x:%d:%d::%s:%s\n", name, id, id, home, shell),
		"etc/group":  fmt.Sprintf("%s:x:%d:\n", name, id),
		"etc/shadow": name + ":!:20089::::::\n",
	} {
		content, mode, err := s.readBelow(file)
		if err != nil {
			return fmt.Errorf("add user %s: %w", name, err)
		}
		if err := s.Write(file, content+line, mode); err != nil {
			return fmt.Errorf("add user %s: %w", name, err)
		}
	}
	if !strings.HasPrefix(home, "/home/") {
		return nil
	}
	dir := filepath.Join(s.Root, home)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("add user %s: %w", name, err)
	}
	if err := os.Chown(dir, id, id); err != nil {
		return fmt.Errorf("add user %s: %w", name, err)
	}
	return nil
}

func (s Site) readBelow(name string) (content string, mode os.FileMode, err error) {
	for _, made := range slices.Backward(s.Below) {
		path := filepath.Join(made.Root(), name)
		info, err := os.Stat(path)
		if os.IsNotExist(err) {
			continue
		} else if err != nil {
			return "", 0, err
		}
		found, err := os.ReadFile(path)
		return string(found), info.Mode().Perm(), err
	}
	return "", 0o644, nil
}
