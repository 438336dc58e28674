// Package cli is the command line of enginestate.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pingvas/pingvas-ci/enginestate/internal/kept"
	"github.com/pingvas/pingvas-ci/enginestate/internal/store"
	"github.com/pingvas/pingvas-ci/enginestate/internal/transfer"
)

// engineVersion is that of this module's dagger.json.
const engineVersion = "v0.21.8"

// Main runs the command line and returns the exit code.
func Main(ctx context.Context, args []string) int {
	root := command()
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		say("%v", err)
		return 1
	}
	return 0
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, "enginestate: "+format+"\n", args...) }

// options are what the flags say.
type options struct {
	dir, store string
	builtin    string
	run        kept.Reader
	trust      string
	key        string
	digest     string
	budget, to byteSize
	unpack     bool
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:   "enginestate",
		Short: "Keep the state of a Dagger engine between runs whose machines keep nothing",
		Long: `Enginestate packs the directory in which a Dagger engine has its state, and
unpacks it before the next run's engine is started. States are kept by branch. A
run takes its own branch's, else that of --fallback; one that publishes takes what
such runs have written, and proves it by a signature or a digest. What a pull
request keeps, it alone takes.

A state that cannot be restored is a cold start, with a word, and no error. Restore
writes into the directory whose it is, also then: save keeps no other, and a delivery
goes on with none that no delivery began.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(restoreCommand(), pruneCommand(), saveCommand(), keyCommand(), removeCommand())
	return root
}

// about adds the flags that say which run this is.
func (o *options) about(cmd *cobra.Command, reads bool) {
	flags := cmd.Flags()
	flags.StringVar(&o.run.Repository, "repository", os.Getenv("GITHUB_REPOSITORY"), "repository whose state it is, such as owner/name (env GITHUB_REPOSITORY)")
	flags.StringVar(&o.run.Branch, "branch", os.Getenv("GITHUB_REF"), "branch, or reference, such as main, refs/heads/main, refs/pull/7/merge (env GITHUB_REF)")
	flags.StringVar(&o.trust, "trust", string(kept.Check), "delivery for a run that publishes, check for any other")
	flags.StringVar(&o.run.Engine, "engine", engineVersion, "version of the engine")
	if reads {
		flags.StringVar(&o.run.Fallback, "fallback", "", "branch whose state is taken where the own one has none: the default branch")
	}
}

// places adds the flags that say where a state is.
func (o *options) places(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.dir, "dir", "", "directory of the engine's state, /var/lib/dagger in its container")
	flags.StringVar(&o.store, "store", "", "directory in which states are kept, or a registry's repository: oci://HOST/NAME")
	flags.StringVar(&o.builtin, "image-content", "", "directory with what the engine's image brings, /usr/local/share/dagger/content in it, which is not kept; the same for save and restore")
	for _, name := range []string{"dir", "store"} {
		_ = cmd.MarkFlagRequired(name) // The flag is there.
	}
}

// reader is the run that the flags say.
func (o *options) reader() (kept.Reader, error) {
	o.run.Platform = "linux/" + runtime.GOARCH // An engine runs on no other system.
	o.run.Branch, o.run.Fallback = kept.Branch(o.run.Branch), kept.Branch(o.run.Fallback)
	o.run.Trust = kept.Trust(o.trust)
	return o.run, o.run.Check()
}

// open is the run, and the store.
func (o *options) open() (reader kept.Reader, states store.Store, err error) {
	if reader, err = o.reader(); err != nil {
		return reader, nil, err
	}
	if real, err := filepath.EvalSymlinks(o.dir); err == nil {
		o.dir = real
	}
	if os.Geteuid() != 0 {
		return reader, nil, errors.New("a state has files of other users, devices and attributes that root alone may read and make. Run this as root: sudo -E")
	}
	states, err = store.Open(o.store)
	return reader, states, err
}

func restoreCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use: "restore", Args: cobra.NoArgs,
		Short: "Bring a kept state, before the engine is started",
		RunE: func(cmd *cobra.Command, _ []string) error {
			reader, states, err := o.open()
			if err != nil {
				return err
			}
			proof, err := o.proof()
			if err != nil {
				return err
			}
			restoring := transfer.Restoring{Dir: o.dir, Builtin: transfer.Builtin(o.builtin), Store: states, Reader: reader, Proof: proof, Unpack: o.unpack, Say: say}
			if _, err := restoring.Restore(cmd.Context()); err != nil {
				return err
			}
			return context.Cause(cmd.Context())
		},
	}
	o.places(cmd)
	o.about(cmd, true)
	cmd.Flags().StringVar(&o.key, "key", "", "key that must have signed the state, in PEM: env:NAME or file:PATH; a private one stands for its public one")
	cmd.Flags().StringVar(&o.digest, "digest", "", "digest that save has printed of the state")
	cmd.Flags().BoolVar(&o.unpack, "unpack", false, "write all files out, for an engine that would not see what is mounted in its directory (default: only where nothing can be mounted)")
	return cmd
}

// proof is what the flags ask of a state.
func (o *options) proof() (proof kept.Proof, err error) {
	proof.Digest = o.digest
	if o.key == "" {
		return proof, nil
	}
	text, err := keyText(o.key)
	if err == nil {
		proof.Key, err = kept.VerifyingKey(text)
	}
	return proof, err
}

func saveCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use: "save", Args: cobra.NoArgs,
		Short: "Keep the state of an engine that was stopped, and print its digest",
		Long: `Save keeps the state of an engine that was stopped, and prints its digest. A state
that is larger than its budget is not kept, which is no error: then nothing is printed.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			reader, states, err := o.open()
			if err != nil {
				return err
			}
			saving := transfer.Saving{Dir: o.dir, Builtin: transfer.Builtin(o.builtin), Store: states, Writer: reader.Writer, Budget: int64(o.budget), Say: say}
			if o.key != "" {
				text, err := keyText(o.key)
				if err != nil {
					return err
				}
				if saving.Key, err = kept.SigningKey(text); err != nil {
					return err
				}
			}
			digest, err := saving.Save(cmd.Context())
			if err == nil && digest != "" {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), digest)
			}
			return err
		},
	}
	o.places(cmd)
	o.about(cmd, false)
	cmd.Flags().StringVar(&o.key, "key", "", "key that signs the state, in PEM: env:NAME or file:PATH")
	cmd.Flags().Var(&o.budget, "budget", "bytes that the packed state may have, such as 2GB; a larger one is not kept (default any number)")
	return cmd
}

func pruneCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use: "prune", Args: cobra.NoArgs,
		Short: "Have the running engine drop what was not used for longest",
		Long: `Prune asks the engine that the environment names to drop what it has used
least lately, until it holds so many bytes. Packed, these are a third or fourth.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			call := exec.CommandContext(cmd.Context(), "dagger", "--progress=plain", "core", "engine", "local-cache", "prune", "--max-used-space", o.to.String())
			call.Dir = os.TempDir() // No module is loaded for it.
			if said, err := call.CombinedOutput(); err != nil {
				return fmt.Errorf("prune the engine: %w\n%s", err, said)
			}
			return nil
		},
	}
	cmd.Flags().Var(&o.to, "to", "bytes that the engine may hold, such as 5GB")
	_ = cmd.MarkFlagRequired("to") // The flag is there.
	return cmd
}

func removeCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use: "remove", Args: cobra.NoArgs,
		Short: "Remove the directory of an engine that was stopped, and what is mounted in it",
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := filepath.Abs(o.dir)
			if o.dir == "" || err != nil {
				return errors.Join(errors.New("which directory? Name it with --dir"), err)
			}
			if err := transfer.Remove(cmd.Context(), dir); err != nil {
				return fmt.Errorf("remove %s: %w", o.dir, err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&o.dir, "dir", "", "directory of the engine's state; none is no error")
	_ = cmd.MarkFlagRequired("dir") // The flag is there.
	return cmd
}

func keyCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use: "key", Args: cobra.NoArgs,
		Short: "Print the key that this run's state is kept by, then those that it may restore",
		RunE: func(*cobra.Command, []string) error {
			reader, err := o.reader()
			if err != nil {
				return err
			}
			fmt.Println(reader.Key())
			for _, source := range reader.Sources() {
				fmt.Println(source.Key())
			}
			return nil
		},
	}
	o.about(cmd, true)
	return cmd
}

// keyText reads what env:NAME or file:PATH holds.
func keyText(named string) ([]byte, error) {
	kind, where, _ := strings.Cut(named, ":")
	switch kind {
	case "env":
		if text := os.Getenv(where); text != "" {
			return []byte(text), nil
		}
		return nil, fmt.Errorf("--key: the environment has no %s", where)
	case "file":
		return os.ReadFile(where)
	}
	return nil, errors.New("--key takes env:NAME or file:PATH, and no key itself")
}
