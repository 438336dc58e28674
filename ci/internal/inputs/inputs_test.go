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

// TestPatterns are what the engine is given for the same parts.
func TestPatterns(t *testing.T) {
	for name, test := range map[string]struct {
		part             inputs.Part
		include, exclude []string
	}{
		"the root":       {inputs.Part{Dir: ".", Exclude: []string{"*.md", "!README.md"}}, nil, []string{".git", "*.md", "!README.md"}},
		"all of a place": {inputs.Part{Dir: "a/[b]", Exclude: []string{"x", "!x/y"}}, []string{`a/\[b]`}, []string{`a/\[b]/.git`, `a/\[b]/x`, `!a/\[b]/x/y`}},
		"some":           {inputs.Part{Dir: "a", Include: []string{"*.py", "**/z"}}, []string{"a/*.py", "a/**/z"}, []string{"a/.git"}},
	} {
		include, exclude := test.part.Patterns()
		assert.Equal(t, test.include, include, name)
		assert.Equal(t, test.exclude, exclude, name)
	}
}

func TestAPatternThatIsNone(t *testing.T) {
	_, err := inputs.Inputs{Check: []inputs.Part{{Dir: "a", Include: []string{"["}, Why: "own"}}}.Matcher()
	require.ErrorContains(t, err, "the files of a (own): ")
}
