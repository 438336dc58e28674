package manifests_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/manifests"
)

// TestTrees judges small trees, several in an archive: what stands above its files
// says what each is found to have, and of the others nothing may be said.
func TestTrees(t *testing.T) {
	archives, err := filepath.Glob("testdata/trees/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, archives)
	for _, archive := range archives {
		trees, wanted := treesOf(t, archive)
		for _, name := range slices.Sorted(maps.Keys(trees)) {
			t.Run(filepath.Base(archive)+"/"+name, func(t *testing.T) {
				report, err := manifests.Validate(t.Context(), trees[name], nil, argocd.Policy{Manual: []string{"prod"}})
				require.NoError(t, err)
				found := []string{}
				for _, f := range report.Findings {
					found = append(found, f.Rule+" "+f.File)
				}
				assert.ElementsMatch(t, append([]string{}, wanted[name]...), found, "%s", report.Text())
			})
			delete(wanted, name)
		}
		require.Empty(t, wanted, "there are no such trees in %s", archive)
	}
}

var (
	member = regexp.MustCompile(`(?m)^-- (.+) --\n`)
	want   = regexp.MustCompile(`(?m)^([^:\n]+): (\S+ \S+)$`)
)

// treesOf unpacks an archive: the trees by name, and the findings that they have.
// Files of the tree "all" are part of every other one.
func treesOf(t *testing.T, archive string) (trees map[string]string, wanted map[string][]string) {
	t.Helper()
	raw, err := os.ReadFile(archive)
	require.NoError(t, err)
	text, at := string(raw), member.FindAllStringSubmatchIndex(string(raw), -1)
	trees, wanted = map[string]string{}, map[string][]string{}
	for _, line := range want.FindAllStringSubmatch(text[:at[0][0]], -1) {
		wanted[line[1]] = append(wanted[line[1]], line[2])
	}
	files := map[string]map[string]string{}
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		tree, name, _ := strings.Cut(text[m[2]:m[3]], "/")
		if files[tree] == nil {
			files[tree] = maps.Clone(files["all"])
		}
		if files[tree] == nil {
			files[tree] = map[string]string{}
		}
		files[tree][name] = text[m[1]:end]
	}
	delete(files, "all")
	for tree, of := range files {
		links := map[string]string{}
		for name := range of {
			if link, to, is := strings.Cut(name, " -> "); is {
				links[link] = to
				delete(of, name)
			}
		}
		dir := written(t, of)
		for link, to := range links {
			require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, link)), 0o755))
			require.NoError(t, os.Symlink(to, filepath.Join(dir, link)))
		}
		trees[tree] = dir
	}
	return trees, wanted
}
