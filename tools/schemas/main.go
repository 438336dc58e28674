// Command schemas writes what Kubernetes' own API is: the shape of every kind
// that it serves, and every version of a kind that it no longer does, with what
// took its place. The validation of manifests reads both.
//
// It is run by go generate in ci/internal/manifests. The version of k8s.io/api in
// go.mod is the Kubernetes that is known: the published schemas of that release
// come as the module k8s.io/kubernetes, and what was removed stands in every
// release of k8s.io/api until then, each of which says it of its own types.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
	_ "k8s.io/api/core/v1" // Keeps the version in go.mod.
)

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}

func write() error {
	if len(os.Args) != 2 {
		return errors.New("no folder is named. Give the one to write to")
	}
	version, err := golang("list", "-m", "-f", "{{.Version}}", "k8s.io/api")
	if err != nil {
		return err
	}
	api := strings.TrimSpace(string(version))
	served, err := schemas("v1." + strings.TrimPrefix(api, "v0."))
	if err != nil {
		return err
	}
	gone, err := removed(api, served.Kinds)
	if err != nil {
		return err
	}
	return errors.Join(
		put(filepath.Join(os.Args[1], "kubernetes.json"), served.lines()),
		put(filepath.Join(os.Args[1], "removed.json"), lines(gone)),
	)
}

func put(file string, text []byte) error { return os.WriteFile(file, text, 0o644) }

// lines writes a list with an element a line, which shows what an update brings.
func lines[T any](list []T) []byte {
	var out bytes.Buffer
	for i, element := range list {
		text, err := json.Marshal(element)
		if err != nil {
			panic(err) // It is plain data.
		}
		fmt.Fprintf(&out, "%s%s", map[bool]string{true: "[\n", false: ",\n"}[i == 0], text)
	}
	out.WriteString("\n]\n")
	return out.Bytes()
}

// published are the schemas of a release.
type published struct {
	Kinds       map[string]string // the definition of each API version and kind
	Definitions map[string]any
}

func schemas(version string) (published, error) {
	dir, err := module("k8s.io/kubernetes", version)
	if err != nil {
		return published{}, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "api", "openapi-spec", "swagger.json"))
	if err != nil {
		return published{}, err
	}
	var document struct{ Definitions map[string]map[string]any }
	if err := json.Unmarshal(text, &document); err != nil {
		return published{}, err
	}
	p := published{Kinds: map[string]string{}, Definitions: map[string]any{}}
	for name, definition := range document.Definitions {
		if kinds, _ := definition["x-kubernetes-group-version-kind"].([]any); len(kinds) == 1 && !strings.HasSuffix(name, "List") {
			of := kinds[0].(map[string]any)
			group, _ := of["group"].(string)
			p.Kinds[strings.TrimPrefix(fmt.Sprint(group, "/", of["version"]), "/")+" "+fmt.Sprint(of["kind"])] = name
		}
		p.Definitions[name] = shape(definition)
	}
	return p, nil
}

// shape is a schema without the words.
func shape(schema map[string]any) map[string]any {
	kept := map[string]any{}
	for _, key := range []string{"$ref", "type", "format", "required", "enum"} {
		if value, has := schema[key]; has {
			kept[key] = value
		}
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if value, is := schema[key].(map[string]any); is {
			kept[key] = shape(value)
		}
	}
	if properties, is := schema["properties"].(map[string]any); is {
		shapes := map[string]any{}
		for name, property := range properties {
			shapes[name] = shape(property.(map[string]any))
		}
		kept["properties"] = shapes
	}
	return kept
}

// lines writes the definitions, each on a line.
func (p published) lines() []byte {
	var out bytes.Buffer
	out.WriteString("{\"kinds\": {")
	section(&out, p.Kinds)
	out.WriteString("},\n\"definitions\": {")
	section(&out, p.Definitions)
	out.WriteString("}}\n")
	return out.Bytes()
}

func section[T any](out *bytes.Buffer, values map[string]T) {
	for i, name := range slices.Sorted(maps.Keys(values)) {
		text, err := json.Marshal(values[name])
		if err != nil {
			panic(err) // It was JSON.
		}
		if i > 0 {
			out.WriteString(",")
		}
		fmt.Fprintf(out, "\n%q: %s", name, text)
	}
}

// module is where a module of a version lies, once the go command has fetched it.
func module(path, version string) (string, error) {
	text, err := golang("mod", "download", "-json", path+"@"+version)
	if err != nil {
		return "", err
	}
	var found struct{ Dir string }
	err = json.Unmarshal(text, &found)
	return found.Dir, err
}

// releases are the last of every minor release of a module up to one of them.
func releases(path, last string) ([]string, error) {
	text, err := golang("list", "-m", "-versions", path)
	if err != nil {
		return nil, err
	}
	newest := map[string]string{}
	for _, version := range strings.Fields(string(text))[1:] {
		if semver.Prerelease(version) == "" && semver.Compare(version, last) <= 0 {
			newest[semver.MajorMinor(version)] = version
		}
	}
	found := slices.Collect(maps.Values(newest))
	semver.Sort(found)
	return found, nil
}

func golang(args ...string) ([]byte, error) {
	var said bytes.Buffer
	command := exec.Command("go", args...)
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s%s", strings.Join(args, " "), err, said.Bytes(), out)
	}
	return out, nil
}
