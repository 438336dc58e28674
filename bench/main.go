// Command bench measures what the pipeline claims, side by side with the
// alternative, in one run. Arguments choose among its parts.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"time"
)

// row is one thing measured.
type row struct {
	what string
	took time.Duration
	note string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// part is a comparison that can be chosen by its name.
type part struct {
	name, title string
	measure     func(context.Context, string) ([]row, error)
}

var parts = []part{
	{"load", "Module load (the CLI's start is in it)", loads},
	{"compile", "Compiling the module from nothing, in seconds of one processor", compiles},
	{"sizes", "One changed file among many services", sizes},
	{"check", "Check of one service, and the same commands in a plain container", checks},
	{"delivery", "Delivery of one service, embedded registry and repository", deliveries},
	{"hundred", "A hundred deliveries of one service, a file changed before each", hundred},
	{"unchanged", "Delivery with nothing changed, a registry and a repository that stay", unchanged},
	{"publishing", "Publishing one service for two platforms, built and scanned already", publishing},
	{"state", "Delivery of the example by an engine whose state was kept", kept},
	{"platforms", "Image of one service from a changed lock file, for each platform", platforms},
	{"emulation", "linux/arm64 image of one service on this machine", emulation},
}

func run(ctx context.Context, names []string) error {
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	for _, p := range chosen {
		fmt.Printf("\n%s\n", p.title)
		rows, err := p.measure(ctx, work)
		for _, r := range rows {
			fmt.Printf("  %-52s %7.1fs  %s\n", r.what, r.took.Seconds(), r.note)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// choose returns the parts of these names, all without any.
func choose(names []string) ([]part, error) {
	if len(names) == 0 {
		return parts, nil
	}
	var known []string
	for _, p := range parts {
		known = append(known, p.name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("there is no part called %q. Use some of %s", name, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return !slices.Contains(names, p.name) }), nil
}

// timed runs the CLI and returns how long it took.
func timed(ctx context.Context, dir string, args ...string) (time.Duration, error) {
	begin := time.Now()
	command := exec.CommandContext(ctx, "dagger", append([]string{"--progress=plain"}, args...)...)
	command.Dir = dir
	output, err := command.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("dagger %v: %w\n%s", args, err, lastPart(output))
	}
	return time.Since(begin), nil
}

// lastPart is the end of an output, where an error stands.
func lastPart(output []byte) []byte {
	const most = 2000
	if len(output) > most {
		return output[len(output)-most:]
	}
	return output
}
