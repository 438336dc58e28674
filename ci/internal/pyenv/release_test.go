package pyenv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// TestReleased: what a release is called by its tag.
func TestReleased(t *testing.T) {
	for tag, want := range map[string]string{
		"v1.2.0": "1.2.0", "26.1.0": "26.1.0", "shop-1.2": "1.2", "libs/shop/v2.0.0rc1": "2.0.0rc1", "V3": "3", "shop@1.0.post1": "1.0.post1",
		"1.0.0-beta.2": "1.0.0-beta.2", "": "0.0.0", "nightly": "0.0.0", "build7x": "0.0.0",
		"v1.0.0-beta-2": "1.0.0-beta-2", "2024-05-01": "0.0.0", "v1.2.3-1": "0.0.0",
	} {
		assert.Equal(t, want, pyenv.Released(tag), tag)
	}
}

// TestGitVersion: which builds ask git.
func TestGitVersion(t *testing.T) {
	const project = "[project]\nname = 'a'\n"
	for text, want := range map[string]bool{
		project + "[build-system]\nrequires = ['hatchling', 'hatch_vcs>=0.3']\n":                     true,
		project + "[build-system]\nrequires = ['pdm-backend']\n[tool.pdm.version]\nsource = 'scm'\n": true,
		project + "[build-system]\nrequires = ['hatchling']\n":                                       false,
		project: false,
	} {
		assert.Equal(t, want, read(t, map[string]string{at + "pyproject.toml": text}).GitVersion, text)
	}
	assert.True(t, read(t, map[string]string{at + "setup.py": "setup(use_scm_version=True)\n"}).GitVersion)
}
