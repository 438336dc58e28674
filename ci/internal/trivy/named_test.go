package trivy_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

func TestNamed(t *testing.T) {
	assert.Equal(t, "CVE-1/h11", trivy.Name("CVE-1", "h11"))
	assert.Equal(t, "DS-0002", trivy.Name("DS-0002", ""))
	assert.Equal(t, "a_b/c__d_e", trivy.Name("a b", "c, d\ne"), "what is in a list has neither spaces nor commas")

	assert.Empty(t, trivy.List(nil), "nobody has looked")
	names, whole := trivy.ReadList(trivy.List([]string{}))
	assert.Empty(t, names)
	assert.True(t, whole)

	var all []string
	for i := range 32 {
		all = append(all, fmt.Sprintf("CVE-%d/p", i))
	}
	names, whole = trivy.ReadList(trivy.List(all[:30]))
	assert.Equal(t, all[:30], names)
	assert.True(t, whole)
	assert.Regexp(t, `CVE-29/p and 2 more$`, trivy.List(all))
	names, whole = trivy.ReadList(trivy.List(all))
	assert.Equal(t, all[:30], names)
	assert.False(t, whole)

	found := trivy.Named(scanned(t))
	assert.NotEmpty(t, found)
	assert.Len(t, found, len(slices.Compact(slices.Sorted(slices.Values(found)))), "each once")
}
