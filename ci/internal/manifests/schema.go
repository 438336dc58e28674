package manifests

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// schemas of the custom resources that the scaffold and the guide use, in our
// own words and as deep as mistakes are made.
//
//go:embed schemas/argocd.yaml schemas/external-secrets.yaml schemas/monitoring.yaml
var custom embed.FS

// What Kubernetes serves, as it publishes it.
//
//go:generate sh -c "go -C ../../../tools/schemas run . $(pwd)/schemas"
//go:embed schemas/kubernetes.json
var kubernetesText []byte

// schemaOf returns the schema of a kind, nil when none is known.
func schemaOf(apiVersion, kind string) *spec.Schema {
	if schema := customSchemas()[apiVersion+" "+kind]; schema != nil {
		return schema
	}
	return kubernetes().Definitions[kubernetes().Kinds[apiVersion+" "+kind]]
}

// resolve returns a definition.
func resolve(reference spec.Ref) *spec.Schema {
	if schema := kubernetes().Definitions[strings.TrimPrefix(reference.String(), definitions)]; schema != nil {
		return schema
	}
	return &spec.Schema{} // One without fields: anything goes.
}

const definitions = "#/definitions/"

type kubernetesSchemas struct {
	Kinds       map[string]string // the definition of each API version and kind
	Definitions map[string]*spec.Schema
}

var kubernetes = sync.OnceValue(func() (known kubernetesSchemas) {
	if err := json.Unmarshal(kubernetesText, &known); err != nil {
		panic(err) // The file is part of the program.
	}
	return known
})

// customSchemas are the embedded ones, by API version and kind.
var customSchemas = sync.OnceValue(func() map[string]*spec.Schema {
	known := map[string]*spec.Schema{}
	entries, err := custom.ReadDir("schemas")
	if err != nil {
		panic(err) // The files are part of the program.
	}
	for _, entry := range entries {
		raw, err := custom.ReadFile("schemas/" + entry.Name())
		if err != nil {
			panic(err)
		}
		for _, document := range documents(raw) {
			text, err := document.Field("schema").Value.MarshalJSON()
			schema := &spec.Schema{}
			if err == nil {
				err = schema.UnmarshalJSON(text)
			}
			if err != nil {
				panic(fmt.Errorf("schema %s: %w", entry.Name(), err))
			}
			known[document.GetApiVersion()+" "+document.GetKind()] = schema
		}
	}
	return known
})

// documents reads every YAML document, up to the first that is none.
func documents(raw []byte) []*yaml.RNode {
	var all []*yaml.RNode
	read, _ := bounds.Documents(raw) // What cannot be read is a finding of Argo CD's rules.
	for _, node := range read {
		if node.Kind == yaml.DocumentNode && len(node.Content) == 1 && node.Content[0].Kind == yaml.MappingNode {
			all = append(all, yaml.NewRNode(node.Content[0]))
		}
	}
	return all
}

// check returns what is wrong with an object: unknown and missing fields, and
// values of the wrong type.
func check(object *yaml.Node, schema *spec.Schema) []string {
	c := checker{}
	c.node(object, schema, "")
	return c.wrong
}

type checker struct{ wrong []string }

func (c *checker) say(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

func (c *checker) node(n *yaml.Node, schema *spec.Schema, path string) {
	reference := schema.Ref.String()
	if reference != "" {
		schema = resolve(schema.Ref)
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.ShortTag() == yaml.NodeTagNull || loose(reference, schema) {
		return
	}
	switch {
	case schema.Type.Contains("object") || len(schema.Properties) > 0:
		c.object(n, schema, path)
	case schema.Type.Contains("array"):
		c.array(n, schema, path)
	case len(schema.Type) > 0:
		c.scalar(n, schema, path)
	}
}

// loose are the types that take a number as well as a text.
func loose(reference string, schema *spec.Schema) bool {
	return strings.HasSuffix(reference, ".Quantity") || strings.HasSuffix(reference, ".IntOrString") || schema.Format == "int-or-string"
}

func (c *checker) object(n *yaml.Node, schema *spec.Schema, path string) {
	if n.Kind != yaml.MappingNode {
		c.say("%s is no mapping. Write it as one", path)
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, n.Content[i+1]
		below := strings.TrimPrefix(path+"."+key, ".")
		property, known := schema.Properties[key]
		switch {
		case known:
			c.node(value, &property, below)
		case schema.AdditionalProperties != nil && schema.AdditionalProperties.Schema != nil:
			c.node(value, schema.AdditionalProperties.Schema, below)
		case len(schema.Properties) > 0:
			c.say("%s is no field of this kind. Correct or delete it", below)
		}
	}
	for _, required := range schema.Required {
		if yaml.NewRNode(n).Field(required) == nil {
			c.say("%s is missing. Add it", strings.TrimPrefix(path+"."+required, "."))
		}
	}
}

func (c *checker) array(n *yaml.Node, schema *spec.Schema, path string) {
	if n.Kind != yaml.SequenceNode {
		c.say("%s is no list. Write it as one", path)
		return
	}
	if schema.Items == nil || schema.Items.Schema == nil {
		return
	}
	for i, element := range n.Content {
		c.node(element, schema.Items.Schema, fmt.Sprintf("%s[%d]", path, i))
	}
}

// filledIn is a text in whose place something else stands once it is deployed, such
// as ${REPLICAS} of Flux, or <replicas> of a plugin.
var filledIn = regexp.MustCompile(`^(\$\{.+\}|<[^<>]+>)$`)

func (c *checker) scalar(n *yaml.Node, schema *spec.Schema, path string) {
	wanted := schema.Type[0]
	if n.Kind != yaml.ScalarNode {
		c.say("%s is a list or a mapping. Write a %s", path, wanted)
		return
	}
	if wanted != "string" && filledIn.MatchString(n.Value) {
		return
	}
	tag, good := n.ShortTag(), false
	switch wanted {
	case "string":
		good = tag == yaml.NodeTagString || tag == "!!timestamp"
	case "integer":
		good = tag == yaml.NodeTagInt
	case "number":
		good = tag == yaml.NodeTagInt || tag == yaml.NodeTagFloat
	case "boolean":
		good = tag == yaml.NodeTagBool
	}
	if !good {
		c.say("%s is %s, which is no %s. Correct it", path, n.Value, wanted)
		return
	}
	if len(schema.Enum) > 0 && !slices.Contains(schema.Enum, any(n.Value)) {
		c.say("%s is %s, which is none of %v. Choose one", path, n.Value, schema.Enum)
	}
}
