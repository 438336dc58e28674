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

// TestGitVersion: which builds ask git, and by which variables they are told a version: by
// those of the project alone where they read such.
func TestGitVersion(t *testing.T) {
	const project = "[project]\nname = 'My.shop'\n"
	const generic = "SETUPTOOLS_SCM_PRETEND_VERSION"
	for text, want := range map[string][]string{
		project + "[build-system]\nrequires = ['setuptools', 'setuptools_scm[toml]>=8']\n":           {generic + "_FOR_MY_SHOP"},
		project + "[build-system]\nrequires = ['hatchling', 'hatch_vcs>=0.3']\n":                     {generic},
		project + "[build-system]\nrequires = ['pdm-backend']\n[tool.pdm.version]\nsource = 'scm'\n": {"PDM_BUILD_SCM_VERSION"},
		project + "[build-system]\nrequires = ['hatchling']\n":                                       nil,
		project: nil,
	} {
		assert.Equal(t, want, read(t, map[string]string{at + "pyproject.toml": text}).GitVersion, text)
	}
	assert.Equal(t, []string{generic}, read(t, map[string]string{at + "setup.py": "setup(use_scm_version=True)\n"}).GitVersion)
	assert.Equal(t, []string{generic}, read(t, map[string]string{at + "setup.py": "setup()\n", at + "setup.cfg": "[options]\nsetup_requires = setuptools_scm\n"}).GitVersion)
}
