package kustomize

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// offline refuses a file that would make kustomize fetch something: it takes
// every path that looks like an address for one, and there is no option to
// forbid that. Only kustomizations and the configurations of built-in plugins
// hold such paths.
func offline(name string, content []byte) error {
	if !isKustomization(name) && !bytes.Contains(content, []byte("builtin")) {
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var doc yaml.Node
		if decoder.Decode(&doc) != nil {
			return nil // the end, or not YAML: kustomize says so better
		}
		if node := findRemote(&doc, false); node != nil {
			return fmt.Errorf("%s, line %d: %q is fetched over the network, which is not allowed here. Copy it into the repository", name, node.Line, node.Value)
		}
	}
}

func isKustomization(name string) bool {
	return slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(name))
}

// pathKeys are the keys under which kustomize looks for files and folders.
var pathKeys = []string{
	"resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators",
	"patchesStrategicMerge", "path", "paths", "files", "envs", "env", "targetFilePath",
}

// dataKeys are the keys below which kustomize looks for none, whatever they hold is
// called: labels and annotations, and what selects an object or a field.
var dataKeys = []string{
	"commonLabels", "commonAnnotations", "metadata", "labels", "annotations", "literals", "valuesInline", "target", "targets", "select", "source",
}

// findRemote returns the first scalar below a path key that is an address.
func findRemote(n *yaml.Node, isPath bool) *yaml.Node {
	if n.Kind == yaml.ScalarNode && isPath {
		return remoteScalar(n)
	}
	if n.Kind == yaml.AliasNode {
		return findRemote(n.Alias, isPath)
	}
	for i, child := range n.Content {
		below := isPath
		if n.Kind == yaml.MappingNode {
			if i%2 == 0 || slices.Contains(dataKeys, n.Content[i-1].Value) {
				continue
			}
			below = slices.Contains(pathKeys, n.Content[i-1].Value)
		}
		if found := findRemote(child, below); found != nil {
			return found
		}
	}
	return nil
}

// remotePattern is wider than kustomize's own: a scheme, a user before a host,
// or GitHub without a scheme.
var remotePattern = regexp.MustCompile(`(?i)^git::|^(https?|ssh|file|git):|://|^[^/]+@|^(www\.)?github\.com[:/]`)

func remoteScalar(n *yaml.Node) *yaml.Node {
	if strings.Contains(n.Value, "\n") { // a plugin's configuration, inline
		var inline yaml.Node
		if yaml.Unmarshal([]byte(n.Value), &inline) == nil && findRemote(&inline, false) != nil {
			return n
		}
		return nil
	}
	_, source, _ := strings.Cut(n.Value, "=") // files: [key=path]
	if remotePattern.MatchString(n.Value) || remotePattern.MatchString(source) {
		return n
	}
	return nil
}
