package kustomize

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// kustomize keeps the OpenAPI schema in a global: one build at a time.
var building sync.Mutex

// build renders one overlay, a folder below dir, as "kustomize build" does, with
// some files, named relative to dir, having other content than on disk. It reads
// nothing outside of dir, fetches nothing over a network and runs no plugin.
func build(dir, overlay string, edited map[string][]byte) (resmap.ResMap, error) {
	_, resources, err := buildTree(dir, overlay, edited)
	return resources, err
}

func buildTree(dir, overlay string, edited map[string][]byte) (*tree, resmap.ResMap, error) {
	tree, err := openTree(dir, edited)
	if err != nil {
		return nil, nil, fmt.Errorf("render %s: %w", overlay, err)
	}
	building.Lock()
	defer building.Unlock()
	options := krusty.MakeDefaultOptions()
	resources, err := krusty.MakeKustomizer(options).Run(tree, filepath.Join(tree.root, filepath.FromSlash(overlay)))
	if tree.refused != nil { // kustomize takes an unreadable file for an absent one
		err = tree.refused
	}
	if err != nil {
		return nil, nil, fmt.Errorf("render %s: %w", overlay, err)
	}
	return tree, resources, nil
}

// tree is the repository as kustomize sees it: the files on disk, some of them
// edited, nothing outside of root, and no file that asks for the network.
type tree struct {
	filesys.FileSystem
	root    string
	edited  map[string][]byte // by absolute path
	read    []string          // relative to root
	refused error
}

func openTree(dir string, edited map[string][]byte) (*tree, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, err
	}
	t := &tree{FileSystem: filesys.MakeFsOnDisk(), root: root, edited: map[string][]byte{}}
	for file, content := range edited {
		t.edited[filepath.Join(root, filepath.FromSlash(file))] = content
	}
	return t, nil
}

// ReadFile is the one way by which kustomize reads a file.
func (t *tree) ReadFile(path string) ([]byte, error) {
	name, err := t.inside(path)
	if err != nil {
		return nil, t.refuse(err)
	}
	content, ok := t.edited[filepath.Join(t.root, name)]
	if !ok {
		if content, err = t.FileSystem.ReadFile(path); err != nil {
			return nil, err
		}
	}
	if err := offline(name, content); err != nil {
		return nil, t.refuse(err)
	}
	t.read = append(t.read, filepath.ToSlash(name))
	return content, nil
}

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
