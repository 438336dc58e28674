package cli

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pingvas/pingvas-ci/airgap/internal/advisories"
)

// advisoriesCommand writes the larger of the kit's vulnerability databases as Trivy
// keeps its own below its cache. It needs no engine, and leaves no state.
func advisoriesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "advisories DIR",
		Short: "Write a vulnerability database of some hundred real advisories to DIR/db, for tests",
		Args:  cobra.ExactArgs(1),
		// What the others need is not opened.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE:              func(_ *cobra.Command, args []string) error { return advisories.WriteReal(filepath.Join(args[0], "db")) },
	}
}
