package gitops_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// applied applies an operation to a clone of the repository.
func (r repository) applied(op gitops.Operation) error {
	r.t.Helper()
	_, err := op.Apply(r.t.Context(), r.clone())
	return err
}

func TestWhatTheRegistryLacksIsNotRun(t *testing.T) {
	r := newRepository(t)
	bump := gitops.Bump{Environment: "dev", Commit: "1", Images: []kustomize.Image{image("user-service", "1")}}
	for name, held := range map[string]struct {
		platforms []string
		ours      bool
		err       error
		want      string
	}{
		"for the machines":       {platforms: []string{"linux/amd64", "linux/arm64"}, ours: true},
		"another registry's":     {},
		"not there":              {ours: true, err: errors.New("manifest unknown"), want: "manifest unknown"},
		"for other machines":     {platforms: []string{"linux/amd64"}, ours: true, want: "dev runs user-service on arm64 machines, for which the image was not built. Build it for linux/arm64"},
		"there, for no platform": {ours: true, want: "Build it for linux/arm64"},
	} {
		t.Run(name, func(t *testing.T) {
			err := r.applied(gitops.Existing(bump, func(context.Context, kustomize.Image) ([]string, bool, error) {
				return held.platforms, held.ours, held.err
			}))
			if held.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, held.want)
		})
	}
}

func TestAFailingOperationIsNotAskedAbout(t *testing.T) {
	r := newRepository(t)
	wrong := &gitops.Rollback{Environment: "prod", Component: "nothing"}
	never := func(context.Context, kustomize.Image) ([]string, bool, error) {
		t.Error("the registry was asked")
		return nil, false, nil
	}
	require.ErrorContains(t, r.applied(gitops.Existing(wrong, never)), "pins no image of that name")
}

func TestAGateOfTodayStopsWhatRanBefore(t *testing.T) {
	r := newRepository(t)
	r.bump("prod", image("user-service", "1"))
	r.bump("prod", image("user-service", "2"))
	back := &gitops.Rollback{Environment: "prod", Component: "user-service"}

	err := r.applied(gitops.Gated(back, func(_ context.Context, found kustomize.Image) error {
		require.Equal(t, image("user-service", "1"), found)
		return errors.New("CVE-2026-0001")
	}))
	require.ErrorContains(t, err, "prod would run again what a scan of today stops:\nCVE-2026-0001")
	require.ErrorContains(t, err, "--accept-findings")
}

func TestAfterALostRaceNothingIsGatedAgain(t *testing.T) {
	r := newRepository(t)
	r.bump("prod", image("user-service", "1"))
	r.bump("prod", image("user-service", "2"))
	looked := 0
	op := gitops.Gated(&gitops.Rollback{Environment: "prod", Component: "user-service"}, func(context.Context, kustomize.Image) error {
		looked++
		return nil
	})
	require.NoError(t, r.applied(op))
	require.NoError(t, r.applied(op))
	require.Equal(t, 1, looked)
}
