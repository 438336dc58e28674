package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pingvas/pingvas-ci/airgap/internal/choose"
	"github.com/pingvas/pingvas-ci/airgap/internal/engine"
	"github.com/pingvas/pingvas-ci/airgap/internal/state"
)

func upCommand(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Have an engine run, and print the environment that uses it",
		Long: `Up chooses an engine, in this order: one that the environment names, one that
the installed dagger CLI starts in a container, one of the kit's own. The last
is built first where it is not yet. It prints lines for a shell to evaluate, and
keeps them in the file env of the state directory.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.up(cmd.Context()) },
	}
	o.addEngineFlags(cmd.Flags())
	return cmd
}

func buildCommand(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Build all that the kit's own engine needs, and start nothing",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.build(cmd.Context()) },
	}
	o.addEngineFlags(cmd.Flags())
	return cmd
}

// addEngineFlags adds what decides the engine's configuration.
func (o *options) addEngineFlags(flags *pflag.FlagSet) {
	flags.StringSliceVar(&o.plainHTTP, "plain-http", []string{"registry:5000"},
		"registries without TLS, by host and port; those on the loopback interface need no mention")
	flags.StringVar(&o.limits.Max, "cache-max", engine.DefaultLimits.Max, "disk that the engine's caches may take")
	flags.StringVar(&o.limits.Keep, "cache-keep", engine.DefaultLimits.Keep, "disk that they keep, even when it is nearly full")
	flags.StringVar(&o.limits.MinFree, "cache-min-free", engine.DefaultLimits.MinFree, "disk that is to stay free otherwise")
}

func (o *options) up(ctx context.Context) error {
	choice, err := choose.Engine(ctx, os.Getenv(choose.RunnerHost), engine.Host(o.state))
	if err != nil {
		return err
	}
	o.log.Note("%s: %s", map[choose.Kind]string{
		choose.Named:     "using the named engine",
		choose.Container: "using a container engine",
		choose.Own:       "using the kit's own engine",
	}[choice.Kind], choice.Why)
	vars, err := o.environment(ctx, choice)
	if err != nil {
		return err
	}
	lines := state.Exports(vars)
	if err := o.state.SaveEnv(lines); err != nil {
		return err
	}
	_, err = fmt.Print(lines)
	return err
}

// environment brings up what was chosen and returns what a shell needs for it.
func (o *options) environment(ctx context.Context, choice choose.Choice) ([]state.Var, error) {
	vars := []state.Var{{Name: "DAGGER_NO_NAG", Value: "1"}}
	switch choice.Kind {
	case choose.Named:
		vars = append(vars, state.Var{Name: choose.RunnerHost, Value: os.Getenv(choose.RunnerHost)})
		if choice.CLI == "" {
			cli, err := o.buildCLI(ctx)
			return append(vars, cli...), err
		}
		fallthrough
	case choose.Container:
		return append(vars, state.Var{Name: "_EXPERIMENTAL_DAGGER_CLI_BIN", Value: choice.CLI}), nil
	}
	own, err := o.upOwn(ctx)
	if err != nil {
		return nil, err
	}
	return append(vars, own...), nil
}

// cliVars are for the CLI that the kit builds. Its directory holds nothing
// else, since one of the other tools would hide a command of the machine.
func (o *options) cliVars() ([]state.Var, error) {
	link := filepath.Join(o.state.Path(), "cli", "dagger")
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		return nil, fmt.Errorf("make the CLI's directory: %w", err)
	}
	if err := os.Symlink("../bin/dagger", link); err != nil && !os.IsExist(err) {
		return nil, fmt.Errorf("link the CLI: %w", err)
	}
	return []state.Var{
		{Name: "PATH", Value: pathWith(filepath.Dir(link), os.Getenv("PATH"))},
		{Name: "_EXPERIMENTAL_DAGGER_CLI_BIN", Value: link},
		// The terminal toolkit of this CLI is a stand-in.
		{Name: "DAGGER_PROGRESS", Value: "plain"},
	}, nil
}

// pathWith puts dir first in a search path, once.
func pathWith(dir, path string) string {
	parts := []string{dir}
	for _, part := range filepath.SplitList(path) {
		if part != dir {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, string(filepath.ListSeparator))
}
