package cli

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/pingvas/pingvas-ci/airgap/internal/choose"
	"github.com/pingvas/pingvas-ci/airgap/internal/daemon"
	"github.com/pingvas/pingvas-ci/airgap/internal/engine"
	"github.com/pingvas/pingvas-ci/airgap/internal/state"
	"github.com/pingvas/pingvas-ci/airgap/internal/toolbuild"
)

func statusCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Tell what runs, since when, and what it takes",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.status(cmd.Context(), cmd.OutOrStdout()) },
	}
}

func (o *options) status(ctx context.Context, out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		// The writer keeps an error until it is flushed.
		_, _ = fmt.Fprintf(table, name+"\t"+format+"\n", args...)
	}
	row("engine", "%s", o.engineStatus(ctx))
	row("mirror", "%s", o.mirrorStatus())
	row("versions", "dagger %s, runc %s, CNI plugins %s", toolbuild.EngineVersion, toolbuild.RuncVersion, toolbuild.CNIVersion)
	row("socket", "%s", engine.Host(o.state))
	row("logs", "%s, %s", engine.LogFile(o.state), o.mirrorLog())
	for _, part := range []struct{ name, path string }{
		{"engine caches", o.state.Engine()},
		{"built images", o.state.Cache()},
		{"built tools", o.tools()},
	} {
		size, err := state.Size(part.path)
		if err != nil {
			return err
		}
		row(part.name, "%s in %s", state.Bytes(size), part.path)
	}
	return table.Flush()
}

func (o *options) engineStatus(ctx context.Context) string {
	process, alive := engine.Process(o.state)
	switch {
	case !alive:
		return "down"
	case choose.Answers(ctx, engine.Host(o.state)) != nil:
		return fmt.Sprintf("process %d, up for %s, DOES NOT ANSWER; run `down` and `up`", process.PID, process.Uptime())
	}
	return fmt.Sprintf("process %d, up for %s", process.PID, process.Uptime())
}

func (o *options) mirrorStatus() string {
	process, alive := daemon.Find(o.mirrorPID())
	if !alive {
		return "down"
	}
	return fmt.Sprintf("process %d, up for %s", process.PID, process.Uptime())
}
