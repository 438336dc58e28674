package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/delivery"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/manifests"
)

// Release is a version that was given to the images that an environment runs.
type Release struct {
	// Version is the version.
	Version string
	// Images are their references, with version and digest.
	Images []string
	// +private
	Digests []string
	// +private
	Since string
	// +private
	Ci *PingvasCi
}

// Release gives the images that an environment runs a version's tag.
//
// It goes by their digests: nothing is built or pushed again. `images` are the
// references, `notes` what changed since the version before, and `on-github` shows
// both as a release.
// +cache="never"
func (m *PingvasCi) Release(
	ctx context.Context,
	// The version, such as v1.4.0.
	version string,
	// The environment whose images are released.
	// +default="prod"
	environment string,
	// The commit, branch or tag that the notes compare with. The version before when
	// absent, by the tags in the history of the source's HEAD.
	// +optional
	since string,
) (*Release, error) {
	released, err := m.gitops(nil).repository().Release(ctx, m.targets(), version, environment)
	if err != nil {
		return nil, err
	}
	return &Release{Version: version, Images: released.Images, Digests: released.Digests, Since: since, Ci: m}, nil
}

// Notes returns what changed since the version before, in Markdown.
//
// A commit stands below each component that it affects, by the same definition that
// decides what is built.
func (r *Release) Notes(ctx context.Context) (string, error) {
	return r.release().Notes(ctx, r.Ci.source())
}

// Files returns what is attached to the images: provenance and bills of materials.
//
// They are Sigstore bundles, as they were signed. Of images that nobody signed there
// are none.
// +cache="session"
func (r *Release) Files(ctx context.Context) (*dagger.Directory, error) {
	return r.release().Files(ctx, r.Ci.targets())
}

// OnGithub makes GitHub's release of the version, and returns its address.
//
// It has the notes, and the provenance and bills of materials as its files. Called
// again it adds what is missing. The repository has the version's tag already, or gets
// it at the head of its default branch.
// +cache="never"
func (r *Release) OnGithub(
	ctx context.Context,
	// The application's repository on GitHub, as OWNER/NAME.
	repository string,
	// GitHub's token; the job needs the permission contents: write.
	token *dagger.Secret,
	// GitHub's interface.
	// +default="https://api.github.com"
	api string,
	// The interface as a service, where the engine cannot reach its address by
	// itself.
	// +optional
	service *dagger.Service,
) (string, error) {
	return r.release().Show(ctx, r.Ci.caller(), delivery.GitHub{Repository: repository, API: api, Token: token, Service: service})
}

func (r *Release) release() delivery.Release {
	return delivery.Release{Released: manifests.Released{Version: r.Version, Images: r.Images, Digests: r.Digests}, Since: r.Since}
}
