package kustomize

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// kustomize keeps the OpenAPI schema in a global: one build at a time.
var building = make(chan struct{}, 1)

// build renders one overlay, a folder below dir, as "kustomize build" does, with
// some files, named relative to dir, having other content than on disk. It reads
// nothing outside of dir, fetches nothing over a network and runs no plugin.
//
// It ends with the context. kustomize itself knows of none: it is left behind
// until it reads its next file, which it is not given.
func build(ctx context.Context, dir, overlay string, edited map[string][]byte) (resmap.ResMap, error) {
	_, resources, err := buildTree(ctx, dir, overlay, edited)
	return resources, err
}

func buildTree(ctx context.Context, dir, overlay string, edited map[string][]byte) (*tree, resmap.ResMap, error) {
	type result struct {
		tree      *tree
		resources resmap.ResMap
		err       error
	}
	done := make(chan result, 1)
	select {
	case building <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("render %s: %w", overlay, ctx.Err())
	}
	go func() {
		defer func() { <-building }()
		tree, resources, err := run(ctx, dir, overlay, edited)
		done <- result{tree, resources, err}
	}()
	select {
	case r := <-done:
		return r.tree, r.resources, r.err
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("render %s: %w", overlay, ctx.Err())
	}
}

func run(ctx context.Context, dir, overlay string, edited map[string][]byte) (_ *tree, _ resmap.ResMap, err error) {
	defer func() { // What kustomize cannot stand is a fault of the overlay, not of whoever looks at it.
		if stopped := recover(); stopped != nil {
			err = fmt.Errorf("render %s: kustomize stopped: %v", overlay, stopped)
		}
	}()
	tree, err := openTree(ctx, dir, edited)
	if err != nil {
		return nil, nil, fmt.Errorf("render %s: %w", overlay, err)
	}
	defer tree.close()
	jsonpatch.AccumulatedCopySizeLimit = mostCopied // Each copy of a JSON patch can double what there is.
	options := krusty.MakeDefaultOptions()
	resources, err := krusty.MakeKustomizer(options).Run(tree, filepath.Join(tree.root, filepath.FromSlash(overlay)))
	if tree.refused != nil { // kustomize takes an unreadable file for an absent one
		err = tree.refused
	}
	if err != nil {
		return nil, nil, fmt.Errorf("render %s: %w", overlay, errors.Join(append(tree.places, err)...))
	}
	return tree, resources, nil
}

// What one build may read: kustomize copies all of it several times, and a few
// overlays of overlays can name the same files thousands of times.
const (
	mostFiles  = 20_000
	mostValues = 1_500_000
	mostCopied = 4 << 20
)

// Each takes some milliseconds, however little stands in it.
var mostKustomizations = 1_000

// tree is the repository as kustomize sees it: the files on disk, some of them
// edited, nothing outside of root, no file that asks for the network, and no
// more than a machine can work on.
type tree struct {
	filesys.FileSystem
	ctx     context.Context //nolint:containedctx // kustomize reads files without one.
	root    string
	files   *os.Root
	edited  map[string][]byte // by absolute path
	read    []string          // relative to root
	places  []error           // at which kustomize can't read what was read
	refused error

	kustomizations, values int // that were read
}

func openTree(ctx context.Context, dir string, edited map[string][]byte) (*tree, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, err
	}
	files, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	t := &tree{FileSystem: filesys.MakeFsOnDisk(), ctx: ctx, root: root, files: files, edited: map[string][]byte{}}
	for file, content := range edited {
		t.edited[filepath.Join(root, filepath.FromSlash(file))] = content
	}
	return t, nil
}

// ReadFile is the one way by which kustomize reads a file.
func (t *tree) ReadFile(path string) ([]byte, error) {
	if err := t.ctx.Err(); err != nil {
		return nil, t.refuse(err)
	}
	name, err := t.inside(path)
	if err != nil {
		return nil, t.refuse(err)
	}
	content, ok := t.edited[filepath.Join(t.root, name)]
	if !ok {
		if content, err = bounds.ReadFile(t.files.FS(), filepath.ToSlash(name)); err != nil {
			return nil, t.refuse(err)
		}
	}
	if err := t.count(name, content); err != nil {
		return nil, t.refuse(err)
	}
	if err := offline(name, content); err != nil { // it follows aliases
		return nil, t.refuse(err)
	}
	t.read = append(t.read, filepath.ToSlash(name))
	if isKustomization(name) {
		t.places = append(t.places, unreadable(filepath.ToSlash(name), content)...)
	}
	return content, nil
}

// count keeps a build within what it may read.
func (t *tree) count(name string, content []byte) error {
	values, err := bounds.Values(content)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	t.values += values
	if isKustomization(name) {
		t.kustomizations++
	}
	if t.kustomizations > mostKustomizations || len(t.read) >= mostFiles || t.values > mostValues {
		return fmt.Errorf("with %s more is named than one build may read, which is %d kustomizations, %d files and %d values, each as often as it is named. Name each once, or split the overlay",
			name, mostKustomizations, mostFiles, mostValues)
	}
	return nil
}

func (t *tree) close() { _ = t.files.Close() } // It was only read.

// inside returns a path relative to the root, links resolved.
func (t *tree) inside(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	name, err := filepath.Rel(t.root, real)
	if err != nil || name == ".." || strings.HasPrefix(name, ".."+string(filepath.Separator)) {
		return "", fmt.Errorf("%s lies outside of the repository. Move it in", path)
	}
	return name, nil
}

func (t *tree) refuse(err error) error {
	if t.refused == nil {
		t.refused = err
	}
	return err
}
