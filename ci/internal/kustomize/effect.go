package kustomize

import (
	"context"
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// Effects tells of each name in the images list of a kustomization file whether
// anything that a folder builds to is changed by it. kustomize itself says so: it
// builds the folder with an image of each entry's own in its place, by every field
// that it takes for one.
func Effects(ctx context.Context, dir, file, folder string) (map[string]bool, error) {
	src, err := bounds.ReadIn(dir, file)
	if err != nil {
		return nil, err
	}
	marked, names, err := markImages(src)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	resources, err := build(ctx, dir, folder, map[string][]byte{file: marked})
	if err != nil {
		return nil, err
	}
	text, err := resources.AsYaml()
	if err != nil {
		return nil, fmt.Errorf("print %s: %w", folder, err)
	}
	effects := map[string]bool{}
	for name, mark := range names {
		effects[name] = strings.Contains(string(text), mark)
	}
	return effects, nil
}

// markImages gives each entry of the images list an image that no other has. An
// entry of which another one makes the name is left out: it works on its result.
func markImages(src []byte) ([]byte, map[string]string, error) {
	var doc yaml.Node
	if err := bounds.YAML(src, &doc); err != nil {
		return nil, nil, err
	}
	list := yaml.NewRNode(&doc).Field("images")
	if list == nil || list.Value.YNode().Kind != yaml.SequenceNode {
		return nil, nil, nil
	}
	marks, made := map[string]string{}, map[string]bool{}
	for i, entry := range list.Value.YNode().Content {
		name, _ := yaml.NewRNode(entry).GetString(keyName)
		newName, _ := yaml.NewRNode(entry).GetString(keyNewName)
		if name == "" || marks[name] != "" || made[name] || entry.Kind != yaml.MappingNode {
			continue
		}
		made[newName] = true
		marks[name] = fmt.Sprintf("pingvas.invalid/entry-%d:", i)
		marked := map[string]string{keyName: name, keyNewName: strings.TrimSuffix(marks[name], ":"), keyNewTag: "marked", keyDigest: "sha256:" + strings.Repeat("0", 64)}
		var node yaml.Node
		if err := node.Encode(marked); err != nil {
			return nil, nil, err
		}
		list.Value.YNode().Content[i] = &node
	}
	out, err := yaml.Marshal(&doc)
	return out, marks, err
}
