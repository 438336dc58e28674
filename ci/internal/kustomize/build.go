package kustomize

import (
	"context"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Built is one kustomization, rendered.
type Built struct {
	// Objects are what it renders to.
	Objects []*yaml.RNode
	// Read are the files that it was made of, relative to the repository.
	Read []string
}

// Build renders the kustomization in a folder below dir, as Render does.
func Build(ctx context.Context, dir, folder string) (Built, error) {
	tree, resources, err := buildTree(ctx, dir, folder, nil)
	if err != nil {
		return Built{}, err
	}
	built := Built{Read: tree.read}
	for _, r := range resources.Resources() {
		built.Objects = append(built.Objects, yaml.NewRNode(r.YNode()))
	}
	return built, nil
}

// Kustomizations returns every kustomization file below dir, sorted.
func Kustomizations(dir string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && file != dir && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		if !entry.IsDir() && slices.Contains(konfig.RecognizedKustomizationFileNames(), entry.Name()) {
			name, err := filepath.Rel(dir, file)
			found = append(found, filepath.ToSlash(name))
			return err
		}
		return nil
	})
	return found, err
}

// Missing returns the paths that a kustomization file names and that are not
// there, relative to its folder.
func Missing(dir, file string, src []byte) []string {
	var doc yaml.Node
	if yaml.Unmarshal(src, &doc) != nil {
		return nil
	}
	folder := path.Dir(file)
	var missing []string
	for _, named := range pathsOf(&doc, false) {
		target := filepath.Join(dir, filepath.FromSlash(path.Join(folder, named)))
		if _, err := filepath.EvalSymlinks(target); err != nil {
			missing = append(missing, named)
		}
	}
	return missing
}

// pathsOf are the scalars below the keys that hold paths. One that is itself
// YAML, an inline patch, or an address is none.
func pathsOf(n *yaml.Node, isPath bool) []string {
	if n.Kind == yaml.ScalarNode && isPath {
		_, source, keyed := strings.Cut(n.Value, "=")
		if !keyed {
			source = n.Value
		}
		if source == "" || strings.ContainsAny(source, "\n{") || remotePattern.MatchString(source) {
			return nil
		}
		return []string{source}
	}
	var found []string
	for i, child := range n.Content {
		below := isPath
		if n.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			key := n.Content[i-1].Value
			// Below a target, path is of a field.
			if key == "target" || key == "fieldPaths" || key == "fieldSpecs" || key == "options" || key == "labels" || key == "source" || key == "targets" {
				continue
			}
			below = slices.Contains(pathKeys, key)
		}
		found = append(found, pathsOf(child, below)...)
	}
	return found
}
