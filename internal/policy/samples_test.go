package policy

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	isTest  = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	leftOut = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\) \{\n\tlong\(t, "(.*)"\)$`)
	sampled = regexp.MustCompile(`Test\w+|ci/internal/\w+|make \w+`)
)

// TestSamplesAreRun: what a test that is left out of make test names as its sample is not
// left out itself, and is there.
func TestSamplesAreRun(t *testing.T) {
	files, err := filepath.Glob("../../tests/*_test.go")
	require.NoError(t, err)
	samples, all := map[string]string{}, map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range isTest.FindAllStringSubmatch(string(text), -1) {
			all[m[1]] = true
		}
		for _, m := range leftOut.FindAllStringSubmatch(string(text), -1) {
			samples[m[1]] = m[2]
		}
	}
	require.NotEmpty(t, samples)
	for test, sample := range samples {
		names := sampled.FindAllString(sample, -1)
		assert.NotEmpty(t, names, "%s names no sample", test)
		for _, name := range names {
			switch {
			case name[:4] == "Test":
				assert.Empty(t, samples[name], "%s, the sample of %s, is left out as well", name, test)
				assert.True(t, all[name], "there is no %s, the sample of %s", name, test)
			case name[:3] == "ci/":
				assert.DirExists(t, "../../"+name, "the sample of %s", test)
			}
		}
	}
}
