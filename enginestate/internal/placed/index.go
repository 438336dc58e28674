package placed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/enginestate/internal/enginedir"
)

// mostIndex is more than a list of trees has.
const mostIndex = 64 << 20

var (
	errLink = errors.New("its path leads through a link")
	errMore = errors.New("it is more than the state is to have")
)

// readIndex reads what the images have, and believes nothing of it: a state that nobody
// has signed is one that somebody else may have made.
func (s *State) readIndex() error {
	root, err := os.OpenRoot(mounted(s.dir, s.last()))
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	file, err := openFile(root, Index, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := json.NewDecoder(io.LimitReader(file, mostIndex)).Decode(&s.Contents); err != nil {
		return fmt.Errorf("its list of trees cannot be read: %w", err)
	}
	return errors.Join(s.checkRest(), s.checkTrees(), s.checkFilled())
}

// checkRest fails where what is copied out is no directory, or has what is ours.
func (s *State) checkRest() error {
	if err := noLinks(s.dir, s.rest()); err != nil {
		return err
	}
	entries, err := os.ReadDir(s.rest())
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), enginedir.Ours) || slices.Contains(enginedir.Left(), entry.Name()) {
			err = errors.Join(err, fmt.Errorf("it has %s, which no state has", entry.Name()))
		}
	}
	return errors.Join(err, enginedir.Ordinary(s.rest()))
}

func (s *State) checkTrees() error {
	seen := map[string]bool{}
	for _, tree := range s.Trees {
		if !tree.Possible() || seen[tree.Path] || tree.Part < 0 || tree.Part > s.last() {
			return fmt.Errorf("its list of trees has %q of part %d, which cannot be", tree.Path, tree.Part)
		}
		seen[tree.Path] = true
		if err := noLinks(s.dir, s.source(tree)); err != nil {
			return err
		}
	}
	return nil
}

func (s *State) checkFilled() error {
	left := s.most
	for _, f := range s.Filled {
		for _, part := range f.Parts {
			if left -= part.Length; left < 0 {
				return errMore
			}
			if part.Part < 0 || part.Part > s.last() || part.Offset < 0 || part.Length < 0 {
				return fmt.Errorf("its list of files has %q, with a part that cannot be", f.File)
			}
		}
	}
	for _, blob := range s.Blobs {
		if blob.Part < 0 || blob.Part > s.last() {
			return fmt.Errorf("its list of blobs has %q, which cannot be", blob.Path)
		}
	}
	return nil
}

// noLinks fails unless some paths below a directory are directories, and none of them
// leads through a symbolic link.
func noLinks(dir string, paths ...string) error {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	for _, path := range paths {
		at, err := filepath.EvalSymlinks(path)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		if at != filepath.Join(real, below) || !info.IsDir() {
			return fmt.Errorf("%s: %w, or is no directory", path, errLink)
		}
	}
	return nil
}

// Own fails unless a path of a directory is its own: a directory in it, or a link of ours
// to what a state has there.
func Own(dir, path string) (at string, err error) {
	real, err := realPath(dir)
	if err != nil {
		return "", err
	}
	if at, err = filepath.EvalSymlinks(filepath.Join(dir, path)); err != nil {
		return "", err
	}
	if at, err = filepath.Abs(at); err != nil {
		return "", err
	}
	if at != filepath.Join(real, path) && !strings.HasPrefix(at, ours(real)+"/") {
		return "", fmt.Errorf("%s of %s: %w", path, dir, errLink)
	}
	return at, nil
}
