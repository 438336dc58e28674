package record

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Image is a component's image in the registries.
type Image struct {
	// Component is the component's name.
	Component string `json:"component"`
	// Repository is the image's name, with its registry: the first one.
	Repository string `json:"repository"`
	// Also are its names in further registries.
	Also []string `json:"also"`
	// Tags are the tags that it was published under.
	Tags []string `json:"tags"`
	// TagsLeft are the tags that move, such as develop-latest, and were left
	// where they are: at the image of a newer commit.
	TagsLeft []string `json:"tagsLeft"`
	// Digest is the digest of the image's multi-platform index.
	Digest string `json:"digest"`
	// Platforms are what it runs on.
	Platforms []string `json:"platforms"`
	// Size is how many bytes a registry holds of it, for all platforms.
	Size int `json:"size"`
	// Scan says in one line what Trivy found in it. Who has scanned it says so.
	Scan string `json:"scan"`
	// Findings is how many that are, on the first platform; BaseFindings those that
	// are its base's, and UnfixedFindings those that nobody can mend yet.
	Findings        int `json:"findings"`
	BaseFindings    int `json:"baseFindings"`
	UnfixedFindings int `json:"unfixedFindings"`
	// Worst names the findings of CRITICAL and HIGH, on the first platform, those that
	// are suppressed among them.
	Worst []string `json:"worst"`
	// Kept tells that an earlier run of the commit had published it: it was
	// scanned anew, and not built again. Who looked for it says so.
	Kept bool `json:"kept"`
	// Unpinned are the images that it is built from without a digest. Who built
	// it says so.
	Unpinned []string `json:"unpinned"`
}

// JSON is the image for programs.
func (i Image) JSON() (string, error) {
	text, err := json.MarshalIndent(i, "", "  ")
	return string(text), err
}

// MarshalJSON writes a list of nothing as a list.
func (i Image) MarshalJSON() ([]byte, error) {
	type plain Image
	i.Also, i.Tags, i.TagsLeft = listed(i.Also), listed(i.Tags), listed(i.TagsLeft)
	i.Platforms, i.Unpinned, i.Worst = listed(i.Platforms), listed(i.Unpinned), listed(i.Worst)
	return json.Marshal(plain(i))
}

// Note says in one line what was published.
func (i Image) Note() string {
	if len(i.TagsLeft) == 0 {
		return i.Digest
	}
	return fmt.Sprintf("%s; %s stays at a newer commit's image", i.Digest, strings.Join(i.TagsLeft, ", "))
}
