package documents

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSections(t *testing.T) {
	assert.Equal(t, []Section{
		{Mentions: []string{"make test"}},
		{
			Heading:  "One",
			Commands: []string{"dagger call one", "dagger call \\\ntwo \\\nthree", "make a  # why"},
			Mentions: []string{`eval "$(go run ./airgap up)"`, "dagger call … image"},
			Prints:   []string{"printed"},
		},
		{Heading: "Two"},
	}, sections("Say `make test`, not `make`.\n\n# One\n\n    dagger call one\n    dagger call \\\n      two \\\n      three\n    make a  # why\n\n```text\nprinted\n```\n```yaml\n    key: value\n```\n"+
		"`eval \"$(go run ./airgap up)\"` and `dagger call … image`, `deliver`\n## Two\n"))
}
