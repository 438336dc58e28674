package manifests

import (
	_ "embed"
	"encoding/json"
	"sync"

	"go.yaml.in/yaml/v3"
)

// What Kubernetes no longer serves, by what it says of its own types.
//
//go:embed schemas/removed.json
var removedText []byte

// What is known otherwise: of operators, and of Kubernetes before it said so.
//
//go:embed schemas/removed.yaml
var removedByHand []byte

// removal is a version of a kind that clusters no longer serve.
type removal struct {
	// Since is the release that is the first without it.
	Since string
	// Instead is what took its place, "" where nothing did.
	Instead string
}

// removedAPI tells whether a version of a kind is gone.
func removedAPI(apiVersion, kind string) (removal, bool) {
	r, gone := removals()[apiVersion+" "+kind]
	return r, gone
}

var removals = sync.OnceValue(func() map[string]removal {
	var ofKubernetes []struct{ APIVersion, Kind, Since, Instead string }
	var byHand []struct {
		APIVersion     string   `yaml:"apiVersion"`
		Kinds          []string `yaml:"kinds"`
		Since, Instead string
	}
	if err := json.Unmarshal(removedText, &ofKubernetes); err != nil {
		panic(err) // The files are part of the program.
	}
	if err := yaml.Unmarshal(removedByHand, &byHand); err != nil {
		panic(err)
	}
	all := map[string]removal{}
	for _, r := range ofKubernetes {
		all[r.APIVersion+" "+r.Kind] = removal{"Kubernetes " + r.Since, r.Instead}
	}
	for _, r := range byHand {
		for _, kind := range r.Kinds {
			all[r.APIVersion+" "+kind] = removal{r.Since, r.Instead}
		}
	}
	return all
})

// advice says what to write in its place.
func (r removal) advice() string {
	if r.Instead == "" {
		return "Nothing took its place: delete it"
	}
	return "Write " + r.Instead
}
