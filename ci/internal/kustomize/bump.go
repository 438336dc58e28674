package kustomize

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// Change is what Bump did. The zero Change means that there was nothing to do.
type Change struct {
	// Files are the files written, relative to the repository, sorted.
	Files []string
	// Diff is the difference of the rendered manifests, for people to read.
	Diff string
}

// Bump makes an environment of the GitOps repository in dir use the given
// images, and writes the files only when all of this holds: each file can be
// edited safely, each overlay renders before and after, nothing rendered changed
// but references to the given images, and each image whose entry changed is in
// fact used. When the entries say so already, nothing is written.
func Bump(ctx context.Context, dir, environment string, images []Image) (Change, error) {
	change, edited, err := plan(ctx, dir, environment, images)
	if err != nil {
		return Change{}, fmt.Errorf("update the images of %s: %w", environment, err)
	}
	for _, file := range change.Files {
		if err := overwrite(filepath.Join(dir, filepath.FromSlash(file)), edited[file]); err != nil {
			return Change{}, fmt.Errorf("update the images of %s: %w", environment, err)
		}
	}
	return change, nil
}

// plan does all of Bump but the writing.
func plan(ctx context.Context, dir, environment string, images []Image) (Change, map[string][]byte, error) {
	layout, err := Detect(dir, environment)
	if err != nil {
		return Change{}, nil, err
	}
	byFile, err := group(layout, images)
	if err != nil {
		return Change{}, nil, err
	}
	var change Change
	var diff strings.Builder
	edited := map[string][]byte{}
	for _, file := range layout.Files() {
		content, changed, err := editFile(dir, file, byFile[file])
		if err != nil {
			return Change{}, nil, err
		}
		if content == nil {
			continue
		}
		text, err := compareOverlay(ctx, dir, file, content, byFile[file], changed)
		if err != nil {
			return Change{}, nil, err
		}
		diff.WriteString(text)
		edited[file] = content
		change.Files = append(change.Files, file)
	}
	change.Diff = diff.String()
	return change, edited, nil
}

// group sorts the images by the file that pins them.
func group(layout Layout, images []Image) (map[string][]Image, error) {
	if err := checkImages(images); err != nil {
		return nil, err
	}
	byFile := map[string][]Image{}
	for _, image := range images {
		file, err := layout.File(image.Name)
		if err != nil {
			return nil, err
		}
		byFile[file] = append(byFile[file], image)
	}
	return byFile, nil
}

// editFile returns a file's new content, nil when it is the old one, and the
// images whose pins changed.
func editFile(dir, file string, images []Image) ([]byte, []Image, error) {
	if len(images) == 0 {
		return nil, nil, nil
	}
	if err := refuseLinks(dir, file); err != nil {
		return nil, nil, fmt.Errorf("edit %s: %w", file, err)
	}
	src, err := bounds.ReadIn(dir, file)
	if err != nil {
		return nil, nil, fmt.Errorf("edit %s: %w", file, err)
	}
	content, err := Edit(src, images)
	if err != nil {
		return nil, nil, fmt.Errorf("edit %s: %w", file, err)
	}
	if bytes.Equal(src, content) {
		return nil, nil, nil
	}
	pinned, err := pinsOf(dir, file)
	if err != nil {
		return nil, nil, err
	}
	changed := slices.DeleteFunc(slices.Clone(images), func(i Image) bool { return slices.Contains(pinned, i) })
	return content, changed, nil
}

// refuseLinks keeps edits inside of the repository: a link could lead out of it,
// and git would not see an edit behind one.
func refuseLinks(dir, file string) error {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(filepath.Join(root, filepath.FromSlash(file)))
	if err != nil {
		return err
	}
	if real != filepath.Join(root, filepath.FromSlash(file)) {
		return fmt.Errorf("it is a link, or lies behind one, to %s. Replace the link by what it leads to", real)
	}
	return nil
}

// compareOverlay renders the overlay of a file before and after its edit.
func compareOverlay(ctx context.Context, dir, file string, content []byte, images, changed []Image) (string, error) {
	overlay := path.Dir(file)
	before, err := build(ctx, dir, overlay, nil)
	if err != nil {
		return "", fmt.Errorf("before the edit: %w. Repair the manifests first", err)
	}
	after, err := build(ctx, dir, overlay, map[string][]byte{file: content})
	if err != nil {
		return "", fmt.Errorf("after the edit: %w", err)
	}
	diff, err := compare(before, after, images, changed)
	if err != nil {
		return "", fmt.Errorf("check %s: %w", overlay, err)
	}
	return diff, nil
}

// overwrite keeps the file's mode.
func overwrite(path string, content []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, content, info.Mode().Perm())
}
