package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/airgap/internal/netcheck"
	"github.com/pingvas/pingvas-ci/airgap/internal/nsroot"
	"github.com/pingvas/pingvas-ci/airgap/internal/state"
)

// footprint is what must be known in order to clean up after an engine that
// was killed: its network, and a root with the tools for the removal, because
// the machine may have none, or of another kind.
type footprint struct {
	Network netcheck.Network
	Root    []string
}

func (f footprint) write(dir state.Dir) error {
	data, err := json.Marshal(f)
	if err == nil {
		err = os.WriteFile(footprintFile(dir), data, 0o644)
	}
	if err != nil {
		return fmt.Errorf("note the engine's footprint: %w", err)
	}
	return nil
}

// lastRequest is how long after an engine was killed a plugin of its may still
// change the network: the kernel ends them one after another.
const lastRequest = 500 * time.Millisecond

// removeNetwork removes the bridge and the packet filter's rules of the engine
// that ran last, unless another one uses them. After one that was killed it does
// so twice.
func removeNetwork(ctx context.Context, dir state.Dir, killed bool) error {
	data, err := os.ReadFile(footprintFile(dir))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var left footprint
	if err == nil {
		err = json.Unmarshal(data, &left)
	}
	if err != nil {
		return fmt.Errorf("read the engine's footprint: %w", err)
	}
	if engineHere(left.Network.Name) != "" {
		return nil
	}
	if err := left.remove(ctx, dir); err != nil || !killed {
		return err
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(lastRequest):
	}
	return left.remove(ctx, dir)
}

func (f footprint) remove(ctx context.Context, dir state.Dir) error {
	if _, err := net.InterfaceByName(f.Network.Bridge()); err == nil {
		if _, err := f.tool(ctx, dir, "ip", "link", "delete", f.Network.Bridge()); err != nil {
			return err
		}
	}
	for _, table := range []string{"nat", "filter"} {
		for _, filter := range filtersWith(table) {
			if err := f.removeRules(ctx, dir, filter, table); err != nil {
				return err
			}
		}
	}
	return nil
}

// filtersWith returns the commands of those of the kernel's two packet filters
// that may have rules in a table. The engine chooses one for itself, and leaves
// the choice of the plugins to Debian. Looking into the older filter would make
// the table there.
func filtersWith(table string) []string {
	filters := []string{"iptables-nft"}
	tables, err := os.ReadFile("/proc/net/ip_tables_names")
	if err == nil && slices.Contains(strings.Fields(string(tables)), table) {
		filters = append(filters, "iptables-legacy")
	}
	return filters
}

// removeRules removes the network's rules from one table, and the table when
// nothing is left in it.
func (f footprint) removeRules(ctx context.Context, dir state.Dir, filter, table string) error {
	list := []string{filter, "-w", "-t", table, "-S"}
	listing, err := f.tool(ctx, dir, list...)
	if err != nil {
		return err
	}
	if undo := f.Network.Undo(string(listing)); len(undo) > 0 {
		commands := "*" + table + "\n" + strings.Join(undo, "\n") + "\nCOMMIT\n"
		if _, err := f.tool(ctx, dir, "sh", "-euc", `printf %s "$1" | exec "$2" -w --noflush`, "sh", commands, filter+"-restore"); err != nil {
			return err
		}
		if listing, err = f.tool(ctx, dir, list...); err != nil {
			return err
		}
	}
	if filter == "iptables-nft" && netcheck.Empty(string(listing)) {
		_, err = f.tool(ctx, dir, "sh", "-euc", `! nft list table ip "$1" >/dev/null 2>&1 || exec nft delete table ip "$1"`, "sh", table)
	}
	return err
}

// tool runs a command of the engine's root in the machine's network.
func (f footprint) tool(ctx context.Context, dir state.Dir, args ...string) (out []byte, err error) {
	scratch, err := os.MkdirTemp(dir.Run(), "tool-")
	if err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	command := nsroot.Command{
		Lower: f.Root, Upper: filepath.Join(scratch, "upper"), Work: filepath.Join(scratch, "work"), Mountpoint: filepath.Join(scratch, "root"),
		Env:  []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
		Args: append([]string{"/usr/bin/env"}, args...),
	}
	for _, path := range []string{command.Upper, command.Work, command.Mountpoint} {
		if err := os.Mkdir(path, 0o755); err != nil {
			return nil, fmt.Errorf("make directory: %w", err)
		}
	}
	return command.Run(ctx)
}

// networkFree fails when another engine runs here, or when the network's bridge
// exists. Stop has removed one that was left behind, so it belongs to somebody.
func networkFree(network netcheck.Network) error {
	if other := engineHere(""); other != "" {
		return fmt.Errorf("%s runs in this network namespace, and two engines cannot share one, because each answers names on port 53; stop it, or use it by naming it in _EXPERIMENTAL_DAGGER_RUNNER_HOST", other)
	}
	if _, err := net.InterfaceByName(network.Bridge()); err == nil {
		return fmt.Errorf("the bridge %s is in use by an unknown program; remove it, or choose another network with --network-name and --network-cidr", network.Bridge())
	}
	return nil
}

// engineHere describes an engine that runs in this network namespace, with the
// given network or with any. Engines in containers have namespaces of their own.
func engineHere(networkNamed string) string {
	here, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return ""
	}
	cmdlines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return ""
	}
	for _, path := range cmdlines {
		cmdline, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		args := strings.Split(strings.TrimRight(string(cmdline), "\x00"), "\x00")
		if filepath.Base(args[0]) != "dagger-engine" || networkNamed != "" && networkName(args) != networkNamed {
			continue
		}
		if there, err := os.Readlink(filepath.Join(filepath.Dir(path), "ns/net")); err == nil && there == here {
			return "the dagger-engine of process " + strings.Split(path, "/")[2]
		}
	}
	return ""
}

// networkName returns the network that an engine's arguments choose.
func networkName(args []string) string {
	for i, arg := range args {
		if arg == "--network-name" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return "dagger"
}
