package kustomize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
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
	// Notes say what was mended besides.
	Notes []string
}

// Refused says of images, by their names, why an environment cannot run them. It
// is no fault of the others.
type Refused map[string]error

// Error is a line for each image.
func (r Refused) Error() string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(r)) {
		lines = append(lines, r[name].Error())
	}
	return strings.Join(lines, "\n")
}

// Bump makes an environment of the GitOps repository in dir use the given
// images, and writes the files only when all of this holds: each file can be
// edited safely, each overlay renders before and after, nothing rendered changed
// but references to the given images and what derives from them, and each image
// whose entry changed is in fact used. When the entries say so already, nothing is
// written.
func Bump(ctx context.Context, dir, environment string, images []Image) (Change, error) {
	change, edited, err := plan(ctx, dir, environment, images, nil)
	if err == nil {
		err = overwriteAll(dir, change.Files, edited)
	}
	if err != nil {
		return Change{}, fmt.Errorf("update the images of %s: %w", environment, err)
	}
	return change, nil
}

// BumpEach is Bump of those of the images that the environment can run, and says
// why of the others. Beside has the services next to which images with other names
// belong, where each service has a file of its own.
func BumpEach(ctx context.Context, dir, environment string, images []Image, beside map[string]string) (Change, Refused, error) {
	left := Refused{}
	for len(images) > 0 {
		change, edited, err := plan(ctx, dir, environment, images, beside)
		if err == nil {
			err = overwriteAll(dir, change.Files, edited)
			return change, left, err
		}
		refused, err := blame(ctx, dir, environment, images, beside, err)
		if err != nil {
			return Change{}, nil, fmt.Errorf("update the images of %s: %w", environment, err)
		}
		maps.Copy(left, refused)
		images = slices.DeleteFunc(slices.Clone(images), func(i Image) bool { return refused[i.Name] != nil })
	}
	return Change{}, left, nil
}

// blame finds the images that an error is of: it says so itself, or else they are
// tried one by one. An error that is none of a single image's is returned.
func blame(ctx context.Context, dir, environment string, images []Image, beside map[string]string, err error) (Refused, error) {
	if refused := (Refused{}); errors.As(err, &refused) {
		return refused, nil
	}
	if len(images) == 1 {
		return Refused{images[0].Name: err}, nil
	}
	refused := Refused{}
	for _, image := range images {
		if _, _, err := plan(ctx, dir, environment, []Image{image}, beside); err != nil {
			refused[image.Name] = err
		}
	}
	if len(refused) == 0 || len(refused) == len(images) {
		return nil, err
	}
	return refused, nil
}

func overwriteAll(dir string, files []string, edited map[string][]byte) error {
	for _, file := range files {
		if err := overwrite(filepath.Join(dir, filepath.FromSlash(file)), edited[file]); err != nil {
			return err
		}
	}
	return nil
}

// plan does all of Bump but the writing.
func plan(ctx context.Context, dir, environment string, images []Image, beside map[string]string) (Change, map[string][]byte, error) {
	layout, err := Detect(dir, environment)
	if err != nil {
		return Change{}, nil, err
	}
	byFile, err := group(dir, layout, images, beside)
	if err != nil {
		return Change{}, nil, err
	}
	var change Change
	var diff strings.Builder
	edited := map[string][]byte{}
	refused := Refused{}
	for _, file := range layout.Files() {
		e, err := editFile(dir, file, byFile[file])
		if err == nil && e.content != nil {
			var text string
			if text, err = compareOverlay(ctx, dir, file, e, byFile[file]); err == nil {
				diff.WriteString(text)
				edited[file] = e.content
				change.Files = append(change.Files, file)
				change.Notes = append(change.Notes, e.notes...)
			}
		}
		if err = layout.refusal(err, byFile[file], refused); err != nil {
			return Change{}, nil, err
		}
	}
	if len(refused) > 0 {
		return Change{}, nil, refused
	}
	change.Diff = diff.String()
	return change, edited, nil
}

// refusal adds what is wrong with a file's images to those that are refused. What is
// wrong with one file of many is wrong with its images alone.
func (l Layout) refusal(err error, images []Image, refused Refused) error {
	if err == nil {
		return nil
	}
	if of := (Refused{}); errors.As(err, &of) {
		maps.Copy(refused, of)
		return nil
	}
	if l.Shared != "" {
		return err
	}
	for _, image := range images {
		refused[image.Name] = err
	}
	return nil
}

// group sorts the images by the file that pins them, or is to.
func group(dir string, layout Layout, images []Image, beside map[string]string) (map[string][]Image, error) {
	if err := checkImages(images); err != nil {
		return nil, err
	}
	here, err := Folders(dir, layout.Environment)
	if err != nil {
		return nil, err
	}
	byFile := map[string][]Image{}
	refused := Refused{}
	for _, image := range images {
		file, err := layout.File(image.Name)
		for _, service := range []string{beside[image.Name], here[image.Name]} { // the last one counts: it has an entry
			if known, ok := layout.PerService[service]; ok {
				file, err = known, nil
			}
		}
		if err != nil {
			refused[image.Name] = err
			continue
		}
		byFile[file] = append(byFile[file], image)
	}
	if len(refused) > 0 {
		return nil, refused
	}
	return byFile, nil
}

// edition is what was made of a file; content is nil when nothing was.
type edition struct {
	// before is the file as it can be rendered, and content as it is to be.
	before, content []byte
	// changed are the images whose pins changed.
	changed []Image
	notes   []string
}

// editFile makes a file say what the images say. Where kustomize cannot read a tag
// in it, since it is no text but a number, that is mended too.
func editFile(dir, file string, images []Image) (e edition, err error) {
	if len(images) == 0 {
		return e, nil
	}
	fail := func(err error) (edition, error) { return edition{}, fmt.Errorf("edit %s: %w", file, err) }
	if err := refuseLinks(dir, file); err != nil {
		return fail(err)
	}
	src, err := bounds.ReadIn(dir, file)
	if err != nil {
		return fail(err)
	}
	before, notes, err := quoted(file, src)
	if err != nil {
		return fail(err)
	}
	content, err := Edit(before, images)
	if err != nil {
		return fail(err)
	}
	pinned, err := PinsIn(src)
	if err != nil {
		return fail(err)
	}
	changed := slices.DeleteFunc(slices.Clone(images), func(i Image) bool { return slices.Contains(pinned, i) })
	if bytes.Equal(src, content) {
		return edition{}, nil
	}
	return edition{before, content, changed, notes}, nil
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
func compareOverlay(ctx context.Context, dir, file string, e edition, images []Image) (string, error) {
	overlay := path.Dir(file)
	wanted, err := rendered(e.content, images)
	if err != nil {
		return "", fmt.Errorf("edit %s: %w", file, err)
	}
	before, err := build(ctx, dir, overlay, map[string][]byte{file: e.before})
	if err != nil {
		return "", fmt.Errorf("before the edit: %w. Repair the manifests first", err)
	}
	after, err := build(ctx, dir, overlay, map[string][]byte{file: e.content})
	if err != nil {
		return "", fmt.Errorf("after the edit: %w", err)
	}
	diff, err := compare(before, after, wanted, e.changed)
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
