package inputs_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

func TestWhy(t *testing.T) {
	matcher, err := inputs.Inputs{
		Check: []inputs.Part{
			{Dir: "services/[a]", Exclude: []string{"Dockerfile*", "*.md", "!README.md"}, Why: "own"},
			{Dir: ".", Shallow: true, Exclude: []string{"*.md"}, Why: "above"},
		},
		Image: []inputs.Part{{Dir: "docker", Include: []string{"Dockerfile", "conf/**/*.ini"}, Why: "image"}},
	}.Matcher()
	require.NoError(t, err)
	for file, want := range map[string]string{
		"services/[a]/x/y.py":       "own",
		"services/[a]/Dockerfile":   "",
		"services/[a]/CHANGES.md":   "",
		"services/[a]/README.md":    "own",
		"services/[a]/docs/deep.md": "own",
		"services/[a]/.git/HEAD":    "",
		"services/a/x.py":           "",
		"ruff.toml":                 "above",
		"./ruff.toml":               "above",
		"README.md":                 "",
		"other/ruff.toml":           "",
		".git/config":               "",
		"docker/Dockerfile":         "image",
		"docker/conf/a/b.ini":       "image",
		"docker/conf/a/b.txt":       "",
	} {
		why, err := matcher.Why(file)
		require.NoError(t, err)
		assert.Equal(t, want, why, file)
	}
}

func TestAPatternThatIsNone(t *testing.T) {
	_, err := inputs.Inputs{Check: []inputs.Part{{Dir: "a", Include: []string{"["}, Why: "own"}}}.Matcher()
	require.ErrorContains(t, err, "the files of a (own): ")
}
