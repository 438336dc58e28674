package main

import "context"

// Release gives the images that an environment runs a version's tag.
//
// It goes by their digests: nothing is built or pushed again. It returns an
// image reference a line.
// +cache="never"
func (m *PingvasCi) Release(
	ctx context.Context,
	// The version, such as v1.4.0.
	version string,
	// The environment whose images are released.
	// +default="prod"
	environment string,
) ([]string, error) {
	return m.gitops(nil).repository().Release(ctx, m.targets(), version, environment)
}
