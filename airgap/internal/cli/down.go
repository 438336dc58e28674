package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pingvas/pingvas-ci/airgap/internal/daemon"
	"github.com/pingvas/pingvas-ci/airgap/internal/engine"
)

func downCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "Stop the kit's own engine and mirror, and leave nothing but their caches",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			unlock, err := o.state.Lock()
			if err != nil {
				return err
			}
			defer unlock()
			return o.down(cmd.Context())
		},
	}
}

func (o *options) down(ctx context.Context) error {
	err := o.log.Run("stop engine", func() error { return engine.Stop(ctx, o.state) })
	return errors.Join(err, o.stopMirror(), o.state.DropEnv())
}

func cleanCommand(o *options) *cobra.Command {
	var all, force bool
	cmd := &cobra.Command{
		Use:   "clean",
		Short: "Remove the engine's caches",
		Long: `Clean removes the caches of the engine: layers, cache volumes, results of calls.
What the kit has built stays, unless --all is given.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.clean(cmd.Context(), all, force) },
	}
	cmd.Flags().BoolVar(&all, "all", false, "remove tools and images as well; building them takes many minutes")
	cmd.Flags().BoolVar(&force, "force", false, "stop a running engine first")
	return cmd
}

// clean removes by name, and never the state directory itself: a caller may
// have named one with other things in it.
func (o *options) clean(ctx context.Context, all, force bool) error {
	unlock, err := o.state.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	if o.somethingRuns() {
		if !force {
			return errors.New("the engine is up; run `down` first, or add --force to have that done")
		}
	}
	// Also what a killed engine has left can only be removed with what is built.
	if err := o.down(ctx); err != nil {
		return err
	}
	paths := []string{o.state.Engine()}
	if all {
		paths = append(paths, o.state.Cache(), o.tools(), o.state.Run(), o.lockFile(), filepath.Join(o.state.Path(), "cli"))
	}
	for _, path := range paths {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("clean: %w", err)
		}
		o.log.Note("removed %s", path)
	}
	return nil
}

func (o *options) somethingRuns() bool {
	_, mirrorRuns := daemon.Find(o.mirrorPID())
	_, engineRuns := engine.Process(o.state)
	return mirrorRuns || engineRuns
}
