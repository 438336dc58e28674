// Command schemas writes what Kubernetes' own types have and the schemas that
// kustomize ships, of Kubernetes 1.21, do not: kinds, definitions and fields
// that came since. The validation of manifests reads both.
//
// It is run by go generate in ci/internal/manifests. The version of k8s.io/api in
// go.mod is the Kubernetes that is known.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	scheduling "k8s.io/api/scheduling/v1"
	storage "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// newer is what came since.
type newer struct {
	// Kinds are the definitions of kinds that are new, by API version and kind.
	Kinds map[string]string `json:"kinds"`
	// Definitions are the new fields of each definition.
	Definitions map[string]definition `json:"definitions"`
}

type definition struct {
	Properties map[string]*schema `json:"properties"`
}

type schema struct {
	Ref                  string  `json:"$ref,omitempty"`
	Type                 string  `json:"type,omitempty"`
	Format               string  `json:"format,omitempty"`
	Items                *schema `json:"items,omitempty"`
	AdditionalProperties *schema `json:"additionalProperties,omitempty"`
}

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}

func write() error {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		apps.AddToScheme, autoscaling.AddToScheme, batch.AddToScheme, core.AddToScheme, networking.AddToScheme,
		policy.AddToScheme, rbac.AddToScheme, scheduling.AddToScheme, storage.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	n := newer{Kinds: map[string]string{}, Definitions: map[string]definition{}}
	w := walker{shipped: openapi.Schema().Definitions, found: n.Definitions, seen: map[reflect.Type]bool{}}
	for gvk, of := range scheme.AllKnownTypes() {
		version := gvk.GroupVersion().String()
		if gvk.Version == runtime.APIVersionInternal || strings.HasPrefix(of.PkgPath(), "k8s.io/apimachinery") || strings.HasSuffix(gvk.Kind, "List") {
			continue
		}
		if openapi.SchemaForResourceType(yaml.TypeMeta{APIVersion: version, Kind: gvk.Kind}) == nil {
			n.Kinds[version+" "+gvk.Kind] = nameOf(of)
		}
		w.walk(of)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	return encoder.Encode(n)
}

type walker struct {
	shipped spec.Definitions
	found   map[string]definition
	seen    map[reflect.Type]bool
}

// walk notes the fields of a struct that the shipped schemas lack.
func (w walker) walk(of reflect.Type) {
	if w.seen[of] {
		return
	}
	w.seen[of] = true
	properties := map[string]*schema{}
	w.fields(of, properties)
	for name, shipped := range w.shipped[nameOf(of)].Properties {
		if now := properties[name]; now != nil && !now.renamed(shipped) {
			delete(properties, name)
		}
	}
	if len(properties) > 0 {
		w.found[nameOf(of)] = definition{properties}
	}
}

// renamed tells whether a field has another definition than it had.
func (s *schema) renamed(before spec.Schema) bool {
	if s.Items != nil && before.Items != nil && before.Items.Schema != nil {
		return s.Items.renamed(*before.Items.Schema)
	}
	return s.Ref != "" && s.Ref != before.Ref.String()
}

// fields are those that JSON has of a struct, with what it embeds.
func (w walker) fields(of reflect.Type, into map[string]*schema) {
	for i := range of.NumField() {
		field := of.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case strings.Contains(options, "inline") || field.Anonymous && name == "":
			w.fields(field.Type, into)
		case name != "":
			into[name] = w.schema(field.Type)
		}
	}
}

// texts are structs that JSON has as a text.
var texts = map[string]string{"Time": "date-time", "MicroTime": "date-time", "Duration": "duration"}

func (w walker) schema(of reflect.Type) *schema {
	switch of.Kind() {
	case reflect.Pointer:
		return w.schema(of.Elem())
	case reflect.Slice:
		if of.Elem().Kind() == reflect.Uint8 {
			return &schema{Type: "string", Format: "byte"}
		}
		return &schema{Type: "array", Items: w.schema(of.Elem())}
	case reflect.Map:
		return &schema{Type: "object", AdditionalProperties: w.schema(of.Elem())}
	case reflect.String:
		return &schema{Type: "string"}
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.Float32, reflect.Float64:
		return &schema{Type: "number"}
	case reflect.Interface:
		return &schema{}
	case reflect.Struct:
		return w.structure(of)
	}
	return &schema{Type: "integer"}
}

func (w walker) structure(of reflect.Type) *schema {
	switch of.Name() {
	case "Quantity", "IntOrString":
		return &schema{Type: "string", Format: "int-or-string"}
	case "RawExtension", "FieldsV1":
		return &schema{Type: "object"}
	}
	if format, isText := texts[of.Name()]; isText {
		return &schema{Type: "string", Format: format}
	}
	w.walk(of)
	return &schema{Ref: "#/definitions/" + nameOf(of)}
}

// nameOf is a type's name in Kubernetes' schemas.
func nameOf(of reflect.Type) string {
	return "io." + strings.ReplaceAll(strings.Replace(of.PkgPath(), "k8s.io/", "k8s/", 1), "/", ".") + "." + of.Name()
}
